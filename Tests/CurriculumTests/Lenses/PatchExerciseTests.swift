import Coursework
import Interpretability
import Interventions
import Tensors
import Transformers
import XCTest

@testable import LensesExercises
@testable import LensesVocabulary
@testable import Solution5

/// Exercises 5.8 and 5.9: what is rejected, what is accepted.
final class PatchExerciseTests: XCTestCase {

  private func patch(
    _ name: String, says: String?, answer: @escaping @Sendable (PatchOfModel) throws -> Tensor
  ) -> Misconception {
    Misconception(of: LensSheet.onePatch, name, says: says, answer: answer)
  }

  private func identity(
    _ name: String, says: String?, answer: @escaping @Sendable (PromptedPlace) throws -> Tensor
  ) -> Misconception {
    Misconception(of: LensSheet.tokenIdentity, name, says: says, answer: answer)
  }

  /// The solution's answer to a question that was changed first.
  private static func solution(
    _ question: PatchOfModel, _ change: (inout PatchOfModel) -> Void = { _ in }
  ) throws -> Tensor {
    var question = question
    change(&question)
    let model = try question.model.made()
    let last = model.configuration.residualPoints.count - 1
    // What does not exist is clamped, as a student would see to it.
    for place in [\PatchOfModel.source, \PatchOfModel.target] {
      question[keyPath: place].position = min(
        question[keyPath: place].position, question[keyPath: place].tokens.count - 1)
      question[keyPath: place].layer = min(question[keyPath: place].layer, last)
    }
    return try Solution5.Answers().patched(
      source: question.source, map: question.map, target: question.target, in: model)
  }

  /// A run of the target in which the residual stream is changed with the state at hand.
  private static func changing(
    _ question: PatchOfModel,
    _ change: @escaping @Sendable (_ residual: Tensor, _ state: Tensor) -> Tensor
  ) throws -> Tensor {
    let model = try question.model.made()
    let source = question.source
    let found = try model.residualStates(of: ModelInput(source.tokens))
      .values[at: source.layer].slice(source.position..<(source.position + 1))
    let state = question.map?(found) ?? found
    let point = model.configuration.residualPoints[question.target.layer]
    return try model.run(
      ModelInput(question.target.tokens),
      intervening: [Intervention(at: point) { change($0, state) }]
    ).logits[at: 0]
  }

