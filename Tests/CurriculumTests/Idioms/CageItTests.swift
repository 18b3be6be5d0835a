import Coursework
import Foundation
import Heads
import IdiomsVocabulary
import Interpretability
import Interventions
import Spans
import Tensors
import Transformers
import XCTest

@testable import IdiomsExercises
@testable import Solution7

/// Exercise 7.2: what is rejected, what is accepted.
final class CageItTests: XCTestCase {
  private typealias Solution = Solution7.Answers

  /// Answers a script by a rule of one's own, as the course asks it.
  private static func read(
    _ script: CageScript,
    _ rule: (
      _ tokens: [Int], _ model: String, _ cage: inout [String: Tensor],
      _ run: ([Int]) throws -> Tensor
    ) throws -> Tensor
  ) throws -> [CageReading] {
    let models = try script.models.mapValues { try $0.made() }
    var cage: [String: Tensor] = [:]
    return try script.steps.map { step in
      if step.damages {
        for (name, tensor) in cage where tensor.rank >= 2 {
          let cut = tensor.slice(axis: 1, 0..<(tensor.shape[1] - 1))
          cage[name] = tensor.rank == 2 ? cut.slice(0..<(cut.shape[0] - 1)) : cut
        }
      }
      var runs: [[Int]] = []
      let values = try rule(step.tokens, step.model, &cage) { tokens in
        runs.append(tokens)
        let point = HookPoint.pattern(.blocks, 1)
        return try models[step.model]!.run(ModelInput(tokens), capturing: [point]).trace[point][
          at: 0]
      }
      return CageReading(values: values, runs: runs)
    }
  }

  private func cage(
    _ name: String, says: String?, key: @escaping @Sendable ([Int], String) -> String?,
    checks: Bool = true
  ) -> Misconception {
    Misconception(of: IdiomsSheet.cageIt, name, says: says) { (script: CageScript) in
      try Self.read(script) { tokens, model, cage, run in
        guard let name = key(tokens, model) else { return try run(tokens) }
        if let kept = cage[name], !checks || kept.shape[1] == tokens.count { return kept }
        let found = try run(tokens)
        cage[name] = found
        return found
      }
    }
  }

  /// A cage of single heads, `[query, key]`, each under a name of its own.
  private static func headByHead(_ script: CageScript, checks: Bool) throws -> [CageReading] {
    try read(script) { tokens, model, cage, run in
      func name(_ head: Int) -> String { "\(model) \(tokens), head \(head)" }
      var kept: [Tensor] = []
      while let own = cage[name(kept.count)], !checks || own.shape[1] == tokens.count {
        kept.append(own)
      }
      if cage[name(0)] != nil, cage[name(kept.count)] == nil { return .stack(kept) }
      let found = try run(tokens)
      for head in 0..<found.shape[0] { cage[name(head)] = found[at: head] }
      return found
    }
  }

  func testWrongCagesAreRejectedWithTheirSentence() {
    let misconceptions = [
      cage("never kept", says: "was run again", key: { _, _ in nil }),
      cage("no model", says: "the name must say the model", key: { tokens, _ in "\(tokens)" }),
      cage(
        "by length", says: "all its tokens", key: { tokens, model in "\(model) \(tokens.count)" }),
      cage(
        "by the set of tokens", says: "all its tokens",
        key: { tokens, model in "\(model) \(tokens.sorted())" }),
      cage(
        "by the first token", says: "all its tokens",
        key: { tokens, model in "\(model) \(tokens[0])" }),
      cage(
        "not looked at", says: "a damaged tensor was handed out",
        key: { tokens, model in "\(model) \(tokens)" }, checks: false),
      Misconception(
        of: IdiomsSheet.cageIt, "head by head, not looked at",
        says: "a damaged tensor was handed out"
      ) { (script: CageScript) in try Self.headByHead(script, checks: false) },
      Misconception(
        of: IdiomsSheet.cageIt, "out of nothing",
        says: "nothing was run where the cage held nothing"
      ) { (script: CageScript) in
        try Self.read(script) { tokens, model, _, _ in
          let point = HookPoint.pattern(.blocks, 1)
          return try script.models[model]!.made()
            .run(ModelInput(tokens), capturing: [point]).trace[point][at: 0]
        }
      },
      Misconception(of: IdiomsSheet.cageIt, "runs twice", says: "more was run") {
        (script: CageScript) in
        try Self.read(script) { tokens, model, cage, run in
          if let kept = cage["\(model) \(tokens)"], kept.shape[1] == tokens.count { return kept }
          _ = try run(tokens)
          cage["\(model) \(tokens)"] = try run(tokens)
          return cage["\(model) \(tokens)"]!
        }
      },
      Misconception(of: IdiomsSheet.cageIt, "mends nothing", says: "was run again") {
        (script: CageScript) in
        try Self.read(script) { tokens, model, cage, run in
          let name = "\(model) \(tokens)"
          if let kept = cage[name] { return kept.shape[1] == tokens.count ? kept : try run(tokens) }
          cage[name] = try run(tokens)
          return cage[name]!
        }
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightCagesAreAccepted() {
    let variants = [
      Variant(of: IdiomsSheet.cageIt, "another name") { (script: CageScript) in
        try Self.read(script) { tokens, model, cage, run in
          let name = tokens.map(String.init).joined(separator: "-") + "@" + model
          if let kept = cage[name], kept.shape[1] == kept.shape[2] { return kept }
          cage[name] = try run(tokens)
          return cage[name]!
        }
      },
      Variant(of: IdiomsSheet.cageIt, "in half precision's room, and cleaned") {
        (script: CageScript) in
        try Self.read(script) { tokens, model, cage, run in
          let name = "\(tokens) \(model)"
          if cage[name].map({ $0.shape[1] != tokens.count }) ?? false { cage[name] = nil }
          if cage[name] == nil { cage[name] = try run(tokens) }
          return cage[name]!
        }
      },
      Variant(of: IdiomsSheet.cageIt, "head by head") { (script: CageScript) in
        try Self.headByHead(script, checks: true)
      },
      Variant(of: IdiomsSheet.cageIt, "as a list of numbers, which no axis is cut from") {
        (script: CageScript) in
        try Self.read(script) { tokens, model, cage, run in
          let name = "\(model) \(tokens)"
          if let kept = cage[name] {
            return kept.reshaped(to: [
              kept.count / (tokens.count * tokens.count), tokens.count, tokens.count,
            ])
          }
          let found = try run(tokens)
          cage[name] = found.reshaped(to: [found.count])
          return found
        }
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNothing() {
    for tensor in oddTensors {
      XCTAssertNil(
        Misconception(of: IdiomsSheet.cageIt, "nonsense", says: nil) { (script: CageScript) in
          script.steps.map { _ in CageReading(values: tensor, runs: []) }
        }.fault())
    }
  }
}
