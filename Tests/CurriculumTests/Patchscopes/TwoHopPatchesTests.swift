import Coursework
import Foundation
import Interpretability
import Interventions
import Tensors
import Transformers
import XCTest

@testable import PatchscopesExercises
@testable import PatchscopesVocabulary
@testable import Solution6

/// Exercise 6.10: what is rejected, what is accepted.
final class TwoHopPatchesTests: XCTestCase {
  /// The three answers, of which some are replaced.
  private static func hops(
    _ question: HopsOfModel,
    _ change: (inout HopAnswers, TwoHops, Transformer) throws -> Void = { _, _, _ in }
  ) throws -> [HopAnswers] {
    let model = try question.model.made()
    func said(_ tokens: [Int]) throws -> Int {
      try model(ModelInput(tokens))[at: 0][at: tokens.count - 1].argmax()[0]
    }
    return try question.hops.map { hop in
      var spelled = hop.second
      spelled[hop.placeholder] = try said(hop.first)
      var answers = HopAnswers(
        vanilla: try said(hop.joint),
        patched: try patched(
          hop, model, layer: question.layer, target: question.targetLayer, length: { $0 / $1 }),
        stepped: try said(spelled))
      try change(&answers, hop, model)
      return answers
    }
  }

  /// What the second text says with a state of the first, made as long as said.
  private static func patched(
    _ hop: TwoHops, _ model: Transformer, layer: Int, target: Int,
    length: @escaping @Sendable (Float, Float) -> Float
  ) throws -> Int {
    let points = model.configuration.residualPoints
    let state = try model.run(ModelInput(hop.first), capturing: [points[layer]])
      .trace[points[layer]][at: 0][at: hop.first.count - 1]
    let patch = Intervention(at: points[target]) { residual in
      func norm(_ values: [Float]) -> Float { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
      let factor = length(
        norm(residual[at: 0][at: hop.placeholder].values), norm(state.values))
      var changed = residual
      for column in 0..<state.count {
        changed[0, hop.placeholder, column] = state[column] * factor
      }
      return changed
    }
    return try model.run(ModelInput(hop.second), intervening: [patch])
      .logits[at: 0][at: hop.second.count - 1].argmax()[0]
  }

  private static func tally(
    _ question: HopsOfModel, ofNone: Double = 0,
    _ shares: (
      _ mended: Double, _ broken: Double, _ wrong: Double,
      _ right: Double, _ all: Double
    ) -> (Double, Double)
  ) -> HopTally {
    var counts = [0.0, 0, 0, 0, 0]
    for (answer, truth) in zip(question.answers, question.truths) {
      if answer.vanilla == truth { counts[0] += 1 }
      if answer.patched == truth { counts[1] += 1 }
      if answer.stepped == truth { counts[2] += 1 }
      if answer.vanilla != truth, answer.patched == truth { counts[3] += 1 }
      if answer.vanilla == truth, answer.patched != truth { counts[4] += 1 }
    }
    let all = Double(question.truths.count)
    let found = shares(counts[3], counts[4], all - counts[0], counts[0], all)
    return HopTally(
      vanilla: counts[0] / all, patched: counts[1] / all, stepped: counts[2] / all,
      mended: found.0.isFinite ? found.0 : ofNone, broken: found.1.isFinite ? found.1 : ofNone)
  }

  func testWrongHopsAreRejectedWithTheirSentence() {
    func wrong(
      _ name: String, _ says: String?,
      _ answer: @escaping @Sendable (HopsOfModel) throws -> [HopAnswers]
    ) -> Misconception {
      Misconception(
        of: PatchscopesSheet.twoHops, in: PatchscopesAsks.hops, name, says: says, answer: answer)
    }
    func counted(
      _ name: String, _ says: String?,
      _ answer: @escaping @Sendable (HopsOfModel) throws -> HopTally
    ) -> Misconception {
      Misconception(
        of: PatchscopesSheet.twoHops, in: PatchscopesAsks.tally, name, says: says, answer: answer)
    }
    let misconceptions = [
      wrong("as it is", "the state was put in as it is") { question in
        try Self.hops(question) {
          $0.patched = try Self.patched(
            $1, $2, layer: question.layer, target: question.targetLayer, length: { _, _ in 1 })
        }
      },
      wrong("upside down", "the scale is upside down") { question in
        try Self.hops(question) {
          $0.patched = try Self.patched(
            $1, $2, layer: question.layer, target: question.targetLayer, length: { $1 / $0 })
        }
      },
      wrong("layers exchanged", "l and l* are exchanged") { question in
        try Self.hops(question) {
          $0.patched = try Self.patched(
            $1, $2, layer: question.targetLayer, target: question.layer, length: { $0 / $1 })
        }
      },
      wrong("the second text", "both steps in one is the joint one") { question in
        try Self.hops(question) {
          $0.vanilla = try $2(ModelInput($1.second))[at: 0][at: $1.second.count - 1].argmax()[0]
        }
      },
      wrong("exchanged", "are exchanged") { question in
        try Self.hops(question) { answers, _, _ in
          (answers.patched, answers.stepped) = (answers.stepped, answers.patched)
        }
      },
      counted("of all", "are shares of all questions") {
        Self.tally($0) { mended, broken, _, _, all in (mended / all, broken / all) }
      },
      counted("crossed", "of the other's questions") {
        Self.tally($0) { mended, broken, wrong, right, _ in (mended / right, broken / wrong) }
      },
      counted("exchanged", "mended and broken are exchanged") {
        Self.tally($0) { mended, broken, wrong, right, _ in (broken / right, mended / wrong) }
      },
      counted("0 by 0", "a share of no questions is 0") {
        Self.tally($0, ofNone: .nan) { mended, broken, wrong, right, _ in
          (mended / wrong, broken / right)
        }
      },
      counted("the gain", "the gain of the mean") {
        Self.tally($0) { mended, broken, _, right, all in
          ((mended - broken) / all, broken / right)
        }
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightHopsAreAccepted() {
    let variants = [
      Variant(of: PatchscopesSheet.twoHops, in: PatchscopesAsks.hops, "scaled in the run") {
        (question: HopsOfModel) in try Self.hops(question)
      },
      Variant(
        of: PatchscopesSheet.twoHops, in: PatchscopesAsks.hops, "all questions in batches, by rows"
      ) { (question: HopsOfModel) in
        let (model, hops) = (try question.model.made(), question.hops)
        let points = model.configuration.residualPoints
        /// What is said at the end of each text, and the states at a layer.
        func read(
          _ texts: [[Int]], _ layer: Int, _ changes: [Intervention] = []
        ) throws -> (said: [Int], states: Tensor) {
          let run = try model.run(
            ModelInput(tokens: texts), capturing: [points[layer]], intervening: changes)
          let end = texts[0].count - 1
          return (
            run.logits.slice(axis: 1, end..<(end + 1)).argmax(), try run.trace[points[layer]]
          )
        }
        let first = try read(hops.map(\.first), question.layer)
        let old = try read(hops.map(\.second), question.targetLayer).states
        let end = hops[0].first.count - 1
        var patched = old
        for (row, hop) in hops.enumerated() {
          let state = first.states[at: row][at: end]
          let place = old[at: row][at: hop.placeholder]
          let unit = state / (state * state).sum().squareRoot()
          let scaled = unit * (place * place).sum().squareRoot()
          for column in 0..<scaled.count {
            patched[row, hop.placeholder, column] = scaled[column]
          }
        }
        let spelled = hops.indices.map { row in
          hops[row].second.enumerated().map { place, token in
            place == hops[row].placeholder ? first.said[row] : token
          }
        }
        let answers = [
          try read(hops.map(\.joint), 0).said,
          try read(
            hops.map(\.second), 0, [.replace(points[question.targetLayer], with: patched)]
          ).said,
          try read(spelled, 0).said,
        ]
        return hops.indices.map {
          HopAnswers(vanilla: answers[0][$0], patched: answers[1][$0], stepped: answers[2][$0])
        }
      },
      Variant(of: PatchscopesSheet.twoHops, in: PatchscopesAsks.tally, "by counting") {
        (question: HopsOfModel) in
        Self.tally(question) { mended, broken, wrong, right, _ in (mended / wrong, broken / right) }
      },
      Variant(of: PatchscopesSheet.twoHops, in: PatchscopesAsks.tally, "by sets of questions") {
        (question: HopsOfModel) in
        func right(_ way: KeyPath<HopAnswers, Int>) -> Set<Int> {
          Set(
            question.truths.indices.filter {
              question.answers[$0][keyPath: way] == question.truths[$0]
            })
        }
        let all = Set(question.truths.indices)
        let (vanilla, patched) = (right(\.vanilla), right(\.patched))
        func share(_ part: Set<Int>, _ whole: Set<Int>) -> Double {
          whole.isEmpty ? 0 : Double(whole.intersection(part).count) / Double(whole.count)
        }
        return HopTally(
          vanilla: share(vanilla, all), patched: share(patched, all),
          stepped: share(right(\.stepped), all), mended: share(patched, all.subtracting(vanilla)),
          broken: share(all.subtracting(patched), vanilla))
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }
}