  func testWrongPatchesAreRejectedWithTheirSentence() {
    let misconceptions = [
      patch("nothing patched", says: "nothing was patched") { question in
        try question.model.made()(ModelInput(question.target.tokens))[at: 0]
      },
      patch("added", says: "added to what stood there") { question in
        try Self.changing(question) { residual, state in
          var changed = residual
          for column in 0..<state.shape[1] {
            changed[0, question.target.position, column] += state[0, column]
          }
          return changed
        }
      },
      patch("everywhere", says: "every position was overwritten") { question in
        try Self.changing(question) { residual, state in .zeros(residual.shape) + state }
      },
      patch("no map", says: "the map was left out") { question in
        try Self.solution(question) { $0.map = nil }
      },
      patch("layers exchanged", says: "l and l* are exchanged") { question in
        try Self.solution(question) {
          ($0.source.layer, $0.target.layer) = ($0.target.layer, $0.source.layer)
        }
      },
      patch("positions exchanged", says: "i and i* are exchanged") { question in
        try Self.solution(question) {
          ($0.source.position, $0.target.position) = ($0.target.position, $0.source.position)
        }
      },
      patch("after block l*", says: "went in one block too late") { question in
        try Self.solution(question) { $0.target.layer += 1 }
      },
      patch("after block l", says: "taken one block too late") { question in
        try Self.solution(question) { $0.source.layer += 1 }
      },
      patch("both", says: "both layers are off by one") { question in
        try Self.solution(question) {
          $0.source.layer += 1
          $0.target.layer += 1
        }
      },
      patch("the patched row alone", says: "only the patched position came back") { question in
        let place = question.target.position
        return try Self.solution(question).slice(place..<(place + 1))
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightPatchesAreAccepted() {
    let variants = [
      Variant(of: LensSheet.onePatch, "by the library") { (question: PatchOfModel) in
        let model = try question.model.made()
        let (source, target) = (question.source, question.target)
        return try Patchscope(
          source: .init(
            model, source.tokens, position: source.position, layer: source.layer),
          map: { question.map?($0) ?? $0 },
          target: .init(model, target.tokens, position: target.position, layer: target.layer)
        ).logits()
      },
      Variant(of: LensSheet.onePatch, "with a mask of ones and zeros") {
        (question: PatchOfModel) in
        try Self.changing(question) { residual, state in
          var here = Tensor.zeros([1, residual.shape[1], 1])
          here[0, question.target.position, 0] = 1
          return residual * (here * -1 + 1) + here * state.reshaped(to: [1, 1, state.shape[1]])
        }
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  /// Patches of every layer by a function of it.
  private static func layers(
    _ question: PromptedPlace, target: (Int) -> Int = { $0 }, source: (Int) -> Int = { $0 },
    position: Int? = nil, into: Int? = nil, read: Int? = nil
  ) throws -> Tensor {
    let model = try question.model.made()
    let end = question.prompt.count - 1
    return .stack(
      try model.configuration.residualPoints.indices.map { layer in
        try Patchscope(
          source: .init(
            model, question.source.tokens, position: position ?? question.source.position,
            layer: source(layer)),
          target: .init(model, question.prompt, position: into ?? end, layer: target(layer))
        ).logits()[at: read ?? end]
      })
  }

  /// 5.9 as a student has it who calls a wrong 5.8.
  private static func byAnswers(
    _ question: PromptedPlace, of answers: some LensAnswers
  ) throws -> Tensor {
    let model = try question.model.made()
    let end = question.prompt.count - 1
    return .stack(
      try model.configuration.residualPoints.indices.map { layer in
        try answers.patched(
          source: PatchPlace(
            tokens: question.source.tokens, position: question.source.position, layer: layer),
          map: nil, target: PatchPlace(tokens: question.prompt, position: end, layer: layer),
          in: model)[at: end]
      })
  }

  private static func last(_ question: PromptedPlace) throws -> Int {
    try question.model.made().configuration.residualPoints.count - 1
  }

  func testWrongIdentitiesAreRejectedWithTheirSentence() {
    let misconceptions = [
      identity("always at layer 0", says: "every state went in at layer 0") {
        try Self.layers($0, target: { _ in 0 })
      },
      identity("always at the end", says: "this is the logit lens") { question in
        let last = try Self.last(question)
        return try Self.layers(question, target: { _ in last })
      },
      identity("the last token of the text", says: "not of the position asked for") { question in
        try Self.layers(question, position: question.source.tokens.count - 1)
      },
      identity("the first place", says: "into the prompt's first token") {
        try Self.layers($0, into: 0)
      },
      identity("before the last", says: "it goes in the place of that one") { question in
        try Self.layers(question, into: question.prompt.count - 2)
      },
      identity("the row before", says: "the row before the patched one was read") { question in
        try Self.layers(question, read: question.prompt.count - 2)
      },
      identity("5.8 adds", says: "there the fault is: the state was added") { question in
        try Self.byAnswers(question, of: AddingPatches())
      },
      identity("5.8 overwrites all", says: "there the fault is: every position") { question in
        try Self.byAnswers(question, of: FloodingPatches())
      },
      identity("nothing patched", says: "nothing was patched") { question in
        let model = try question.model.made()
        let plain = try model(ModelInput(question.prompt))[at: 0][at: question.prompt.count - 1]
        return .stack((0...(try Self.last(question))).map { _ in plain })
      },
      identity("no embedding", says: "layer 0 is what the first block reads") { question in
        let right = try Self.layers(question)
        return right.slice(1..<right.shape[0])
      },
      identity("off by one", says: "taken one block too late") { question in
        let last = try Self.last(question)
        return try Self.layers(question, source: { min($0 + 1, last) })
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightIdentitiesAreAccepted() {
    let variants = [
      Variant(of: LensSheet.tokenIdentity, "by the library") { (question: PromptedPlace) in
        try Self.layers(question)
      },
      Variant(of: LensSheet.tokenIdentity, "in runs from the middle") {
        (question: PromptedPlace) in
        let model = try question.model.made()
        let states = try model.residualStates(of: ModelInput(question.source.tokens)).values
        let end = question.prompt.count - 1
        return Tensor.stack(
          try (0..<states.shape[0]).map { layer in
            let place = Patchscope.Target(model, question.prompt, position: end, layer: layer)
            let state = states[at: layer].slice(
              question.source.position..<(question.source.position + 1))
            return try place.logits(patching: state, at: end)[at: 0]
          })
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNothing() {
    XCTAssertEqual(
      oddTensors.map { tensor in patch("nonsense", says: nil) { _ in tensor } }.faults(), [])
    XCTAssertEqual(
      oddTensors.map { tensor in identity("nonsense", says: nil) { _ in tensor } }.faults(), [])
  }
}

/// A student whose 5.8 adds the state.
private struct AddingPatches: LensAnswersStub {
  func patched(
    source: PatchPlace, map: AffineMap?, target: PatchPlace, in model: Transformer
  ) throws -> Tensor {
    let points = model.configuration.residualPoints
    let state = try model.run(ModelInput(source.tokens), capturing: [points[source.layer]])
      .trace[points[source.layer]][at: 0][at: source.position]
    let adding = Intervention(at: points[target.layer]) { residual in
      var here = Tensor.zeros([1, residual.shape[1], 1])
      here[0, target.position, 0] = 1
      return residual + here * state.reshaped(to: [1, 1, state.count])
    }
    return try model.run(ModelInput(target.tokens), intervening: [adding]).logits[at: 0]
  }
}

/// A student whose 5.8 overwrites every position.
private struct FloodingPatches: LensAnswersStub {
  func patched(
    source: PatchPlace, map: AffineMap?, target: PatchPlace, in model: Transformer
  ) throws -> Tensor {
    let points = model.configuration.residualPoints
    let state = try model.run(ModelInput(source.tokens), capturing: [points[source.layer]])
      .trace[points[source.layer]][at: 0][at: source.position]
    let flooding = Intervention(at: points[target.layer]) { residual in
      Tensor.zeros(residual.shape) + state
    }
    return try model.run(ModelInput(target.tokens), intervening: [flooding]).logits[at: 0]
  }
}
