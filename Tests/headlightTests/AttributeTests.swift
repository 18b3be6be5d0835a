import Figures
import Foundation
import Interpretability
import Laboratory
import Models
import Tokenizers
import Transformers
import XCTest

@testable import headlight

final class AttributeTests: XCTestCase {
  private let source = "Translate to French: The brown dog ran."
  private let target = "Le chien brun a couru."
  private var text: [String] { ["attribute", "--source", source, "--target", target] }

  private func report(_ arguments: [String], note: String = "") throws -> AttributionReport {
    let call = try Call(text + arguments + ["--json"], in: try temporaryFolder())
    // What integrated gradients add up to is told by a test of its own.
    let notes = call.errors.split(separator: "\n", omittingEmptySubsequences: true)
      .filter { !$0.contains("the scores add up to") }
    XCTAssertEqual(notes.map { "\($0)\n" }.joined(), note)
    return try JSONDecoder().decode(AttributionReport.self, from: Data(call.output.utf8))
  }

  func testTheNumbersAreTheLibrarys() throws {
    let run = try AttributionRun(of: LoadedModel("translator"), source: source, target: target)
    let brune = try XCTUnwrap(LoadedModel("translator").tokenizer?.id(of: "▁brune"))
    let prediction = try ExplainedPrediction(
      run.model, run.input, target: AttributionTarget(run.predicted[2], at: 2, against: brune),
      includesDecoder: true)
    for method in AttributionMethod.allCases {
      let report = try report(
        [
          "--position", "brun", "--foil", "brune", "--method", method.rawValue, "--steps", "9",
        ],
        note:
          "Note: --foil “brune” is a token only with a space before it, and is taken as “ brune” "
          + "(#\(brune)).\n")
      var settings = AttributionSettings()
      settings.steps = 9
      let scores = try prediction.scores(by: method, settings: settings)
      XCTAssertEqual(report.target, "brun")
      XCTAssertEqual(report.foil, "brune")
      XCTAssertEqual(report.targetID, run.predicted[2])
      XCTAssertEqual(report.foilID, brune)
      XCTAssertEqual(report.position, 2)
      XCTAssertEqual(Float(try XCTUnwrap(report.value)), try prediction.value(), accuracy: 1e-5)
      XCTAssertEqual(report.source?.map(\.token), run.sourceTokens)
      XCTAssertEqual(report.source?.map { Float($0.score) }, scores.source, "\(method)")
      XCTAssertEqual(report.decoder?.map { Float($0.score) }, scores.decoder, "\(method)")
    }
  }

  /// Few steps from zeros leave a gap, and padding with many does not.
  func testWhatIntegratedGradientsAddUpToIsAlwaysSaid() throws {
    let folder = try temporaryFolder()
    let wide = text + ["--position", "brun", "--method", "integrated-gradients", "--steps", "5"]
    let call = try Call(wide + ["--json"], in: folder)
    let report = try JSONDecoder().decode(AttributionReport.self, from: Data(call.output.utf8))
    let sum = try XCTUnwrap(report.completeness)
    let scores = (report.source! + report.decoder!).reduce(0) { $0 + $1.score }
    XCTAssertEqual(sum.sum, scores, accuracy: 1e-3 * max(1, abs(scores)))
    XCTAssertEqual(sum.gap, sum.sum - sum.difference, accuracy: 1e-9)
    XCTAssertEqual(sum.isComplete, abs(sum.gap) <= 0.05 * abs(sum.difference))
    XCTAssertFalse(sum.isComplete)
    XCTAssertTrue(call.errors.hasPrefix("Note: the scores add up to "), call.errors)
    XCTAssertTrue(call.errors.contains("not to be trusted; try --steps 100"), call.errors)

    let close =
      text + ["--position", "brun", "--method", "integrated-gradients", "--baseline", "<pad>"]
      + ["--steps", "200", "-o", "a.png"]
    let good = try Call(close, in: folder)
    XCTAssertEqual(good.errors, "")
    XCTAssertTrue(
      good.output.hasPrefix("Wrote a.png.\nHere the scores add up to "), good.output)

    let sentence = try Call(
      text + ["--method", "integrated-gradients", "--steps", "3", "--json"], in: folder)
    let rows = try JSONDecoder().decode(
      AttributionReport.self, from: Data(sentence.output.utf8)
    ).rows!
    XCTAssertEqual(rows.map(\.position), Array(0..<7))
    XCTAssertEqual(rows.compactMap(\.completeness).count, 7)
    XCTAssertTrue(sentence.errors.contains("of 7 predictions"), sentence.errors)
  }

