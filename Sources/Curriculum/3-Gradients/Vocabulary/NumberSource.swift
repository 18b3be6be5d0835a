import Models
package import Tensors
import Tokenizers
package import Transformers

/// A number to be explained, as it enters the student's process: the translator's or a formula's.
package enum NumberSource: Codable, Sendable {
  /// What the translator says of one target.
  case translator(TranslatorPrediction)
  /// A formula whose gradients are known.
  case formula(Formula, embeddings: Tensor)

  /// The number.
  package func number() throws -> PredictedNumber {
    switch self {
    case .translator(let prediction): return try prediction.number()
    case .formula(let formula, let embeddings):
      let places = 0..<embeddings.shape[0]
      return PredictedNumber(
        pieces: places.map { "x\($0)" }, words: places.map(Optional.some), embeddings: embeddings,
        function: { formula($0) })
    }
  }
}

/// What the translator says of one token in one place of a translation.
package struct TranslatorPrediction: Codable, Sendable {
  /// What a `--model` value names: the translator, or the model that figures are drawn of.
  package var model: String
  /// The source's pieces as ids.
  package var source: [Int]
  /// What the decoder reads.
  package var decoder: [Int]
  /// The word of every source piece.
  package var words: [Int?]
  /// What is explained.
  package var target: AttributionTarget

  /// The pieces that are read.
  package func pieces() throws -> [String] {
    try LoadedModel.kept(model).tokenizer!.tokens(source)
  }

  /// The number as a function of the embeddings.
  package func number() throws -> PredictedNumber {
    let (row, target) = (try row(), target)
    return PredictedNumber(pieces: row.pieces, words: words, embeddings: row.embeddings) { x in
      let logits = try row(x)
      return target.value(of: logits.reshaped(to: [1, logits.count])).sum()
    }
  }

  package init(
    model: String = EmbeddedModel.translator.name, source: [Int], decoder: [Int], words: [Int?],
    target: AttributionTarget
  ) {
    self.model = model
    self.source = source
    self.decoder = decoder
    self.words = words
    self.target = target
  }
}

/// A function of a few embeddings that can be differentiated on paper.
package struct Formula: Codable, Sendable {
  /// What becomes of the projections p of the embeddings on the weights, p_i = w_i · e_i.
  package enum Kind: String, Codable, Sendable {
    /// Their sum: every method agrees.
    case linear
    /// Their product: each counts for nothing without the other.
    case product
    /// Their sum, but no more than 1: once there is enough, more does nothing.
    case saturating
  }

  package var kind: Kind
  /// `[position, width]`.
  package var weights: Tensor

  package func callAsFunction(_ embeddings: Tensor) -> Tensor {
    let projections = (embeddings * weights).sum(axis: 1)
    switch kind {
    case .linear: return projections.sum()
    case .product:
      return (1..<weights.shape[0]).reduce(projections.slice(0..<1)) {
        $0 * projections.slice($1..<($1 + 1))
      }.sum()
    case .saturating: return (1 - projections.sum()).relu() * -1 + 1
    }
  }

  package init(kind: Kind, weights: Tensor) {
    self.kind = kind
    self.weights = weights
  }
}

private func - (a: Float, b: Tensor) -> Tensor { b * -1 + a }
