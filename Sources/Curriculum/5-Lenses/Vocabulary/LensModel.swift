import Models
package import Tensors
package import Transformers

/// A small decoder that an exercise is about: untrained, and the same wherever its seed is known.
///
/// Its norms have weights and biases of their own and its blocks write more and more, so that every
/// way of getting a lens wrong shows.
package struct LensModel: Codable, Sendable {
  /// The kinds of norm.
  package enum Kind: String, Codable, CaseIterable {
    case layerNorm, rootMeanSquare
    /// The embedded reader, which has a seed only for its texts.
    case reader
  }

  package var kind: Kind
  package var seed: UInt64

  package static let vocabulary = 41
  package static let width = 12
  package static let layers = 3

  /// The embedded reader.
  package static let reader = LensModel(kind: .reader, seed: 0)

  private init(kind: Kind, seed: UInt64) {
    self.kind = kind
    self.seed = seed
  }

  package init(_ kind: Kind, using generator: inout SeededGenerator) {
    self.kind = kind
    seed = generator.next()
  }

  /// - Throws: `ModelError` or what loading throws, when the reader is not where it should be.
  package func made() throws -> Transformer {
    if kind == .reader { return try LoadedModel.kept(EmbeddedModel.reader.name).model }
    var generator = SeededGenerator(seed: seed)
    let stack = TransformerConfiguration.Stack(
      layerCount: Self.layers, headCount: 2, headWidth: 5, feedForwardWidth: 24)
    let configuration: TransformerConfiguration =
      kind == .layerNorm
      ? .gpt2(
        vocabularySize: Self.vocabulary, width: Self.width, decoder: stack, positions: 64,
        startToken: 0, endToken: nil)
      : .llama(
        vocabularySize: Self.vocabulary, width: Self.width, decoder: stack,
        rotary: RotaryAngles(width: 4, isInterleaved: false), tiesEmbeddings: false, startToken: 0,
        endToken: nil)
    var model = Transformer(configuration: configuration, using: &generator)
    var strength: Float = 1
    model.visitParameters { name, weight in
      if name.hasSuffix("orm.weight") {
        weight = .randomUniform(weight.shape, in: 0.5..<1.5, using: &generator)
      } else if name.hasSuffix(".bias") {
        weight = .randomNormal(weight.shape, standardDeviation: 0.4, using: &generator)
      } else if name == "embedding.weight" {
        weight = .randomNormal(weight.shape, using: &generator)
      } else if name.hasSuffix("mlp.output.weight") {
        weight = weight * strength
        strength *= 1.8
      }
    }
    return model
  }

  /// A text of random tokens.
  package static func text(_ count: Int, using generator: inout SeededGenerator) -> [Int] {
    (0..<count).map { _ in Int.random(in: 0..<vocabulary, using: &generator) }
  }

  /// The beginning of a text: of one that the reader has not seen, or of random tokens.
  package func text(_ count: Int, using generator: inout SeededGenerator) -> [Int] {
    guard kind == .reader else { return Self.text(count, using: &generator) }
    let kinds: [ReaderKind] = [.facts, .fewShot, .narrative, .sequences]
    var writer = ReaderWriter(split: .test, seed: generator.next())
    var tokens: [Int] = []
    while tokens.count < count {
      tokens += ReaderVocabulary.encode(
        writer.text(kinds.randomElement(using: &generator)!).words)
    }
    return Array(tokens.prefix(count))
  }
}

/// The norm and the unembedding in plain loops of Double: what an answer is held against, and what
/// the usual mistakes make of it.
package struct LensOracle: Sendable {
  private let weight: [Double]
  private let bias: [Double]?
  private let epsilon: Double
  private let unembedding: Tensor

  package init(_ model: Transformer) {
    let parameters = Dictionary(
      uniqueKeysWithValues: model.parameters.map { ($0.name, $0.tensor) })
    weight = parameters["blocks.finalNorm.weight"]!.values.map { Double($0) }
    bias = parameters["blocks.finalNorm.bias"]?.values.map { Double($0) }
    epsilon = Double(model.configuration.normEpsilon)
    unembedding = parameters["unembedding.weight"] ?? parameters["embedding.weight"]!
  }

  /// The rows `[row, width]` as lists.
  package static func rows(_ states: Tensor) -> [[Double]] {
    let width = states.shape[states.rank - 1]
    let values = states.values
    return stride(from: 0, to: values.count, by: max(width, 1)).map { start in
      values[start..<(start + width)].map { Double($0) }
    }
  }

  /// √(mean of squares + ε) of a row, centred where the norm has a bias.
  package func scale(_ row: [Double]) -> Double {
    let centred = centred(row)
    let square = centred.reduce(0) { $0 + $1 * $1 } / Double(row.count)
    return (square + epsilon).squareRoot()
  }

  private func centred(_ row: [Double]) -> [Double] {
    guard bias != nil else { return row }
    let mean = row.reduce(0, +) / Double(row.count)
    return row.map { $0 - mean }
  }

  /// The norm of a row, with its own scale or another.
  package func normed(_ row: [Double], scale other: Double? = nil) -> [Double] {
    let scale = other ?? scale(row)
    return zip(centred(row), weight).enumerated().map { index, pair in
      pair.0 / scale * pair.1 + (bias?[index] ?? 0)
    }
  }

  /// The logits of normed rows, `[row.count, token]`.
  package func logits(_ rows: [[Double]]) -> Tensor {
    let (tokens, width) = (unembedding.shape[0], unembedding.shape[1])
    let table = unembedding.values
    var values: [Float] = []
    values.reserveCapacity(rows.count * tokens)
    for row in rows {
      for token in 0..<tokens {
        var sum = 0.0
        for column in 0..<width { sum += row[column] * Double(table[token * width + column]) }
        values.append(Float(sum))
      }
    }
    return Tensor(values, shape: [rows.count, tokens])
  }
}
