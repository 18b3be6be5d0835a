import Coursework
import Foundation
import Interpretability
import Interventions
import SheetTools
import Tensors
import Transformers
import XCTest

@testable import AttentionExercises
@testable import AttentionVocabulary
@testable import Solution1

/// Exercise 1.10: what is rejected, what is accepted.
final class NotExplanationTests: XCTestCase {
  private typealias Question = KnockoutQuestion
  private typealias Sentence = KnockoutSentence
  private typealias Pair = ListPair

  private let exercise = AttentionSheet.notExplanation

  /// Effects of zeroing heads, by a score of the logits `[position, token]`.
  private static func effects(
    _ question: Question, of kind: AttentionKind = .cross, in stack: StackName = .decoder,
    layer: Int? = nil, together: Bool = false, times factor: Float = 1,
    score: (_ logits: Tensor, Sentence) -> Float = { total($0, $1.predicts) }
  ) throws -> [[Float]] {
    let model = try SheetTranslator.translator().model
    let heads = 0..<model.configuration.decoder!.headCount
    let last = model.configuration.decoder!.layerCount - 1
    func run(_ sentence: Sentence, _ interventions: [Intervention]) throws -> Float {
      score(try model.run(sentence.input, intervening: interventions).logits[at: 0], sentence)
    }
    func zeroed(_ head: Int) -> Intervention {
      .zeroHead(head, of: kind, in: stack, layer: layer ?? last)
    }
    return try question.sentences.map { sentence in
      let clean = try run(sentence, [])
      return try heads.map { head in
        let without = together ? heads.map(zeroed) : [zeroed(head)]
        return (clean - (try run(sentence, without))) * factor
      }
    }
  }

  private static func total(_ logits: Tensor, _ targets: [Int]) -> Float {
    logits.logSoftmax().gatheringColumns(targets).sum().scalar
  }

  private static func pearson(_ pair: Pair) -> Float {
    (try? Solution1.Answers().correlation(pair.x, pair.y)) ?? .nan
  }

  private static func mean(_ values: [Float]) -> Double {
    values.reduce(0) { $0 + Double($1) } / Double(values.count)
  }

  private static func covariance(_ x: [Float], _ y: [Float]) -> Double {
    let (a, b) = (mean(x), mean(y))
    return zip(x, y).reduce(0) { $0 + (Double($1.0) - a) * (Double($1.1) - b) } / Double(x.count)
  }

  private func misconception(
    _ name: String, says: String?,
    effects: @escaping @Sendable (Question) throws -> [[Float]]
  ) -> Misconception {
    Misconception(of: exercise, in: AttentionAsks.headEffects, name, says: says, answer: effects)
  }

  private func misconception(
    _ name: String, says: String?, correlation: @escaping @Sendable (Pair) -> Float
  ) -> Misconception {
    Misconception(of: exercise, in: AttentionAsks.correlation, name, says: says) {
      $0.lists.map(correlation)
    }
  }

