import Tensors
import Transformers

/// What embeddings are compared with: the input that stands for nothing said.
///
/// There is no neutral choice, and attributions depend on it. Sturmfels, Lundberg and Lee,
/// "Visualizing the Impact of Feature Attribution Baselines", 2020.
public struct Baseline: Sendable {
  private enum Kind: Sendable {
    case zero
    case token(Int)
    case meanEmbedding
    case embeddings(EmbeddingValues)
  }

  private let kind: Kind
  private var kept: Set<Int> = []

  private init(_ kind: Kind) { self.kind = kind }

  /// A vector of zeros in the place of every embedding, as Captum has it.
  public static let zero = Baseline(.zero)
  /// One token's embedding in every place: padding, a mask or the unknown token.
  public static func token(_ id: Int) -> Baseline { Baseline(.token(id)) }
  /// The mean of all tokens' embeddings in every place.
  public static let meanEmbedding = Baseline(.meanEmbedding)
  /// Embeddings of your own, such as those of another sentence.
  public static func embeddings(_ embeddings: EmbeddingValues) -> Baseline {
    Baseline(.embeddings(embeddings))
  }

  /// The same baseline, in which the source tokens at these positions stay as they are, so that
  /// nothing is attributed to them: an instruction, or the end token.
  public func keeping(_ positions: some Sequence<Int>) -> Baseline {
    var copy = self
    copy.kept.formUnion(positions)
    return copy
  }

  /// The embeddings to start from.
  ///
  /// - Throws: ``AttributionError`` when they do not fit those of the prediction.
  func values(for prediction: ExplainedPrediction) throws(AttributionError) -> EmbeddingValues {
    let there = prediction.embeddings
    let model = prediction.model
    var values: EmbeddingValues
    switch kind {
    case .zero:
      values = EmbeddingValues(there.parts.map { .zeros($0.shape) })
    case .token(let id):
      let size = model.configuration.vocabularySize
      guard (0..<size).contains(id) else {
        throw .tokenOutOfRange("baseline", id: id, vocabularySize: size)
      }
      let row = model.embedding.slice(id..<(id + 1)) * model.configuration.embeddingScale
      values = EmbeddingValues(there.parts.map { .zeros($0.shape) + row })
    case .meanEmbedding:
      let row =
        model.embedding.mean(axis: 0, keepingAxis: true) * model.configuration.embeddingScale
      values = EmbeddingValues(there.parts.map { .zeros($0.shape) + row })
    case .embeddings(let own):
      values = own
      // What the decoder reads stays as it is unless the baseline says otherwise.
      if values.decoder == nil { values.decoder = there.decoder }
      if there.decoder == nil { values.decoder = nil }
      for (expected, found) in zip(there.parts, values.parts) where expected.shape != found.shape {
        throw .baselineShape(expected: expected.shape, found: found.shape)
      }
      guard values.parts.allSatisfy({ $0.values.allSatisfy(\.isFinite) }) else {
        throw .notFinite("a value of the baseline")
      }
    }
    for position in kept {
      guard (0..<there.source.shape[0]).contains(position) else {
        throw .positionOutOfRange(position, count: there.source.shape[0])
      }
      for column in 0..<there.source.shape[1] {
        values.source[position, column] = there.source[position, column]
      }
    }
    return values
  }
}
