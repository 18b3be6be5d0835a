import Tensors
import XCTest

/// Tensors whose values are held in sixteen bits do what their widened copies do, and stay narrow.
final class NarrowValueTests: XCTestCase {
  /// Memory that a narrow tensor reads.
  private final class Words {
    let words: UnsafeMutableBufferPointer<UInt16>

    init(_ values: [UInt16]) {
      words = .allocate(capacity: max(values.count, 1))
      _ = words.initialize(from: values)
    }

    deinit { words.deallocate() }
  }

  private let formats: [NarrowValues.Format] = [.bfloat16, .float16]

  /// A narrow tensor of normally distributed values.
  private func narrow(
    _ shape: [Int], _ format: NarrowValues.Format, seed: UInt64 = 1
  ) -> Tensor {
    let words = Words(
      random(shape, seed: seed).values.map {
        format == .float16 ? Float16($0).bitPattern : UInt16($0.bitPattern >> 16)
      })
    return Tensor(
      NarrowValues(
        words.words.baseAddress!, count: shape.reduce(1, *), format: format, owner: words),
      shape: shape)
  }

  func testValuesAreThoseOfTheWidenedTensor() {
    for format in formats {
      let (x, wide) = (narrow([5, 7], format), narrow([5, 7], format).widened())
      XCTAssertFalse(wide.isNarrow)
      XCTAssertEqual(x, wide)
      XCTAssertEqual(x.values, wide.values)
      XCTAssertEqual(x[3, 4], wide[3, 4])
      XCTAssertEqual(x.description, wide.description)
      XCTAssertEqual(x[at: 2], wide[at: 2])
      XCTAssertEqual(x.slice(axis: 1, 2..<5), wide.slice(axis: 1, 2..<5))
      XCTAssertEqual(x.gathering([4, 0, 4]), wide.gathering([4, 0, 4]))
      XCTAssertEqual(x.transposed(), wide.transposed())
      XCTAssertEqual(
        Tensor.concatenation([x, wide], axis: 0), Tensor.concatenation([wide, wide], axis: 0))
      XCTAssertTrue(x.reshaped(to: [7, 5]).isNarrow)
      XCTAssertTrue(x.isNarrow, "reading widens nothing")
      // What is not written for narrow values widens them.
      XCTAssertEqual(x * x + x, wide * wide + wide)
      XCTAssertEqual(x.softmax(), wide.softmax())
    }
  }

  /// In registers, in panels of dot products and in panels for OpenBLAS, alone and shared out.
  func testProductsAreThoseOfTheWidenedWeight() {
    for format in formats {
      for (m, n, k) in [
        (1, 9, 33), (3, 300, 70), (4, 40, 5000), (5, 300, 70), (32, 1200, 700), (33, 300, 70),
        (40, 1500, 900), (700, 130, 300), (2, 1, 8), (3, 4, 0),
      ] {
        let (x, w, b) = (
          random([m, k], seed: 2), narrow([n, k], format, seed: 3), random([n], seed: 4)
        )
        let wide = w.widened()
        for bias in [b, nil] {
          let (found, expected) = (
            x.matmul(transposing: w, adding: bias), x.matmul(transposing: wide, adding: bias)
          )
          if m <= 32 && n > m {
            XCTAssertEqual(found, expected, "\(m) × \(n) × \(k), \(format)")
          }
          assertClose(found, expected, "\(m) × \(n) × \(k), \(format)")
        }
        let y = random([m, n], seed: 5)
        assertClose(y.matmul(w), y.matmul(wide), "\(m) × \(k) × \(n), \(format)")
        XCTAssertTrue(w.isNarrow)
      }
    }
  }

  func testAWeightInABatchOrOnTheLeft() {
    for format in formats {
      let (w, x) = (narrow([3, 4, 5], format), random([3, 6, 5], seed: 2))
      XCTAssertEqual(x.matmul(transposing: w), x.matmul(transposing: w.widened()))
      let (left, right) = (narrow([4, 5], format), random([5, 6], seed: 2))
      XCTAssertEqual(left.matmul(right), left.widened().matmul(right))
      XCTAssertTrue(left.isNarrow)
    }
  }

  func testWritingLeavesOthersAsTheyWere() {
    for format in formats {
      let original = narrow([2, 3], format)
      let expected = original.widened()
      var copy = original
      copy[1, 2] = 9
      XCTAssertEqual(copy[1, 2], 9)
      XCTAssertFalse(copy.isNarrow)
      XCTAssertEqual(original, expected)
      XCTAssertTrue(original.isNarrow)
      // Nobody else holds it, and the memory is not the tensor's all the same.
      let words = Words([0x3C00, 0x3C00])
      var only = Tensor(
        NarrowValues(words.words.baseAddress!, count: 2, format: .float16, owner: words),
        shape: [2])
      only.withUnsafeMutableValues { $0[0] = 5 }
      XCTAssertEqual(only.values, [5, 1])
      XCTAssertEqual(Array(words.words), [0x3C00, 0x3C00])
    }
  }

  func testGradientsPassANarrowWeightAndWidenOneThatIsWatched() {
    for format in formats {
      for (m, n, k) in [(3, 8, 5), (40, 300, 70)] {
        let (x, w) = (random([m, k], seed: 2).requiringGradient(), narrow([n, k], format))
        let seed = random([m, n], seed: 3)
        let found = gradient(of: x.matmul(transposing: w), withRespectTo: [x], seed: seed)[0]
        XCTAssertTrue(w.isNarrow)
        assertClose(found, seed.matmul(w.widened()), "of the input")

        let watched = w.requiringGradient()
        XCTAssertFalse(watched.isNarrow)
        let weightGradient = gradient(
          of: x.detached().matmul(transposing: watched), withRespectTo: [watched], seed: seed)[0]
        assertClose(weightGradient, seed.transposed().matmul(x.detached()), "of the weight")
      }
    }
  }

  /// Sums whose order is not the same.
  private func assertClose(
    _ found: Tensor, _ expected: Tensor, _ message: String, file: StaticString = #filePath,
    line: UInt = #line
  ) {
    // Of terms as large as these a sum of thousands is off by some units of its root's size.
    let scale = max(expected.values.map(abs).max() ?? 0, 1)
    XCTAssertEqual(found.shape, expected.shape, message, file: file, line: line)
    for (a, b) in zip(found.values, expected.values) where abs(a - b) > 1e-6 * scale {
      return XCTFail("\(a), not \(b): \(message)", file: file, line: line)
    }
  }
}
