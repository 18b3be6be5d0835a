import Interpretability
import Laboratory
import ProbingVocabulary
import SheetTools
import Tensors
import Transformers

extension ProbingSheet {
  /// The share of words on which a probe that is trained on such words may miss what was planted.
  static let plantedRoom = 0.04
  /// The share of test words whose class is exchanged, so that no round number is right.
  private static let exchangedShare = 0.15

  /// A question whose classes one layer decides, and of which a layer beside it tells less: what is
  /// right is known, and what the other layer gets is far from it.
  ///
  /// - Parameter other: The layer that is not to tell the classes.
  static func plantedCase(
    _ words: WordTask, at layer: Int, unlike other: Int, _ corpus: ProbedCorpus,
    _ trained: Representations, _ untrained: [Representations],
    using generator: inout SeededGenerator
  ) throws -> (SeededWords, BaselineKey) {
    for _ in 0..<20 {
      let task = words.sides(
        in: trained.layers[layer], unlike: trained.layers[other], using: &generator)
      let (question, key) = try baselineCase(
        task, at: layer, corpus, trained, untrained, exchanging: exchangedShare, using: &generator)
      guard let told = key.told else { continue }
      // A draw that does not tell the layers apart asks nothing.
      if agreement(key.layers[layer], told) > 1 - plantedRoom / 2,
        agreement(key.layers[other], told) < 1 - 2.5 * plantedRoom
      {
        return (question, key)
      }
    }
    throw ProbingError("no words were drawn that tell layer \(layer) from layer \(other)")
  }
}

extension WordTask {
  /// The words that lie clearly on one side of a direction of a layer's vectors, and on which: of
  /// the direction along which these vary most in what another layer's do not tell.
  ///
  /// - Parameters:
  ///   - vectors: `[word, width]`, of all words of all sentences.
  ///   - other: The same of the other layer.
  fileprivate func sides(
    in vectors: Tensor, unlike other: Tensor, using generator: inout SeededGenerator
  ) -> WordTask {
    let (own, others) = (vectors.gathering(rows), other.gathering(rows))
    let rest = own - AffineMap.leastSquares(from: others, to: own, ridge: 1e-3)(others)
    var direction = Tensor.randomNormal([1, own.shape[1]], using: &generator)
    // Powers of the covariance turn any vector towards the greatest variance.
    for _ in 0..<20 {
      direction = direction.matmul(transposing: rest).matmul(rest)
      direction = direction / (direction * direction).sum().scalar.squareRoot()
    }
    let heights = own.matmul(transposing: direction).values
    let middle = heights.sorted()[heights.count / 2]
    let clear = heights.indices
      .sorted { abs(heights[$0] - middle) > abs(heights[$1] - middle) }
      .prefix(heights.count * 4 / 5).sorted()
    var task = subset(clear)
    task.name = "side"
    task.classes = ["below", "above"]
    task.labels = clear.map { heights[$0] > middle ? 1 : 0 }
    return task
  }
}
