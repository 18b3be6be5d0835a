import CKernels
import Tensors
import XCTest

/// Every set of loops that this machine runs gives the bits of the one in Swift.
final class KernelSetTests: XCTestCase {
  /// Around the lanes of a vector, four vectors, and the blocks that sums are taken in.
  private let lengths = [
    0, 1, 2, 7, 8, 9, 15, 16, 17, 24, 31, 33, 63, 64, 65, 100, 4095, 4096, 4097, 9001,
  ]

  private func values(_ count: Int, _ seed: UInt64, times scale: Float = 3) -> [Float] {
    (random([count], seed: seed) * scale).values
  }

  private func bits(_ count: Int, _ seed: UInt64) -> [UInt16] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in .random(in: .min ... .max, using: &generator) }
  }

  /// What each set makes of the same, beside what the portable one does.
  private func assertSameBits(
    _ name: String, count: Int, _ body: (KernelSet, UnsafeMutablePointer<Float>) -> Void,
    start: [Float]? = nil, file: StaticString = #filePath, line: UInt = #line
  ) {
    func result(_ set: KernelSet) -> [UInt32] {
      // A sentinel behind the end shows who writes too far.
      var out = (start ?? Array(repeating: -7, count: count)) + [-7]
      out.withUnsafeMutableBufferPointer { body(set, $0.baseAddress!) }
      XCTAssertEqual(out[count], -7, "\(name) writes behind its end", file: file, line: line)
      // NaN is NaN, whatever its bits.
      return out.map { $0.isNaN ? Float.nan.bitPattern : $0.bitPattern }
    }
    let expected = result(.portable)
    for (set, kernels) in KernelSet.all {
      XCTAssertEqual(
        result(kernels), expected, "\(name) of \(count), \(set)", file: file, line: line)
    }
  }

  func testThereIsAlwaysTheSetInSwift() {
    XCTAssertEqual(KernelSet.all.last?.name, "portable")
  }

  func testFunctionsOfValuesAndTheirGradients() {
    for count in lengths {
      var x = values(count, 1)
      // What ends a range, and what is no number.
      for (index, value) in [
        Float.infinity, -.infinity, .nan, -0.0, 88.8, -87.4, .leastNonzeroMagnitude,
      ]
      .enumerated()
      where count > 16 { x[2 * index] = value }
      let g = values(count, 2)
      assertSameBits("exponential", count: count, { $0.exponential(x, $1, count) })
      assertSameBits("silu", count: count, { $0.silu(x, $1, count) })
      assertSameBits("geluTanh", count: count, { $0.geluTanh(x, $1, count) })
      assertSameBits("gelu", count: count, { $0.gelu(x, $1, count) })
      assertSameBits("siluGradient", count: count, { $0.siluGradient(g, x, $1, count) })
      assertSameBits("geluTanhGradient", count: count, { $0.geluTanhGradient(g, x, $1, count) })
      assertSameBits("geluGradient", count: count, { $0.geluGradient(g, x, $1, count) })
      assertSameBits("add", count: count, { $0.add(x, g, $1, count) })
      assertSameBits("subtract", count: count, { $0.subtract(x, g, $1, count) })
      assertSameBits("multiply", count: count, { $0.multiply(x, g, $1, count) })
      assertSameBits("scale", count: count, { $0.scale(x, 0.3, $1, count) })
    }
  }

  func testSumsHaveOneOrder() {
    for count in lengths {
      let (x, y) = (values(count, 3), values(count, 4))
      assertSameBits("sums", count: 4) { set, out in
        out[0] = set.sum(x, count)
        out[1] = set.squares(x, 0.7, count)
        out[2] = set.dot(x, y, count)
        out[3] = set.maximum(x, count)
      }
    }
    for place in [0, 15, 16, 20] {
      var x = values(21, 5)
      x[place] = .nan
      assertSameBits("the maximum of NaN", count: 1, { $1[0] = $0.maximum(x, 21) })
    }
    for rows in [0, 1, 5] {
      for width in [1, 15, 16, 64, 65, 200] {
        let stride = width + 3
        let (x, y) = (values(rows * stride, 6), values(rows * stride, 7))
        let start = values(width, 8)
        assertSameBits(
          "addRows", count: width, { $0.addRows(x, rows, stride, width, $1) }, start: start)
        assertSameBits(
          "addProductRows", count: width, { $0.addProductRows(x, y, rows, stride, width, $1) },
          start: start)
      }
    }
  }

  func testRowsOfSoftmaxesAndNorms() {
    for count in lengths where count > 0 {
      var x = values(count, 9)
      if count > 8 { x[8] = -.infinity }
      let (g, y, w, b) = (
        values(count, 10), values(count, 11), values(count, 12), values(count, 13)
      )
      assertSameBits("softmax", count: count, { $0.softmax(x, $1, count) })
      assertSameBits(
        "the softmax of nothing", count: count,
        { $0.softmax(Array(repeating: -.infinity, count: count), $1, count) })
      assertSameBits("softmaxGradient", count: count, { $0.softmaxGradient(g, y, $1, count) })
      assertSameBits("exponentials", count: count + 1) { set, out in
        out[count] = set.exponentials(x, 2, out, count)
      }
      assertSameBits("layer norm", count: count, { $0.normalise(y, 0.2, 1.7, w, b, $1, count) })
      assertSameBits("RMS norm", count: count, { $0.normalise(y, 0, 1.7, w, nil, $1, count) })
      assertSameBits(
        "standardised", count: count, { $0.normalise(y, 0.2, 1.7, nil, nil, $1, count) })
      for centres: Int32 in [0, 1] {
        assertSameBits(
          "normGradient", count: 3 * count,
          { set, out in
            set.normGradient(
              g, y, 0.2, 1.7, w, centres, out, out + count, out + 2 * count, count)
          }, start: values(3 * count, 14))
        assertSameBits(
          "normGradient alone", count: count,
          { $0.normGradient(g, y, 0.2, 1.7, w, centres, $1, nil, nil, count) })
      }
    }
  }

  func testStepsOfAdamW() {
    for count in lengths {
      let start = values(2 * count, 15) + values(count, 16).map(abs)
      let g = values(count, 17)
      assertSameBits(
        "adamw", count: 3 * count,
        { set, out in
          set.adamw(
            out, out + count, out + 2 * count, g, 0.9, 0.98, 1e-3, 0.3, 1e-8, 0.99, count)
        }, start: start)
    }
  }

  func testEveryPatternOfSixteenBitsIsWidened() {
    let all = Array(UInt16.min...UInt16.max)
    assertSameBits("BF16", count: all.count) { $0.widenBFloats(all, $1, all.count) }
    assertSameBits("F16", count: all.count) { $0.widenHalves(all, $1, all.count) }
    for (set, kernels) in KernelSet.all {
      var out = Array(repeating: Float(0), count: all.count)
      kernels.widenHalves(all, &out, all.count)
      for (bits, value) in zip(all, out) {
        let expected = Float(Float16(bitPattern: bits))
        XCTAssertTrue(value == expected || value.isNaN && expected.isNaN, "\(set): \(bits)")
      }
      kernels.widenBFloats(all, &out, all.count)
      for (bits, value) in zip(all, out) {
        XCTAssertEqual(value.bitPattern, UInt32(bits) << 16, set)
      }
    }
    for count in lengths {
      let some = bits(count, 22)
      assertSameBits("BF16", count: count) { $0.widenBFloats(some, $1, count) }
      assertSameBits("F16", count: count) { $0.widenHalves(some, $1, count) }
    }
  }

  func testProductsOfFewRows() {
    for m in [1, 2, 3, 5, 6, 7, 13] {
      for (n, k) in [(1, 1), (3, 16), (4, 17), (9, 100), (6, 0)] {
        let (xStride, weightStride, outStride) = (k + 1, k + 2, n + 3)
        let (x, weight) = (values(m * xStride, 18), values(n * weightStride, 19))
        let bias = values(n, 20)
        for given in [bias, nil] {
          assertSameBits("products \(m) × \(n) × \(k)", count: m * outStride) { set, out in
            set.products(
              x, xStride, weight, weightStride, given, out, outStride, m, n, k)
          }
        }
        // A narrow weight gives what the widened one does; the bits may be any, finite or not.
        let bits = self.bits(n * weightStride, 21)
        for isHalf in [false, true] {
          let wide = bits.map { isHalf ? float(half: $0) : Float(bitPattern: UInt32($0) << 16) }
          assertSameBits("narrow products \(m) × \(n) × \(k)", count: m * outStride) { set, out in
            (isHalf ? set.halfProducts : set.bfloatProducts)(
              x, xStride, bits, weightStride, bias, out, outStride, m, n, k)
          }
          assertSameBits("both products \(m) × \(n) × \(k)", count: 2 * m * n) { set, out in
            set.products(x, xStride, wide, weightStride, nil, out, n, m, n, k)
            (isHalf ? set.halfProducts : set.bfloatProducts)(
              x, xStride, bits, weightStride, nil, out + m * n, n, m, n, k)
            for i in 0..<(m * n) {
              XCTAssertTrue(out[i] == out[m * n + i] || out[i].isNaN && out[m * n + i].isNaN)
            }
          }
        }
        // And against a loop in Double.
        var out = Array(repeating: Float(0), count: m * n)
        KernelSet.best.products(x, xStride, weight, weightStride, bias, &out, n, m, n, k)
        for row in 0..<m {
          for column in 0..<n {
            let exact = (0..<k).reduce(Double(bias[column])) {
              $0 + Double(x[row * xStride + $1]) * Double(weight[column * weightStride + $1])
            }
            XCTAssertEqual(Double(out[row * n + column]), exact, accuracy: 1e-3)
          }
        }
      }
    }
  }
}
