import Foundation
import Heads
import Interpretability
import Interventions
import Tensors
import Transformers
import XCTest

/// Circuits over the vocabulary against PyTorch, naive loops and heads that are known.
final class HeadCircuitTests: XCTestCase {
  func testDiagonalsAreThoseOfTheWholeProducts() throws {
    for fixture in try HeadsFixture.all() {
      let circuits = fixture.circuits
      for kind in [EffectiveEmbedding.embedding, .mlp0] {
        let embedded = try circuits.embedded(kind)
        for (index, head) in circuits.heads.enumerated() {
          let label = "\(fixture.name) \(kind.rawValue) \(head)"
          func expected(_ what: String) throws -> [Int] {
            try fixture.expected("\(kind.rawValue).\(what)")[at: index].values.map { Int($0) }
          }
          let written = circuits.outputDiagonal(head, of: embedded)
          XCTAssertEqual(written.greater, try expected("ov.greater"), label)
          XCTAssertEqual(written.less, try expected("ov.less"), label)
          XCTAssertEqual(
            try circuits.queryDiagonal(head, of: embedded).greater, try expected("qk.greater"),
            label)
        }
      }
    }
  }

  /// More rows and columns than a block holds, an odd number of both.
  func testBlocksCountAsOneLoop() throws {
    var generator = SeededGenerator(seed: 2)
    let stack = TransformerConfiguration.Stack(
      layerCount: 1, headCount: 1, headWidth: 4, feedForwardWidth: 0)
    let model = Transformer(
      configuration: .gpt2(
        vocabularySize: 1301, width: 8, decoder: stack, positions: 4, startToken: 0, endToken: nil),
      using: &generator)
    let circuits = try HeadCircuits(model)
    let head = circuits.heads[0]
    let embedded = try circuits.embedded(.embedding)
    let whole = embedded.values(layer: 0).matmul(transposing: circuits.value(head))
      .matmul(circuits.output(head)).matmul(transposing: circuits.unembedding)
    let ranks = circuits.outputDiagonal(head, of: embedded)
    var (greater, less) = ([Int](), [Int]())
    for row in 0..<1301 {
      let values = whole[at: row].values
      greater.append(values.count { $0 > values[row] + 1e-7 * abs(values[row]) })
      less.append(values.count { $0 < values[row] - 1e-7 * abs(values[row]) })
    }
    let off = zip(ranks.greater, greater).count { abs($0 - $1) > 1 }
    XCTAssertEqual(off, 0)
    XCTAssertEqual(zip(ranks.less, less).count { abs($0 - $1) > 1 }, 0)
    XCTAssertGreaterThan(Set(greater).count, 500)
    let early = circuits.outputDiagonal(head, of: embedded, until: 10)
    XCTAssertEqual(early.shareAmongGreatest(), ranks.shareAmongGreatest())
    XCTAssertEqual(early.shareAmongLeast(), ranks.shareAmongLeast())
    XCTAssertGreaterThan(ranks.shareAmongLeast(), 0)
  }

  func testHandBuiltHeadsAreToldApartByTheirCircuits() throws {
    let built = HandBuiltHeads()
    let circuits = try HeadCircuits(built.model)
    func scores(_ kind: EffectiveEmbedding) throws -> [HeadAddress: [HeadScore: Double]] {
      try circuits.scores(
        [.outputCopy, .queryCopy, .negative],
        in: circuits.embedded(kind, over: built.texts(count: 40)))
    }
    for kind in [EffectiveEmbedding.mlp0, .meanState] {
      let found = try scores(kind)
      let suppressor = try XCTUnwrap(found[HandBuiltHeads.suppressor])
      XCTAssertEqual(suppressor[.negative], 1)
      XCTAssertEqual(suppressor[.outputCopy], 0)
      XCTAssertEqual(suppressor[.queryCopy], 1)
      let copier = try XCTUnwrap(found[HandBuiltHeads.copier])
      XCTAssertEqual(copier[.negative], 0)
      XCTAssertEqual(copier[.outputCopy], 1)
      XCTAssertEqual(copier[.queryCopy], 1)
      let neither = try XCTUnwrap(found[HandBuiltHeads.neither])
      XCTAssertLessThan(neither[.negative]!, 0.5)
      XCTAssertLessThan(neither[.outputCopy]!, 0.5)
      let disguised = try XCTUnwrap(found[HandBuiltHeads.disguised])
      XCTAssertEqual(disguised[.negative], 0)
      XCTAssertEqual(disguised[.outputCopy], 1)
    }
    // The raw embedding misleads.
    XCTAssertEqual(try scores(.embedding)[HandBuiltHeads.disguised]?[.negative], 1)
  }