  func testAFigureTooLargeToDrawIsRefusedBeforeTheWork() throws {
    let long = Array(repeating: "dog", count: 900).joined(separator: " ")
    let call = try Call(
      ["attribute", "--source", long, "--target", target, "-o", "a.png", "--dpi", "2400"],
      in: try temporaryFolder())
    XCTAssertTrue(call.sentence.contains("more than can be drawn"), call.sentence)
    XCTAssertTrue(call.sentence.contains("Give --position, to explain one prediction"))
  }

  func testASentenceHasARowForEveryPrediction() throws {
    let report = try report(["--method", "saliency"])
    XCTAssertEqual(
      report.rows?.map(\.predicted), ["▁Le", "▁chien", "▁brun", "▁a", "▁couru", ".", "</s>"])
    XCTAssertEqual(report.rows?.map(\.source.count), Array(repeating: 10, count: 7))
    XCTAssertEqual(report.rows?[2].decoder?[3...], [0, 0, 0, 0])
    XCTAssertEqual(report.decoderTokens?.first, "<pad>")
  }

  func testATraceHasALayerMoreThanTheStack() throws {
    let trace = try XCTUnwrap(report(["--position", "2", "--trace"]).trace)
    XCTAssertEqual(trace.map(\.name), ["encoder", "decoder", "cross-attention"])
    XCTAssertEqual(trace.map(\.values.count), [4, 3, 2])
    XCTAssertEqual(trace.map { $0.values[0].count }, [10, 7, 10])
  }

  func testCurvesRunFromTheWholeInputToTheBaseline() throws {
    let report = try report(["--position", "brun", "--curves", "--method", "occlusion"])
    let (deletion, insertion) = try (XCTUnwrap(report.deletion), XCTUnwrap(report.insertion))
    XCTAssertEqual(deletion.values[0], try XCTUnwrap(report.value), accuracy: 1e-4)
    XCTAssertEqual(deletion.values[0], insertion.values[10], accuracy: 1e-4)
    XCTAssertEqual(deletion.randomAreas.count, 20)
  }

  func testAModelOfOneStackExplainsItsOwnText() throws {
    let folder = try temporaryFolder()
    for name in ["config.json", "model.safetensors"] {
      try FileManager.default.copyItem(
        at: fixture("gpt2-tiny/\(name)"), to: folder.appendingPathComponent(name))
    }
    // A word for every id.
    let words = Dictionary(uniqueKeysWithValues: (0..<51).map { ("w\($0)", $0) })
    let tokenizer: [String: Any] = [
      "version": "1.0", "added_tokens": [Any](), "normalizer": NSNull(),
      "post_processor": NSNull(), "decoder": NSNull(),
      "pre_tokenizer": ["type": "WhitespaceSplit"],
      "model": ["type": "WordLevel", "unk_token": "w0", "vocab": words] as [String: Any],
    ]
    try JSONSerialization.data(withJSONObject: tokenizer)
      .write(to: folder.appendingPathComponent("tokenizer.json"))
    let text = ["attribute", "--model", ".", "--text", "w7 w31 w12 w44"]
    let call = try Call(text + ["-o", "a.svg", "--json"], in: folder)
    XCTAssertEqual(call.errors, "")
    XCTAssertTrue(
      FileManager.default.fileExists(atPath: folder.appendingPathComponent("a.svg").path))
    let report = try JSONDecoder().decode(AttributionReport.self, from: Data(call.output.utf8))
    XCTAssertEqual(report.rows?.prefix(3).map(\.predicted), ["w31", "w12", "w44"])
    XCTAssertEqual(report.rows?.count, 4)
    XCTAssertNil(report.rows?[0].decoder)
    // A position comes back as it was given, with the row that predicts it beside.
    let asked = try Call(text + ["--position", "2", "--json"], in: folder)
    let one = try JSONDecoder().decode(AttributionReport.self, from: Data(asked.output.utf8))
    XCTAssertEqual(one.position, 2)
    XCTAssertEqual(one.target, "w12")
    XCTAssertEqual(one.row, 1)
    XCTAssertEqual(one.predictedAfter, "w31")
    XCTAssertEqual(report.rows?.map(\.position), [1, 2, 3, 4])
    let trace = try Call(text + ["--position", "w12", "--trace", "-o", "b.png"], in: folder)
    XCTAssertEqual(trace.output, "Wrote b.png.\n", trace.errors)
    let first = try Call(text + ["--position", "0", "-o", "c.png"], in: folder)
    XCTAssertEqual(
      first.sentence,
      "Error: position 0 is the first token of the text, which nothing predicts; choose a later one"
    )
  }

