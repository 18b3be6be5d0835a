import CKernels
import Foundation

/// Adam with decoupled weight decay.
///
/// Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019.
public struct AdamW: Sendable {
  /// The decay rates of the running means of gradients and of their squares.
  public var betas: (Float, Float)
  /// Added to the denominator.
  public var epsilon: Float
  /// The fraction of the rate by which weights shrink a step.
  public var weightDecay: Float
  /// How many updates were made.
  package var step = 0
  /// Running means of each parameter's gradient and its square, by name.
  package var moments: [String: (first: Tensor, second: Tensor)] = [:]

  /// An optimiser that has made no step.
  public init(
    betas: (Float, Float) = (0.9, 0.999), epsilon: Float = 1e-8, weightDecay: Float = 0
  ) {
    self.betas = betas
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  /// Moves every parameter one step against its gradient.
  ///
  /// - Parameters:
  ///   - model: The model whose parameters are changed.
  ///   - gradients: One a parameter, in the order of the visit.
  ///   - rate: The learning rate of this step.
  ///   - scale: A factor on the rate by the parameter's name; nil leaves the parameter to another
  ///     optimiser.
  public mutating func update(
    _ model: inout some Parameterized, gradients: [Tensor], rate: Float,
    scale: (String) -> Float? = { _ in 1 }
  ) {
    step += 1
    // In Double: with a β near 1, 1 − βᵗ keeps few digits in Float.
    let correction1 = Float(1 - pow(Double(betas.0), Double(step)))
    let correction2 = Float((1 - pow(Double(betas.1), Double(step))).squareRoot())
    var index = 0
    model.visitParameters { name, parameter in
      precondition(
        index < gradients.count && gradients[index].shape == parameter.shape,
        "the gradient for \(name) \(parameter.shape) is missing or of another shape")
      let gradient = gradients[index]
      index += 1
      guard let factor = scale(name) else { return }
      let rate = rate * factor
      var (first, second) =
        moments.removeValue(forKey: name)
        ?? (Tensor.zeros(parameter.shape), Tensor.zeros(parameter.shape))
      precondition(
        first.shape == parameter.shape && second.shape == parameter.shape,
        "the moments \(first.shape) kept for \(name) are not of its shape \(parameter.shape)")
      first.withUnsafeMutableValues { m in
        second.withUnsafeMutableValues { v in
          parameter.withUnsafeMutableValues { p in
            AdamW.move(
              p, m, v, gradient, betas: betas, rate: rate / correction1,
              rootCorrection: correction2, epsilon: epsilon, decay: 1 - rate * weightDecay)
          }
        }
      }
      moments[name] = (first, second)
    }
    precondition(
      index == gradients.count, "\(gradients.count) gradients came for \(index) parameters")
  }

  /// One step of the parameter `p` with its moments `m` and `v`, in a single pass over memory.
  private static func move(
    _ p: UnsafeMutableBufferPointer<Float>, _ m: UnsafeMutableBufferPointer<Float>,
    _ v: UnsafeMutableBufferPointer<Float>, _ gradient: Tensor, betas: (Float, Float),
    rate: Float, rootCorrection: Float, epsilon: Float, decay: Float
  ) {
    nonisolated(unsafe) let (p, m, v, g) = (
      p.baseAddress!, m.baseAddress!, v.baseAddress!, gradient.storage.base
    )
    Parallel.forEachChunk(
      of: gradient.count, work: gradient.count, grain: 1 << 16, multipleOf: 16
    ) { part in
      let start = part.lowerBound
      KernelSet.best.adamw(
        p + start, m + start, v + start, g + start, betas.0, betas.1, rate, rootCorrection,
        epsilon, decay, part.count)
    }
  }
}

/// The learning rate over the course of a training.
public struct LearningRateSchedule: Sendable {
  /// How the rate falls after its peak.
  public enum Decay: Sendable {
    /// Along half a cosine, to the final rate when the last step is done.
    case cosine
    /// Flat up to this fraction of all steps, then along a straight line to the final rate.
    case linear(after: Float)
  }

  /// The greatest rate.
  public var peak: Float
  /// Steps during which the rate rises from zero to its peak.
  public var warmUpSteps: Int
  /// All steps of the training.
  public var totalSteps: Int
  /// How the rate falls.
  public var decay: Decay
  /// The rate when the last step is done, as a fraction of the peak.
  public var finalFraction: Float

  /// A schedule; Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts",
  /// 2017, for the cosine.
  public init(
    peak: Float, warmUpSteps: Int, totalSteps: Int, decay: Decay = .cosine,
    finalFraction: Float = 0
  ) {
    self.peak = peak
    self.warmUpSteps = warmUpSteps
    self.totalSteps = totalSteps
    self.decay = decay
    self.finalFraction = finalFraction
  }

  /// The rate at a step counted from 0.
  public func rate(at step: Int) -> Float {
    if step < warmUpSteps { return peak * Float(step + 1) / Float(warmUpSteps) }
    let after: Float
    switch decay {
    case .cosine: after = Float(warmUpSteps)
    case .linear(let fraction): after = max(fraction * Float(totalSteps), Float(warmUpSteps))
    }
    let progress = min(max((Float(step) - after) / max(Float(totalSteps) - after, 1), 0), 1)
    switch decay {
    case .cosine:
      let height = 0.5 * (1 + cos(Float.pi * progress))
      return peak * (finalFraction + (1 - finalFraction) * height)
    case .linear: return peak * (1 - (1 - finalFraction) * progress)
    }
  }
}

/// Scales gradients down together so that their joint length is at most `maximum`.
///
/// Pascanu et al., "On the difficulty of training recurrent neural networks", 2013.
///
/// - Returns: The gradients, and their joint length before.
public func clipping(_ gradients: [Tensor], toNorm maximum: Float) -> (
  gradients: [Tensor], norm: Float
) {
  let squares = gradients.reduce(0.0) { sum, gradient in
    sum + Double(KernelSet.best.squares(gradient.storage.base, 0, gradient.count))
  }
  let norm = Float(squares.squareRoot())
  guard norm > maximum else { return (gradients, norm) }
  return (gradients.map { $0 * (maximum / norm) }, norm)
}
