import Coursework
import Foundation
import IdiomsVocabulary
import Spans
import Tensors
import Transformers
import XCTest

@testable import IdiomsExercises
@testable import Solution7

/// Exercise 7.9: what is rejected, what is accepted.
final class ExchangeTheLastWordTests: XCTestCase {
  private typealias Solution = Solution7.Answers

  private func word(
    _ name: String, says: String?,
    _ change: @escaping @Sendable (inout WordExchange, SentencesOfModel, Transformer) throws -> Void
  ) -> Misconception {
    Misconception(
      of: IdiomsSheet.exchangeTheLastWord, in: IdiomsAsks.exchangedWord, name, says: says
    ) {
      (question: SentencesOfModel) in
      let model = try question.model.made()
      var found = try Solution().exchangedWord(
        in: question.sentences[0], for: question.sentences[1], in: model)
      try change(&found, question, model)
      return found
    }
  }

  /// The mean loss of a sentence, or its sum.
  private static func loss(_ tokens: [Int], _ model: Transformer) throws -> (
    mean: Double, sum: Double
  ) {
    let logits = try model(ModelInput(tokens))[at: 0].slice(0..<(tokens.count - 1))
    let mean = Double(logits.crossEntropy(targets: Array(tokens.dropFirst())).scalar)
    return (mean, mean * Double(tokens.count - 1))
  }

