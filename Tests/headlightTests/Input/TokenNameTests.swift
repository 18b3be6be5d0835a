import Foundation
import Interpretability
import Laboratory
import Models
import Tokenizers
import Transformers
import XCTest

@testable import headlight

/// Tokens and places as people type them, of a model whose tokens tell “Mary” from “ Mary”.
final class TokenNameTests: XCTestCase {
  private let text = "Mary and John café and Mary"

  private func model() throws -> LoadedModel { try LoadedModel(folderOfSpacedTokens().path) }

  func testAWordIsTheTokenThatItSays() throws {
    let loaded = try model()
    let tokenizer = try XCTUnwrap(loaded.tokenizer)
    let (mary, spacedMary) = (tokenizer.id(of: "Mary")!, tokenizer.id(of: "ĠMary")!)
    let john = tokenizer.id(of: "ĠJohn")!
    func ids(_ names: [String], beside own: Int? = nil) throws -> (ids: [Int], said: Int) {
      let options = ["--token", "--foil"]
      let found = try TokenNames(of: loaded).resolve(
        zip(options, names).map { ($0, TokenName(argument: $1)) }, beside: own)
      return (found.ids, found.remarks.count)
    }
    for (names, own, expected, said) in [
      ([" Mary", " John"], nil, [spacedMary, john], 0), (["Mary"], nil, [mary], 0),
      (["ĠMary"], nil, [spacedMary], 0), (["John"], nil, [john], 1),
      // A contrast is of one kind, whichever of the two was a token only with its space.
      (["Mary", "John"], nil, [spacedMary, john], 2),
      (["John", "Mary"], nil, [john, spacedMary], 2),
      (["Mary"], john, [spacedMary], 1), (["Mary"], mary, [mary], 0),
      // What was typed as it is stays, and that the two differ is said.
      ([" Mary", "Mary"], nil, [spacedMary, mary], 1), ([" Mary"], mary, [spacedMary], 1),
      (["#\(mary)", "#\(john)"], nil, [mary, john], 1), (["#0"], nil, [0], 0),
      (["<|end|>"], nil, [50], 0), (["7"], nil, [7], 1),
    ] as [([String], Int?, [Int], Int)] {
      let found = try ids(names, beside: own)
      XCTAssertEqual(found.ids, expected, "\(names)")
      XCTAssertEqual(found.said, said, "\(names)")
    }
    for (name, sentence) in [
      ("#51", "--token is #51, and the ids of \(loaded.shortName) go from 0 to 50"),
      (
        "café",
        "--token is “café”, which is 4 tokens of \(loaded.shortName), “c”, “af”, “<0xC3>”, “<0xA9>”; "
          + "give one token, with the space before it if it has one, or an id as in #12"
      ),
      (
        " and John",
        "--token is “ and John”, which is 2 tokens of \(loaded.shortName), “ and”, “ John”; give one "
          + "token, with the space before it if it has one, or an id as in #12"
      ),
      (
        " x",
        "--token is “ x”, which is no token of \(loaded.shortName); without the space “x” is #14"
      ),
    ] {
      XCTAssertThrowsError(try ids([name])) { XCTAssertEqual("\($0)", sentence) }
    }
  }

  func testVocabulariesWithoutSpacesTakeAWordWithOne() throws {
    let reader = try LoadedModel("reader")
    let rome = try XCTUnwrap(reader.tokenizer?.id(of: "Rome"))
    for (name, said) in [("Rome", 0), (" Rome", 1)] {
      let found = try TokenNames(of: reader).resolve(TokenName(argument: name), option: "--token")
      XCTAssertEqual(found.id, rome)
      XCTAssertEqual(found.remarks.count, said)
    }
  }

