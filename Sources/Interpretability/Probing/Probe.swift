public import Tensors

/// A small classifier on frozen vectors.
///
/// A linear probe is softmax(W h + b); a probe with a hidden layer puts relu(V h + c) before it.
public struct Probe: Parameterized, Sendable {
  /// What a probe is made of.
  public enum Kind: Codable, Sendable, Hashable, CustomStringConvertible {
    /// No hidden layer.
    case linear
    /// One hidden layer of this width.
    case mlp(hidden: Int)

    /// “linear”, or “MLP” with its width.
    public var description: String {
      switch self {
      case .linear: "linear"
      case .mlp(let hidden): "MLP \(hidden)"
      }
    }
  }

  /// What is taken off every feature before the first layer, `[width]`.
  public var mean: Tensor
  /// What every feature is then multiplied by, `[width]`.
  public var scale: Tensor
  /// `[hidden, width]`, or nil for a linear probe.
  public var hiddenWeight: Tensor?
  /// `[hidden]`.
  public var hiddenBias: Tensor?
  /// `[class, hidden or width]`.
  public var weight: Tensor
  /// `[class]`.
  public var bias: Tensor

  init(
    _ kind: Kind, width: Int, classes: Int, using generator: inout some RandomNumberGenerator
  ) {
    mean = .zeros([width])
    scale = Tensor(repeating: 1, shape: [width])
    bias = .zeros([classes])
    switch kind {
    case .linear: weight = .zeros([classes, width])
    case .mlp(let hidden):
      precondition(hidden > 0, "a hidden layer has at least one unit, not \(hidden)")
      hiddenWeight = .randomNormal(
        [hidden, width], standardDeviation: (2 / Float(width)).squareRoot(), using: &generator)
      hiddenBias = .zeros([hidden])
      weight = .randomNormal(
        [classes, hidden], standardDeviation: 1 / Float(hidden).squareRoot(), using: &generator)
    }
  }

  /// Calls `body` with the weights that are trained.
  public mutating func visitParameters(_ body: (String, inout Tensor) -> Void) {
    if hiddenWeight != nil {
      body("hidden.weight", &hiddenWeight!)
      body("hidden.bias", &hiddenBias!)
    }
    body("weight", &weight)
    body("bias", &bias)
  }

  /// Scores of each class, `[word, class]`, from vectors `[word, width]`.
  public func callAsFunction(_ features: Tensor) -> Tensor {
    logits(ofStandardised: standardised(features))
  }

  /// The most probable class of each vector.
  public func predictions(_ features: Tensor) -> [Int] { self(features).argmax() }

  /// Vectors as the first layer reads them.
  func standardised(_ features: Tensor) -> Tensor { (features - mean) * scale }

  func logits(ofStandardised features: Tensor) -> Tensor {
    var x = features
    if let hiddenWeight, let hiddenBias {
      x = (x.matmul(transposing: hiddenWeight) + hiddenBias).relu()
    }
    return x.matmul(transposing: weight) + bias
  }

  /// Takes mean and spread of every feature from the training data.
  mutating func standardise(by features: Tensor) {
    let (rows, width) = (features.shape[0], features.shape[1])
    var sums = [Double](repeating: 0, count: width)
    var squares = sums
    features.withUnsafeValues { values in
      for row in 0..<rows {
        for column in 0..<width { sums[column] += Double(values[row * width + column]) }
      }
      for column in 0..<width { sums[column] /= Double(rows) }
      for row in 0..<rows {
        for column in 0..<width {
          let distance = Double(values[row * width + column]) - sums[column]
          squares[column] += distance * distance
        }
      }
    }
    mean = Tensor(sums.map(Float.init))
    scale = Tensor(
      squares.map { sum in
        let deviation = (sum / Double(rows)).squareRoot()
        // A feature that never changes says nothing.
        return deviation > 1e-9 ? Float(1 / deviation) : 0
      })
  }
}
