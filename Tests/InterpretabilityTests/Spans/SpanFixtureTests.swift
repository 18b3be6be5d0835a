import Foundation
import Interpretability
import Spans
import Tensors
import Transformers
import XCTest

/// Scores of spans against PyTorch, NumPy, SciPy and scikit-learn: see `Tests/Fixtures/spans.py`.
final class SpanFixtureTests: XCTestCase {
  private struct Fixture: Decodable {
    struct Sentence: Decodable {
      var tokens: [Int]
      var span: [Int]
      var own: [[Float]]
      var rest: [[Float]]
      var attribution: [Float?]
    }

    var sentences: [Sentence]
    var points: [[Float]]
    var labels: [Int]
    var silhouettes: [Float]
    var a: [Double]
    var b: [Double]
    var spearman: Double
  }

  private func fixture() throws -> Fixture {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/spans.json")
    return try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: url))
  }

  func testScoresAndAttributionEqualPyTorch() throws {
    let fixture = try fixture()
    let model = try FamilyFixture("gpt2", side: "right").model
    let run = try SpanRun(
      model, fixture.sentences.map { try SpanTokens(tokens: $0.tokens, span: $0.span) },
      capturing: SpanScorer.points(in: model.configuration)
        .union(SpanAttribution.points(in: model.configuration)))
    let attribution = try SpanAttribution(model)
    func check(_ found: SpanComponents, _ expected: [Float]) {
      let values = [found.mean, found.deviation, found.greatest, found.phrase, found.result]
      for (a, b) in zip(values, expected) { XCTAssertEqual(a, b, accuracy: 1e-5) }
    }
    try run.forEachBatch { batch in
      let scores = try SpanScorer(model).scores(batch)
      let attributions = try attribution.rows(batch)
      for (row, place) in batch.places.enumerated() {
        let sentence = fixture.sentences[place]
        XCTAssertEqual(scores[row].count, sentence.own.count)
        for head in sentence.own.indices {
          check(scores[row][head].span, sentence.own[head])
          check(try XCTUnwrap(scores[row][head].rest), sentence.rest[head])
          XCTAssertEqual(
            try XCTUnwrap(attributions[row].heads[head].span),
            try XCTUnwrap(sentence.attribution[head]), accuracy: 1e-5)
        }
      }
    }
  }

  func testSilhouettesAndRanksEqualTheirs() throws {
    let fixture = try fixture()
    let values = try Silhouette.values(Tensor(rows: fixture.points), labels: fixture.labels)
    for (a, b) in zip(values, fixture.silhouettes) { XCTAssertEqual(a, b, accuracy: 1e-5) }
    XCTAssertEqual(
      try XCTUnwrap(spearman(fixture.a, fixture.b)), fixture.spearman, accuracy: 1e-9)
  }
}
