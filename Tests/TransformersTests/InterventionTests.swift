import Tensors
import Transformers
import XCTest

/// What a change to an activation does, and what it must leave alone.
final class InterventionTests: XCTestCase {
  private let models = [
    RandomModel.t5(), RandomModel.t5(isGated: true, isTied: false), RandomModel.gpt2(),
  ]

  func testReplacingAnActivationWithItselfChangesNothing() throws {
    for model in models {
      let clean = try model.run(model.someInput, capturing: .everything)
      for point in clean.trace.points {
        let own = Intervention.replace(point, with: try clean.trace[point])
        XCTAssertEqual(
          try model.run(model.someInput, intervening: [own]).logits, clean.logits, "\(point)")
      }
    }
  }

  func testAChangeReachesTheLogitsAndNothingBefore() throws {
    for model in models {
      let clean = try model.run(model.someInput, capturing: .everything)
      let points = clean.trace.points
      for (index, point) in points.enumerated() {
        // Not a factor alone: norms and softmax would hide it.
        let edit = Intervention(at: point) { activation in
          activation * 1.5
            + Tensor((0..<activation.count).map { 0.1 * Float($0 % 7) })
            .reshaped(to: activation.shape)
        }
        let run = try model.run(model.someInput, capturing: .everything, intervening: [edit])
        for earlier in points[..<index] {
          // The encoder's embedding is met before, the scale of a norm before what it divides.
          XCTAssertEqual(
            try run.trace[earlier], try clean.trace[earlier], "\(point) changed \(earlier)")
        }
        XCTAssertNotEqual(run.logits, clean.logits, "\(point) changed nothing")
      }
    }
  }

  func testInterventionsAtOnePointActInOrder() throws {
    let model = RandomModel.gpt2()
    let point = HookPoint.residualPost(.blocks, 0)
    let twice = [Intervention(at: point) { $0 + 1 }, Intervention(at: point) { $0 * 2 }]
    let clean = try model.run(model.someInput, capturing: [point]).trace[point]
    let found = try model.run(model.someInput, capturing: [point], intervening: twice).trace[point]
    XCTAssertEqual(found, (clean + 1) * 2)
  }

  /// A head adds its own mix times its own columns of the output weight, W_O.
  func testZeroingAHeadRemovesItsContribution() throws {
    for (model, stack, kind, name) in [
      (models[0], StackName.encoder, AttentionKind.own, "attention"),
      (models[0], .decoder, .cross, "cross"), (models[2], .blocks, .own, "attention"),
    ] {
      let layer = 1
      let out = HookPoint.block(stack, layer, .attentionOut(kind))
      let mixed = HookPoint.block(stack, layer, .attention(kind, .mixed))
      let clean = try model.run(model.someInput, capturing: [out, mixed]).trace
      let label = "\(stack.rawValue).\(layer).\(name).output.weight"
      let weight = try XCTUnwrap(model.parameters.first { $0.name == label }).tensor
      for head in 0..<4 {
        let knockout = Intervention.zeroHead(head, of: kind, in: stack, layer: layer)
        let run = try model.run(model.someInput, capturing: [out, mixed], intervening: [knockout])
        let (before, z) = (try clean[out], try clean[mixed])
        let (width, headWidth) = (before.shape[2], z.shape[3])
        var expected = before.values.map(Double.init)
        for position in 0..<before.shape[1] {
          for unit in 0..<width {
            for i in 0..<headWidth {
              expected[position * width + unit] -=
                Double(z[0, position, head, i]) * Double(weight[unit, head * headWidth + i])
            }
          }
        }
        let found = try run.trace[out]
        for (a, b) in zip(found.values, expected) { XCTAssertEqual(Double(a), b, accuracy: 1e-5) }
        let left = try run.trace[mixed]
        for other in 0..<4 {
          for i in 0..<headWidth {
            XCTAssertEqual(left[0, 2, other, i], other == head ? 0 : z[0, 2, other, i])
          }
        }
      }
    }
  }

  func testGradientsFlowThroughHooks() throws {
    let model = RandomModel.t5()
    let point = HookPoint.residualPre(.encoder, 1)
    let clean = try model.run(model.someInput, capturing: [point]).trace[point]
    func output(_ residual: Tensor) throws -> Tensor {
      let run = try model.run(model.someInput, intervening: [.replace(point, with: residual)])
      return run.logits.crossEntropy(targets: [3, 4, 5, 6])
    }
    let watched = clean.requiringGradient()
    let found = gradient(of: try output(watched), withRespectTo: [watched])[0]
    // Central differences along a few directions.
    var generator = SeededGenerator(seed: 8)
    for _ in 0..<5 {
      let direction = Tensor.randomNormal(clean.shape, using: &generator)
      let step: Float = 0.004
      let up = try output(clean + direction * step).scalar
      let down = try output(clean - direction * step).scalar
      let expected = (up - down) / (2 * step)
      XCTAssertEqual((found * direction).sum().scalar, expected, accuracy: 2e-3)
    }
  }

  /// No parameter is cut off from the loss, and none blows up.
  func testGradientsReachEveryParameter() throws {
    for model in models {
      let watched = model.requiringGradients()
      let targets = Array(
        repeating: Optional(4), count: model.configuration.isEncoderDecoder ? 4 : 5)
      let loss = try watched(model.someInput).crossEntropy(targets: targets)
      let parameters = watched.parameters
      let gradients = gradient(of: loss, withRespectTo: parameters.map(\.tensor))
      for (parameter, gradient) in zip(parameters, gradients) {
        XCTAssertTrue(gradient.values.allSatisfy(\.isFinite), parameter.name)
        let greatest = gradient.values.map(abs).max() ?? 0
        // A bias on keys adds the same to every score of a query, so softmax does not see it.
        if parameter.name.hasSuffix("key.bias") {
          XCTAssertLessThan(greatest, 1e-6, parameter.name)
        } else {
          XCTAssertGreaterThan(greatest, 1e-5, parameter.name)
        }
      }
    }
  }
}
