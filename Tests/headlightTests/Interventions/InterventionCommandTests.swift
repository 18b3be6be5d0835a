import ArgumentParser
import Checkpoints
import Foundation
import Interventions
import Laboratory
import Models
import Tensors
import Transformers
import XCTest

@testable import headlight

/// The commands that change a run, against PyTorch: `Tests/Fixtures/commands.py` runs the same with
/// hooks on GPT-2, a Llama whose heads share keys, and T5.
final class InterventionCommandTests: XCTestCase {
  private static let gpt2 = fixture("gpt2-tiny").path
  private static let llama = fixture("families/llama").path
  private static let t5 = fixture("families/t5").path
  private let pair = ["--clean-ids", "1,2,3", "--corrupted-ids", "1,2,4"]
  private let tokens = ["--answer", "#5", "--foil", "#6"]

  private struct Case: Decodable {
    let arguments: [String]
    let files: [String: String]
    let expected: JSONValue
  }

  /// Runs all cases of some commands.
  private func replay(_ commands: Set<String>) throws {
    let cases = try JSONDecoder().decode(
      [Case].self, from: Data(contentsOf: fixture("commands.json"))
    ).filter { commands.contains($0.arguments[0]) }
    XCTAssertGreaterThan(cases.count, 5)
    for item in cases {
      let folder = try temporaryFolder()
      for (name, text) in item.files {
        try Data(text.utf8).write(to: folder.appendingPathComponent(name))
      }
      let arguments = item.arguments.map {
        $0.first == "@" ? fixture(String($0.dropFirst())).path : $0
      }
      let call = try Call(arguments + ["--json"], in: folder)
      XCTAssertEqual(call.errors, "")
      let found = try JSONDecoder().decode(JSONValue.self, from: Data(call.output.utf8))
      if let difference = found.difference(from: item.expected) {
        XCTFail("\(item.arguments.joined(separator: " ")): \(difference)")
      }
    }
  }

  func testPatchingEqualsHooks() throws { try replay(["patch"]) }

  func testPathPatchingEqualsHooks() throws { try replay(["path-patch"]) }

  func testContributionsEqualDotProducts() throws { try replay(["attribute-logit"]) }

  func testKnockoutEqualsHooks() throws { try replay(["knockout"]) }

  func testPatchscopesAndRelationsEqualHooksAndAutograd() throws {
    try replay(["patchscope", "relation"])
  }

  func testPartsAddUpToTheLogit() throws {
    for (model, texts) in [
      (Self.gpt2, ["--text-ids", "1,2,3,4"]), (Self.llama, ["--text-ids", "1,2,3,4"]),
      (Self.t5, ["--source-ids", "1,2,3,4", "--target-ids", "0,5"]),
      (fixture("families/bart").path, ["--text-ids", "1,2,3,4", "--target-ids", "2,5"]),
      ("reader", ["--text", "The capital of France is"]),
    ] {
      let call = try Call(
        ["attribute-logit", "--model", model] + texts + tokens + ["--json"],
        in: try temporaryFolder())
      let report = try JSONDecoder().decode(LogitReport.self, from: Data(call.output.utf8))
      let heads = (report.heads ?? []) + (report.crossHeads ?? [])
      let sum = heads.joined().reduce(report.embedding + report.bias, +)
      XCTAssertEqual(
        sum + (report.mlps ?? []).reduce(0, +), report.logit,
        accuracy: 1e-4 * max(1, abs(report.logit)), model)
    }
  }

