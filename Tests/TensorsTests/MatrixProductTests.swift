import Tensors
import XCTest

final class MatrixProductTests: XCTestCase {
  func testAwkwardSizesAgainstNaiveLoops() {
    for m in [1, 7, 8, 17] {
      for k in [1, 9, 16] {
        for n in [1, 3, 8, 9] {
          let (a, b) = (random([m, k], seed: 1), random([k, n], seed: 2))
          assertEqual(
            a.matmul(b), shape: [m, n], product(a.doubles, b.doubles, m: m, k: k, n: n))
        }
      }
    }
  }

  func testGradientsOfMatrices() {
    assertGradient(of: [random([3, 9]), random([9, 4], seed: 2)]) { $0[0].matmul($0[1]) }
    assertGradient(of: [random([1, 1]), random([1, 8], seed: 2)]) { $0[0].matmul($0[1]) }
    assertGradient(of: [random([7, 7])]) { $0[0].matmul($0[0]) }
  }

  func testLeadingAxesShareOneMatrix() {
    let (a, b) = (random([2, 3, 5, 4]), random([4, 7], seed: 2))
    assertEqual(
      a.matmul(b), shape: [2, 3, 5, 7], product(a.doubles, b.doubles, m: 30, k: 4, n: 7))
    assertGradient(of: [random([2, 3, 4]), random([4, 5], seed: 2)]) { $0[0].matmul($0[1]) }
  }

  func testABiasIsAddedToEveryRow() {
    for (m, n) in [(1, 1), (7, 9), (40, 300), (300, 40)] {
      let (x, w, b) = (random([m, 5]), random([n, 5], seed: 2), random([n], seed: 3))
      let expected = indices(of: [m, n]).map { place in
        (0..<5).reduce(value(b, [place[1]])) {
          $0 + value(x, [place[0], $1]) * value(w, [place[1], $1])
        }
      }
      assertEqual(x.matmul(transposing: w, adding: b), shape: [m, n], expected)
    }
    assertGradient(of: [random([2, 3, 4]), random([5, 4], seed: 2), random([5], seed: 3)]) {
      $0[0].matmul(transposing: $0[1], adding: $0[2])
    }
  }

  func testABatchOfProducts() {
    for batch in [[1], [3], [2, 2]] {
      let (a, b) = (random(batch + [5, 4]), random(batch + [4, 7], seed: 2))
      let (x, y) = (a.doubles, b.doubles)
      var expected: [Double] = []
      for index in 0..<batch.reduce(1, *) {
        let left = Array(x[(index * 20)..<(index * 20 + 20)])
        let right = Array(y[(index * 28)..<(index * 28 + 28)])
        expected += product(left, right, m: 5, k: 4, n: 7)
      }
      assertEqual(a.matmul(b), shape: batch + [5, 7], expected)
      assertGradient(of: [a, b]) { $0[0].matmul($0[1]) }
      // Second derivatives of a product reach the forms with transposed operands.
      assertGradient(of: [a, b]) { $0[0].matmul($0[1]).transposed().matmul($0[0]) }
    }
  }

  /// Sizes above the threshold at which rows or columns are shared out among threads, with the
  /// gradients' products: by rows and by columns, transposed on either side.
  func testSizesThatAreSharedAmongThreads() {
    for (m, k, n) in [(307, 150, 203), (203, 150, 307), (16, 600, 501), (501, 601, 16)] {
      let (a, b) = (random([m, k], seed: 1), random([k, n], seed: 2))
      let weights = random([m, n], seed: 3)
      let (watchedA, watchedB) = (a.requiringGradient(), b.requiringGradient())
      let result = watchedA.matmul(watchedB)
      // Products of some hundred terms: rounding grows with their root.
      assertEqual(
        result, shape: [m, n], product(a.doubles, b.doubles, m: m, k: k, n: n), tolerance: 3e-5)
      let found = gradient(of: result, withRespectTo: [watchedA, watchedB], seed: weights)
      assertEqual(
        found[0], shape: [m, k],
        product(weights.doubles, transposed(b.doubles, m: k, n: n), m: m, k: n, n: k),
        tolerance: 3e-5)
      assertEqual(
        found[1], shape: [k, n],
        product(transposed(a.doubles, m: m, n: k), weights.doubles, m: k, k: m, n: n),
        tolerance: 3e-5)
    }
  }

  /// Few rows and a large weight `[output, input]`, which is taken in slabs of columns.
  func testFewRowsAndALargeWeight() {
    for (m, k, n) in [
      (1, 512, 1003), (2, 300, 97), (9, 130, 1201), (12, 512, 333), (31, 700, 129), (32, 1000, 50),
      (33, 512, 200), (5, 60_000, 40),
    ] {
      let (a, b) = (random([m, k], seed: 1), random([n, k], seed: 2))
      assertEqual(
        a.matmul(transposing: b), shape: [m, n],
        product(a.doubles, transposed(b.doubles, m: n, n: k), m: m, k: k, n: n),
        tolerance: k > 10_000 ? 1e-3 : 5e-5, "\(m) × \(k) × \(n)")
    }
  }

  /// The same inside attention, where rows lie a head apart.
  func testFewQueriesAndManyKeys() {
    let (queries, keys) = (random([2, 3, 2, 40], seed: 1), random([2, 500, 2, 40], seed: 2))
    let scores = queries.attentionScores(keys: keys, scale: 0.5)
    for (b, h, t, s) in [
      (0, 0, 0, 0), (0, 1, 2, 95), (1, 0, 1, 96), (1, 1, 2, 499), (1, 0, 0, 301),
    ] {
      let expected = (0..<40).reduce(0.0) { sum, i in
        sum + Double(queries[b, t, h, i]) * Double(keys[b, s, h, i])
      }
      XCTAssertEqual(Double(scores[b, h, t, s]), expected / 2, accuracy: 1e-4)
    }
  }

  func testAnEmptyInnerLengthGivesZeros() {
    // Memory that held something else before: what is multiplied by nothing must not show.
    for _ in 0..<50 {
      let used = Tensor(repeating: .nan, shape: [5, 6])
      XCTAssertTrue(used.values[0].isNaN)
    }
    XCTAssertEqual(Tensor.zeros([5, 0]).matmul(.zeros([0, 6])), .zeros([5, 6]))
    XCTAssertEqual(Tensor.zeros([2, 5, 0]).matmul(.zeros([2, 0, 6])), .zeros([2, 5, 6]))
    XCTAssertEqual(Tensor.zeros([0, 3]).matmul(.zeros([3, 6])).shape, [0, 6])
    assertGradient(of: [.zeros([0, 3]), random([3, 2])]) { $0[0].matmul($0[1]) }
  }

  func testNotANumberReachesItsRowAndColumn() {
    var a = random([4, 4])
    a[1, 2] = .nan
    let result = a.matmul(random([4, 4], seed: 2))
    for row in 0..<4 {
      XCTAssertEqual(result[at: row].values.allSatisfy(\.isNaN), row == 1)
    }
  }
}
