internal import CKernels

/// Eight lanes: two registers of any x86-64, four of which hide the latency of a polynomial.
package typealias Vector = SIMD8<Float>

extension SIMD8<Float> {
  @inline(__always)
  package init(loading pointer: UnsafePointer<Float>) {
    self = UnsafeRawPointer(pointer).loadUnaligned(as: Vector.self)
  }

  /// Loads `count < 8` values and fills the other lanes.
  @inline(__always)
  package init(loading pointer: UnsafePointer<Float>, count: Int, filling: Float) {
    if count == 8 {
      self.init(loading: pointer)
      return
    }
    var (low, high) = (SIMD4(repeating: filling), SIMD4(repeating: filling))
    if count >= 4 {
      low = UnsafeRawPointer(pointer).loadUnaligned(as: SIMD4<Float>.self)
      high.load(pointer + 4, count: count - 4)
    } else {
      low.load(pointer, count: count)
    }
    self.init(lowHalf: low, highHalf: high)
  }

  @inline(__always)
  package func store(to pointer: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(pointer).storeBytes(of: self, as: Vector.self)
  }

  @inline(__always)
  package func store(to pointer: UnsafeMutablePointer<Float>, count: Int) {
    if count == 8 { return store(to: pointer) }
    if count >= 4 {
      UnsafeMutableRawPointer(pointer).storeBytes(of: lowHalf, as: SIMD4<Float>.self)
      highHalf.store(to: pointer + 4, count: count - 4)
    } else {
      lowHalf.store(to: pointer, count: count)
    }
  }

  /// The sum of the lanes, as a tree: the standard library's `sum()` waits for one lane at a time.
  @inline(__always)
  package var total: Float {
    let four = lowHalf + highHalf
    let two = four.lowHalf + four.highHalf
    return two.x + two.y
  }

  /// The exponential to within two units in the last place; 0 below −87.3, ∞ above 88.7, NaN of NaN.
  ///
  /// Splits x = n ln 2 + r with |r| ≤ ½ ln 2, and takes 2ⁿ from the exponent's bits.
  @inline(__always)
  package func exponential() -> Vector {
    // Adding 1.5 · 2²³ rounds to an integer without the SSE4.1 instruction.
    let shifted = self * 1.442_695_04 + 12_582_912
    let n = shifted - 12_582_912
    let r = (self - n * 0.693_359_375) + n * 2.121_944_4e-4
    var p = Vector(repeating: 1.987_569_1e-4)
    p = p * r + 1.398_199_9e-3
    p = p * r + 8.333_452e-3
    p = p * r + 4.166_579_5e-2
    p = p * r + 1.666_666_5e-1
    p = p * r + 5.000_000_1e-1
    let value = p * r * r + r + 1
    // Two steps of 2^(n/2), because 2¹²⁸ has no bit pattern of its own.
    let bits = unsafeBitCast(shifted, to: SIMD8<Int32>.self) &- 0x4B40_0000
    let half = bits &>> 1
    let first = unsafeBitCast((half &+ 127) &<< 23, to: Vector.self)
    let second = unsafeBitCast((bits &- half &+ 127) &<< 23, to: Vector.self)
    // Outside the range the bits above mean nothing; NaN has gone through all of it.
    var result = value * first * second
    result.replace(with: 0, where: self .< -87.33)
    result.replace(with: .infinity, where: self .> 88.72)
    return result
  }

  /// Φ(x), the probability of a normal deviate below x, to within 10⁻⁷.
  ///
  /// Abramowitz and Stegun, "Handbook of Mathematical Functions", 1964, formula 7.1.26.
  @inline(__always)
  package func normalDistribution() -> Vector {
    let z = replacing(with: -self, where: self .< 0) * 0.707_106_77
    let t = 1 / (1 + 0.327_591_1 * z)
    var p = 1.061_405_4 * t - 1.453_152
    p = p * t + 1.421_413_7
    p = p * t - 0.284_496_74
    p = p * t + 0.254_829_6
    let tail = 0.5 * p * t * (-z * z).exponential()
    return tail.replacing(with: 1 - tail, where: self .> 0)
  }

  /// 1 / (1 + e⁻ˣ).
  @inline(__always)
  package func logistic() -> Vector { 1 / (1 + (-self).exponential()) }
}

extension SIMD4<Float> {
  /// Loads `count < 4` values and leaves the other lanes as they are.
  @inline(__always)
  fileprivate mutating func load(_ pointer: UnsafePointer<Float>, count: Int) {
    if count > 0 { x = pointer[0] }
    if count > 1 { y = pointer[1] }
    if count > 2 { z = pointer[2] }
  }

  @inline(__always)
  fileprivate func store(to pointer: UnsafeMutablePointer<Float>, count: Int) {
    if count > 0 { pointer[0] = x }
    if count > 1 { pointer[1] = y }
    if count > 2 { pointer[2] = z }
  }
}

