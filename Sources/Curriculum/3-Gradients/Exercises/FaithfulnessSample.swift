import Coursework
import GradientsVocabulary
import Interpretability
import Laboratory
import SheetTools
import Tensors
import Tokenizers
import Transformers

/// A word of a translation and what several methods say of it.
struct FaithfulnessSample {
  let prediction: TranslatorPrediction
  /// Padding in the place of the sentence's words, `[position, width]`.
  let baseline: Tensor
  /// In the place of the sentence's words pieces of other sentences' words, `[position, width]`: what no
  /// method here was computed with.
  let otherWords: Tensor
  /// Where the sentence's words are.
  let words: [Int]
  /// `[position]`, by the name of the method.
  private let methods: [String: [Float]]
  /// What occlusion says, `[position]`.
  private let occlusion: [Float]

  /// The methods that stand beside occlusion.
  static let names = [
    "integrated gradients", "input × gradient", "saliency", "attention", "rollout", "random",
  ]

  /// Samples from sentences the translator has not seen.
  static func drawn(count: Int) throws -> [FaithfulnessSample] {
    let translator = try SheetTranslator.pictured()
    var generator = SeededGenerator(seed: 8)
    return try SheetTranslator.sentences(count).map { pair in
      try FaithfulnessSample(pair, translator, using: &generator)
    }
  }

  /// - Parameter steps: Of integrated gradients.
  init(
    _ pair: SentencePair, _ translator: SheetTranslator, using generator: inout SeededGenerator,
    steps: Int = 16
  ) throws {
    prediction = try translator.prediction(of: pair, using: &generator)
    baseline = try prediction.padding(wordsOf: pair)
    words = prediction.wordPositions(of: pair)
    let explained = try prediction.explained()
    // A generator of its own: sentences and random scores stay as they were without it.
    var others = SeededGenerator(
      seed: prediction.source.reduce(UInt64(7)) { $0 &* 31 &+ UInt64($1) })
    otherWords = try prediction.otherWords(than: pair, translator, using: &others)
    let start = Baseline.embeddings(EmbeddingValues(source: baseline))
    methods = [
      "saliency": try explained.saliency().source,
      "input × gradient": try explained.inputTimesGradient().source,
      "integrated gradients": try explained.integratedGradients(
        from: start, by: .midpoint, steps: steps
      ).tokens.source,
      "attention": try explained.mixing(by: .attention).source,
      "rollout": try explained.mixing(by: .rollout).source,
      "random": explained.randomScores(seed: generator.next()).source,
    ]
    occlusion = try explained.occlusion(replacing: start).source
  }

  /// What a method says, or occlusion, `[position]`.
  func scores(_ name: String) -> [Float] { methods[name] ?? occlusion }

  /// The scores of the sentence's words alone.
  var methodScores: MethodScores {
    func ofWords(_ scores: [Float]) -> [Float] { words.map { scores[$0] } }
    return MethodScores(methods: methods.mapValues(ofWords), occlusion: ofWords(occlusion))
  }

  /// Scores in which instruction and end token come last: the baseline leaves them as they are.
  func framedLast(_ scores: [Float]) -> [Float] {
    let last = (scores.min() ?? 0) - 1
    let words = Set(words)
    return scores.indices.map { words.contains($0) ? scores[$0] : last }
  }
}

extension TranslatorPrediction {
  /// The positions of the sentence's words, without the instruction and the end token.
  func wordPositions(of pair: SentencePair) -> [Int] {
    let frame = frame(of: pair)
    return words.indices.filter { !frame.contains($0) }
  }

  /// The embeddings with padding in the place of the sentence's words, `[position, width]`.
  func padding(wordsOf pair: SentencePair) throws -> Tensor {
    let filler = try SheetTranslator(model).filler()
    var embeddings = try explained().embeddings.source
    for position in wordPositions(of: pair) {
      for column in 0..<filler.count { embeddings[position, column] = filler[column] }
    }
    return embeddings
  }

  /// The embeddings with a piece of another sentence's words in the place of each of the sentence's own,
  /// `[position, width]`.
  func otherWords(
    than pair: SentencePair, _ translator: SheetTranslator, using generator: inout SeededGenerator
  ) throws -> Tensor {
    let table = translator.model.embedding
    let pieces = try translator.pairs(count: 4, using: &generator).flatMap { other in
      let encoded = try translator.encoded(other)
      return zip(encoded.source, encoded.sourceWords).compactMap { piece, word in
        word.flatMap { other.source[$0].isPrefix ? nil : piece }
      }
    }
    var embeddings = try explained().embeddings.source
    for position in wordPositions(of: pair) {
      let row = table[at: generator.pick(pieces)]
      for column in 0..<row.count { embeddings[position, column] = row[column] }
    }
    return embeddings
  }

  /// The pieces that were written before the target.
  func writtenPieces() throws -> [String] {
    let written = decoder.prefix(target.position + 1).dropFirst()
    return try SheetTranslator(model).tokenizer.tokens(Array(written))
  }

  /// By how much the number falls without each of the pieces that were written before the target.
  func lossesWithoutWritten() throws -> [Float] {
    let explained = try explained()
    let prediction = try ExplainedPrediction(
      explained.model, explained.input, target: target, includesDecoder: true)
    let filler = try SheetTranslator(model).filler()
    var padded = prediction.embeddings
    padded.decoder = Tensor.zeros([decoder.count, filler.count]) + filler
    let losses = try prediction.occlusion(replacing: .embeddings(padded)).decoder ?? []
    return Array(losses.prefix(target.position + 1).dropFirst())
  }
}