  func testTheContrastIsOfTheTokensThatWereTaken() throws {
    let folder = try folderOfSpacedTokens()
    let run = try AttributionRun(of: LoadedModel(folder.path), source: text, target: nil)
    let tokenizer = try XCTUnwrap(LoadedModel(folder.path).tokenizer)
    let prediction = try ExplainedPrediction(
      run.model, run.input,
      target: AttributionTarget(
        tokenizer.id(of: "ĠMary")!, at: 3, against: tokenizer.id(of: "ĠJohn")!),
      includesDecoder: true)
    // One line is about the start token that the text is read without.
    for (names, notes) in [([" Mary", " John"], 1), (["Mary", "John"], 3)] {
      let call = try Call(
        [
          "attribute", "--model", ".", "--text", text, "--position", "4", "--token", names[0],
          "--foil", names[1], "--json",
        ], in: folder)
      let report = try JSONDecoder().decode(AttributionReport.self, from: Data(call.output.utf8))
      XCTAssertEqual(
        Float(try XCTUnwrap(report.value)), try prediction.value(), accuracy: 1e-5)
      XCTAssertEqual(call.errors.split(separator: "\n").count, notes, call.errors)
    }
    // Two tokens of one word are told apart by what stands before them.
    let names = run.names(
      of: AttributionTarget(
        tokenizer.id(of: "ĠMary")!, at: 3, against: tokenizer.id(of: "Mary")!))
    XCTAssertEqual(names.token, "␣Mary")
    XCTAssertEqual(names.foil, "Mary")
  }

  func testAWordOfSeveralTokensNamesItsLast() throws {
    let loaded = try model()
    // Mary | and | John | c af C3 A9 | and | Mary
    let subject = try AttentionRun(of: loaded, source: text, target: nil, rows: .reads)
      .subject(nil)
    XCTAssertEqual(
      subject.queries,
      ["Mary", " and", " John", " c", "af", "<0xC3>", "<0xA9>", " and", " Mary"])
    for (word, place) in [
      ("café", 6), ("cafe\u{301}", 6), ("John café", 6), ("John", 2), (" John", 2), ("af", 4),
      (" c", 3), ("0", 0), ("-1", 8), ("-9", 0),
    ] {
      XCTAssertEqual(try subject.query(word), place, word)
    }
    XCTAssertThrowsError(try subject.query("Mary")) {
      XCTAssertEqual("\($0)", "“Mary” names the rows 0 and 8; give one by its number")
    }
    // Rows that are named by what they predict lie one to the left.
    let predicts = try AttentionRun(of: loaded, source: text, target: nil, rows: .predicts)
      .subject(nil)
    XCTAssertEqual(try predicts.query("café"), 5)
    // A position of an attribution is a token of the text; its row is the one before.
    let run = try AttributionRun(of: loaded, source: text, target: nil)
    XCTAssertEqual(try run.place(of: "café"), 5)
    XCTAssertEqual(try run.place(of: "-1"), 8)
    XCTAssertThrowsError(try run.place(of: "caf")) { error in
      XCTAssertTrue("\(error)".contains("3 ␣c, 4 af"), "\(error)")
    }
  }

  func testWordsOfATranslationAreFoundToo() throws {
    let loaded = try LoadedModel("translator")
    let source = "Translate to French: The brown dog ran."
    for target in ["Le chien brun a couru.", nil] {
      let reads = try AttentionRun(of: loaded, source: source, target: target, rows: .reads)
        .subject(.cross)
      let place = try reads.query("brun")
      XCTAssertEqual(reads.queries[place], "▁brun")
      XCTAssertEqual(
        try AttentionRun(of: loaded, source: source, target: target, rows: .predicts)
          .subject(.cross).query("brun"), place - 1)
    }
  }

  func testReportsNameTokensByTheirText() throws {
    let folder = try folderOfSpacedTokens()
    let call = try Call(["lens", "--model", ".", "--text", text, "--json"], in: folder)
    let notes = call.errors.split(separator: "\n")
    XCTAssertEqual(notes.count, 1, call.errors)
    XCTAssertTrue(call.errors.contains("a start token, <|end|>, and the text is read without it"))
    let report = try JSONDecoder().decode(LensReport.self, from: Data(call.output.utf8))
    XCTAssertEqual(
      report.tokens, ["Mary", " and", " John", " c", "af", "<0xC3>", "<0xA9>", " and", " Mary"])
    XCTAssertFalse(report.layers.joined().contains { $0.token.contains("Ġ") })
  }
}

extension AttentionRun {
  /// A run of a text as the command prepares it.
  init(of loaded: LoadedModel, source: String, target: String?, rows: RowNames) throws {
    try self.init(
      of: loaded, PreparedInput(source: source, target: target, for: loaded), source: source,
      target: target, rows: rows)
  }
}
