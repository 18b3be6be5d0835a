import Foundation
import Tensors
import XCTest

/// Named tensors as a model.
private struct Bag: Parameterized {
  var tensors: [(name: String, tensor: Tensor)]

  mutating func visitParameters(_ body: (String, inout Tensor) -> Void) {
    for index in tensors.indices { body(tensors[index].name, &tensors[index].tensor) }
  }
}

final class MuonTests: XCTestCase {
  /// What five rounds make of one singular value: the iteration acts on each by itself.
  private func rounds(_ value: Double) -> Double {
    (0..<5).reduce(value) { x, _ in
      3.4445 * x - 4.7750 * x * x * x + 2.0315 * x * x * x * x * x
    }
  }

  /// Orthonormal rows by Gram and Schmidt, in double precision.
  private func orthonormal(_ count: Int, width: Int, seed: UInt64) -> [[Double]] {
    var generator = SeededGenerator(seed: seed)
    var rows: [[Double]] = []
    while rows.count < count {
      var row = (0..<width).map { _ in Double.random(in: -1...1, using: &generator) }
      for _ in 0..<2 {
        for other in rows {
          let along = zip(row, other).reduce(0) { $0 + $1.0 * $1.1 }
          row = zip(row, other).map { $0 - along * $1 }
        }
      }
      let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      if length > 0.1 { rows.append(row.map { $0 / length }) }
    }
    return rows
  }

  /// Σ s u vᵀ, `[u.width, v.width]`.
  private func matrix(_ u: [[Double]], _ s: [Double], _ v: [[Double]]) -> [[Double]] {
    u[0].indices.map { i in
      v[0].indices.map { j in s.indices.reduce(0) { $0 + s[$1] * u[$1][i] * v[$1][j] } }
    }
  }

  func testSingularVectorsStayAndValuesFollowThePolynomial() {
    for (rows, columns) in [(4, 4), (3, 7), (7, 3), (5, 1)] {
      let rank = min(rows, columns)
      let u = orthonormal(rank, width: rows, seed: 1)
      let v = orthonormal(rank, width: columns, seed: 2)
      let values = (0..<rank).map { 3 / Double($0 + 1) }
      let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let expected = matrix(u, values.map { rounds($0 / norm) }, v)
      let given = Tensor(rows: matrix(u, values, v).map { $0.map(Float.init) })
      assertEqual(
        Muon.orthogonalised(given), shape: [rows, columns], expected.flatMap { $0 },
        tolerance: 1e-4, "\(rows) × \(columns)")
    }
  }

  func testSingularValuesEndNearOne() {
    for tenth in 1...10 {
      XCTAssertEqual(rounds(Double(tenth) / 10), 0.95, accuracy: 0.28, "\(tenth) tenths")
    }
  }

  func testNothingMovesWithoutAGradientAndNothingElseMoves() {
    var model = Bag(tensors: [("still", random([3, 2], seed: 1)), ("other", random([2], seed: 2))])
    let before = model.tensors.map(\.tensor)
    var optimizer = Muon()
    optimizer.update(
      &model, gradients: [.zeros([3, 2]), random([2], seed: 3)], rate: 0.1
    ) { $0 == "still" }
    XCTAssertEqual(model.tensors.map(\.tensor), before)
    XCTAssertEqual(Set(optimizer.means.keys), ["still"])
  }

  func testAStepByHand() {
    // One row: its direction is the gradient's, its length what one singular value of 1 becomes.
    var model = Bag(tensors: [("row", .zeros([1, 2]))])
    var optimizer = Muon(momentum: 0.5)
    optimizer.update(&model, gradients: [Tensor(rows: [[3, 4]])], rate: 0.1) { _ in true }
    let size = 0.2 * 2.0.squareRoot() * 0.1 * rounds(1)
    assertEqual(
      model.tensors[0].tensor, shape: [1, 2], [-0.6 * size, -0.8 * size], tolerance: 1e-6)
    assertEqual(optimizer.means["row"]!, shape: [1, 2], [1.5, 2], tolerance: 1e-6)
    // The mean is (1.5, 2) / 2 + (−3, 0) / 2 = (−0.75, 1), looked ahead (−0.375 − 1.5, 0.5).
    let first = model.tensors[0].tensor
    optimizer.update(&model, gradients: [Tensor(rows: [[-3, 0]])], rate: 0.1) { _ in true }
    assertEqual(optimizer.means["row"]!, shape: [1, 2], [-0.75, 1], tolerance: 1e-6)
    let length = (1.875 * 1.875 + 0.25).squareRoot()
    assertEqual(
      model.tensors[0].tensor - first, shape: [1, 2],
      [1.875 / length * size, -0.5 / length * size], tolerance: 1e-6)
  }

  func testWeightsShrinkByTheDecayAndNothingElseChanges() {
    func stepped(decay: Float) -> Tensor {
      var model = Bag(tensors: [("matrix", Tensor(rows: [[2, -4], [6, 8]]))])
      var optimizer = Muon(weightDecay: decay)
      optimizer.update(&model, gradients: [Tensor(rows: [[1, 2], [0, 1]])], rate: 0.1) { _ in true }
      return model.tensors[0].tensor
    }
    // A tenth of a half of each weight.
    assertEqual(
      stepped(decay: 0) - stepped(decay: 0.5), shape: [2, 2], [0.1, -0.2, 0.3, 0.4],
      tolerance: 1e-6)
  }

  func testAdamWLeavesWhatHasNoScale() {
    var model = Bag(tensors: [("matrix", Tensor([1])), ("bias", Tensor([1]))])
    var optimizer = AdamW()
    optimizer.update(&model, gradients: [Tensor([1]), Tensor([1])], rate: 0.01) {
      $0 == "bias" ? 1 : nil
    }
    XCTAssertEqual(model.tensors[0].tensor.values, [1])
    assertEqual(model.tensors[1].tensor, shape: [1], [0.99], tolerance: 1e-6)
    XCTAssertEqual(Set(optimizer.moments.keys), ["bias"])
  }
}
