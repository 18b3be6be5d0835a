package import CKernels

// The sets are made once and never changed.
extension KernelSet {
  /// The widest loops that this processor runs.
  package static let best =
    kernelSet(0)?.pointee ?? kernelSet(1)?.pointee ?? .portable

  /// All that this processor runs, by name.
  package static var all: [(name: String, set: KernelSet)] {
    [("AVX-512", kernelSet(0)), ("AVX2", kernelSet(1))].compactMap { name, set in
      set.map { (name, $0.pointee) }
    } + [("portable", portable)]
  }

  /// Whether there are loops for few rows against a large weight that are worth their while.
  static let hasFastProducts = kernelSet(0) != nil || kernelSet(1) != nil

  /// The loops in Swift: for processors that have no others, and what the others are held against.
  package static let portable = KernelSet(
    exponential: { Kernel.map($0, $1, count: $2) { $0.exponential() } },
    silu: { Kernel.map($0, $1, count: $2) { $0 * $0.logistic() } },
    siluGradient: {
      Kernel.map($0, $1, $2, count: $3) { g, x in
        let s = x.logistic()
        return g * (s + x * s * (1 - s))
      }
    },
    geluTanh: {
      Kernel.map($0, $1, count: $2) { x in
        x * (x * (1.595_769_1 + 0.071_354_814 * x * x)).logistic()
      }
    },
    geluTanhGradient: {
      Kernel.map($0, $1, $2, count: $3) { g, x in
        let square = x * x
        let s = (x * (1.595_769_1 + 0.071_354_814 * square)).logistic()
        let slope = 1.595_769_1 + 0.214_064_44 * square
        return g * (s + x * s * (1 - s) * slope)
      }
    },
    gelu: { Kernel.map($0, $1, count: $2) { $0 * $0.normalDistribution() } },
    geluGradient: {
      Kernel.map($0, $1, $2, count: $3) { g, x in
        let density = (-0.5 * x * x).exponential() * 0.398_942_28
        return g * (x.normalDistribution() + x * density)
      }
    },
    add: { Kernel.map($0, $1, $2, count: $3) { $0 + $1 } },
    subtract: { Kernel.map($0, $1, $2, count: $3) { $0 - $1 } },
    multiply: { Kernel.map($0, $1, $2, count: $3) { $0 * $1 } },
    scale: { x, factor, out, count in
      let factor = Vector(repeating: factor)
      Kernel.map(x, out, count: count) { $0 * factor }
    },
    sum: { x, count in
      Lanes.sumInBlocks(count) { Vector(loading: x + $0, count: $1, filling: 0) }
    },
    squares: { x, mean, count in
      let center = Vector(repeating: mean)
      return Lanes.sumInBlocks(count) {
        let distance = Vector(loading: x + $0, count: $1, filling: mean) - center
        return distance * distance
      }
    },
    dot: { x, y, count in
      Lanes.sum(0..<count) {
        Vector(loading: x + $0, count: $1, filling: 0)
          * Vector(loading: y + $0, count: $1, filling: 0)
      }
    },
    maximum: { x, count in Kernel.greatest(x, count: count) },
    addRows: { x, rows, stride, width, out in
      for row in 0..<rows { Kernel.map(out, x + row * stride, out, count: width) { $0 + $1 } }
    },
    addProductRows: { x, y, rows, stride, width, out in
      for row in 0..<rows {
        let start = row * stride
        Kernel.map(out, x + start, y + start, out, count: width) { $0 + $1 * $2 }
      }
    },
    exponentials: { x, greatest, out, count in
      Kernel.exponentials(x, greatest: greatest, out, count: count)
    },
    softmax: { x, out, count in
      let greatest = Kernel.greatest(x, count: count)
      let sum = Kernel.exponentials(x, greatest: greatest, out, count: count)
      if greatest == -.infinity { return }
      let factor = Vector(repeating: 1 / sum)
      Kernel.map(out, out, count: count) { $0 * factor }
    },
    softmaxGradient: { g, y, out, count in
      let mean = Vector(
        repeating: Lanes.sum(0..<count) {
          Vector(loading: g + $0, count: $1, filling: 0)
            * Vector(loading: y + $0, count: $1, filling: 0)
        })
      Kernel.map(g, y, out, count: count) { ($0 - mean) * $1 }
    },
    normalise: { x, mean, factor, weight, bias, out, count in
      let (mean, factor) = (Vector(repeating: mean), Vector(repeating: factor))
      Kernel.map(x, out, count: count) { ($0 - mean) * factor }
      if let weight { Kernel.map(out, weight, out, count: count) { $0 * $1 } }
      if let bias { Kernel.map(out, bias, out, count: count) { $0 + $1 } }
    },
    normGradient: { g, x, mean, factor, weight, centres, out, weightGradient, biasGradient, count in
      let (mean, factor) = (Vector(repeating: mean), Vector(repeating: factor))
      /// What reaches the normalised values, and these.
      func parts(_ i: Int, _ lanes: Int) -> (inner: Vector, n: Vector) {
        let inner =
          Vector(loading: g + i, count: lanes, filling: 0)
          * Vector(loading: weight + i, count: lanes, filling: 0)
        return (inner, (Vector(loading: x + i, count: lanes, filling: mean[0]) - mean) * factor)
      }
      // The part along the normalised values is lost in the scale, the mean in the centring.
      let along = Lanes.sum(0..<count) {
        let (inner, n) = parts($0, $1)
        return inner * n
      }
      let sum = Lanes.sum(0..<count) { parts($0, $1).inner }
      let lost = Vector(repeating: along / Float(count))
      let shift = Vector(repeating: centres != 0 ? sum / Float(count) : 0)
      for i in stride(from: 0, to: count, by: 8) {
        let lanes = min(8, count - i)
        let slope = Vector(loading: g + i, count: lanes, filling: 0)
        let (inner, n) = parts(i, lanes)
        if let sums = weightGradient.map({ $0 + i }) {
          (Vector(loading: sums, count: lanes, filling: 0) + slope * n)
            .store(to: sums, count: lanes)
        }
        if let sums = biasGradient.map({ $0 + i }) {
          (Vector(loading: sums, count: lanes, filling: 0) + slope).store(to: sums, count: lanes)
        }
        ((inner - shift - n * lost) * factor).store(to: out + i, count: lanes)
      }
    },
    adamw: { p, m, v, g, beta1, beta2, rate, rootCorrection, epsilon, decay, count in
      for i in stride(from: 0, to: count, by: 8) {
        let lanes = min(8, count - i)
        let slope = Vector(loading: g + i, count: lanes, filling: 0)
        let mean = Vector(loading: m + i, count: lanes, filling: 0) * beta1 + slope * (1 - beta1)
        let square =
          Vector(loading: v + i, count: lanes, filling: 0) * beta2 + slope * slope * (1 - beta2)
        let value = Vector(loading: p + i, count: lanes, filling: 0) * decay
        mean.store(to: m + i, count: lanes)
        square.store(to: v + i, count: lanes)
        (value - rate * mean / (square.squareRoot() / rootCorrection + epsilon))
          .store(to: p + i, count: lanes)
      }
    },
    products: { x, xStride, weight, weightStride, bias, out, outStride, m, n, k in
      for row in 0..<m {
        for column in 0..<n {
          let (a, b) = (x + row * xStride, weight + column * weightStride)
          let sum = Lanes.fusedProducts(a, b, count: k)
          out[row * outStride + column] = sum + (bias?[column] ?? 0)
        }
      }
    },
    widenBFloats: { x, out, count in
      for i in 0..<count { out[i] = Float(bitPattern: UInt32(x[i]) << 16) }
    },
    widenHalves: { x, out, count in for i in 0..<count { out[i] = float(half: x[i]) } },
    bfloatProducts: { x, xStride, weight, weightStride, bias, out, outStride, m, n, k in
      narrowProducts(x, xStride, weight, weightStride, bias, out, outStride, m, n, k) {
        Float(bitPattern: UInt32($0) << 16)
      }
    },
    halfProducts: { x, xStride, weight, weightStride, bias, out, outStride, m, n, k in
      narrowProducts(x, xStride, weight, weightStride, bias, out, outStride, m, n, k, float(half:))
    })