  func testWrongEffectsAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception("zeroed minus clean", says: "wrong sign") {
        try Self.effects($0, times: -1)
      },
      misconception("probabilities", says: "differences of probabilities") {
        try Self.effects($0) { exp(Self.total($0, $1.predicts)) }
      },
      misconception("summed probabilities", says: "differences of probabilities") {
        try Self.effects($0) { $0.softmax().gatheringColumns($1.predicts).sum().scalar }
      },
      misconception("logits", says: "differences of logits") {
        try Self.effects($0) { $0.gatheringColumns($1.predicts).sum().scalar }
      },
      misconception("mean over tokens", says: "the mean over the tokens") {
        try Self.effects($0) { Self.total($0, $1.predicts) / Float($1.predicts.count) }
      },
      misconception("predicts what is read", says: "the token it *reads*") {
        try Self.effects($0) { Self.total($0, $1.decoderTokens) }
      },
      misconception("self-attention", says: "the decoder's self-attention") {
        try Self.effects($0, of: .own)
      },
      misconception("encoder", says: "heads of the encoder") {
        let layers = try SheetTranslator.translator().model.configuration.encoder!.layerCount
        return try Self.effects($0, of: .own, in: .encoder, layer: layers - 1)
      },
      misconception("first layer", says: "the decoder's first layer") {
        try Self.effects($0, layer: 0)
      },
      misconception("all heads at once", says: "taken out at once") {
        try Self.effects($0, together: true)
      },
      misconception("bits", says: "in bits") { try Self.effects($0, times: 1 / log(2 as Float)) },
      misconception("an even pattern", says: "the head's pattern is made even") { question in
        let model = try SheetTranslator.translator().model
        let point = HookPoint.pattern(.decoder, model.configuration.decoder!.layerCount - 1, .cross)
        return try question.sentences.map { sentence in
          let clean = Self.total(try model.run(sentence.input).logits[at: 0], sentence.predicts)
          return try (0..<model.configuration.decoder!.headCount).map { head in
            let even = Intervention(at: point) { pattern in
              var heads = (0..<pattern.shape[1]).map { pattern[at: 0][at: $0] }
              heads[head] = (heads[head] * 0 + 1) / Float(pattern.shape[3])
              return Tensor.stack(heads).reshaped(to: pattern.shape)
            }
            let cut = try model.run(sentence.input, intervening: [even]).logits[at: 0]
            return clean - Self.total(cut, sentence.predicts)
          }
        }
      },
      misconception("attention for effect", says: "how much a head attends") { question in
        let model = try SheetTranslator.translator().model
        let point = HookPoint.pattern(.decoder, model.configuration.decoder!.layerCount - 1, .cross)
        return try question.sentences.map { sentence in
          let pattern = try model.run(sentence.input, capturing: [point]).trace[point][at: 0]
          return (0..<pattern.shape[0]).map { head in
            let greatest = (0..<pattern.shape[1]).map { pattern[at: head][at: $0].values.max()! }
            return greatest.reduce(0, +) / Float(greatest.count)
          }
        }
      },
      misconception("one number a sentence", says: "one effect for every head") {
        try Self.effects($0).map { [$0.reduce(0, +)] }
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testWrongCorrelationsAreRejectedWithTheirSentence() {
    @Sendable func deviation(_ list: [Float]) -> Double { Self.covariance(list, list).squareRoot() }
    let misconceptions = [
      misconception("covariance", says: "this is the covariance") {
        Float(Self.covariance($0.x, $0.y))
      },
      misconception("n − 1 on one side", says: "n − 1") {
        Self.pearson($0) * Float($0.x.count) / Float($0.x.count - 1)
      },
      misconception("n − 1 on the other side", says: "n − 1") {
        Self.pearson($0) * Float($0.x.count - 1) / Float($0.x.count)
      },
      misconception("divides 0 by 0", says: "0/0") {
        Float(Self.covariance($0.x, $0.y) / (deviation($0.x) * deviation($0.y)))
      },
      misconception("means not subtracted", says: "the means are not subtracted") { pair in
        func product(_ a: [Float], _ b: [Float]) -> Double {
          zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        let norms = (product(pair.x, pair.x) * product(pair.y, pair.y)).squareRoot()
        return norms > 0 ? Float(product(pair.x, pair.y) / norms) : 0
      },
      misconception("no sign", says: "keeps its sign") { abs(Self.pearson($0)) },
      misconception("squared", says: "square of the correlation") {
        Self.pearson($0) * Self.pearson($0)
      },
      misconception("slope", says: "slope of a line") {
        let variance = Self.covariance($0.x, $0.x)
        return variance > 0 ? Float(Self.covariance($0.x, $0.y) / variance) : 0
      },
      misconception("loses its digits", says: "loses its digits") { pair in
        let n = Float(pair.x.count)
        func sum(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
        let (a, b) = (pair.x.reduce(0, +), pair.y.reduce(0, +))
        let spread = (n * sum(pair.x, pair.x) - a * a) * (n * sum(pair.y, pair.y) - b * b)
        return spread > 0 ? (n * sum(pair.x, pair.y) - a * b) / spread.squareRoot() : 0
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, in: AttentionAsks.headEffects, "the library's knockouts") { question in
        let model = try SheetTranslator.translator().model
        let heads = model.configuration.heads.filter {
          $0.kind == .cross && $0.layer == model.configuration.decoder!.layerCount - 1
        }
        return try question.sentences.map { sentence in
          try headKnockouts(model, on: sentence.input, targets: sentence.predicts, heads: heads)
            .map { $0.reduce(0, +) }
        }
      },
      Variant(of: exercise, in: AttentionAsks.correlation, "standard scores in Double") {
        $0.lists.map {
          Float(DoubleCorrelation.pearson($0.x.map(Double.init), $0.y.map(Double.init)))
        }
      },
      Variant(of: exercise, in: AttentionAsks.correlation, "in Float") { question in
        question.lists.map { pair in
          func centred(_ list: [Float]) -> [Float] {
            let mean = list.reduce(0, +) / Float(list.count)
            return list.map { $0 - mean }
          }
          let (x, y) = (centred(pair.x), centred(pair.y))
          let xy = zip(x, y).reduce(0) { $0 + $1.0 * $1.1 }
          let spread = x.reduce(0) { $0 + $1 * $1 } * y.reduce(0) { $0 + $1 * $1 }
          return spread == 0 ? 0 : xy / spread.squareRoot()
        }
      },
      Variant(of: exercise, in: AttentionAsks.headEffects, "mixed values replaced by hand") {
        question in
        let model = try SheetTranslator.translator().model
        let last = model.configuration.decoder!.layerCount - 1
        let point = HookPoint.block(.decoder, last, .attention(.cross, .mixed))
        return try question.sentences.map { sentence in
          let clean = try model.run(sentence.input, capturing: [point])
          let mixed = try clean.trace[point]
          return try (0..<mixed.shape[2]).map { head in
            var zeroed = mixed
            for row in 0..<mixed.shape[1] {
              for place in 0..<mixed.shape[3] { zeroed[0, row, head, place] = 0 }
            }
            let without = try model.run(
              sentence.input, intervening: [.replace(point, with: zeroed)])
            return Self.total(clean.logits[at: 0], sentence.predicts)
              - Self.total(without.logits[at: 0], sentence.predicts)
          }
        }
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  /// Worked by hand: deviations (−2, 0, 2) and (−1, −1, 2) give 6 / √(8 · 6).
  func testPearsonOfThreePoints() {
    XCTAssertEqual(
      DoubleCorrelation.pearson([1, 3, 5], [2, 2, 5]), 6 / 48.0.squareRoot(), accuracy: 1e-12)
    XCTAssertEqual(DoubleCorrelation.pearson([1, 1], [2, 5]), 0)
  }

  func testTheResultSetsAttentionBesideEffect() {
    let result = Checker.check(exercise, Solution1.Answers())
    XCTAssertTrue(result.message.contains("correlate at r = "), result.message)
    XCTAssertTrue(result.message.contains("over 5 sentences × "), result.message)
  }

  func testHalfAnAnswerEarnsHalf() {
    struct Half: AttentionAnswersStub {
      func correlation(_ x: [Float], _ y: [Float]) throws -> Float {
        try Solution1.Answers().correlation(x, y)
      }
    }
    let result = Checker.check(exercise, Half())
    XCTAssertEqual(result.points, 2)
    XCTAssertTrue(result.message.contains("`headEffects` is not answered yet"), result.message)
  }

  func testNonsenseEarnsNoFullMarks() throws {
    let heads = try SheetTranslator.translator().model.configuration.decoder!.headCount
    let lists: [@Sendable (Int) -> [Float]] = [
      { _ in [] }, { .init(repeating: .nan, count: $0) }, { .init(repeating: 1e38, count: $0) },
      { .init(repeating: -.infinity, count: $0) }, { .init(repeating: 0, count: $0) },
      { .init(repeating: 1, count: $0 + 1) },
    ]
    for list in lists {
      let effects = Misconception(
        of: exercise, in: AttentionAsks.headEffects, "nonsense", says: nil
      ) { $0.sentences.map { _ in list(heads) } }
      let correlations = Misconception(
        of: exercise, in: AttentionAsks.correlation, "nonsense", says: nil
      ) { list($0.lists.count) }
      XCTAssertEqual([effects, correlations].compactMap { $0.fault() }, [])
    }
    for (_, verdict) in try exercise.only(AttentionAsks.headEffects).verdicts(on: [[Float]]()) {
      XCTAssertLessThan(verdict.fraction, 1)
    }
  }
}