  func testNeighboursAreTheExtremesOfRowAndColumn() throws {
    let fixture = try HeadsFixture("llama")
    let circuits = fixture.circuits
    let head = HeadAddress(.blocks, layer: 1, head: 3)
    let embedded = try circuits.embedded(.mlp0)
    let states = embedded.values(layer: 1)
    let written = states.matmul(transposing: circuits.value(head)).matmul(circuits.output(head))
      .matmul(transposing: circuits.unembedding)
    let asked = circuits.unembedding.matmul(transposing: circuits.query(head))
      .matmul(transposing: states.matmul(transposing: circuits.key(head)))
    let size = written.shape[1]
    let width = Float(circuits.query(head).shape[0])
    for (token, found) in zip(
      [3, 7], try circuits.neighbours(of: [3, 7], head, in: embedded, count: 4))
    {
      let row = (0..<size).sorted { written[token, $0] > written[token, $1] }
      XCTAssertEqual(found.promoted.map(\.token), Array(row.prefix(4)))
      XCTAssertEqual(found.suppressed.map(\.token), Array(row.reversed().prefix(4)))
      XCTAssertEqual(found.suppressed[0].value, written[token, row.last!], accuracy: 1e-5)
      let keys = (0..<size).sorted { asked[token, $0] > asked[token, $1] }
      XCTAssertEqual(found.keys.map(\.token), Array(keys.prefix(4)))
      XCTAssertEqual(
        found.keys[0].value, asked[token, keys[0]] / width.squareRoot(), accuracy: 1e-5)
      let predictions = (0..<size).sorted { asked[$0, token] > asked[$1, token] }
      XCTAssertEqual(found.predictions.map(\.token), Array(predictions.prefix(4)))
    }
  }

  func testAMeanStateIsTheMeanOfAllPlacesOfAToken() throws {
    let fixture = try HeadsFixture("gpt2")
    let texts = fixture.padded(.front)
    let embedded = try fixture.circuits.embedded(.meanState, over: texts)
    XCTAssertEqual(
      embedded.tokens, Set(fixture.texts.tokens.joined() + [1, 2, 3, 4]).sorted())
    let model = fixture.circuits.model
    let trace = try model.run(texts, capturing: .points([.residualPre(.blocks, 1)])).trace
    let states = try trace[.residualPre(.blocks, 1)]
    let token = fixture.texts.tokens[0][2]
    var (sum, count) = (Tensor.zeros([model.configuration.width]), Float(0))
    for (row, text) in texts.tokens.enumerated() {
      for (place, other) in text.enumerated() where other == token && texts.mask![row][place] {
        sum = sum + states[at: row][at: place]
        count += 1
      }
    }
    XCTAssertGreaterThan(count, 1)
    let found = try embedded.value(of: token, layer: 1)
    for (a, b) in zip(found.values, (sum / count).values) { XCTAssertEqual(a, b, accuracy: 1e-5) }
    XCTAssertThrowsError(try fixture.circuits.embedded(.meanState))
    let missing = (0..<50).first { !embedded.tokens.contains($0) }!
    XCTAssertThrowsError(try embedded.value(of: missing, layer: 0)) {
      XCTAssertEqual($0 as? HeadError, .unseen(missing))
    }
  }

  func testModelsWithoutCircuitsSayWhy() throws {
    XCTAssertThrowsError(try HeadCircuits(tinyTranslator)) {
      XCTAssertEqual($0 as? HeadError, .isEncoderDecoder)
    }
    let normed = try FamilyFixture("qwen3", side: "right")
    let circuits = try HeadCircuits(normed.model)
    let embedded = try circuits.embedded(.mlp0)
    XCTAssertThrowsError(try circuits.queryDiagonal(circuits.heads[0], of: embedded)) {
      XCTAssertEqual($0 as? HeadError, .normsQueries)
    }
    XCTAssertThrowsError(
      try circuits.neighbours(
        of: [1], HeadAddress(.blocks, layer: 9, head: 0), in: embedded))
  }

  func testNextScoreCountsSuccessorsAmongTheFiveGreatest() throws {
    let built = HandBuiltHeads()
    let circuits = try HeadCircuits(built.model)
    let embedded = try circuits.embedded(.mlp0)
    // What a copier writes for is the token itself.
    let own = (1..<20).map { Succession(token: $0, next: $0) }
    let wrong = (1..<20).map { Succession(token: $0, next: $0 + 20) }
    XCTAssertEqual(try circuits.nextScore(of: HandBuiltHeads.copier, own, in: embedded), 1)
    XCTAssertEqual(try circuits.nextScore(of: HandBuiltHeads.suppressor, own, in: embedded), 0)
    // Behind the greatest all are alike, and nothing is greater than four of them; a random head
    // ranks.
    XCTAssertLessThan(
      try circuits.nextScore(of: HandBuiltHeads.neither, wrong, in: embedded), 0.5)
  }

  func testAttentionScoresAreTheDetectorsMeanOverTexts() throws {
    let fixture = try HeadsFixture("gpt2")
    let texts = fixture.padded(.back)
    let circuits = fixture.circuits
    let found = try circuits.scores(
      [.duplicateToken, .previousToken, .induction], in: circuits.embedded(.embedding),
      texts: texts)
    for head in circuits.heads {
      var sums: [HeadScore: Double] = [:]
      for (row, text) in texts.tokens.enumerated() {
        let own = zip(text, texts.mask![row]).filter(\.1).map(\.0)
        let point = HookPoint.pattern(.blocks, head.layer)
        let trace = try circuits.model.run(ModelInput(own), capturing: .points([point])).trace
        let pattern = try trace[point][at: 0]
        for score in [HeadScore.duplicateToken, .previousToken, .induction] {
          let values = headScores(
            pattern, against: score.attentionPattern!.detectionPattern(for: own), by: .multiplied)
          sums[score, default: 0] += Double(values[head.head]) / Double(texts.tokens.count)
        }
      }
      for (score, value) in sums {
        XCTAssertEqual(found[head]![score]!, value, accuracy: 1e-5, "\(head) \(score)")
      }
    }
  }
}
