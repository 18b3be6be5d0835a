import Checkpoints
import Foundation
import Tensors
import Transformers
import XCTest

/// Published checkpoints, where `HEADLIGHT_CHECKPOINTS` names the folder that `.ci/checkpoints`
/// filled, against what PyTorch makes of them (`Tests/Fixtures/checkpoints.py`).
final class RealCheckpointTests: XCTestCase {
  private struct Expected: Decodable {
    struct Residual: Decodable {
      let sum: Double
      let magnitude: Double
      let values: [Float]
    }
    struct MiniLM: Decodable {
      let tokens: [[Int]]
      let mask: [[Int]]
      let residuals: [Residual]
      let attention: [[Float]]
    }
    let MiniLM: MiniLM
    let mathformer: [String: [[Int]]]
  }

  private var expected: Expected {
    get throws {
      try JSONDecoder().decode(Expected.self, from: Data(contentsOf: fixture("checkpoints.json")))
    }
  }

  private func folder(_ name: String) throws -> URL {
    guard let path = ProcessInfo.processInfo.environment["HEADLIGHT_CHECKPOINTS"] else {
      throw XCTSkip(
        "HEADLIGHT_CHECKPOINTS names no folder; fill one by .ci/checkpoints to run this test")
    }
    let url = URL(fileURLWithPath: path).appendingPathComponent(name)
    guard FileManager.default.fileExists(atPath: url.path) else {
      throw XCTSkip("\(url.path) is not there; run .ci/checkpoints \(path)")
    }
    return url
  }

  func testMiniLMEqualsPyTorch() throws {
    let model = try Transformer(directory: folder("MiniLM"))
    XCTAssertEqual(model.configuration.head, .none)
    let expected = try expected.MiniLM
    let mask = expected.mask.map { $0.map { $0 == 1 } }
    let run = try model.run(
      ModelInput(tokens: expected.tokens, mask: mask), capturing: .everything)
    let layers = model.configuration.stacks[0].stack.layerCount
    XCTAssertEqual(layers, 6)
    XCTAssertEqual(expected.residuals.count, layers + 1)
    for (layer, wanted) in expected.residuals.enumerated() {
      let residual =
        layer == layers ? run.output : try run.trace[.residualPre(.blocks, layer)]
      var (sum, magnitude) = (0.0, 0.0)
      for (row, seen) in mask.enumerated() {
        for position in seen.indices where seen[position] {
          let values = residual[at: row][at: position].values.map(Double.init)
          sum += values.reduce(0, +)
          magnitude += values.reduce(0) { $0 + abs($1) }
        }
      }
      XCTAssertEqual(sum, wanted.sum, accuracy: 1e-5 * wanted.magnitude, "layer \(layer)")
      XCTAssertEqual(magnitude, wanted.magnitude, accuracy: 1e-5 * wanted.magnitude)
      for (index, value) in wanted.values.enumerated() {
        XCTAssertEqual(residual[1, 2, index], value, accuracy: 5e-5, "layer \(layer)")
      }
    }
    for (layer, row) in expected.attention.enumerated() {
      let pattern = try run.trace[.pattern(.blocks, layer)]
      for (key, weight) in row.enumerated() {
        XCTAssertEqual(pattern[0, 5, 3, key], weight, accuracy: 1e-5, "layer \(layer)")
      }
    }
  }

  /// The prompt has no start token: `3+4=` is four tokens, and the answer follows.
  private func answers(_ operation: String, _ sign: Character) throws -> [String] {
    let directory = try folder("mathformer/\(operation)")
    let model = try Transformer(directory: directory)
    let vocabulary = try JSONDecoder().decode(
      [String: Int].self,
      from: Data(contentsOf: directory.appendingPathComponent("vocab.json")))
    let names = Dictionary(uniqueKeysWithValues: vocabulary.map { ($1, $0) })
    let prompts = try (0..<100).map { pair in
      try "\(pair / 10)\(sign)\(pair % 10)=".map { try XCTUnwrap(vocabulary[String($0)]) }
    }
    let expected = try XCTUnwrap(try expected.mathformer[operation])
    let together = try model.generate(fromEach: prompts, maximumNewTokens: 8)
    XCTAssertEqual(together, expected, operation)
    for pair in stride(from: 0, to: 100, by: 7) {
      XCTAssertEqual(
        try model.generate(from: prompts[pair], maximumNewTokens: 8), expected[pair])
    }
    return together.map { tokens in
      tokens.filter { $0 != model.configuration.endToken }.map { names[$0] ?? "" }.joined()
    }
  }

  func testEverySumOfTwoDigitsIsRight() throws {
    let answers = try answers("add", "+")
    XCTAssertEqual(answers, (0..<100).map { "\($0 / 10 + $0 % 10)" })
  }

  func testEveryProductOfTwoDigitsIsRight() throws {
    let answers = try answers("mul", "*")
    XCTAssertEqual(answers, (0..<100).map { "\($0 / 10 * ($0 % 10))" })
  }

  func testEveryDifferenceThatIsNotNegativeIsRight() throws {
    let answers = try answers("sub", "-")
    for pair in 0..<100 where pair / 10 >= pair % 10 {
      XCTAssertEqual(answers[pair], "\(pair / 10 - pair % 10)")
    }
  }

  func testEveryQuotientAndRemainderIsRight() throws {
    let answers = try answers("div", "/")
    for pair in 0..<100 where pair % 10 > 0 {
      XCTAssertEqual(answers[pair], "Q\(pair / 10 / (pair % 10))R\(pair / 10 % (pair % 10))")
    }
  }
}
