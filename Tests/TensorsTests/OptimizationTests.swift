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

/// A training that PyTorch made, by `Fixtures/optimizer.py`.
private struct Trajectory: Decodable {
  struct Step: Decodable {
    let gradients, parameters: [String: [Float]]
    let norm, rate: Float
  }
  let shapes: [String: [Int]]
  let warmUpSteps, totalSteps: Int
  let peak, finalFraction, maximumNorm: Float
  let initial: [String: [Float]]
  let steps: [Step]
}

final class OptimizationTests: XCTestCase {
  func testATrainingLikePyTorchs() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Fixtures/optimizer.json")
    let trajectory = try JSONDecoder().decode(Trajectory.self, from: Data(contentsOf: file))
    func tensor(_ name: String, _ values: [String: [Float]]) -> Tensor {
      Tensor(values[name]!, shape: trajectory.shapes[name]!)
    }
    let names = ["weight", "bias"]
    var model = Bag(tensors: names.map { ($0, tensor($0, trajectory.initial)) })
    var optimizer = AdamW(betas: (0.9, 0.98), epsilon: 1e-8, weightDecay: 0.1)
    let schedule = LearningRateSchedule(
      peak: trajectory.peak, warmUpSteps: trajectory.warmUpSteps,
      totalSteps: trajectory.totalSteps, decay: .cosine,
      finalFraction: trajectory.finalFraction)
    for (index, step) in trajectory.steps.enumerated() {
      let (gradients, norm) = clipping(
        names.map { tensor($0, step.gradients) }, toNorm: trajectory.maximumNorm)
      XCTAssertEqual(norm, step.norm, accuracy: 1e-5)
      let rate = schedule.rate(at: index)
      XCTAssertEqual(rate, step.rate, accuracy: 1e-7)
      optimizer.update(&model, gradients: gradients, rate: rate)
      for (name, found) in model.tensors {
        assertEqual(
          found, shape: trajectory.shapes[name]!, step.parameters[name]!.map(Double.init),
          tolerance: 2e-6, "\(name) after step \(index)")
      }
    }
    XCTAssertEqual(optimizer.step, trajectory.totalSteps)
  }

  func testTheFirstStepIsTheRateWhateverTheGradient() {
    // m / √v = g / |g| after one step, whatever the lengths and threads.
    for length in awkwardLengths + [200_001] {
      var model = Bag(tensors: [("p", .zeros([length]))])
      var optimizer = AdamW()
      let slopes = random([length], seed: 3)
      optimizer.update(&model, gradients: [slopes], rate: 0.1)
      let errors = zip(model.tensors[0].tensor.values, slopes.values)
        .filter { abs($0.1) > 1e-3 }.map { abs($0 - ($1 > 0 ? -0.1 : 0.1)) }
      XCTAssertLessThan(errors.max() ?? 0, 2e-6, "length \(length)")
    }
  }

  func testWeightsDecayByTheRateWithoutAGradient() {
    var model = Bag(tensors: [("p", Tensor([2, -4]))])
    var optimizer = AdamW(weightDecay: 0.5)
    optimizer.update(&model, gradients: [.zeros([2])], rate: 0.1)
    assertEqual(model.tensors[0].tensor, shape: [2], [1.9, -3.8], tolerance: 1e-6)
  }

  func testRatesAreScaledByName() {
    var model = Bag(tensors: [("slow", Tensor([0])), ("fast", Tensor([0]))])
    var optimizer = AdamW()
    optimizer.update(&model, gradients: [Tensor([1]), Tensor([1])], rate: 0.01) {
      $0 == "fast" ? 3 : 1
    }
    assertEqual(model.tensors[0].tensor, shape: [1], [-0.01], tolerance: 1e-7)
    assertEqual(model.tensors[1].tensor, shape: [1], [-0.03], tolerance: 1e-7)
  }

  func testUpdatingLeavesCopiesOfTheModelAndItsHistory() {
    var model = Bag(tensors: [("p", Tensor([1, 2]))]).requiringGradients()
    let before = model
    var optimizer = AdamW()
    let saved = optimizer
    optimizer.update(&model, gradients: [Tensor([1, 1])], rate: 0.5)
    XCTAssertEqual(before.tensors[0].tensor.values, [1, 2])
    XCTAssertFalse(model.tensors[0].tensor.requiresGradient)
    XCTAssertTrue(saved.moments.isEmpty)
  }

  func testClippingKeepsDirectionsAndShortGradients() {
    let gradients = [Tensor([3, 0]), Tensor([[4]].flatMap { $0 }, shape: [1, 1])]
    let long = clipping(gradients, toNorm: 1)
    XCTAssertEqual(long.norm, 5)
    assertEqual(long.gradients[0], shape: [2], [0.6, 0], tolerance: 1e-6)
    assertEqual(long.gradients[1], shape: [1, 1], [0.8], tolerance: 1e-6)
    let short = clipping(gradients, toNorm: 6)
    XCTAssertEqual(short.norm, 5)
    XCTAssertEqual(short.gradients[0], gradients[0])
    XCTAssertEqual(clipping([], toNorm: 1).norm, 0)
  }

  func testTheLinearScheduleByHand() {
    let schedule = LearningRateSchedule(
      peak: 2, warmUpSteps: 4, totalSteps: 20, decay: .linear(after: 0.5), finalFraction: 0.1)
    let expected: [Int: Float] = [
      0: 0.5, 1: 1, 3: 2, 4: 2, 9: 2, 10: 2, 15: 1.1, 19: 0.38, 20: 0.2, 100: 0.2,
    ]
    for (step, rate) in expected {
      XCTAssertEqual(schedule.rate(at: step), rate, accuracy: 1e-6, "step \(step)")
    }
  }

  func testTheCosineScheduleByHand() {
    let schedule = LearningRateSchedule(
      peak: 1, warmUpSteps: 0, totalSteps: 6, decay: .cosine, finalFraction: 0.5)
    // cos 0, π/3, π/2, 2π/3 and π are 1, ½, 0, −½ and −1.
    let expected: [Int: Float] = [0: 1, 2: 0.875, 3: 0.75, 4: 0.625, 6: 0.5, 7: 0.5]
    for (step, rate) in expected {
      XCTAssertEqual(schedule.rate(at: step), rate, accuracy: 1e-6, "step \(step)")
    }
  }
}
