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

/// Exercise 6.5: what is rejected, what is accepted.
final class GeneralScopeTests: XCTestCase {
  /// The solution's logits of a question that was changed first.
  private static func logits(
    _ question: ScopeOfModels, _ change: (inout Scope) -> Void = { _ in }
  ) throws -> Tensor {
    var scope = question.scope
    change(&scope)
    return try Solution6.Answers().logits(
      of: scope, from: try question.model.made(), into: try question.target.made())
  }

  func testWrongPatchscopesAreRejectedWithTheirSentence() {
    func wrong(
      _ name: String, _ says: String?, _ change: @escaping @Sendable (inout Scope) -> Void
    ) -> Misconception {
      Misconception(
        of: PatchscopesSheet.generalScope, in: PatchscopesAsks.logits, name, says: says
      ) { try Self.logits($0, change) }
    }
    let misconceptions = [
      wrong("a clean source", "changes of the source run were left out") { $0.source.changes = [] },
      wrong("a clean target", "changes of the target run were left out") { $0.target.changes = [] },
      wrong("no noise", "the noise was left out") {
        $0.source.changes.remove(at: 0)
        $0.target.changes.remove(at: 0)
      },
      wrong("after block l*", "went in one block too late") { $0.target.place.layer += 1 },
      wrong("after block l", "taken one block too late") { $0.source.place.layer += 1 },
      wrong("the last position", "another position than i") {
        $0.source.place.position = $0.source.place.tokens.count - 1
      },
      Misconception(
        of: PatchscopesSheet.generalScope, in: PatchscopesAsks.logits, "the patched row alone",
        says: "only the patched position came back"
      ) { (question: ScopeOfModels) in
        let place = question.scope.target.place.position
        return try Self.logits(question).slice(place..<(place + 1))
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testWrongScopesOfMethodsAreRejectedWithTheirSentence() {
    func tracing(
      _ name: String, _ says: String?, _ answer: @escaping @Sendable (ScopeOfModels) -> Scope
    ) -> Misconception {
      Misconception(
        of: PatchscopesSheet.generalScope, in: PatchscopesAsks.tracingScope, name, says: says,
        answer: answer)
    }
    func knockout(
      _ name: String, _ says: String?, _ answer: @escaping @Sendable (ScopeOfModels) -> Scope
    ) -> Misconception {
      Misconception(
        of: PatchscopesSheet.generalScope, in: PatchscopesAsks.knockoutScope, name, says: says,
        answer: answer)
    }
    @Sendable func place(_ question: ScopeOfModels) -> ScopePlace {
      ScopePlace(
        tokens: question.fact.tokens, position: question.position, layer: question.layer)
    }
    @Sendable func noise(_ question: ScopeOfModels) -> [ScopeChange] {
      [.noise(question.noise, at: question.fact.subject)]
    }
    @Sendable func end(_ question: ScopeOfModels, layer: Int) -> ScopePlace {
      ScopePlace(
        tokens: question.fact.tokens, position: question.fact.tokens.count - 1, layer: layer)
    }
    @Sendable func cut(_ question: ScopeOfModels) -> [ScopeChange] {
      [
        .cut(
          query: question.fact.tokens.count - 1, keys: question.keys, blocks: question.blocks)
      ]
    }
    let misconceptions = [
      tracing("a spoilt source", "the noise is in the source run") {
        Scope(source: ScopeRun(place($0), changes: noise($0)), target: ScopeRun(place($0)))
      },
      tracing("both spoilt", "the noise is in both runs") {
        Scope(
          source: ScopeRun(place($0), changes: noise($0)),
          target: ScopeRun(place($0), changes: noise($0)))
      },
      tracing("no noise", "no noise in either run") {
        Scope(source: ScopeRun(place($0)), target: ScopeRun(place($0)))
      },
      tracing("another layer", "i* = i and l* = l") { question in
        var target = place(question)
        target.layer += 1
        return Scope(
          source: ScopeRun(place(question)), target: ScopeRun(target, changes: noise(question)))
      },
      tracing("the subject's last token", "whatever `position` says") { question in
        var last = place(question)
        last.position = question.fact.subject.last!
        return Scope(source: ScopeRun(last), target: ScopeRun(last, changes: noise(question)))
      },
      tracing("always layer 0", "that of `layer`") { question in
        var early = place(question)
        early.layer = 0
        return Scope(source: ScopeRun(early), target: ScopeRun(early, changes: noise(question)))
      },
      tracing("no such layer", "the model has no layer") { question in
        var target = place(question)
        target.layer = 99
        return Scope(source: ScopeRun(place(question)), target: ScopeRun(target))
      },
      knockout("the cut in the target", "the cuts are in the target") { question in
        let before = end(question, layer: question.blocks.lowerBound)
        return Scope(
          source: ScopeRun(before), target: ScopeRun(before, changes: cut(question)))
      },
      knockout("no cut", "no cut in either run") { question in
        let behind = end(question, layer: question.blocks.upperBound)
        return Scope(source: ScopeRun(behind), target: ScopeRun(behind))
      },
      knockout("too early", "before the last cut block has done its work") { question in
        let early = end(question, layer: question.blocks.upperBound - 1)
        return Scope(source: ScopeRun(early, changes: cut(question)), target: ScopeRun(early))
      },
      knockout("the key's state", "patch that one") { question in
        var key = end(question, layer: question.blocks.upperBound)
        key.position = question.keys[0]
        return Scope(source: ScopeRun(key, changes: cut(question)), target: ScopeRun(key))
      },
      knockout("elsewhere", "l* = l") { question in
        Scope(
          source: ScopeRun(
            end(question, layer: question.blocks.upperBound), changes: cut(question)),
          target: ScopeRun(end(question, layer: 0)))
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  /// What is done to a run besides, as the library says it.
  private static func changes(_ run: ScopeRun) -> [Change] {
    run.changes.flatMap { change -> [Change] in
      switch change {
      case .noise(let noise, let positions):
        [Change(Site(.embedding, positions: Array(positions)), .add(noise))]
      case .cut(let query, let keys, let blocks):
        blocks.map {
          Change(
            Site(.block(.blocks, $0, .attention(.own, .scores)), positions: [query]),
            .forbid(keys: keys))
        }
      }
    }
  }

  func testOtherRightPatchscopesAreAccepted() {
    let variants = [
      Variant(
        of: PatchscopesSheet.generalScope, in: PatchscopesAsks.logits, "with masks, from the end"
      ) { (question: ScopeOfModels) in
        func changes(_ run: ScopeRun) -> [Intervention] {
          run.changes.reversed().flatMap { change -> [Intervention] in
            switch change {
            case .noise(let noise, let positions):
              [
                Intervention(at: .embedding) { embedding in
                  var padded = Tensor.zeros(embedding.shape)
                  for (row, position) in positions.enumerated() {
                    for column in 0..<noise.shape[1] {
                      padded[0, position, column] = noise[row, column]
                    }
                  }
                  return embedding + padded
                }
              ]
            case .cut(let query, let keys, let blocks):
              blocks.map { block in
                Intervention(at: .block(.blocks, block, .attention(.own, .scores))) { scores in
                  var penalty = Tensor.zeros([scores.shape[2], scores.shape[3]])
                  for key in keys { penalty[query, key] = -1e9 }
                  return scores + penalty
                }
              }
            }
          }
        }
        let (model, target) = (try question.model.made(), try question.target.made())
        let (from, goal) = (question.scope.source.place, question.scope.target.place)
        let states = try model.run(
          ModelInput(from.tokens), capturing: .points(Set(model.configuration.residualPoints)),
          intervening: changes(question.scope.source)
        ).trace[model.configuration.residualPoints[from.layer]][at: 0]
        let state = question.scope.map!(states)[at: from.position]
        let patch = Intervention(at: target.configuration.residualPoints[goal.layer]) { residual in
          var mask = Tensor.zeros([1, residual.shape[1], 1])
          mask[0, goal.position, 0] = 1
          return residual * (mask * -1 + 1) + mask * state
        }
        return try target.run(
          ModelInput(goal.tokens), intervening: changes(question.scope.target) + [patch]
        ).logits[at: 0]
      },
      Variant(of: PatchscopesSheet.generalScope, in: PatchscopesAsks.logits, "by the library") {
        (question: ScopeOfModels) in
        let (model, target) = (try question.model.made(), try question.target.made())
        let (from, goal) = (question.scope.source, question.scope.target)
        var source = Patchscope.Source(
          model, from.place.tokens, position: from.place.position, layer: from.place.layer)
        source.changes = Self.changes(from)
        var end = Patchscope.Target(
          target, goal.place.tokens, position: goal.place.position, layer: goal.place.layer)
        end.changes = Self.changes(goal)
        let map = question.scope.map!
        return try Patchscope(source: source, map: { map($0) }, target: end).logits()
      },
      Variant(
        of: PatchscopesSheet.generalScope, in: PatchscopesAsks.tracingScope,
        "noise token by token, and a map that does nothing"
      ) { (question: ScopeOfModels) in
        let place = ScopePlace(
          tokens: question.fact.tokens, position: question.position, layer: question.layer)
        let width = question.noise.shape[1]
        var identity = Tensor.zeros([width, width])
        for index in 0..<width { identity[index, index] = 1 }
        return Scope(
          source: ScopeRun(place), map: AffineMap(weight: identity, bias: .zeros([width])),
          target: ScopeRun(
            place,
            changes: question.fact.subject.enumerated().map { row, position in
              .noise(question.noise.slice(row..<(row + 1)), at: position..<(position + 1))
            }))
      },
      Variant(
        of: PatchscopesSheet.generalScope, in: PatchscopesAsks.tracingScope,
        "with noise on the source behind its state"
      ) { (question: ScopeOfModels) in
        // What comes later in a text is seen by no state before it.
        let place = ScopePlace(
          tokens: question.fact.tokens, position: question.position, layer: question.layer)
        let (behind, width) = (question.position + 1, question.noise.shape[1])
        return Scope(
          source: ScopeRun(
            place,
            changes: [
              .noise(Tensor(repeating: 1, shape: [1, width]), at: behind..<(behind + 1))
            ]),
          target: ScopeRun(place, changes: [.noise(question.noise, at: question.fact.subject)]))
      },
      Variant(
        of: PatchscopesSheet.generalScope, in: PatchscopesAsks.knockoutScope, "block by block"
      ) { (question: ScopeOfModels) in
        let last = question.fact.tokens.count - 1
        let place = ScopePlace(
          tokens: question.fact.tokens, position: last, layer: question.blocks.upperBound)
        return Scope(
          source: ScopeRun(
            place,
            changes: question.blocks.flatMap { block in
              question.keys.map { .cut(query: last, keys: [$0], blocks: block..<(block + 1)) }
            }),
          target: ScopeRun(place))
      },
    ]
    XCTAssertEqual(variants.faults(), [])
    let late = Variant(
      of: PatchscopesSheet.generalScope, in: PatchscopesAsks.knockoutScope, "taken later"
    ) { (question: ScopeOfModels) in
      let last = question.fact.tokens.count - 1
      let place = ScopePlace(
        tokens: question.fact.tokens, position: last, layer: question.blocks.upperBound + 1)
      return Scope(
        source: ScopeRun(
          place, changes: [.cut(query: last, keys: question.keys, blocks: question.blocks)]),
        target: ScopeRun(place))
    }
    XCTAssertNil(late.fault())
  }
}