  func testEveryFigureIsWrittenTheSameTwice() throws {
    let folder = try temporaryFolder()
    for arguments in [
      [], ["--position", "brun"], ["--position", "brun", "--trace"],
      ["--position", "brun", "--curves"],
    ] {
      var files: [Data] = []
      for name in ["a.svg", "b.svg"] {
        let call = try Call(text + arguments + ["-o", name], in: folder)
        XCTAssertEqual(call.output, "Wrote \(name).\n", call.errors)
        files.append(try Data(contentsOf: folder.appendingPathComponent(name)))
      }
      XCTAssertEqual(files[0], files[1], "\(arguments)")
    }
  }

  private let advice =
    "give one token, with the space before it if it has one, or an id as in #12"

  /// What a word is that is no token of the translator.
  private func pieces(_ word: String) throws -> String {
    let tokenizer = try XCTUnwrap(LoadedModel("translator").tokenizer)
    let pieces = try tokenizer.tokens(tokenizer.encode(word, addingSpecialTokens: false))
      .map { "“\($0.replacing("▁", with: " "))”" }
    return "\(pieces.count) tokens of translator, "
      + pieces.prefix(8).joined(separator: ", ") + (pieces.count > 8 ? ", …" : "")
  }

  func testBadQuestionsAreOneSentence() throws {
    let output = ["-o", "a.png"]
    let brun = try XCTUnwrap(LoadedModel("translator").tokenizer?.id(of: "▁brun"))
    try assertFails(
      text + output + ["--position", "9"],
      "there is no position 9; the positions are: 0 ▁Le, 1 ▁chien, 2 ▁brun, 3 ▁a, 4 ▁couru, 5 ., "
        + "6 </s>")
    try assertFails(
      text + output + ["--position", "2", "--foil", "#\(brun)"],
      "the target and the foil are both token \(brun): a contrast needs two different tokens; choose "
        + "another foil")
    try assertFails(
      text + output + ["--position", "2", "--foil", "xylophone"],
      "--foil is “xylophone”, which is \(try pieces("xylophone")); \(advice)")
    try assertFails(
      text + output + ["--baseline", "nothing"],
      "--baseline is “nothing”, which is \(try pieces("nothing")); \(advice)")
    try assertFails(
      text + output + ["--position", "2", "--foil", "#100000"],
      "--foil is #100000, and the ids of translator go from 0 to "
        + "\(try LoadedModel("translator").model.configuration.vocabularySize - 1)")
    try assertFails(
      text, code: 64,
      "nothing would come of it: give --output for a figure, --json for numbers, or both")
    try assertFails(
      text + output + ["--trace"], code: 64,
      "--trace is about one prediction: give --position too")
    try assertFails(
      ["attribute", "--source", " "] + output, "the text is empty; give at least one word")
  }
}
