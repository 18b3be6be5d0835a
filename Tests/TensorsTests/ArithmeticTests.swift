import Tensors
import XCTest

final class ArithmeticTests: XCTestCase {
  /// Pairs of shapes, one for every way in which one operand can stretch; both orders are tried.
  private let pairs: [([Int], [Int])] = [
    ([], []), ([5], []), ([2, 3], [1]), ([17], [17]), ([2, 9], [9]), ([3, 2, 8], [2, 8]),
    ([3, 2, 8], [1, 2, 8]), ([4, 9], [4, 1]), ([2, 3, 7], [2, 3, 1]), ([2, 3, 7], [3, 1]),
    ([2, 3, 7], [2, 1, 7]), ([2, 3, 7], [2, 1, 1]), ([2, 2, 3, 9], [2, 1, 1, 9]),
    ([2, 2, 3, 9], [1, 2, 1, 1]), ([3, 1], [1, 4]), ([2, 1, 3], [4, 1]), ([1, 3], [3]),
    ([1, 1, 3], [2, 3]), ([1], [1, 1]), ([8, 1], [8, 1]),
  ]

  private typealias Operation = (
    name: String, tensors: @Sendable (Tensor, Tensor) -> Tensor,
    numbers: @Sendable (Double, Double) -> Double
  )
  private let operations: [Operation] = [
    ("+", { $0 + $1 }, { $0 + $1 }), ("-", { $0 - $1 }, { $0 - $1 }),
    ("*", { $0 * $1 }, { $0 * $1 }), ("/", { $0 / $1 }, { $0 / $1 }),
  ]

  /// Values between ½ and 1½, so that quotients are tame.
  private func operand(_ shape: [Int], seed: UInt64) -> Tensor {
    var generator = SeededGenerator(seed: seed)
    return Tensor.randomUniform(shape, in: 0.5..<1.5, using: &generator)
  }

  /// The stretched operation by its definition, index by index.
  private func reference(
    _ a: Tensor, _ b: Tensor, _ operation: (Double, Double) -> Double
  ) -> (shape: [Int], values: [Double]) {
    let rank = max(a.rank, b.rank)
    let x = Array(repeating: 1, count: rank - a.rank) + a.shape
    let y = Array(repeating: 1, count: rank - b.rank) + b.shape
    let shape = zip(x, y).map { $0 == 1 ? $1 : $0 }
    let values = indices(of: shape).map { index in
      let i = zip(index, x).map { $1 == 1 ? 0 : $0 }.suffix(a.rank)
      let j = zip(index, y).map { $1 == 1 ? 0 : $0 }.suffix(b.rank)
      return operation(value(a, Array(i)), value(b, Array(j)))
    }
    return (shape, values)
  }

  func testEveryStretchInBothOrders() {
    for (first, second) in pairs {
      let (a, b) = (operand(first, seed: 1), operand(second, seed: 2))
      for operation in operations {
        for (x, y) in [(a, b), (b, a)] {
          let expected = reference(x, y, operation.numbers)
          assertEqual(
            operation.tensors(x, y), shape: expected.shape, expected.values, tolerance: 1e-6,
            "\(x.shape) \(operation.name) \(y.shape)")
        }
      }
    }
  }

  func testGradientsOfEveryStretchInBothOrders() {
    for (first, second) in pairs {
      let (a, b) = (operand(first, seed: 3), operand(second, seed: 4))
      for operation in operations {
        for inputs in [[a, b], [b, a]] {
          assertGradient(
            of: inputs, "\(inputs[0].shape) \(operation.name) \(inputs[1].shape)"
          ) { operation.tensors($0[0], $0[1]) }
        }
      }
    }
  }

  func testOperandsWithoutValues() {
    let pairs: [([Int], [Int])] = [
      ([0], []), ([0], [1]), ([0, 3], [3]), ([3, 0], [3, 1]), ([0, 3], [1, 3]),
      ([2, 0, 3], [2, 1, 1]),
    ]
    for (first, second) in pairs {
      for operation in operations {
        let (a, b) = (Tensor.zeros(first).requiringGradient(), operand(second, seed: 5))
        XCTAssertEqual(operation.tensors(a, b).shape, first)
        XCTAssertEqual(operation.tensors(b, a).shape, first)
        let watched = b.requiringGradient()
        let result = operation.tensors(watched, a)
        let gradients = gradient(
          of: result, withRespectTo: [a, watched], seed: .zeros(result.shape))
        XCTAssertEqual(gradients[0].shape, first)
        XCTAssertEqual(gradients[1], .zeros(second))
      }
    }
  }

  func testSizesThatAreSharedAmongThreads() {
    let a = random([700, 513], seed: 1)
    for shape in [[700, 513], [513], [700, 1], []] {
      let b = random(shape, seed: 2)
      let result = a + b
      for (row, column) in [(0, 0), (349, 511), (350, 0), (351, 17), (699, 512)] {
        let index = shape.isEmpty ? 0 : row % shape[0] * (shape.count == 2 ? shape[1] : 1)
        let place =
          shape == [513] ? column : shape == [700, 513] ? index + column : shape.isEmpty ? 0 : row
        XCTAssertEqual(result[row, column], a[row, column] + b.values[place])
      }
      XCTAssertEqual((result - b - a).values.map(abs).max()!, 0, accuracy: 1e-5)
    }
  }

  func testNumbersAsOperands() {
    let a = Tensor([1, -2, 4])
    XCTAssertEqual((a + 1).values, [2, -1, 5])
    XCTAssertEqual((a - 1).values, [0, -3, 3])
    XCTAssertEqual((a * 2).values, [2, -4, 8])
    XCTAssertEqual((2 * a).values, [2, -4, 8])
    XCTAssertEqual((a / 4).values, [0.25, -0.5, 1])
    XCTAssertEqual((-a).values, [-1, 2, -4])
    var sum = a
    sum += a
    XCTAssertEqual(sum.values, [2, -4, 8])
  }

  func testTheSameOperandTwice() {
    let a = random([3, 5])
    assertGradient(of: [a]) { $0[0] * $0[0] + $0[0] }
    assertGradient(of: [operand([7], seed: 1)]) { $0[0] / $0[0] - $0[0] }
  }

  func testGradientByADivisorWhoseSquareVanishes() {
    let divisor = Tensor([1e-25]).requiringGradient()
    let found = gradient(of: Tensor([1e-30]) / divisor, withRespectTo: [divisor])[0]
    XCTAssertEqual(found.scalar / -1e20, 1, accuracy: 1e-5)
  }

  func testNotANumberIsNeverLost() {
    let a = Tensor([.nan, 1, .infinity])
    XCTAssertEqual((a * 0).values.map(\.isNaN), [true, false, true])
    XCTAssertEqual((a - a).values.map(\.isNaN), [true, false, true])
  }
}
