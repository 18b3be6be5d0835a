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

/// Exercise 6.7: what is rejected, what is accepted.
final class FeatureExtractionTests: XCTestCase {
  /// The last and the placeholder's row of every patched prompt.
  private static func rows(
    _ question: Extraction, source: (inout ScopePlace) -> Void = { _ in },
    prompt change: (inout ScopePlace) -> Void = { _ in }
  ) throws -> [(last: Tensor, own: Tensor)] {
    let model = try question.model.made()
    return try question.sources.map { place in
      var (place, prompt) = (place, question.prompt)
      source(&place)
      change(&prompt)
      let logits = try Patchscope(
        source: .init(model, place.tokens, position: place.position, layer: place.layer),
        map: { $0 },
        target: .init(model, prompt.tokens, position: prompt.position, layer: prompt.layer)
      ).logits()
      return (logits[at: prompt.tokens.count - 1], logits[at: prompt.position])
    }
  }

  private static func best(_ row: Tensor, _ choices: [Int]) -> Int {
    choices.sorted { row[$0] > row[$1] }[0]
  }

  func testWrongExtractionsAreRejectedWithTheirSentence() {
    func wrong(
      _ name: String, _ says: String?,
      _ answer: @escaping @Sendable (Extraction) throws -> [Int]
    ) -> Misconception {
      Misconception(
        of: PatchscopesSheet.featureExtraction, in: PatchscopesAsks.extracted, name, says: says,
        answer: answer)
    }
    func advantage(
      _ name: String, _ says: String?,
      _ answer: @escaping @Sendable (_ first: [Double], _ second: [Double]) -> Estimate
    ) -> Misconception {
      Misconception(
        of: PatchscopesSheet.featureExtraction, in: PatchscopesAsks.advantage, name, says: says
      ) { (question: Extraction) in
        answer(question.first.map { $0 ? 1 : 0 }, question.second.map { $0 ? 1 : 0 })
      }
    }
    @Sendable func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    @Sendable func variance(_ values: [Double]) -> Double {
      let centre = mean(values)
      return mean(values.map { ($0 - centre) * ($0 - centre) })
    }
    @Sendable func around(_ value: Double, _ half: Double) -> Estimate {
      Estimate(value: value, lower: value - half, upper: value + half)
    }
    let misconceptions = [
      wrong("any token", "these are the likeliest of all tokens") { question in
        try Self.rows(question).map { $0.last.argmax()[0] }
      },
      wrong("places", "these are places in the list") { question in
        try Self.rows(question).map {
          question.choices.firstIndex(of: Self.best($0.last, question.choices))!
        }
      },
      wrong("at the placeholder", "read at the placeholder") { question in
        try Self.rows(question).map { Self.best($0.own, question.choices) }
      },
      wrong("layers exchanged", "l and l* are exchanged") { question in
        let (l, other) = (question.sources[0].layer, question.prompt.layer)
        return try Self.rows(question, source: { $0.layer = other }, prompt: { $0.layer = l })
          .map { Self.best($0.last, question.choices) }
      },
      wrong("the prompt's end", "into the prompt's last token") { question in
        try Self.rows(question, prompt: { $0.position = $0.tokens.count - 1 })
          .map { Self.best($0.last, question.choices) }
      },
      wrong("the text's end", "of the texts' last tokens") { question in
        try Self.rows(question, source: { $0.position = $0.tokens.count - 1 })
          .map { Self.best($0.last, question.choices) }
      },
      advantage("apart", "an item is a pair") { first, second in
        let spread = ((variance(first) + variance(second)) / Double(first.count)).squareRoot()
        return around(mean(first) - mean(second), 1.96 * spread)
      },
      advantage("the sign", "the sign is wrong") { first, second in
        around(mean(second) - mean(first), 0.05)
      },
      advantage("one deviation", "one deviation to either side") { first, second in
        let gaps = zip(first, second).map { $0 - $1 }
        return around(mean(gaps), (variance(gaps) / Double(gaps.count)).squareRoot())
      },
      advantage("items", "this is how items differ") { first, second in
        let gaps = zip(first, second).map { $0 - $1 }
        return around(mean(gaps), 1.96 * variance(gaps).squareRoot())
      },
      advantage("alone", "the first method's share alone") { first, _ in around(mean(first), 0.05)
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightExtractionsAreAccepted() {
    let variants = [
      Variant(
        of: PatchscopesSheet.featureExtraction, in: PatchscopesAsks.extracted, "by the library"
      ) { (question: Extraction) in
        try Self.rows(question).map { Self.best($0.last, question.choices) }
      },
      Variant(
        of: PatchscopesSheet.featureExtraction, in: PatchscopesAsks.advantage, "by a formula"
      ) { (question: Extraction) in
        let gaps = zip(question.first, question.second).map { ($0 ? 1.0 : 0) - ($1 ? 1 : 0) }
        let mean = gaps.reduce(0, +) / Double(gaps.count)
        let variance =
          gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count - 1)
        let half = 1.96 * (variance / Double(gaps.count)).squareRoot()
        return Estimate(value: mean, lower: mean - half, upper: mean + half)
      },
      Variant(
        of: PatchscopesSheet.featureExtraction, in: PatchscopesAsks.extracted,
        "all states in one batch, the choices by their probabilities"
      ) { (question: Extraction) in
        let (model, prompt) = (try question.model.made(), question.prompt)
        let points = model.configuration.residualPoints
        let from = points[question.sources[0].layer]
        let states = try model.run(
          ModelInput(tokens: question.sources.map(\.tokens)), capturing: [from]
        ).trace[from]
        let patch = Intervention(at: points[prompt.layer]) { residual in
          var changed = residual
          for (row, source) in question.sources.enumerated() {
            for column in 0..<residual.shape[2] {
              changed[row, prompt.position, column] = states[row, source.position, column]
            }
          }
          return changed
        }
        let said = try model.run(
          ModelInput(tokens: question.sources.map { _ in prompt.tokens }), intervening: [patch]
        ).logits
        return question.sources.indices.map { row in
          let p = said[at: row][at: prompt.tokens.count - 1].softmax()
          return question.choices.reduce(question.choices[0]) { p[$1] > p[$0] ? $1 : $0 }
        }
      },
      Variant(
        of: PatchscopesSheet.featureExtraction, in: PatchscopesAsks.advantage,
        "a bootstrap of how many items each method wins"
      ) { (question: Extraction) in
        let pairs = Array(zip(question.first, question.second))
        let count = Double(pairs.count)
        let (wins, losses) = (
          Double(pairs.count { $0 && !$1 }), Double(pairs.count { !$0 && $1 })
        )
        var generator = SeededGenerator(seed: question.seed &+ 5)
        let advantages = (0..<3_000).map { _ in
          pairs.reduce(0.0) { sum, _ in
            let draw = Double.random(in: 0..<count, using: &generator)
            return sum + (draw < wins ? 1 : draw < wins + losses ? -1 : 0)
          } / count
        }.sorted()
        return Estimate(
          value: (wins - losses) / count, lower: advantages[75], upper: advantages[2_924])
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }
}
