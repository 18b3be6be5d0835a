import Foundation
import Interpretability
import Interventions
import Spans
import Tensors
import Transformers
import XCTest

/// Scores of spans against loops over single runs.
final class SpanScoreTests: XCTestCase {
  /// A family's tiny model and sentences of several lengths.
  static func sentences(
    _ configuration: TransformerConfiguration, count: Int = 7
  ) throws -> [SpanTokens] {
    var generator = SeededGenerator(seed: 4)
    return try (0..<count).map { index in
      let length = 5 + index % 3
      let tokens = (0..<length).map { _ in
        Int.random(in: 3..<configuration.vocabularySize, using: &generator)
      }
      let spans = [[1, 2], [3], [length - 1], [1, 3, 4], [0, 1], [length - 2, length - 1]]
      return try SpanTokens(tokens: tokens, span: spans[index % spans.count])
    }
  }

  private static func average(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(values.count)
  }

  /// The five components, pair by pair.
  private func naive(
    _ pattern: Tensor, _ written: (Int) -> Double, phrase: Set<Int>, isCausal: Bool,
    _ counts: (Int, Int) -> Bool
  ) -> [Double] {
    let length = pattern.shape[0]
    let pairs = (0..<length).flatMap { query in
      (0..<(isCausal ? query + 1 : length)).map { (query, $0) }
    }.filter { counts($0.0, $0.1) }
    let weights = pairs.map { Double(pattern[$0.0, $0.1]) }
    let mean = Self.average(weights)
    let deviation = Self.average(weights.map { ($0 - mean) * ($0 - mean) }).squareRoot()
    let rows = Dictionary(grouping: pairs) { $0.0 }.values.map { row in
      row.map { Double(pattern[$0.0, $0.1]) }.max()!
    }
    let stays = phrase.map { query in phrase.reduce(0) { $0 + Double(pattern[query, $1]) } }
    return [
      mean, deviation, Self.average(rows), Self.average(stays),
      Self.average(phrase.map(written)),
    ]
  }

  func testComponentsEqualLoopsOverPairs() throws {
    for name in ["gpt2", "neox-parallel", "qwen2", "bert"] {
      let model = try FamilyFixture(name, side: "right").model
      let configuration = model.configuration
      let (stack, shape) = configuration.stacks[0]
      let sentences = try Self.sentences(configuration)
      let run = try SpanRun(
        model, sentences, capturing: SpanScorer.points(in: configuration))
      let scorer = SpanScorer(model, comparesNGrams: true)
      var seen = 0
      try run.forEachBatch { batch in
        for (place, scores) in zip(batch.places, try scorer.scores(batch)) {
          let sentence = sentences[place]
          let inside = Set(sentence.span)
          let points = (0..<shape.layerCount).flatMap {
            [
              HookPoint.pattern(stack, $0), .block(stack, $0, .attention(.own, .result)),
            ]
          }
          let trace = try model.run(
            ModelInput(sentence.tokens), capturing: .points(Set(points))
          ).trace
          for (head, found) in zip(scorer.heads, scores) {
            let pattern = try trace[.pattern(stack, head.layer)][at: 0][at: head.head]
            let result = try trace[.block(stack, head.layer, .attention(.own, .result))]
            let width = configuration.width
            func written(_ position: Int) -> Double {
              Self.average((0..<width).map { Double(result[0, position, head.head, $0]) })
            }
            let isCausal = configuration.encoder == nil
            let span = naive(pattern, written, phrase: inside, isCausal: isCausal) {
              inside.contains($0) || inside.contains($1)
            }
            check(found.span, span, "\(name) \(head)")
            let rest = naive(
              pattern, written, phrase: Set(sentence.rest), isCausal: isCausal
            ) { !inside.contains($0) && !inside.contains($1) }
            check(try XCTUnwrap(found.rest), rest, "\(name) \(head) rest")
            let count = sentence.span.count
            let grams = (0...(sentence.tokens.count - count)).map { Set($0..<($0 + count)) }
              .filter { $0.isDisjoint(with: inside) }
            let baselines = grams.map { gram -> Double in
              let parts = naive(pattern, written, phrase: gram, isCausal: isCausal) {
                gram.contains($0) || gram.contains($1)
              }
              let sum = parts[0] - parts[1] + parts[2] + parts[3] + parts[4]
              return 2 / (1 + exp(-sum)) - 1
            }
            if baselines.isEmpty {
              XCTAssertNil(found.baseline)
            } else {
              XCTAssertEqual(
                Double(try XCTUnwrap(found.baseline)), Self.average(baselines), accuracy: 1e-5)
            }
          }
          seen += 1
        }
      }
      XCTAssertEqual(seen, sentences.count)
    }
  }

