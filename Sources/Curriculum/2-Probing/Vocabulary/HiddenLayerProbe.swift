public import Tensors
import Transformers

/// A probe with one hidden layer, trained for you: what it is compared with, and on which words it is
/// measured, are the exercise.
public struct HiddenLayerProbe: Parameterized, Sendable {
  private var hidden: AffineMap
  private var scores: AffineMap
  private let mean: Tensor
  private let deviation: Tensor

  /// Trains a probe on vectors with a class each.
  ///
  /// Columns are brought to mean 0 and deviation 1 by these vectors. No penalty holds the weights back,
  /// and it is trained to the end.
  ///
  /// - Parameters:
  ///   - data: The training words alone.
  ///   - width: How many hidden units there are.
  ///   - seed: Where initial weights come from.
  public init(trainingOn data: LabelledVectors, hidden width: Int, seed: UInt64) {
    let vectors = data.vectors
    mean = vectors.mean(axis: 0)
    let centred = vectors - mean
    deviation = (centred * centred).mean(axis: 0).squareRoot() + 1e-6
    var generator = SeededGenerator(seed: seed)
    let count = vectors.shape[1]
    // Units that begin alike would stay alike.
    hidden = AffineMap(
      weight: .randomNormal(
        [width, count], standardDeviation: (2 / Float(count)).squareRoot(), using: &generator),
      bias: .zeros([width]))
    scores = AffineMap(weight: .zeros([data.classes, width]), bias: .zeros([data.classes]))
    let inputs = centred / deviation
    var optimiser = AdamW()
    let steps = 400
    for step in 0..<steps {
      let (_, slopes) = gradients { $0.scored(inputs).crossEntropy(targets: data.labels) }
      optimiser.update(
        &self, gradients: slopes, rate: 0.03 * (1 - Float(step) / Float(steps)))
    }
  }

  /// The class that the probe gives to each vector of `[word, width]`.
  public func classes(of vectors: Tensor) -> [Int] {
    scored((vectors - mean) / deviation).argmax()
  }

  private func scored(_ inputs: Tensor) -> Tensor { scores(hidden(inputs).relu()) }

  /// Calls `body` with every weight.
  public mutating func visitParameters(_ body: (String, inout Tensor) -> Void) {
    hidden.visitParameters { body("hidden.\($0)", &$1) }
    scores.visitParameters { body("scores.\($0)", &$1) }
  }
}