  func testWrongExchangesAreRejectedWithTheirSentence() {
    let misconceptions = [
      word("the sign of the loss", says: "the loss has the wrong sign") { found, _, _ in
        found.loss *= -1
      },
      word("sums", says: "take each sentence's mean") { found, question, model in
        let losses = try question.sentences.map { try Self.loss($0.tokens, model) }
        found.loss = losses[1].sum - losses[0].sum
      },
      word("logits at the word", says: "at the last word itself") { found, question, model in
        let (a, b) = (question.sentences[0], question.sentences[1])
        let place = a.lastWord[0]
        let logits = try model(ModelInput(a.tokens))[at: 0]
        found.logitDifference = Double(
          logits[place, a.tokens[place]] - logits[place, b.tokens[place]])
      },
      word("the sign of the difference", says: "the logit difference has the wrong sign") {
        found, _, _ in found.logitDifference *= -1
      },
      word("before the words", says: "the same in both") { found, _, _ in found.cosine = 1 },
      word("ends of sentences", says: "at the end of both sentences") { found, question, model in
        let states = try question.sentences.prefix(2).map {
          try model.run(ModelInput($0.tokens)).output[at: 0][at: $0.tokens.count - 1]
        }
        found.cosine = HeadsByHand.cosine(states[0], states[1])
      },
      word("before the norm", says: "before the final norm") { found, question, model in
        let point = HookPoint.residualPost(
          .blocks, model.configuration.stacks[0].stack.layerCount - 1)
        let states = try question.sentences.prefix(2).map {
          try model.run(ModelInput($0.tokens), capturing: [point]).trace[point][at: 0][
            at: $0.span.last!]
        }
        found.cosine = HeadsByHand.cosine(states[0], states[1])
      },
      word("a distance", says: "1 − cosine") { found, _, _ in found.cosine = 1 - found.cosine },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  private func states(
    _ name: String, says: String?,
    answer: @escaping @Sendable (IdiomSentence, IdiomSentence, Transformer) throws -> [Double]
  ) -> Misconception {
    Misconception(
      of: IdiomsSheet.exchangeTheLastWord, in: IdiomsAsks.exchangedStates, name, says: says
    ) { (question: SentencesOfModel) in
      try answer(question.sentences[0], question.sentences[2], try question.model.made())
    }
  }

  private static func solution(
    _ own: IdiomSentence, _ other: IdiomSentence, _ model: Transformer
  ) throws -> [Double] {
    try Solution().exchangedStates(in: own, from: other, in: model)
  }

  /// KL(p ‖ q) of two rows of logits.
  private static func divergence(_ p: Tensor, _ q: Tensor) -> Double {
    Double((p.softmax() * (p.logSoftmax() - q.logSoftmax())).sum().scalar)
  }

  /// A value, by layer, of the logits that follow the span: without the other reading's state, and
  /// with it.
  private static func exchanged(
    _ own: IdiomSentence, _ other: IdiomSentence, _ model: Transformer, adds: Bool = false,
    _ value: (_ clean: Tensor, _ found: Tensor) -> Double
  ) throws -> [Double] {
    let points = model.configuration.residualPoints
    let donor = try model.run(ModelInput(other.tokens), capturing: .points(Set(points))).trace
    let (here, there) = (own.span.last!, other.span.last!)
    let clean = try model(ModelInput(own.tokens))[at: 0][at: here]
    return try points.map { point in
      let state = try donor[point][at: 0][at: there]
      let change = Intervention(at: point) { residual in
        var mask = Tensor.zeros([1, residual.shape[1], 1])
        mask[0, here, 0] = 1
        return residual * (adds ? mask * 0 + 1 : mask * -1 + 1) + mask * state
      }
      return value(
        clean, try model.run(ModelInput(own.tokens), intervening: [change]).logits[at: 0][at: here])
    }
  }

  func testWrongStatesAreRejectedWithTheirSentence() {
    let misconceptions = [
      states("the same position", says: "its own span ends elsewhere") { own, other, model in
        var moved = other
        moved.span = [min(own.span.last!, other.tokens.count - 1)]
        return try Self.solution(own, moved, model)
      },
      states("no embedding", says: "layer 0 is what the first block reads") {
        Array(try Self.solution($0, $1, $2).dropFirst())
      },
      states("no last layer", says: "what leaves the last block") {
        Array(try Self.solution($0, $1, $2).dropLast())
      },
      states("bits", says: "these are bits") { own, other, model in
        try Self.solution(own, other, model).map { $0 / log(2) }
      },
      states("the other way round", says: "the other way round") { own, other, model in
        try Self.exchanged(own, other, model) { clean, found in Self.divergence(found, clean) }
      },
      states("added", says: "overwrite it") { own, other, model in
        try Self.exchanged(own, other, model, adds: true, Self.divergence)
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightExchangesAreAccepted() {
    @Sendable func tokens(_ sentence: IdiomSentence) throws -> SpanTokens {
      try SpanTokens(tokens: sentence.tokens, span: sentence.span, lastWord: sentence.lastWord)
    }
    let exercise = IdiomsSheet.exchangeTheLastWord
    let variants = [
      Variant(of: exercise, in: IdiomsAsks.exchangedWord, "by the library") {
        (question: SentencesOfModel) in
        let found = try SpanExchange(try question.model.made()).lastWord(
          of: try tokens(question.sentences[0]), for: try tokens(question.sentences[1]))
        return WordExchange(
          loss: Double(found.lossChange), logitDifference: Double(found.logitDifference),
          cosine: Double(found.cosine))
      },
      Variant(of: exercise, in: IdiomsAsks.exchangedWord, "by tensors") {
        (question: SentencesOfModel) in
        let (a, b) = (question.sentences[0], question.sentences[1])
        let model = try question.model.made()
        let runs = try [a, b].map { try model.run(ModelInput($0.tokens)) }
        let place = a.lastWord[0]
        // The other sentence's own logits there: the beginning is the same.
        let row = runs[1].logits[at: 0][at: place - 1].logSoftmax()
        return WordExchange(
          loss: try Self.loss(b.tokens, model).mean - Self.loss(a.tokens, model).mean,
          logitDifference: Double(row[a.tokens[place]] - row[b.tokens[place]]),
          cosine: HeadsByHand.cosine(
            runs[0].output[at: 0][at: a.span.last!], runs[1].output[at: 0][at: b.span.last!]))
      },
      Variant(of: exercise, in: IdiomsAsks.exchangedStates, "by the library") {
        (question: SentencesOfModel) in
        try SpanExchange(try question.model.made()).states(
          of: try tokens(question.sentences[0]), from: try tokens(question.sentences[2])
        ).map(Double.init)
      },
      Variant(of: exercise, in: IdiomsAsks.exchangedStates, "what follows cut off") {
        (question: SentencesOfModel) in
        // A causal model does not see what stands behind the span.
        var own = question.sentences[0]
        own.tokens = Array(own.tokens[...own.span.last!])
        return try Self.exchanged(
          own, question.sentences[2], try question.model.made(), Self.divergence)
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNothing() {
    XCTAssertEqual(
      oddLists(7).map { list in states("nonsense", says: nil) { _, _, _ in list } }.faults(), [])
    XCTAssertNil(
      word("nonsense", says: nil) { found, _, _ in
        found = WordExchange(loss: .nan, logitDifference: .infinity, cosine: 1e300)
      }.fault())
  }
}
