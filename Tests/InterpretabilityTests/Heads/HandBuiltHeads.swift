import Interpretability
import Interventions
import Tensors
import Transformers

/// A model of two layers whose heads are written by hand, so that what each does is known.
///
/// Every token says its successor in a permutation by its embedding. A head of the first layer writes
/// who the token is, where the second layer's heads read it:
/// - head 0 looks for the predicted token and writes against it: copy suppression;
/// - head 1 looks for it and writes for it: copying;
/// - head 2 looks at all alike and writes at random;
/// - head 3 looks for it and writes for it, but against what the raw embedding says: only with raw
///   embeddings does it look negative.
struct HandBuiltHeads {
  static let vocabulary = 48
  static let suppressor = HeadAddress(.blocks, layer: 1, head: 0)
  static let copier = HeadAddress(.blocks, layer: 1, head: 1)
  static let neither = HeadAddress(.blocks, layer: 1, head: 2)
  static let disguised = HeadAddress(.blocks, layer: 1, head: 3)

  /// What each token predicts; the start token, 0, is in nobody's place.
  let successor: [Int]
  let model: Transformer

  init() {
    let count = Self.vocabulary
    var generator = SeededGenerator(seed: 5)
    let cycle = Array(1..<count).shuffled(using: &generator)
    var successor = Array(repeating: 0, count: count)
    for (place, token) in cycle.enumerated() {
      successor[token] = cycle[(place + 1) % cycle.count]
    }
    successor[0] = cycle[0]
    self.successor = successor
    let predicted = successor
    let random = Tensor.randomNormal(
      [count, count], standardDeviation: 0.03, using: &generator)
    var configuration = TransformerConfiguration.gpt2(
      vocabularySize: count, width: 3 * count,
      decoder: .init(layerCount: 2, headCount: 4, headWidth: count, feedForwardWidth: 0),
      positions: 32, startToken: 0, endToken: nil)
    configuration.norm = .rootMeanSquare
    configuration.biases = .none
    configuration.tiesEmbeddings = false
    // The stream: who the token is as embedded, what is predicted, who it is after the first layer.
    let (raw, prediction, identity) = (0, count, 2 * count)
    /// Weights that pass one part of the stream to a head, or a head to a part of it.
    func identityWeight(_ shape: [Int], _ places: [(row: Int, column: Int, value: Float)]) -> Tensor
    {
      var weight = Tensor.zeros(shape)
      for place in places {
        for token in 0..<count {
          weight[place.row + token, place.column + token] = place.value
        }
      }
      return weight
    }
    func head(_ index: Int) -> Int { index * count }
    model = Transformer(configuration: configuration) { name, shape in
      switch name {
      case "embedding.weight":
        var weight = identityWeight(shape, [(0, raw, 1)])
        for token in 0..<count { weight[token, prediction + predicted[token]] = 1.5 }
        return weight
      case "unembedding.weight": return identityWeight(shape, [(0, prediction, 1)])
      case "blocks.0.attention.query.weight", "blocks.0.attention.key.weight":
        return identityWeight(shape, [(head(0), raw, 1)])
      case "blocks.0.attention.value.weight":
        return identityWeight(shape, [(head(0), raw, 1)])
      case "blocks.0.attention.output.weight":
        return identityWeight(shape, [(identity, head(0), 0.3)])
      case "blocks.1.attention.query.weight":
        return identityWeight(
          shape, [0, 1, 3].map { (head($0), prediction, 1) })
      case "blocks.1.attention.key.weight":
        return identityWeight(shape, [0, 1, 3].map { (head($0), identity, 1) })
      case "blocks.1.attention.value.weight":
        return identityWeight(
          shape, (0..<4).map { (head($0), identity, 1) } + [(head(3), raw, -1)])
      case "blocks.1.attention.output.weight":
        var weight = identityWeight(
          shape,
          [
            (prediction, head(0), -0.15), (prediction, head(1), 0.15),
            (prediction, head(3), 0.15),
          ])
        for row in 0..<count {
          for column in 0..<count {
            weight[prediction + row, head(2) + column] = random[row, column]
          }
        }
        return weight
      case let norm where norm.hasSuffix("orm.weight"): return Tensor(repeating: 1, shape: shape)
      default: return .zeros(shape)
      }
    }
  }

  /// Texts in which every third token predicts the first of its group again.
  ///
  /// Start, then groups b, x, a, where b follows a; after the last group b is said again.
  func texts(count: Int = 12) -> ModelInput {
    var generator = SeededGenerator(seed: 8)
    return ModelInput(
      tokens: (0..<count).map { _ in
        var text = [0]
        while text.count < 13 {
          let a = Int.random(in: 1..<Self.vocabulary, using: &generator)
          let x = Int.random(in: 1..<Self.vocabulary, using: &generator)
          let new = [successor[a], x, a]
          if Set(text + new).count == text.count + 3 { text += new }
        }
        return text + [successor[text.last!]]
      })
  }
}
