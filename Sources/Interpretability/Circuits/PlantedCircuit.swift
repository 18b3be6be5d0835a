import Interventions
import Tensors
package import Transformers

/// A model whose weights were written by hand, so that its circuit is known, with pairs that tell the
/// circuit's edges from all others.
///
/// The residual stream is cut into spaces of one place a token or a position; a weight that is not of
/// the circuit is zero, or writes what nobody reads. The norms divide by a number so great that what
/// they are given does not change it, and multiply by it again.
package struct PlantedCircuit: Sendable {
  /// What it is called.
  package let name: String
  /// The model.
  package let model: Transformer
  /// The pairs, whose corrupted twins replace what the circuit reads.
  package let task: TaskSet
  /// The edges by which the model does the task where everything outside is corrupted, and no others.
  ///
  /// What is the same in both texts, such as positions, needs no edge.
  package let edges: Set<CircuitEdge>

  /// All of them.
  package static var all: [PlantedCircuit] { [induction, lookup, twoRoutes, greaterThan] }

  /// A head that looks one token back, and one that finds what came behind the current token before.
  package static var induction: PlantedCircuit {
    var weights = HandWritten(tokens: 10, positions: 8, layers: 2, heads: 2)
    weights.lookBack(layer: 0, head: 1)
    weights.head(
      layer: 1, head: 0, query: .token, key: .moved, value: .token, writes: .answer, sharpness: 6)
    // One that copies where nobody reads.
    weights.head(
      layer: 0, head: 0, query: .token, key: .token, value: .token, writes: .unread, sharpness: 1)
    let texts = [
      [7, 1, 2, 3, 4, 1], [8, 3, 5, 1, 6, 3], [6, 4, 1, 8, 2, 4], [5, 2, 7, 6, 8, 2],
    ]
    let twins = [
      [7, 5, 6, 3, 4, 8], [8, 4, 2, 1, 6, 7], [6, 5, 3, 8, 2, 7], [5, 1, 3, 6, 8, 4],
    ]
    let pairs = zip(texts, twins).map { clean, corrupted in
      TaskSet.Pair(clean: clean, corrupted: corrupted, answer: clean[2], foil: 0)
    }
    return PlantedCircuit(
      name: "induction", model: weights.model, task: TaskSet(pairs),
      edges: [
        CircuitEdge(.embedding, .value(layer: 0, head: 1)),
        CircuitEdge(.embedding, .query(layer: 1, head: 0)),
        CircuitEdge(.embedding, .value(layer: 1, head: 0)),
        CircuitEdge(.head(layer: 0, head: 1), .key(layer: 1, head: 0)),
        CircuitEdge(.head(layer: 1, head: 0), .logits),
      ])
  }

  /// A head that fetches the token at position 1, and an MLP that looks up what follows from it.
  package static var lookup: PlantedCircuit {
    var weights = HandWritten(tokens: 10, positions: 8, layers: 2, heads: 2)
    weights.fetch(position: 1, layer: 0, head: 0, writes: .moved)
    weights.mlp(layer: 0, reads: .moved, writes: .answer) { from, to in to == (from + 3) % 10 }
    weights.mlp(layer: 1, reads: .token, writes: .unread) { $0 == $1 }
    return PlantedCircuit(
      name: "lookup", model: weights.model,
      task: weights.fetched([(1, 4), (2, 7), (5, 3), (7, 2)]) { ($0 + 3) % 10 },
      edges: [
        CircuitEdge(.embedding, .value(layer: 0, head: 0)),
        CircuitEdge(.head(layer: 0, head: 0), .mlp(layer: 0)),
        CircuitEdge(.mlp(layer: 0), .logits),
      ])
  }

  /// Two ways to one answer, of which each brings half: a head that writes it, and a head with an MLP a
  /// layer above it.
  package static var twoRoutes: PlantedCircuit {
    var weights = HandWritten(tokens: 10, positions: 8, layers: 2, heads: 2)
    weights.fetch(position: 1, layer: 0, head: 0, writes: .answer)
    weights.fetch(position: 1, layer: 0, head: 1, writes: .moved)
    weights.mlp(layer: 1, reads: .moved, writes: .answer) { $0 == $1 }
    return PlantedCircuit(
      name: "two-routes", model: weights.model,
      task: weights.fetched([(1, 4), (2, 7), (5, 3), (7, 2)]) { $0 },
      edges: [
        CircuitEdge(.embedding, .value(layer: 0, head: 0)),
        CircuitEdge(.embedding, .value(layer: 0, head: 1)),
        CircuitEdge(.head(layer: 0, head: 1), .mlp(layer: 1)),
        CircuitEdge(.head(layer: 0, head: 0), .logits),
        CircuitEdge(.mlp(layer: 1), .logits),
      ])
  }

  /// Greater-than in two layers: a head fetches a number, one MLP makes it into all that are greater,
  /// and the next writes these.
  package static var greaterThan: PlantedCircuit {
    var weights = HandWritten(tokens: 10, positions: 8, layers: 2, heads: 2)
    weights.fetch(position: 1, layer: 0, head: 1, writes: .moved)
    weights.mlp(layer: 0, reads: .moved, writes: .greater) { $1 > $0 }
    weights.mlp(layer: 1, reads: .greater, writes: .answer) { $0 == $1 }
    var task = weights.fetched([(2, 9), (4, 9), (6, 9), (3, 9)]) { $0 + 2 }
    for index in task.pairs.indices { task.pairs[index].foil = 1 }
    return PlantedCircuit(
      name: "greater-than", model: weights.model, task: task,
      edges: [
        CircuitEdge(.embedding, .value(layer: 0, head: 1)),
        CircuitEdge(.head(layer: 0, head: 1), .mlp(layer: 0)),
        CircuitEdge(.mlp(layer: 0), .mlp(layer: 1)),
        CircuitEdge(.mlp(layer: 1), .logits),
      ])
  }
}

