import AttentionVocabulary
import Coursework
import Laboratory
import SheetTools
import Tensors
import Transformers

/// The maps of 1.3: real ones, and ones built to mislead.
extension AttentionSheet {
  typealias Maps = Case<[Tensor], [MapKey]>

  /// What the translator does with sentences whose source and target differ in length.
  static func translatorMaps(using generator: inout SeededGenerator) throws -> Maps {
    let translator = try SheetTranslator.translator()
    var maps: [(Tensor, MapKey)] = []
    for pair in translator.pairs(count: 12, using: &generator) where maps.count < 14 {
      let input = try translator.input(of: pair)
      guard input.tokens[0].count != input.decoderTokens![0].count else { continue }
      maps += try allMaps(translator.model, input)
    }
    return shuffledCase("the translator's own maps", maps, using: &generator)
  }

  /// A model with random weights that writes more than it reads.
  static func longTargetMaps(using generator: inout SeededGenerator) throws -> Maps {
    let stack = TransformerConfiguration.Stack(
      layerCount: 2, headCount: 3, headWidth: 5, feedForwardWidth: 20)
    let configuration = TransformerConfiguration.t5(
      vocabularySize: 40, width: 14, encoder: stack, decoder: stack, activation: .relu,
      isGated: false, tiesEmbeddings: true)
    let model = Transformer(configuration: configuration, using: &generator)
    let source = Int.random(in: 4...6, using: &generator)
    let target = Int.random(in: 8...12, using: &generator)
    let tokens = { (count: Int) in (0..<count).map { $0 + 2 } }
    let input = ModelInput(tokens(source), decoderTokens: tokens(target))
    return shuffledCase(
      "a target longer than its source", try allMaps(model, input), using: &generator)
  }

  /// Sentences of a batch that were filled up to the length of the longest.
  static func paddedMaps(using generator: inout SeededGenerator) throws -> Maps {
    let translator = try SheetTranslator.translator()
    while true {
      let pairs = try translator.pairs(count: 4, using: &generator).map {
        try EncodedPair($0, tokenizer: translator.tokenizer)
      }
      let input = TranslatorBatch(pairs, configuration: translator.model.configuration).input
      guard let mask = input.mask, let row = mask.firstIndex(where: { $0.contains(false) }),
        input.tokens[0].count != input.decoderTokens![0].count
      else { continue }
      let maps = try allMaps(translator.model, input, row: row, trap: .padded)
      return shuffledCase("a padded batch", maps, using: &generator)
    }
  }

  /// Maps built from scores: encoders that seem not to look ahead, beside true decoders.
  static func plantedMaps(using generator: inout SeededGenerator) -> Maps {
    var maps: [(Tensor, MapKey)] = []
    for _ in 0..<2 {
      let size = Int.random(in: 5...8, using: &generator)
      let hardly = planted(heads: 3, size, size, using: &generator) { _, i, j in j > i ? -12 : 0 }
      maps.append((hardly, MapKey(origin: .encoder, trap: .hardlyLooksAhead)))
      // A difference of 200 leaves nothing in single precision: the first heads look masked.
      let oneHead = planted(heads: 3, size, size, using: &generator) { head, i, j in
        j > i && head < 2 ? -200 : 0
      }
      maps.append((oneHead, MapKey(origin: .encoder, trap: .oneHeadLooksAhead)))
      let decoder = planted(heads: 3, size, size, using: &generator) { _, i, j in
        j > i ? -.infinity : 0
      }
      maps.append((decoder, MapKey(origin: .decoder)))
      let cross = planted(heads: 3, size, size + 2, using: &generator) { _, i, j in
        j > i ? -200 : 0
      }
      maps.append((cross, MapKey(origin: .cross)))
    }
    return shuffledCase("attention that hardly looks ahead", maps, using: &generator)
  }

  /// One head over two or three positions, and a cross-attention of one row or one column.
  static func tinyMaps(using generator: inout SeededGenerator) -> Maps {
    var maps: [(Tensor, MapKey)] = []
    for size in [2, 3] {
      maps.append((planted(heads: 1, size, size, using: &generator), MapKey(origin: .encoder)))
      let decoder = planted(heads: 1, size, size, using: &generator) { _, i, j in
        j > i ? -.infinity : 0
      }
      maps.append((decoder, MapKey(origin: .decoder)))
    }
    for (rows, columns) in [(1, 3), (3, 1), (2, 3)] {
      maps.append((planted(heads: 1, rows, columns, using: &generator), MapKey(origin: .cross)))
    }
    return shuffledCase("one head, few positions", maps, using: &generator)
  }

  /// The softmax of random scores with something added to each.
  private static func planted(
    heads: Int, _ rows: Int, _ columns: Int, using generator: inout SeededGenerator,
    adding bias: (_ head: Int, _ row: Int, _ column: Int) -> Float = { _, _, _ in 0 }
  ) -> Tensor {
    var scores = Tensor.randomNormal([heads, rows, columns], using: &generator)
    for head in 0..<heads {
      for row in 0..<rows {
        for column in 0..<columns { scores[head, row, column] += bias(head, row, column) }
      }
    }
    return scores.softmax()
  }

  /// Every pattern of a run, for one row of the batch.
  private static func allMaps(
    _ model: Transformer, _ input: ModelInput, row: Int = 0, trap: MapKey.Trap = .none
  ) throws -> [(Tensor, MapKey)] {
    let trace = try model.run(input, capturing: .matching("*.hook_pattern")).trace
    return try trace.points.map { point in
      let origin: MapOrigin =
        switch point {
        case .block(.encoder, _, _): .encoder
        case .block(_, _, .attention(.cross, _)): .cross
        default: .decoder
        }
      return (try trace[point][at: row], MapKey(origin: origin, trap: trap))
    }
  }

  private static func shuffledCase(
    _ name: String, _ maps: [(Tensor, MapKey)], using generator: inout SeededGenerator
  ) -> Maps {
    let shuffled = maps.shuffled(using: &generator)
    return Case(name, question: shuffled.map(\.0), key: shuffled.map(\.1))
  }
}
