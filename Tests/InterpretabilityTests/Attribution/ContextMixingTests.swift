import Interpretability
import Tensors
import Transformers
import XCTest

/// Attention, rollout and value zeroing as attributions.
final class ContextMixingTests: XCTestCase {
  private let input = ModelInput([3, 4, 5, 6, 7], decoderTokens: [0, 8, 9, 10])

  func testRowsSumToOne() throws {
    for method in MixingMethod.allCases {
      let mixing = try contextMixing(tinyTranslator, on: input, by: method)
      let decoder = try XCTUnwrap(mixing.decoder)
      XCTAssertEqual(mixing.source.shape, [4, 5])
      XCTAssertEqual(decoder.shape, [4, 4])
      for row in 0..<4 {
        let sums = (mixing.source[at: row].sum().scalar, decoder[at: row].sum().scalar)
        XCTAssertEqual(sums.0 + sums.1, method == .attention ? 2 : 1, accuracy: 1e-5, "\(method)")
        for later in row + 1..<4 where row < 3 {
          XCTAssertEqual(decoder[row, later], 0, accuracy: 1e-4)
        }
      }
    }
  }

  /// A decoder's rollout by the three matrices of every layer, written out in loops.
  func testADecodersRolloutByLoops() throws {
    let trace = try tinyTranslator.run(input, capturing: .matching("*attn.hook_pattern")).trace
    func mean(_ point: HookPoint) throws -> [[Double]] {
      let pattern = try trace[point]
      return (0..<pattern.shape[2]).map { query in
        (0..<pattern.shape[3]).map { key in
          (0..<2).reduce(0) { $0 + Double(pattern[0, $1, query, key]) / 2 }
        }
      }
    }
    func mixed(_ a: [[Double]], _ b: [[Double]]) -> [[Double]] {
      a.map { row in
        b[0].indices.map { column in zip(row, b).reduce(0) { $0 + $1.0 * $1.1[column] } }
      }
    }
    func half(_ a: [[Double]], _ b: [[Double]]) -> [[Double]] {
      zip(a, b).map { zip($0, $1).map { ($0 + $1) / 2 } }
    }
    func identity(_ n: Int) -> [[Double]] { (0..<n).map { i in (0..<n).map { $0 == i ? 1 : 0 } } }
    var encoder = identity(5)
    for layer in 0..<2 {
      encoder = mixed(half(try mean(.pattern(.encoder, layer)), identity(5)), encoder)
    }
    // Source and decoder tokens as nine columns of one matrix.
    var rows = identity(4).map { Array(repeating: 0.0, count: 5) + $0 }
    for layer in 0..<2 {
      rows = mixed(half(try mean(.pattern(.decoder, layer)), identity(4)), rows)
      let read = mixed(try mean(.pattern(.decoder, layer, .cross)), encoder)
      rows = half(rows, read.map { $0 + Array(repeating: 0, count: 4) })
    }
    let found = try contextMixing(tinyTranslator, on: input, by: .rollout)
    for row in 0..<4 {
      for column in 0..<5 {
        XCTAssertEqual(Double(found.source[row, column]), rows[row][column], accuracy: 1e-5)
      }
      for column in 0..<4 {
        XCTAssertEqual(Double(found.decoder![row, column]), rows[row][5 + column], accuracy: 1e-5)
      }
    }
  }

  func testAPredictionReadsItsOwnRow() throws {
    let prediction = try ExplainedPrediction(
      tinyTranslator, input, target: AttributionTarget(9, at: 2), includesDecoder: true)
    for (method, mixing) in [
      (AttributionMethod.attention, MixingMethod.attention), (.rollout, .rollout),
      (.valueZeroing, .valueZeroing),
    ] {
      let scores = try prediction.scores(by: method)
      let all = try contextMixing(tinyTranslator, on: input, by: mixing)
      XCTAssertEqual(scores.source, all.source[at: 2].values)
      XCTAssertEqual(scores.decoder, all.decoder![at: 2].values)
    }
  }

  func testEveryMethodGivesEveryTokenANumber() throws {
    let prediction = try ExplainedPrediction(
      tinyTranslator, input, target: AttributionTarget(9, at: 2), includesDecoder: true)
    var settings = AttributionSettings()
    settings.steps = 3
    settings.samples = 2
    var seen: Set<[Float]> = []
    for method in AttributionMethod.allCases {
      let scores = try prediction.scores(by: method, settings: settings)
      XCTAssertEqual(scores.source.count, 5)
      XCTAssertEqual(scores.decoder?.count, 4)
      XCTAssertTrue(scores.all.allSatisfy(\.isFinite))
      XCTAssertTrue(method.isSigned || scores.all.allSatisfy { $0 >= 0 }, "\(method)")
      seen.insert(scores.source)
    }
    XCTAssertEqual(seen.count, AttributionMethod.allCases.count)
  }

  func testASentencesRowsAreItsPredictions() throws {
    let predicted = [8, 9, 10, 1]
    let sentence = try attributeSentence(
      tinyTranslator, input, predicted: predicted, by: .inputTimesGradient)
    XCTAssertEqual(sentence.source.shape, [4, 5])
    for (row, token) in predicted.enumerated() {
      let scores = try ExplainedPrediction(
        tinyTranslator, input, target: AttributionTarget(token, at: row), includesDecoder: true
      ).inputTimesGradient()
      XCTAssertEqual(sentence.source[at: row].values, scores.source)
      XCTAssertEqual(sentence.decoder![at: row].values, scores.decoder)
    }
    let words = sentence.pooled(
      rows: [0, 0, 1, nil], source: [0, 1, 1, 2, nil], decoder: [nil, 0, 0, 1], by: .sum)
    XCTAssertEqual(words.source.shape, [2, 3])
    XCTAssertEqual(words.decoder?.shape, [2, 2])
    let expected =
      (sentence.source[0, 1] + sentence.source[0, 2] + sentence.source[1, 1]
        + sentence.source[1, 2]) / 2
    XCTAssertEqual(words.source[0, 1], expected, accuracy: 1e-6)
  }
}