  func testATraceIsWhatItsDrawsMake() throws {
    let call = try Call(
      [
        "causal-trace", "--model", Self.llama, "--text-ids", "7,8,9,10", "--subject-ids", "8,9",
        "--answer", "#5", "--samples", "2", "--seed", "3", "--json",
      ], in: try temporaryFolder())
    let report = try JSONDecoder().decode(CausalTraceReport.self, from: Data(call.output.utf8))
    let model = try LoadedModel(Self.llama).model
    let ids = [7, 8, 9, 10]
    func probability(_ run: Transformer.Run) -> Float { run.logits.softmax()[0, 3, 5] }
    let draws = CausalTracing(
      model, ModelInput(ids), subject: [1, 2], answer: 5, samples: 2, seed: 3
    ).draws
    let clean = try model.run(ModelInput(ids), capturing: .matching("*hook_resid_pre"))
    XCTAssertEqual(report.clean, probability(clean), accuracy: 1e-6)
    var (spoilt, restored): (Float, Float) = (0, 0)
    for sample in 0..<2 {
      let noise = Intervention(at: .embedding) { embedding in
        var embedding = embedding
        for token in 0..<2 {
          for unit in 0..<24 { embedding[0, token + 1, unit] += draws[sample, token, unit] }
        }
        return embedding
      }
      let point = HookPoint.residualPre(.blocks, 1)
      let state = try clean.trace[point]
      let restoring = Intervention(at: point) { residual in
        var residual = residual
        for unit in 0..<24 { residual[0, 2, unit] = state[0, 2, unit] }
        return residual
      }
      spoilt += try probability(model.run(ModelInput(ids), intervening: [noise])) / 2
      restored += try probability(model.run(ModelInput(ids), intervening: [noise, restoring])) / 2
    }
    XCTAssertEqual(report.corrupted, spoilt, accuracy: 1e-6)
    XCTAssertEqual(try XCTUnwrap(report.probability[1][2]), restored, accuracy: 1e-6)
    XCTAssertEqual(report.tokens, ["#7", "#8", "#9", "#10"])
    // What stands before the subject is clean as it is.
    XCTAssertEqual(try XCTUnwrap(report.probability[0][0]), spoilt, accuracy: 1e-6)
  }

  func testWordsAndIdsSayTheSame() throws {
    let reader = try LoadedModel("reader")
    func ids(_ text: String) throws -> String { try reader.encode(text).idText }
    let (clean, corrupted) = ("The capital of France is", "The capital of Italy is")
    let folder = try temporaryFolder()
    let ends = ["--answer", "Paris", "--foil", "Rome", "--json", "--model", "reader"]
    let words = try Call(
      ["patch", "--clean", clean, "--corrupted", corrupted, "--position", "is"] + ends, in: folder)
    let numbers = try Call(
      ["patch", "--clean-ids", ids(clean), "--corrupted-ids", ids(corrupted), "--position", "-1"]
        + ends, in: folder)
    XCTAssertEqual(words.errors, "")
    XCTAssertEqual(words.output, numbers.output)
    let report = try JSONDecoder().decode(PatchReport.self, from: Data(words.output.utf8))
    XCTAssertEqual(report.tokens, ["<s>", "The", "capital", "of", "France", "is"])
    // The only token that differs carries all of the difference into the first block.
    XCTAssertEqual(try XCTUnwrap(report.effect[0][4]), 1, accuracy: 1e-5)
  }

  func testASubjectOfSeveralTokensIsSpoiltWhole() throws {
    let reader = try LoadedModel("reader")
    let text = TextChoice(
      option: "--text", name: "the text", text: "The capital of Saudi Arabia is", ids: nil)
    let tokens = try text.tokens(for: reader)
    func span(_ words: String) throws -> Range<Int> {
      try tokens.span(of: .init(option: "--subject", name: "the subject", text: words, ids: nil))
    }
    XCTAssertEqual(try span("Saudi Arabia"), 4..<6)
    XCTAssertEqual(try span(" Saudi Arabia"), 4..<6)
    XCTAssertEqual(try span("capital"), 2..<3)
    XCTAssertThrowsError(try span("Norway")) {
      XCTAssertTrue("\($0)".hasPrefix("the subject, “Norway”, does not stand in the text"))
    }
  }

  func testTargetsStandBehindTheStartToken() throws {
    let translator = try LoadedModel("translator")
    let start = translator.model.configuration.startToken
    func ids(_ arguments: [String]) throws -> [Int] {
      try XCTUnwrap(TargetOptions.parse(arguments).tokens(for: translator)).ids
    }
    let words = try translator.encode("Le chien")
    // The end token, which nothing follows, is not read.
    XCTAssertEqual(try ids(["--target", "Le chien"]), [start] + words.dropLast())
    XCTAssertEqual(try ids([]), [start])
    XCTAssertEqual(try ids(["--target-ids", "\(start),5,6"]), [start, 5, 6])
    XCTAssertEqual(try ids(["--target-ids", "5,6"]), [start, 5])
  }
}