  private func check(_ found: SpanComponents, _ expected: [Double], _ what: String) {
    let values = [found.mean, found.deviation, found.greatest, found.phrase, found.result]
    for (value, other) in zip(values, expected) {
      XCTAssertEqual(Double(value), other, accuracy: 1e-5, what)
    }
    let sum = expected[0] - expected[1] + expected[2] + expected[3] + expected[4]
    XCTAssertEqual(Double(found.score(throughSigmoid: false)), sum, accuracy: 3e-5, what)
    XCTAssertEqual(Double(found.score()), 2 / (1 + exp(-sum)) - 1, accuracy: 3e-5, what)
  }

  func testProcessedWeightsLeaveNothingOfTheResultWhereNormsCentre() throws {
    for name in ["gpt2", "qwen2"] {
      let model = try FamilyFixture(name, side: "right").model
      let run = try SpanRun(
        model, Self.sentences(model.configuration),
        capturing: SpanScorer.points(in: model.configuration))
      let scorers = SpanScorer.Weights.allCases.map { SpanScorer(model, weights: $0) }
      try run.forEachBatch { batch in
        let (stored, processed) = (
          try scorers[0].scores(batch).joined(), try scorers[1].scores(batch).joined()
        )
        XCTAssertEqual(stored.map(\.span.mean), processed.map(\.span.mean))
        XCTAssertEqual(stored.map(\.span.phrase), processed.map(\.span.phrase))
        XCTAssertTrue(stored.contains { $0.span.result != 0 })
        XCTAssertEqual(processed.allSatisfy { $0.span.result == 0 }, name == "gpt2")
      }
    }
  }

  func testBatchSizeChangesNothing() throws {
    let model = try FamilyFixture("gpt2", side: "right").model
    let sentences = try Self.sentences(model.configuration, count: 12)
    func scores(_ size: Int) throws -> [[SpanScores]] {
      var run = try SpanRun(
        model, sentences, capturing: SpanScorer.points(in: model.configuration))
      run.batchSize = size
      var found = sentences.map { _ in [SpanScores]() }
      try run.forEachBatch { batch in
        for (place, row) in zip(batch.places, try SpanScorer(model).scores(batch)) {
          found[place] = row
        }
      }
      return found
    }
    for (a, b) in zip(try scores(1).joined(), try scores(32).joined()) {
      XCTAssertEqual(a.span.sum, b.span.sum, accuracy: 1e-5)
      XCTAssertEqual(a.rest!.sum, b.rest!.sum, accuracy: 1e-5)
    }
  }

  /// The parts of every token's logit, as the attribution of one logit has them.
  func testAttributionEqualsThatOfEachLogit() throws {
    for name in ["gpt2", "neox-parallel", "qwen2"] {
      let model = try FamilyFixture(name, side: "right").model
      let sentences = try Self.sentences(model.configuration)
      let attribution = try SpanAttribution(model)
      let run = try SpanRun(
        model, sentences, capturing: SpanAttribution.points(in: model.configuration))
      try run.forEachBatch { batch in
        for (place, row) in zip(batch.places, try attribution.rows(batch)) {
          let sentence = sentences[place]
          var (span, rest) = ([LogitAttribution](), [LogitAttribution]())
          for position in 1..<sentence.tokens.count {
            let one = try LogitAttribution(
              model, ModelInput(sentence.tokens), position: position - 1,
              answer: sentence.tokens[position])
            if sentence.span.contains(position) { span.append(one) } else { rest.append(one) }
          }
          for (index, head) in attribution.heads.enumerated() {
            for (own, list) in [(row.heads[index].span, span), (row.heads[index].rest, rest)] {
              guard !list.isEmpty else {
                XCTAssertNil(own)
                continue
              }
              let mean = list.reduce(0) { $0 + $1.heads[head]! } / Float(list.count)
              XCTAssertEqual(try XCTUnwrap(own), mean, accuracy: 1e-4, "\(name) \(head)")
            }
          }
        }
      }
    }
  }

  func testLastWordsAreThoseOfGreedyDecoding() throws {
    let model = try FamilyFixture("gpt2", side: "right").model
    var sentences = try Self.sentences(model.configuration)
    let likeliest = try model(ModelInput(sentences[0].tokens))[at: 0].argmax()
    sentences.append(
      try SpanTokens(tokens: sentences[0].tokens + [likeliest.last!], span: [5]))
    try SpanRun(model, sentences, capturing: []).forEachBatch { batch in
      for (row, place) in batch.places.enumerated() {
        let sentence = sentences[place]
        let last = sentence.lastWord[0]
        let found = batch.lastWord(row)
        guard last > 0 else {
          XCTAssertTrue(found.value.isNaN)
          continue
        }
        let logits = try model(ModelInput(sentence.tokens))[at: 0][at: last - 1]
        let own = logits.logSoftmax()[sentence.tokens[last]]
        XCTAssertEqual(found.value, own, accuracy: 1e-4)
        XCTAssertEqual(found.isGreedy, logits.argmax() == [sentence.tokens[last]])
        if place == sentences.count - 1 { XCTAssertTrue(found.isGreedy) }
      }
    }
  }
}
