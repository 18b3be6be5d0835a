import Foundation
import Tensors
import XCTest

/// A linear classifier.
private struct Classifier: Parameterized, Sendable {
  var weight = random([9, 4], seed: 1)
  var bias = random([4], seed: 2)

  mutating func visitParameters(_ body: (String, inout Tensor) -> Void) {
    body("weight", &weight)
    body("bias", &bias)
  }

  func callAsFunction(_ input: Tensor) -> Tensor { input.matmul(weight) + bias }
}

final class ParallelTests: XCTestCase {
  func testChunksCoverEveryPlaceOnce() {
    for count in [0, 1, 15, 16, 17, 100, 1001] {
      for unit in [1, 16] {
        let lock = NSLock()
        nonisolated(unsafe) var seen = Array(repeating: 0, count: count)
        Parallel.forEachChunk(of: count, work: 1 << 30, grain: 1, multipleOf: unit) { part in
          lock.withLock { for index in part { seen[index] += 1 } }
          XCTAssertEqual(part.lowerBound % unit, 0)
        }
        XCTAssertEqual(seen, Array(repeating: 1, count: count))
      }
    }
  }

  func testLittleWorkIsNotSplit() {
    let lock = NSLock()
    nonisolated(unsafe) var parts: [Range<Int>] = []
    Parallel.forEachChunk(of: 100, work: 199, grain: 100) { part in
      lock.withLock { parts.append(part) }
    }
    XCTAssertEqual(parts, [0..<100])
  }

  func testWorkInsideAShareIsNotSplitAgain() {
    let lock = NSLock()
    nonisolated(unsafe) var parts: [Range<Int>] = []
    Parallel.forEachShare(3) { _ in
      Parallel.forEachChunk(of: 64, work: 1 << 30, grain: 1) { part in
        lock.withLock { parts.append(part) }
      }
    }
    XCTAssertEqual(parts, Array(repeating: 0..<64, count: 3))
  }

  func testShardsAddUpToTheWholeBatch() {
    let inputs = random([10, 9], seed: 3)
    let targets: [Int?] = [0, 3, 1, 2, 2, 0, 1, 1, 3, 0]
    let model = Classifier()
    func batch(_ ranges: [Range<Int>]) -> (loss: Float, gradients: [Tensor]) {
      lossAndGradients(
        of: model, shards: ranges.map { ($0, Float($0.count) / 10) }
      ) { model, rows in
        model(inputs.slice(rows)).crossEntropy(targets: Array(targets[rows]))
      }
    }
    let whole = batch([0..<10])
    XCTAssertEqual(whole.gradients.map(\.shape), [[9, 4], [4]])
    for ranges in [[0..<5, 5..<10], [0..<1, 1..<4, 4..<10], (0..<10).map { $0..<($0 + 1) }] {
      let parts = batch(ranges)
      XCTAssertEqual(parts.loss, whole.loss, accuracy: 1e-6)
      for (found, expected) in zip(parts.gradients, whole.gradients) {
        assertEqual(found, shape: expected.shape, expected.doubles, tolerance: 1e-6)
      }
    }
    // The whole itself, asked in the ordinary way.
    let watched = model.requiringGradients()
    let loss = watched(inputs).crossEntropy(targets: targets)
    XCTAssertEqual(whole.loss, loss.scalar)
    XCTAssertEqual(
      whole.gradients,
      gradient(of: loss, withRespectTo: watched.parameters.map(\.tensor)))
  }

  func testShardsGiveTheSameBitsEveryTime() {
    let inputs = random([64, 9], seed: 3)
    func run() -> (loss: Float, gradients: [Tensor]) {
      lossAndGradients(
        of: Classifier(), shards: [(0..<32, 0.5), (32..<64, 0.5)]
      ) { model, rows in
        model(inputs.slice(rows)).crossEntropy(targets: rows.map { $0 % 4 })
      }
    }
    let first = run()
    for _ in 0..<5 {
      let again = run()
      XCTAssertEqual(again.loss, first.loss)
      XCTAssertEqual(again.gradients, first.gradients)
    }
  }

  func testManyThreadsMayUseOneTensor() {
    let shared = random([50, 50])
    let expected = shared.matmul(shared).softmax()
    nonisolated(unsafe) let wrong = UnsafeMutableBufferPointer<Bool>.allocate(capacity: 64)
    wrong.initialize(repeating: false)
    defer { wrong.deallocate() }
    DispatchQueue.concurrentPerform(iterations: 64) { index in
      var own = shared
      own[index % 50, 0] += 1
      wrong[index] = shared.matmul(shared).softmax() != expected || own == shared
    }
    XCTAssertFalse(wrong.contains(true))
  }

  func testParametersAreVisitedInOrder() {
    let parameters = Classifier().parameters
    XCTAssertEqual(parameters.map(\.name), ["weight", "bias"])
    XCTAssertFalse(parameters[0].tensor.requiresGradient)
    XCTAssertTrue(Classifier().requiringGradients().bias.requiresGradient)
  }
}