/// Loops over contiguous values, eight at a time.
package enum Kernel {
  /// `out[i] = f(x[i])`.
  @inline(__always)
  package static func map(
    _ x: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>, count: Int,
    _ f: (Vector) -> Vector
  ) {
    var i = 0
    while i + 8 <= count {
      f(Vector(loading: x + i)).store(to: out + i)
      i += 8
    }
    if i < count {
      f(Vector(loading: x + i, count: count - i, filling: 0)).store(to: out + i, count: count - i)
    }
  }

  /// `out[i] = f(x[i], y[i])`.
  @inline(__always)
  package static func map(
    _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>,
    count: Int, _ f: (Vector, Vector) -> Vector
  ) {
    var i = 0
    while i + 8 <= count {
      f(Vector(loading: x + i), Vector(loading: y + i)).store(to: out + i)
      i += 8
    }
    if i < count {
      let rest = count - i
      f(
        Vector(loading: x + i, count: rest, filling: 0),
        Vector(loading: y + i, count: rest, filling: 1)
      ).store(to: out + i, count: rest)
    }
  }

  /// `out[i] = f(x[i], y[i], z[i])`.
  @inline(__always)
  package static func map(
    _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ z: UnsafePointer<Float>,
    _ out: UnsafeMutablePointer<Float>, count: Int, _ f: (Vector, Vector, Vector) -> Vector
  ) {
    var i = 0
    while i + 8 <= count {
      f(Vector(loading: x + i), Vector(loading: y + i), Vector(loading: z + i)).store(to: out + i)
      i += 8
    }
    if i < count {
      let rest = count - i
      f(
        Vector(loading: x + i, count: rest, filling: 0),
        Vector(loading: y + i, count: rest, filling: 0),
        Vector(loading: z + i, count: rest, filling: 0)
      ).store(to: out + i, count: rest)
    }
  }

  /// The greatest value, or NaN when there is one; −∞ of nothing.
  @inline(__always)
  static func greatest(_ x: UnsafePointer<Float>, count: Int) -> Float {
    var lanes = Vector(repeating: -.infinity)
    var i = 0
    while i + 8 <= count {
      let next = Vector(loading: x + i)
      lanes.replace(with: next, where: next .> lanes .| (next .!= next))
      i += 8
    }
    if i < count {
      let next = Vector(loading: x + i, count: count - i, filling: -.infinity)
      lanes.replace(with: next, where: next .> lanes .| (next .!= next))
    }
    // Not lane by lane: which is greater cannot be foreseen, and a wrong guess costs as much as
    // eight exponentials.
    let four = greater(lanes.lowHalf, lanes.highHalf)
    let two = greater(four, SIMD4(four.z, four.w, four.z, four.w))
    return greater(two, SIMD4(repeating: two.y)).x
  }

  @inline(__always)
  private static func greater(_ a: SIMD4<Float>, _ b: SIMD4<Float>) -> SIMD4<Float> {
    a.replacing(with: b, where: b .> a .| (b .!= b))
  }

  /// Writes e^(x − greatest) and returns the sum; zeros where the greatest value is −∞.
  @inline(__always)
  static func exponentials(
    _ x: UnsafePointer<Float>, greatest: Float, _ out: UnsafeMutablePointer<Float>, count: Int
  ) -> Float {
    if greatest == -.infinity {
      out.update(repeating: 0, count: count)
      return 0
    }
    let shift = Vector(repeating: greatest)
    var (low, high) = (Vector(repeating: 0), Vector(repeating: 0))
    for i in stride(from: 0, to: count, by: 8) {
      let lanes = min(8, count - i)
      let value =
        (Vector(loading: x + i, count: lanes, filling: -.infinity) - shift).exponential()
      if i % 16 == 0 { low += value } else { high += value }
      value.store(to: out + i, count: lanes)
    }
    return (low + high).total
  }
}

/// The same by the widest loops of the processor.
extension Kernel {
  /// The mean, 0 of nothing.
  package static func mean(_ x: UnsafePointer<Float>, count: Int) -> Float {
    KernelSet.best.sum(x, count) / Float(max(count, 1))
  }

  /// Σ x[i]; the result does not depend on the number of threads.
  package static func sum(_ x: UnsafePointer<Float>, count: Int) -> Float {
    KernelSet.best.sum(x, count)
  }

  /// Σ x[i] y[i].
  package static func dot(
    _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, count: Int
  ) -> Float {
    KernelSet.best.dot(x, y, count)
  }

  /// The greatest value, or NaN when there is one; −∞ of nothing.
  package static func maximum(_ x: UnsafePointer<Float>, count: Int) -> Float {
    KernelSet.best.maximum(x, count)
  }

  /// `out[i] += x[i]`.
  package static func add(
    _ x: UnsafePointer<Float>, to out: UnsafeMutablePointer<Float>, count: Int
  ) {
    KernelSet.best.add(out, x, out, count)
  }
}
