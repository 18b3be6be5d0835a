import Foundation
public import Tensors

/// What a lens says at every layer and position, and how far that is from what the model says in
/// the end.
public struct LensReading: Codable, Sendable {
  /// What is read at one layer and position.
  public struct Cell: Codable, Hashable, Sendable {
    /// The most probable token; of equals the one with the least id.
    public var token: Int
    /// How many tokens share the greatest logit.
    ///
    /// More than one is a warning: logits computed in half precision tie by the dozen, and ``token``
    /// is then the first of the vocabulary and no reading.
    public var ties: Int
    /// The probability of the token.
    public var probability: Float
    /// The entropy of the distribution, in nats.
    public var entropy: Float
    /// KL(p ‖ p̃) from the model's final distribution p to the lens's p̃, in nats.
    public var divergence: Float
    /// −log p(argmax p̃) in nats: how surprised the model itself would be at the lens's choice.
    public var surprisal: Float
    /// Whether the lens and the model choose the same token; a lens whose greatest logit is shared
    /// chooses none.
    public var agrees: Bool
  }

  /// `[layer][position]`; the last layer is the model's own.
  public var cells: [[Cell]]

  /// A reading.
  public init(_ cells: [[Cell]]) { self.cells = cells }

  /// The mean of a measure over positions, and its spread.
  public struct Spread: Codable, Hashable, Sendable {
    /// The mean.
    public var mean: Double
    /// The standard deviation of the population: the root of the mean squared distance.
    public var deviation: Double

    /// A mean and a deviation.
    public init(mean: Double, deviation: Double) {
      self.mean = mean
      self.deviation = deviation
    }

    /// Of values, of which there is at least one.
    public init(_ values: [Double]) {
      precondition(!values.isEmpty, "nothing has no mean")
      let mean = values.reduce(0, +) / Double(values.count)
      self.mean = mean
      deviation =
        (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot()
    }
  }

  /// A measure by layer: its mean over positions and its deviation.
  public func byLayer(_ measure: (Cell) -> Double) -> [Spread] {
    cells.map { Spread($0.map(measure)) }
  }

  /// Prec@1 by layer: how often lens and model choose the same token.
  public var precision: [Spread] { byLayer { $0.agrees ? 1 : 0 } }
  /// Surprisal by layer, in nats.
  public var surprisal: [Spread] { byLayer { Double($0.surprisal) } }
  /// Entropy by layer, in nats.
  public var entropy: [Spread] { byLayer { Double($0.entropy) } }
  /// KL(p ‖ p̃) by layer, in nats.
  public var divergence: [Spread] { byLayer { Double($0.divergence) } }
}

extension LensReading {
  /// The reading of logits that are at hand.
  ///
  /// - Parameters:
  ///   - logits: `[layer, position, token]`.
  ///   - final: The model's own, `[position, token]`; nil when they are the last layer.
  public init(logits: Tensor, final: Tensor? = nil) {
    precondition(logits.rank == 3, "logits are [layer, position, token], not \(logits.shape)")
    let (layers, positions, width) = (logits.shape[0], logits.shape[1], logits.shape[2])
    let own = final ?? logits[at: layers - 1]
    precondition(
      own.shape == [positions, width],
      "final logits \(own.shape) do not fit \(logits.shape)")
    let (found, clean) = (logits.logSoftmax(), own.logSoftmax())
    let (choices, cleanChoices) = (logits.argmax(), own.argmax())
    self.init(
      (0..<layers).map { layer in
        (0..<positions).map { position in
          let row = (layer * positions + position) * width
          let token = choices[layer * positions + position]
          return found.withUnsafeValues { q in
            clean.withUnsafeValues { p in
              logits.withUnsafeValues { z in
                var (entropy, divergence, ties) = (0.0, 0.0, 0)
                for column in 0..<width {
                  let logQ = Double(q[row + column])
                  let logP = Double(p[position * width + column])
                  if logQ > -.infinity { entropy -= exp(logQ) * logQ }
                  if logP > -.infinity { divergence += exp(logP) * (logP - logQ) }
                  if z[row + column] == z[row + token] { ties += 1 }
                }
                return Cell(
                  token: token, ties: ties, probability: exp(q[row + token]),
                  entropy: Float(entropy), divergence: Float(max(divergence, 0)),
                  surprisal: -p[position * width + token],
                  agrees: ties == 1 && token == cleanChoices[position])
              }
            }
          }
        }
      })
  }
}