/// Weights by hand, all zero at first.
struct HandWritten {
  /// A part of the residual stream, a place for each token.
  enum Space: Int {
    /// The token of the position.
    case token
    /// A token from elsewhere.
    case moved
    /// All numbers that are greater.
    case greater
    /// What nobody reads.
    case unread
    /// What the unembedding reads.
    case answer
  }

  private let tokens: Int
  private let positions: Int
  private let configuration: TransformerConfiguration
  private var matrices: [String: Tensor] = [:]
  /// A norm that changes nothing: 2²⁰ · x / √(x̄² + 2⁴⁰).
  private static let scale: Float = 1_048_576

  init(tokens: Int, positions: Int, layers: Int, heads: Int) {
    self.tokens = tokens
    self.positions = positions
    let stack = TransformerConfiguration.Stack(
      layerCount: layers, headCount: heads, headWidth: max(tokens, positions),
      feedForwardWidth: tokens)
    var configuration = TransformerConfiguration.gpt2(
      vocabularySize: tokens, width: 5 * tokens + positions, decoder: stack, positions: positions,
      normEpsilon: Self.scale * Self.scale, startToken: 0, endToken: nil)
    configuration.norm = .rootMeanSquare
    configuration.activation = .relu
    configuration.biases = .none
    configuration.scalesScores = false
    configuration.tiesEmbeddings = false
    self.configuration = configuration
    set("embedding.weight") { count, put in
      for token in 0..<count { put(token, token, 1) }
    }
    set("blocks.positionEmbedding.weight") { count, put in
      for position in 0..<count { put(position, 5 * tokens + position, 1) }
    }
    set("unembedding.weight") { count, put in
      for token in 0..<count { put(token, Space.answer.rawValue * tokens + token, 4) }
    }
  }

  private func place(_ space: Space, _ token: Int) -> Int { space.rawValue * tokens + token }

  /// The shape of every weight, by name.
  private var shapes: [String: [Int]] {
    var shapes: [String: [Int]] = [:]
    _ = Transformer(configuration: configuration) { name, shape in
      shapes[name] = shape
      return .zeros(shape)
    }
    return shapes
  }

