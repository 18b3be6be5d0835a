import Coursework
import Foundation
import IdiomsVocabulary
import Spans
import Tensors
import Transformers
import XCTest

@testable import IdiomsExercises
@testable import Solution7

/// Exercises 7.8, 7.9 and 7.10: what is rejected, what is accepted.
final class ReadingExerciseTests: XCTestCase {
  private typealias Solution = Solution7.Answers

  // MARK: 7.8

  private func completes(
    _ name: String, says: String?,
    _ isGreedy: @escaping @Sendable (IdiomSentence, _ choice: [Int]) -> Bool
  ) -> Misconception {
    Misconception(of: IdiomsSheet.awareness, name, says: says) { (question: SentencesOfModel) in
      let model = try question.model.made()
      return try question.sentences.map { sentence in
        isGreedy(sentence, try model(ModelInput(sentence.tokens))[at: 0].argmax())
      }
    }
  }

  func testWrongAwarenessIsRejectedWithItsSentence() {
    let misconceptions = [
      completes("its own row", says: "the row of the last word itself") { sentence, choice in
        sentence.lastWord.allSatisfy { choice[$0] == sentence.tokens[$0] }
      },
      completes("the first piece", says: "the word goes on") { sentence, choice in
        choice[sentence.lastWord[0] - 1] == sentence.tokens[sentence.lastWord[0]]
      },
      completes("the last piece", says: "the word begins before it") { sentence, choice in
        let last = sentence.lastWord.last!
        return choice[last - 1] == sentence.tokens[last]
      },
      completes("any piece", says: "all are needed") { sentence, choice in
        sentence.lastWord.contains { choice[$0 - 1] == sentence.tokens[$0] }
      },
      completes("all of the span", says: "all of the span") { sentence, choice in
        sentence.span.allSatisfy { choice[$0 - 1] == sentence.tokens[$0] }
      },
      completes("the sentence's end", says: "the sentence's last token") { sentence, choice in
        choice[sentence.tokens.count - 2] == sentence.tokens.last!
      },
      completes("exchanged", says: "exchanged") { sentence, choice in
        !sentence.lastWord.allSatisfy { choice[$0 - 1] == sentence.tokens[$0] }
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightAwarenessIsAccepted() {
    let variants = [
      Variant(of: IdiomsSheet.awareness, "by decoding") { (question: SentencesOfModel) in
        let model = try question.model.made()
        return try question.sentences.map { sentence in
          var tokens = Array(sentence.tokens[..<sentence.lastWord[0]])
          for _ in sentence.lastWord {
            tokens.append(try model(ModelInput(tokens))[at: 0].argmax().last!)
          }
          return Array(tokens.suffix(sentence.lastWord.count))
            == sentence.lastWord.map { sentence.tokens[$0] }
        }
      },
      Variant(of: IdiomsSheet.awareness, "by the library") { (question: SentencesOfModel) in
        let rows = try question.sentences.map {
          try SpanTokens(tokens: $0.tokens, span: $0.span, lastWord: $0.lastWord)
        }
        var found = Array(repeating: false, count: rows.count)
        try SpanRun(try question.model.made(), rows, capturing: []).forEachBatch { batch in
          for (row, place) in batch.places.enumerated() {
            found[place] = batch.lastWord(row).isGreedy
          }
        }
        return found
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  // MARK: 7.9

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

  private static func cosine(_ a: Tensor, _ b: Tensor) -> Double {
    Double(
      (a * b).sum().scalar / ((a * a).sum().scalar * (b * b).sum().scalar).squareRoot())
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
        found.cosine = Self.cosine(states[0], states[1])
      },
      word("before the norm", says: "before the final norm") { found, question, model in
        let point = HookPoint.residualPost(
          .blocks, model.configuration.stacks[0].stack.layerCount - 1)
        let states = try question.sentences.prefix(2).map {
          try model.run(ModelInput($0.tokens), capturing: [point]).trace[point][at: 0][
            at: $0.span.last!]
        }
        found.cosine = Self.cosine(states[0], states[1])
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
          cosine: Self.cosine(
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

  // MARK: 7.10

  private func likeness(
    _ name: String, says: String?, answer: @escaping @Sendable ([Tensor], [Int]) throws -> Tensor
  ) -> Misconception {
    Misconception(of: IdiomsSheet.similarPatterns, in: IdiomsAsks.likeness, name, says: says) {
      (question: KindsOfPatterns) in try answer(question.patterns, question.kinds)
    }
  }

  /// Means over ordered pairs of a value of two patterns of a head.
  private static func pairs(
    _ patterns: [Tensor], _ kinds: [Int], itself: Bool = false, allAreRandom: Bool = false,
    equal: Bool = true, _ value: (Tensor, Tensor) -> Double
  ) -> Tensor {
    Tensor(
      rows: (0..<patterns[0].shape[0]).map { head in
        var (sums, counts) = ([0.0, 0.0], [0.0, 0.0])
        for a in patterns.indices {
          for b in patterns.indices where a != b || itself {
            guard !equal || patterns[a].shape == patterns[b].shape else { continue }
            let found = value(patterns[a][at: head], patterns[b][at: head])
            let isAlike = kinds[a] == kinds[b]
            // Each pair comes twice, a sentence with itself once.
            let weight = a == b ? 2.0 : 1.0
            for side in (isAlike ? [0] : []) + (!isAlike || allAreRandom ? [1] : []) {
              sums[side] += weight * found
              counts[side] += weight
            }
          }
        }
        return zip(sums, counts).map { Float($0 / $1) }
      })
  }

  private func silhouettes(
    _ name: String, says: String?,
    answer: @escaping @Sendable (Tensor, [Int]) throws -> [Double]
  ) -> Misconception {
    Misconception(of: IdiomsSheet.similarPatterns, in: IdiomsAsks.silhouettes, name, says: says) {
      (question: KindsOfPatterns) in try answer(question.points, question.clusters)
    }
  }

  /// For each point its mean distances to its own and to the other clusters; nil for one alone.
  private static func distances(
    _ points: Tensor, _ clusters: [Int], itself: Bool = false, squared: Bool = false
  ) -> [(own: Double, others: [Double])?] {
    clusters.indices.map { point in
      func mean(_ cluster: Int) -> Double {
        let members = clusters.indices.filter {
          clusters[$0] == cluster && (itself || $0 != point)
        }
        let all = members.map { member -> Double in
          let gap = points[at: member] - points[at: point]
          let square = Double((gap * gap).sum().scalar)
          return squared ? square : square.squareRoot()
        }
        return all.reduce(0, +) / Double(all.count)
      }
      if clusters.count(where: { $0 == clusters[point] }) == 1 { return nil }
      return (
        mean(clusters[point]),
        Set(clusters).subtracting([clusters[point]]).sorted().map(mean)
      )
    }
  }

  func testWrongLikenessIsRejectedWithItsSentence() {
    let misconceptions = [
      likeness("with themselves", says: "paired with themselves") {
        Self.pairs($0, $1, itself: true, Self.cosine)
      },
      likeness("all pairs are random", says: "leave out those of one kind") {
        Self.pairs($0, $1, allAreRandom: true, Self.cosine)
      },
      likeness("cut", says: "cut to the shorter") { patterns, kinds in
        Self.pairs(patterns, kinds, equal: false) { a, b in
          let count = min(a.shape[0], b.shape[0])
          let cut = [a, b].map { $0.slice(0..<count).slice(axis: 1, 0..<count) }
          return Self.cosine(cut[0], cut[1])
        }
      },
      likeness("last queries", says: "only the last queries") { patterns, kinds in
        Self.pairs(patterns, kinds) {
          Self.cosine($0[at: $0.shape[0] - 1], $1[at: $1.shape[0] - 1])
        }
      },
      likeness("query by query", says: "cosines of single queries") { patterns, kinds in
        Self.pairs(patterns, kinds) { a, b in
          (0..<a.shape[0]).reduce(0) { $0 + Self.cosine(a[at: $1], b[at: $1]) }
            / Double(a.shape[0])
        }
      },
      likeness("products", says: "not divided by lengths") { patterns, kinds in
        Self.pairs(patterns, kinds) { Double(($0 * $1).sum().scalar) }
      },
      likeness("correlations", says: "a correlation, not a cosine") { patterns, kinds in
        Self.pairs(patterns, kinds) { Self.cosine($0 - $0.mean(), $1 - $1.mean()) }
      },
      likeness("exchanged", says: "exchanged") { patterns, kinds in
        let found = Self.pairs(patterns, kinds, Self.cosine)
        return Tensor.stack([found.transposed()[at: 1], found.transposed()[at: 0]]).transposed()
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testWrongSilhouettesAreRejectedWithTheirSentence() {
    let misconceptions = [
      silhouettes("the sign", says: "the sign is wrong") {
        try Solution().silhouettes(of: $0, clusters: $1).map { -$0 }
      },
      silhouettes("alone is 1", says: "has the silhouette 0") { points, clusters in
        Self.distances(points, clusters).map { found in
          found.map { ($0.others.min()! - $0.own) / max($0.others.min()!, $0.own) } ?? 1
        }
      },
      silhouettes("squares", says: "take roots") { points, clusters in
        Self.distances(points, clusters, squared: true).map { found in
          found.map { ($0.others.min()! - $0.own) / max($0.others.min()!, $0.own) } ?? 0
        }
      },
      silhouettes("with itself", says: "at distance 0") { points, clusters in
        Self.distances(points, clusters, itself: true).map { found in
          found.map { ($0.others.min()! - $0.own) / max($0.others.min()!, $0.own) } ?? 0
        }
      },
      silhouettes("the farthest", says: "the nearest one competes") { points, clusters in
        Self.distances(points, clusters).map { found in
          found.map { ($0.others.max()! - $0.own) / max($0.others.max()!, $0.own) } ?? 0
        }
      },
      silhouettes("not divided", says: "was not divided") { points, clusters in
        Self.distances(points, clusters).map { found in
          found.map { $0.others.min()! - $0.own } ?? 0
        }
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightSimilaritiesAreAccepted() {
    let exercise = IdiomsSheet.similarPatterns
    let variants = [
      Variant(of: exercise, in: IdiomsAsks.likeness, "over ordered pairs, in Float") {
        (question: KindsOfPatterns) in
        Self.pairs(question.patterns, question.kinds, Self.cosine)
      },
      Variant(of: exercise, in: IdiomsAsks.likeness, "of what may be attended to alone") {
        (question: KindsOfPatterns) in
        // Zeros behind the query add nothing to a cosine.
        Self.pairs(question.patterns, question.kinds) { a, b in
          func lower(_ pattern: Tensor) -> Tensor {
            .concatenation(
              (0..<pattern.shape[0]).map { pattern[at: $0].slice(0..<($0 + 1)) }, axis: 0)
          }
          return Self.cosine(lower(a), lower(b))
        }
      },
      Variant(of: exercise, in: IdiomsAsks.silhouettes, "by the library") {
        (question: KindsOfPatterns) in
        try Silhouette.values(question.points, labels: question.clusters).map(Double.init)
      },
      Variant(of: exercise, in: IdiomsAsks.silhouettes, "by cases") {
        (question: KindsOfPatterns) in
        Self.distances(question.points, question.clusters).map { found in
          guard let found else { return 0 }
          let b = found.others.min()!
          return found.own < b ? 1 - found.own / b : b / found.own - 1
        }
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNothing() {
    for list in [[], [.nan], Array(repeating: 1e300, count: 7)] as [[Double]] {
      XCTAssertNil(states("nonsense", says: nil) { _, _, _ in list }.fault())
      XCTAssertNil(silhouettes("nonsense", says: nil) { _, _ in list }.fault())
    }
    XCTAssertEqual(
      oddTensors.map { tensor in likeness("nonsense", says: nil) { _, _ in tensor } }.faults(), [])
    XCTAssertNil(
      word("nonsense", says: nil) { found, _, _ in
        found = WordExchange(loss: .nan, logitDifference: .infinity, cosine: 1e300)
      }.fault())
    let always = completes("always", says: nil) { _, _ in true }
    XCTAssertNil(always.fault())
  }
}
