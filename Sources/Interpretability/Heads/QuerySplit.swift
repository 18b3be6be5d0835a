import Foundation
public import Interpretability
import Interventions
import Tensors
public import Transformers

/// What of a query looks at a token by saying that the token is predicted, and what by saying
/// something else.
///
/// The normalised state at the query is split into what lies along the unembedding of the prediction
/// and what is perpendicular to it. Scores are linear in the state, so the two add up, with the bias, to
/// the score; and each is a sum over the parts of the model that wrote the state, MLPs among them.
public struct QuerySplit: Sendable {
  /// What one part of the model asks by the two ways.
  public struct Part: Sendable {
    /// The part.
    public let component: Component
    /// The score it adds along the unembedding.
    public let along: Float
    /// The score it adds beside it.
    public let beside: Float
  }

  /// The score of the query for the key, scaled, but for key biases.
  public let score: Float
  /// What of it lies along the unembedding of the prediction.
  public let along: Float
  /// What is perpendicular to it.
  public let beside: Float
  /// What the query bias asks, whatever the text says.
  public let bias: Float
  /// Both by the part that wrote them, in the order in which the model computes them.
  public let parts: [Part]
  /// The attention to the key.
  public let attention: Float
  /// The attention to the key when the perpendicular part is taken out of the query.
  public let attentionAlong: Float
  /// The attention to the key when the part along the unembedding is taken out of the query.
  public let attentionBeside: Float
}

extension HeadCircuits {
  /// Splits a query.
  ///
  /// - Parameters:
  ///   - text: One text; the first row is read.
  ///   - position: Where the head asks.
  ///   - keyPosition: The position it asks about, no later.
  ///   - prediction: The token whose unembedding splits the query; nil means the key's own.
  /// - Throws: ``HeadError`` where it is not defined, `SweepError` for a place that does not exist.
  public func querySplit(
    of head: HeadAddress, on text: ModelInput, position: Int, key keyPosition: Int,
    prediction: Int? = nil
  ) throws -> QuerySplit {
    let head = try checked(head)
    if case .rotary = model.configuration.position { throw HeadError.turnsKeys }
    if model.configuration.normalizesQueriesAndKeys { throw HeadError.normsQueries }
    let text = text.rows([0])
    let length = text.tokens[0].count
    for (what, place) in [("the query's position", position), ("the key's position", keyPosition)]
    where !(0..<length).contains(place) {
      throw SweepError.position(place, count: length, what: what)
    }
    let token = prediction ?? text.tokens[0][keyPosition]
    guard (0..<unembedding.shape[0]).contains(token) else {
      throw SweepError.token("the prediction", id: token, vocabularySize: unembedding.shape[0])
    }
    func point(_ place: HookPoint.BlockPoint) -> HookPoint { .block(stackName, head.layer, place) }
    let scores = point(.attention(.own, .scores))
    let run = try RecordedRun(model, text, capturing: [scores])
    let states = try run.trace[.residualPre(stackName, head.layer)][at: 0]
    let keys = normed(states).matmul(transposing: key(head))
    // One row a query: a direction of the residual stream that scores the key.
    let asked = keys.matmul(query(head)) * scoreScale
    let unit = unembedding[at: token]
    let size = Self.length(unit.values)
    let direction = size > 0 ? unit / size : unit
    func dot(_ a: Tensor, _ b: Tensor) -> Float {
      Kernel.dot(a.values, b.values, count: a.count)
    }
    let alongKeys = (0..<length).map { dot(direction, asked[at: $0]) }
    func split(_ state: Tensor) -> (along: [Float], beside: [Float]) {
      let reach = dot(state, direction)
      let along = alongKeys.map { reach * $0 }
      return (along, (0..<length).map { dot(state, asked[at: $0]) - along[$0] })
    }
    let state = normed(states)[at: position]
    let whole = split(state)
    let biases = queryBias(head).map { bias in
      (0..<length).map { dot(bias, keys[at: $0]) * scoreScale }
    }
    var parts: [QuerySplit.Part] = []
    if model.configuration.normPlacement == .before {
      let scale = states.slice(position..<(position + 1))
        .rootMeanSquare(epsilon: model.configuration.normEpsilon, centring: centres).scalar
      for contribution in try model.contributions(of: text)
      where contribution.component.isBefore(layer: head.layer) {
        var value = contribution.value[at: 0][at: position]
        if centres { value = value - value.mean() }
        let found = split(value / scale)
        parts.append(
          QuerySplit.Part(
            component: contribution.component, along: found.along[keyPosition],
            beside: found.beside[keyPosition]))
      }
    }
    let recorded = try run.trace[scores][at: 0][at: head.head][at: position]
    func attention(without part: [Float]) -> Float {
      (recorded - Tensor(part)).reshaped(to: [1, length]).softmax()[0, keyPosition]
    }
    let bias = biases?[keyPosition] ?? 0
    return QuerySplit(
      score: whole.along[keyPosition] + whole.beside[keyPosition] + bias,
      along: whole.along[keyPosition], beside: whole.beside[keyPosition], bias: bias, parts: parts,
      attention: attention(without: Array(repeating: 0, count: length)),
      attentionAlong: attention(without: whole.beside),
      attentionBeside: attention(without: whole.along))
  }
}

extension Component {
  /// Whether the component has written when a layer is entered.
  fileprivate func isBefore(layer: Int) -> Bool {
    switch self {
    case .embedding, .positionEmbedding, .tokenTypeEmbedding, .embeddingNormBias: true
    case .head(let own, _, _), .attentionBias(let own, _), .mlp(let own), .normBias(let own, _):
      own < layer
    }
  }
}
