import Coursework
import Interpretability
import Interventions
import Tensors
import Transformers
import XCTest

@testable import LensesExercises
@testable import LensesVocabulary
@testable import Solution5

/// Exercises 5.1 and 5.2: what is rejected, what is accepted.
final class LogitLensExerciseTests: XCTestCase {

  /// The residual stream by layer and the model.
  private static func states(_ question: TextOfModel) throws -> (Transformer, [Tensor]) {
    let model = try question.model.made()
    let states = try model.residualStates(of: ModelInput(question.tokens)).values
    return (model, (0..<states.shape[0]).map { states[at: $0] })
  }

  private static func right(_ question: TextOfModel) throws -> Tensor {
    try Solution5.Answers().logitLens(of: question.tokens, in: question.model.made())
  }

  private func text(
    _ name: String, says: String?, answer: @escaping @Sendable (TextOfModel) throws -> Tensor
  ) -> Misconception {
    Misconception(of: LensSheet.logitLens, name, says: says, answer: answer)
  }

  private func kept(
    _ name: String, says: String?, answer: @escaping @Sendable (StatesOfModel) throws -> Tensor
  ) -> Misconception {
    Misconception(of: LensSheet.normTrap, name, says: says, answer: answer)
  }

  /// √(mean square + ε) of rows, centred for layer norm.
  private static func scale(_ rows: Tensor, _ model: Transformer) -> Tensor {
    rows.rootMeanSquare(
      epsilon: model.configuration.normEpsilon, centring: model.configuration.norm == .layer)
  }

  /// Makes rows have another scale without changing what the norm makes of their direction: the norm
  /// of x · s/s' is, but for ε, the norm of x; so the weights are applied by hand.
  private static func normed(
    _ rows: Tensor, by scale: Tensor, in model: Transformer
  ) -> Tensor {
    let own = Self.scale(rows, model)
    let bias = model.finalNorm(.zeros([1, rows.shape[1]]))
    return (model.finalNorm(rows) - bias) * (own / scale) + bias
  }

  func testWrongLensesAreRejectedWithTheirSentence() {
    let misconceptions = [
      text("no norm", says: "without the final norm") { question in
        let (model, layers) = try Self.states(question)
        return .stack(layers.map { model.logits(ofNormed: $0) })
      },
      text("no embedding", says: "begins with what the first block reads") { question in
        let right = try Self.right(question)
        return right.slice(1..<right.shape[0])
      },
      text("what enters each block", says: "what leaves the last block is read too") { question in
        let right = try Self.right(question)
        return right.slice(0..<(right.shape[0] - 1))
      },
      text("the scale of the last layer", says: "statistics of what it is given") { question in
        let (model, layers) = try Self.states(question)
        let scale = Self.scale(layers[layers.count - 1], model)
        return .stack(
          layers.map { model.logits(ofNormed: Self.normed($0, by: scale, in: model)) })
      },
      text("twice", says: "applied twice") { question in
        let (model, layers) = try Self.states(question)
        return .stack(layers.map { model.logits(ofNormed: model.finalNorm(model.finalNorm($0))) })
      },
      text("probabilities", says: "these are probabilities") { try Self.right($0).softmax() },
      text("log-probabilities", says: "these are log-probabilities") {
        try Self.right($0).logSoftmax()
      },
      text("the last position", says: "only the last position") { question in
        let right = try Self.right(question)
        return right.slice(axis: 1, (right.shape[1] - 1)..<right.shape[1])
      },
      text("axes", says: "layers come first") { try Self.right($0).permuted([1, 0, 2]) },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightLensesAreAccepted() {
    let variants = [
      Variant(of: LensSheet.logitLens, "by the library") { (question: TextOfModel) in
        let model = try question.model.made()
        return model.logits(of: try model.residualStates(of: ModelInput(question.tokens)))
      },
      Variant(of: LensSheet.logitLens, "as Patchscopes") { (question: TextOfModel) in
        let model = try question.model.made()
        let layers = model.configuration.residualPoints.indices
        return Tensor.stack(
          try layers.map { layer in
            Tensor.stack(
              try question.tokens.indices.map { position in
                try Patchscope.logitLens(
                  model, question.tokens, position: position, layer: layer
                ).logits()[at: position]
              })
          })
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNothing() {
    XCTAssertEqual(
      oddTensors.map { tensor in text("nonsense", says: nil) { _ in tensor } }.faults(), [])
    XCTAssertEqual(
      oddTensors.map { tensor in kept("nonsense", says: nil) { _ in tensor } }.faults(), [])
  }

  /// Every layer by a function, and the last by another.
  private static func lens(
    _ question: StatesOfModel,
    last: (Transformer, Tensor, Bool) -> Tensor = { model, rows, isNormed in
      isNormed ? rows : model.finalNorm(rows)
    },
    earlier: (Transformer, Tensor) -> Tensor = { $0.finalNorm($1) }
  ) throws -> Tensor {
    let model = try question.model.made()
    let states = question.states
    let end = states.layerCount - 1
    return .stack(
      (0...end).map { layer in
        let rows = states.values[at: layer]
        return model.logits(
          ofNormed: layer == end
            ? last(model, rows, states.lastIsNormed) : earlier(model, rows))
      })
  }

  func testWrongNormsAreRejectedWithTheirSentence() {
    let misconceptions = [
      kept("everything normed", says: "through the norm twice") {
        try Self.lens($0, last: { model, rows, _ in model.finalNorm(rows) })
      },
      kept("never the last", says: "did not go through the norm") {
        try Self.lens($0, last: { _, rows, _ in rows })
      },
      kept("no norm", says: "without the final norm") {
        try Self.lens($0, last: { _, rows, _ in rows }, earlier: { $1 })
      },
      kept("only the last", says: "without the final norm") {
        try Self.lens($0, earlier: { $1 })
      },
      kept("probabilities", says: "these are probabilities") { try Self.lens($0).softmax() },
      kept("a borrowed scale", says: "each row has a scale of its own") { question in
        let model = try question.model.made()
        let states = question.states.values
        let scale = Self.scale(states[at: states.shape[0] - 1], model)
        return try Self.lens(question, earlier: { Self.normed($1, by: scale, in: $0) })
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightNormsAreAccepted() {
    let variants = [
      Variant(of: LensSheet.normTrap, "by the library") { (question: StatesOfModel) in
        try question.model.made().logits(of: question.states)
      },
      Variant(of: LensSheet.normTrap, "row by row") { (question: StatesOfModel) in
        let model = try question.model.made()
        let states = question.states
        let end = states.layerCount - 1
        return Tensor.stack(
          (0...end).map { layer in
            Tensor.stack(
              (0..<states.positionCount).map { position in
                let row = states.values[at: layer].slice(position..<(position + 1))
                let isDone = layer == end && states.lastIsNormed
                return model.logits(ofNormed: isDone ? row : model.finalNorm(row))[at: 0]
              })
          })
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }
}