  /// The products of rows with a narrow weight, which is widened row by row.
  private static func narrowProducts(
    _ x: UnsafePointer<Float>, _ xStride: Int, _ weight: UnsafePointer<UInt16>,
    _ weightStride: Int, _ bias: UnsafePointer<Float>?, _ out: UnsafeMutablePointer<Float>,
    _ outStride: Int, _ m: Int, _ n: Int, _ k: Int, _ widened: (UInt16) -> Float
  ) {
    for column in 0..<n {
      let wide = (0..<k).map { widened(weight[column * weightStride + $0]) }
      for row in 0..<m {
        let sum = Lanes.fusedProducts(x + row * xStride, wide, count: k)
        out[row * outStride + column] = sum + (bias?[column] ?? 0)
      }
    }
  }
}

/// Sums in sixteen lanes, value i in lane i mod 16: one order for vectors of every width.
private enum Lanes {
  /// Σ of a term over a range.
  ///
  /// - Parameter term: The values from an index on, so many of them and zeros behind.
  @inline(__always)
  static func sum(_ range: Range<Int>, _ term: (_ index: Int, _ count: Int) -> Vector) -> Float {
    var (low, high) = (Vector(repeating: 0), Vector(repeating: 0))
    var i = range.lowerBound
    while i + 16 <= range.upperBound {
      low += term(i, 8)
      high += term(i + 8, 8)
      i += 16
    }
    if i < range.upperBound { low += term(i, min(8, range.upperBound - i)) }
    if i + 8 < range.upperBound { high += term(i + 8, range.upperBound - i - 8) }
    return (low + high).total
  }

  /// Σ of a term, blocks of 4096 added in Double: a Float that holds a million values has lost five
  /// digits.
  @inline(__always)
  static func sumInBlocks(_ count: Int, _ term: (_ index: Int, _ count: Int) -> Vector) -> Float {
    var total = 0.0
    for start in stride(from: 0, to: count, by: 4096) {
      total += Double(sum(start..<min(start + 4096, count), term))
    }
    return Float(total)
  }

  /// Σ x[i] y[i], each product fused with its sum.
  static func fusedProducts(
    _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, count: Int
  ) -> Float {
    var (low, high) = (Vector(repeating: 0), Vector(repeating: 0))
    for i in stride(from: 0, to: count, by: 8) {
      let lanes = min(8, count - i)
      let (a, b) = (
        Vector(loading: x + i, count: lanes, filling: 0),
        Vector(loading: y + i, count: lanes, filling: 0)
      )
      if i % 16 == 0 { low.addProduct(a, b) } else { high.addProduct(a, b) }
    }
    return (low + high).total
  }
}