  private mutating func set(
    _ name: String, _ fill: (_ rows: Int, _ put: (Int, Int, Float) -> Void) -> Void
  ) {
    let shape = shapes[name]!
    var values = matrices[name]?.values ?? Array(repeating: 0, count: shape.reduce(1, *))
    fill(shape[0]) { row, column, value in values[row * shape[1] + column] = value }
    matrices[name] = Tensor(values, shape: shape)
  }

  private func name(_ layer: Int, _ part: String) -> String { "blocks.\(layer).\(part).weight" }

  private mutating func projection(
    _ layer: Int, _ head: Int, _ part: String, _ places: [(from: Int, to: Int, value: Float)]
  ) {
    let width = configuration.decoder!.headWidth
    set(name(layer, "attention.\(part)")) { _, put in
      for entry in places { put(head * width + entry.to, entry.from, entry.value) }
    }
  }

  mutating func output(_ layer: Int, _ head: Int, writes space: Space, times value: Float = 1) {
    let width = configuration.decoder!.headWidth
    let tokens = tokens
    let start = space.rawValue * tokens
    set(name(layer, "attention.output")) { _, put in
      for token in 0..<tokens { put(start + token, head * width + token, value) }
    }
  }

  private func all(_ space: Space, times value: Float = 1) -> [(from: Int, to: Int, value: Float)] {
    (0..<tokens).map { (place(space, $0), $0, value) }
  }

  /// A head that compares tokens in two spaces and copies from a third.
  mutating func head(
    layer: Int, head: Int, query: Space, key: Space, value: Space, writes: Space,
    sharpness: Float
  ) {
    projection(layer, head, "query", all(query, times: sharpness))
    projection(layer, head, "key", all(key))
    projection(layer, head, "value", all(value))
    output(layer, head, writes: writes)
  }

  /// A head that writes the token one position back.
  mutating func lookBack(layer: Int, head: Int) {
    let start = 5 * tokens
    projection(
      layer, head, "query", (0..<positions).map { (start + $0, $0, 12) })
    projection(
      layer, head, "key", (0..<(positions - 1)).map { (start + $0, $0 + 1, 1) })
    projection(layer, head, "value", all(.token))
    output(layer, head, writes: .moved)
  }

  /// A head that writes the token at one position, from everywhere behind it.
  mutating func fetch(
    position: Int, layer: Int, head: Int, writes: Space, times value: Float = 1,
    sharpness: Float = 12
  ) {
    let start = 5 * tokens
    projection(layer, head, "query", (0..<positions).map { (start + $0, 0, sharpness) })
    projection(layer, head, "key", [(start + position, 0, 1)])
    projection(layer, head, "value", all(.token))
    output(layer, head, writes: writes, times: value)
  }

  /// An MLP with a hidden place a token, which writes what a rule makes of it.
  mutating func mlp(
    layer: Int, reads: Space, writes: Space, _ rule: (_ from: Int, _ to: Int) -> Bool
  ) {
    let tokens = tokens
    let (from, to) = (reads.rawValue * tokens, writes.rawValue * tokens)
    set(name(layer, "mlp.input")) { _, put in
      for token in 0..<tokens { put(token, from + token, 1) }
    }
    set(name(layer, "mlp.output")) { _, put in
      for hidden in 0..<tokens {
        for token in 0..<tokens where rule(hidden, token) { put(to + token, hidden, 1) }
      }
    }
  }

  /// Pairs of texts that differ at position 1 alone.
  func fetched(
    _ numbers: [(clean: Int, corrupted: Int)], answer: (Int) -> Int
  ) -> TaskSet {
    TaskSet(
      numbers.map { clean, corrupted in
        TaskSet.Pair(
          clean: [8, clean, 8, 6, 8], corrupted: [8, corrupted, 8, 6, 8], answer: answer(clean),
          foil: answer(clean) == 0 ? 9 : 0)
      })
  }

  var model: Transformer {
    Transformer(configuration: configuration) { name, shape in
      if let matrix = matrices[name] { return matrix }
      return name.hasSuffix("orm.weight")
        ? Tensor(repeating: Self.scale, shape: shape) : .zeros(shape)
    }
  }
}
