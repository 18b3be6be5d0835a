import Tensors
import Transformers
import XCTest

/// What a run keeps, and what it says when it is asked for what is not there.
final class TraceTests: XCTestCase {
  private let t5 = RandomModel.t5()

  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no error"
    } catch { return "\(error)" }
  }

  private func names(_ pattern: String) throws -> [String] {
    try t5.run(t5.someInput, capturing: .matching(pattern)).trace.points.map(\.description)
  }

  func testATraceKeepsExactlyWhatWasAsked() throws {
    let points: [HookPoint] = [.pattern(.encoder, 1), .residualPost(.decoder, 0)]
    let trace = try t5.run(t5.someInput, capturing: .points(Set(points))).trace
    XCTAssertEqual(trace.points, points)
    XCTAssertEqual(try t5.run(t5.someInput).trace.points, [])
    XCTAssertEqual(
      message { _ = try trace["encoder.0.attn.hook_pattern"] },
      "encoder.0.attn.hook_pattern was not captured (2 points were); add it to what the run captures"
    )
  }

  func testCapturingDoesNotChangeTheLogits() throws {
    for model in [t5, RandomModel.gpt2()] {
      XCTAssertEqual(
        try model.run(model.someInput, capturing: .everything).logits, try model(model.someInput))
    }
  }

  func testPatternsMatchWholeNames() throws {
    XCTAssertEqual(
      try names("encoder.*.attn.hook_pattern"),
      (0..<3).map { "encoder.\($0).attn.hook_pattern" })
    XCTAssertEqual(try names("*cross*pattern").count, 2)
    XCTAssertEqual(try names("hook_embed"), ["hook_embed"])
    XCTAssertEqual(try names("*hook_embed"), ["hook_embed", "decoder_hook_embed"])
    XCTAssertEqual(try names("*.ln1.hook_scale").count, 5)
    XCTAssertEqual(try names("*").count, t5.configuration.hookPoints.count)
    XCTAssertEqual(try names("*encoder.2*hook_resid_*").count, 3)
    XCTAssertTrue(message { _ = try names("pattern") }.contains("no hook point “pattern”"))
    // Many stars must not take for ever.
    XCTAssertTrue(
      message { _ = try names(String(repeating: "*e", count: 200)) }.contains("no hook point"))
  }

  func testUnknownPointsNameTheNearest() {
    XCTAssertEqual(
      message { _ = try t5.run(t5.someInput, capturing: [.pattern(.encoder, 3)]) },
      "the model has no hook point “encoder.3.attn.hook_pattern”; the nearest are "
        + "encoder.0.attn.hook_pattern, encoder.1.attn.hook_pattern, encoder.2.attn.hook_pattern")
    XCTAssertTrue(
      message { _ = try t5.run(t5.someInput, capturing: .matching("encoder.0.atn.hook_patern")) }
        .hasSuffix(
          "the nearest are encoder.0.attn.hook_pattern, encoder.1.attn.hook_pattern, "
            + "encoder.2.attn.hook_pattern"))
    let edit = Intervention(at: .pattern(.blocks, 0)) { $0 }
    XCTAssertTrue(
      message { _ = try t5.run(t5.someInput, intervening: [edit]) }
        .hasPrefix("the model has no hook point “blocks.0.attn.hook_pattern”"))
    XCTAssertTrue(
      message { _ = try t5.generate(from: [3], maximumNewTokens: 2, intervening: [edit]) }
        .hasPrefix("the model has no hook point “blocks.0.attn.hook_pattern”"))
    XCTAssertTrue(
      message { _ = try t5.run(t5.someInput).trace["encoder.0.attn.hook_patern"] }
        .hasPrefix("the model has no hook point “encoder.0.attn.hook_patern”"))
  }

  /// Generation of no tokens runs the encoder and never the decoder.
  func testAPointThatNeverFiresIsAnError() {
    let inDecoder = Intervention(at: .residualPre(.decoder, 0)) { $0 }
    XCTAssertEqual(
      message { _ = try t5.generate(from: [3], maximumNewTokens: 0, intervening: [inDecoder]) },
      "the hook at decoder.0.hook_resid_pre never fired: this run does not pass that point; "
        + "choose another")
    let inEncoder = Intervention(at: .residualPre(.encoder, 0)) { $0 }
    XCTAssertEqual(
      message { _ = try t5.generate(from: [3], maximumNewTokens: 0, intervening: [inEncoder]) },
      "no error")
  }

  func testAnInterventionOfAnotherShapeIsAnError() {
    let edit = Intervention.replace(.pattern(.encoder, 0), with: .zeros([1, 4, 5, 4]))
    XCTAssertEqual(
      message { _ = try t5.run(t5.someInput, intervening: [edit]) },
      "the intervention at encoder.0.attn.hook_pattern returned the shape [1, 4, 5, 4] where "
        + "[1, 4, 5, 5] is needed; return a tensor of the shape it was given")
  }

  func testWhatAnInterventionThrowsComesThrough() {
    struct Refusal: Error, CustomStringConvertible { let description = "I will not" }
    let edit = Intervention(at: .embedding) { _ in throw Refusal() }
    XCTAssertEqual(message { _ = try t5.run(t5.someInput, intervening: [edit]) }, "I will not")
  }
}
