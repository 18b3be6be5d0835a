import CKernels
import Foundation

extension Tensor {
  @inline(__always)
  func mapped(_ f: @Sendable (Vector) -> Vector) -> Tensor {
    let result = Tensor(uninitialized: shape)
    nonisolated(unsafe) let (x, out) = (storage.base, result.storage.base)
    Parallel.forEachChunk(of: count, work: count, grain: 1 << 16, multipleOf: 16) { part in
      Kernel.map(x + part.lowerBound, out + part.lowerBound, count: part.count, f)
    }
    return result
  }

  /// The same by a loop of the processor's own.
  private func mapped(
    by kernel: @convention(c) (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void
  ) -> Tensor {
    let result = Tensor(uninitialized: shape)
    nonisolated(unsafe) let (x, out, kernel) = (storage.base, result.storage.base, kernel)
    Parallel.forEachChunk(of: count, work: count, grain: 1 << 16, multipleOf: 16) { part in
      kernel(x + part.lowerBound, out + part.lowerBound, part.count)
    }
    return result
  }

  /// A pullback by a loop of the processor's own: of a gradient and what its input was.
  private func mapped(
    with other: Tensor,
    by kernel:
      @convention(c) (
        UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int
      ) -> Void
  ) -> Tensor {
    let result = Tensor(uninitialized: shape)
    nonisolated(unsafe) let (x, y, out, kernel) = (
      storage.base, other.storage.base, result.storage.base, kernel
    )
    Parallel.forEachChunk(of: count, work: count, grain: 1 << 16, multipleOf: 16) { part in
      let start = part.lowerBound
      kernel(x + start, y + start, out + start, part.count)
    }
    return result
  }

  /// The same for two tensors of one shape: a pullback's gradient and what it was computed from.
  @inline(__always)
  private func mapped(with other: Tensor, _ f: @Sendable (Vector, Vector) -> Vector) -> Tensor {
    let result = Tensor(uninitialized: shape)
    nonisolated(unsafe) let (x, y, out) = (storage.base, other.storage.base, result.storage.base)
    Parallel.forEachChunk(of: count, work: count, grain: 1 << 16, multipleOf: 16) { part in
      let start = part.lowerBound
      Kernel.map(x + start, y + start, out + start, count: part.count, f)
    }
    return result
  }

  /// For functions that have no vector form: `f` of every value and the value of `other` there.
  private func mappedEach(
    with other: Tensor, _ f: @Sendable (Float, Float) -> Float
  ) -> Tensor {
    let result = Tensor(uninitialized: shape)
    nonisolated(unsafe) let (x, y, out) = (storage.base, other.storage.base, result.storage.base)
    Parallel.forEachChunk(of: count, work: count, grain: 1 << 13, multipleOf: 16) { part in
      for i in part { out[i] = f(x[i], y[i]) }
    }
    return result
  }

  /// eˣ of every value.
  public func exponential() -> Tensor {
    let result = mapped(by: KernelSet.best.exponential)
    return result.recording([self], [{ $0 * result }])
  }

  /// The natural logarithm of every value.
  public func logarithm() -> Tensor {
    let input = detached()
    return mappedEach(with: self) { x, _ in log(x) }.recording([self], [{ $0 / input }])
  }

  /// The square root of every value.
  public func squareRoot() -> Tensor {
    let result = mapped { $0.squareRoot() }
    return result.recording([self], [{ $0 / (result * 2) }])
  }

  /// The rectified linear unit, max(x, 0).
  public func relu() -> Tensor {
    let input = detached()
    return mapped { $0.replacing(with: 0, where: $0 .< 0) }
      .recording(
        [self], [{ $0.mapped(with: input) { g, x in g.replacing(with: 0, where: x .<= 0) } }])
  }

  /// The logistic function, 1 / (1 + e⁻ˣ).
  public func logistic() -> Tensor {
    let result = mapped { $0.logistic() }
    return result.recording([self], [{ $0.mapped(with: result) { g, y in g * y * (1 - y) } }])
  }

  /// The hyperbolic tangent.
  public func hyperbolicTangent() -> Tensor {
    let result = mappedEach(with: self) { x, _ in tanh(x) }
    return result.recording([self], [{ $0.mapped(with: result) { g, y in g * (1 - y * y) } }])
  }

  /// The sigmoid linear unit, x σ(x); also called swish.
  ///
  /// Hendrycks and Gimpel, "Gaussian Error Linear Units (GELUs)", 2016.
  public func silu() -> Tensor {
    let input = detached()
    return mapped(by: KernelSet.best.silu)
      .recording([self], [{ $0.mapped(with: input, by: KernelSet.best.siluGradient) }])
  }

  /// The Gaussian error linear unit by its tanh formula, the one of GPT-2 and FLAN-T5.
  ///
  /// ½ x (1 + tanh u) with u = √(2/π) (x + 0.044715 x³), written as x σ(2u).
  /// Hendrycks and Gimpel, "Gaussian Error Linear Units (GELUs)", 2016.
  public func geluTanh() -> Tensor {
    let input = detached()
    return mapped(by: KernelSet.best.geluTanh)
      .recording([self], [{ $0.mapped(with: input, by: KernelSet.best.geluTanhGradient) }])
  }

  /// The exact Gaussian error linear unit, x Φ(x) with the normal distribution Φ.
  ///
  /// Hendrycks and Gimpel, "Gaussian Error Linear Units (GELUs)", 2016.
  public func gelu() -> Tensor {
    let input = detached()
    return mapped(by: KernelSet.best.gelu)
      .recording([self], [{ $0.mapped(with: input, by: KernelSet.best.geluGradient) }])
  }
}
