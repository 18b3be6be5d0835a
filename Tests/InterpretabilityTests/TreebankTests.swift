import Foundation
import Interpretability
import Transformers
import XCTest

/// A line of ten columns; what is not given is `_`.
private func line(_ id: String, _ form: String, head: String = "_", misc: String = "_") -> String {
  let upos = form == "." ? "PUNCT" : "NOUN"
  return [id, form, form, upos, "_", "Number=Sing|Case=Nom", head, "dep", "_", misc]
    .joined(separator: "\t")
}

final class TreebankTests: XCTestCase {
  private func read(_ lines: [String], end: String = "\n\n") throws -> [AnnotatedSentence] {
    try Treebank(Array((lines.joined(separator: "\n") + end).utf8)).sentences
  }

  private func assertFault(
    _ lines: [String], _ sentence: String, file: StaticString = #filePath, line: UInt = #line
  ) {
    XCTAssertThrowsError(try read(lines), file: file, line: line) {
      XCTAssertEqual("\($0)", sentence, file: file, line: line)
    }
  }

  func testWordsTextAndLabels() throws {
    let sentences = try read([
      "# sent_id = a1", "# text = Dogs bark.", line("1", "Dogs", head: "2"),
      line("2", "bark", head: "0", misc: "Gloss=x|SpaceAfter=No"), line("3", ".", head: "2"),
    ])
    XCTAssertEqual(sentences.count, 1)
    XCTAssertEqual(sentences[0].id, "a1")
    XCTAssertEqual(sentences[0].text, "Dogs bark.")
    XCTAssertEqual(sentences[0].words.map(\.head), [1, nil, 1])
    XCTAssertEqual(sentences[0].words.map(\.place), [0..<4, 5..<9, 9..<10])
    XCTAssertEqual(sentences[0].words.map(\.isPunctuation), [false, false, true])
    XCTAssertEqual(
      sentences[0].words[0].labels,
      ["upos": "NOUN", "deprel": "dep", "feats.Number": "Sing", "feats.Case": "Nom"])
  }

  func testMultiWordTokensAndEmptyNodes() throws {
    // “du” is de + le and spells neither; “cannot” is spelled by its parts.
    let words = try read([
      line("1-2", "du", misc: "SpaceAfter=No"), line("1", "de", head: "0"),
      line("2", "le", head: "1"), line("2.1", "ghost"), line("2.2", "ghost"),
      line("3-4", "cannot"), line("3", "can", head: "1"), line("4", "not", head: "3"),
      line("5", "là", head: "1", misc: "SpaceAfter=No"),
    ])[0]
    XCTAssertEqual(words.text, "ducannot là")
    XCTAssertEqual(words.words.map(\.text), ["de", "le", "can", "not", "là"])
    XCTAssertEqual(words.words.map(\.place), [0..<2, 0..<2, 2..<5, 5..<8, 9..<12])
  }

  func testLineEndsMarkAndMissingLastBlankLine() throws {
    let text =
      "\u{FEFF}"
      + [line("1", "a", head: "0"), "", line("1", "b", head: "0")]
      .joined(separator: "\r\n")
    XCTAssertEqual(try Treebank(Array(text.utf8)).sentences.map(\.text), ["a", "b"])
  }

  func testLinesOfBlanksPartSentences() throws {
    for blank in ["\t", " ", " \t ", "\t\t\t\t\t\t\t\t\t", "\u{A0}", "\r"] {
      let found = try read([line("1", "a", head: "0"), blank, blank, line("1", "b", head: "0")])
      XCTAssertEqual(found.map(\.text), ["a", "b"])
    }
  }

  func testCommentsWithoutASentenceArePassedOver() throws {
    let found = try read([
      "# newdoc", "# sent_id = nothing", "", line("1", "a", head: "0"), "", "# the end", "", "#",
    ])
    XCTAssertEqual(found.map(\.text), ["a"])
    XCTAssertEqual(found.map(\.id), ["1"])
  }

  func testBlanksAroundAFieldAndMarksAmidAFileAreNoPartOfIt() throws {
    let row = line("1", " New York ", head: "0", misc: "SpaceAfter=No ")
      .replacing("NOUN", with: "NOUN ")
    let found = try read([
      row, line("2", ".", head: "1"), "", "\u{FEFF}" + line("1", "b", head: "0"),
    ])
    XCTAssertEqual(found.map(\.text), ["New York.", "b"])
    XCTAssertEqual(found[0].words[0].labels["upos"], "NOUN")
  }

  /// A treebank that was tagged and not parsed, or not to the end.
  func testHeadsMayBeLeftOpenWhereLabelsAloneAreAsked() throws {
    func read(_ lines: [String]) throws -> AnnotatedSentence {
      try Treebank(Array(lines.joined(separator: "\n").utf8), needsTrees: false).sentences[0]
    }
    let found = try read([line("1", "a"), line("2", "b", head: "1"), line("3", "c")])
    XCTAssertEqual(found.words.map(\.head), [nil, 0, nil])
    XCTAssertEqual(found.words.map { $0.labels["upos"] }, ["NOUN", "NOUN", "NOUN"])
    XCTAssertThrowsError(try read([line("1", "a"), line("2", "b", head: "7")]))
    XCTAssertThrowsError(try read([line("1", "a", head: "x")]))
  }

  func testBrokenTreesAreRefused() {
    assertFault(
      [
        "# one leads into the circle and is no part of it", line("1", "a", head: "3"),
        line("2", "b", head: "0"), line("3", "c", head: "4"), line("4", "d", head: "3"),
      ],
      "the heads of the word “c” on line 4 run in a circle and never reach a root; mend column 7")
    assertFault(
      [line("1", "a", head: "2"), line("2", "b", head: "1"), line("3", "c", head: "0")],
      "the heads of the word “a” on line 1 run in a circle and never reach a root; mend column 7")
    assertFault(
      [line("1", "a", head: "1")],
      "the heads of the word “a” on line 1 run in a circle and never reach a root; mend column 7")
    assertFault(
      ["# x", line("1", "a", head: "0"), line("2", "b", head: "0")],
      "the sentence that begins on line 1 has 2 roots, the second on line 3; one word has the head 0"
    )
    assertFault(
      [line("1", "a", head: "0"), line("2", "b")],
      "the word “b” on line 2 has no head (column 7 is _); give the number of the word it depends "
        + "on, or 0 for the root")
    assertFault(
      [line("1", "a", head: "0"), line("2", "b", head: "5")],
      "the word “b” on line 2 depends on word 5, and the sentence has 2; mend column 7")
  }

  func testBrokenLinesAreRefused() {
    assertFault(
      ["1\ta\ta"],
      "line 1 has 3 columns where CoNLL-U has 10, with a tab between two; mend the line")
    assertFault(
      [line("1", "a", head: "0") + "\tmore"],
      "line 1 has 11 columns where CoNLL-U has 10, with a tab between two; mend the line")
    assertFault(
      [line("1", "", head: "0")],
      "column 2 of line 1 is empty; write _ where there is nothing to say")
    assertFault(
      [line("1", "a", head: "0"), line("3", "b", head: "1")],
      "line 2 has the number 3 where 2 comes next; words count from 1")
    assertFault(
      [line("2-3", "a"), line("1", "a", head: "0")],
      "line 1 is a multi-word token 2-3, and the next word is 1; a range stands before the first of "
        + "its words, such as 1-2")
    assertFault(
      [line("1-2", "ab"), line("1", "a", head: "0")],
      "the multi-word token 1-2 on line 1 reaches beyond the 1 words of its sentence; mend the range"
    )
    assertFault(
      [line("1", "a", head: "0"), line("1.2", "b")],
      "line 2 is an empty node 1.2 where 1.1 would be the next; mend the numbers")
    assertFault(
      [line("1", "a", head: "0"), "# late"],
      "line 2 is a comment amid the words of a sentence; comments stand before the first")
    assertFault(
      [line("1", "a", head: "0").replacingOccurrences(of: "Case=Nom", with: "Case")],
      "the feature “Case” on line 1 is not of the form Name=Value; mend column 6")
    assertFault(
      ["# ghosts", line("0.1", "boo")],
      "the sentence of the empty node on line 2 has no word; give one or leave it out")
    for number in ["01", "+1", "1a", " "] {
      XCTAssertThrowsError(try read([line(number, "a", head: "0")]), number)
      XCTAssertThrowsError(try read([line("1", "a", head: number)]), number)
    }
    assertFault(
      [line("1", "a", head: "0").replacing("NOUN", with: "NO UN")],
      "column 4 of line 1 is “NO UN”, and there are no blanks in it; mend the line")
    assertFault(
      [line("1", "a", head: "0").replacing("Case=Nom", with: "Number=Plur")],
      "the feature “Number” stands twice on line 1; mend column 6")
    assertFault(
      [line("1", "a", head: "0") + "\r" + line("2", "b", head: "1")],
      "line 1 holds line ends of another kind (carriage returns); save the treebank with line feeds"
    )
  }

  func testBrokenFilesAreRefused() {
    XCTAssertThrowsError(try Treebank([])) {
      XCTAssertEqual("\($0)", "the treebank is empty; it needs at least one sentence")
    }
    XCTAssertThrowsError(try Treebank(Array("# a\n\n".utf8))) {
      XCTAssertEqual(
        "\($0)", "the treebank has no sentence in its 3 lines; it needs at least one sentence")
    }
    XCTAssertThrowsError(try Treebank(Array("# a\n# ".utf8) + [0xFF, 0xFE, 0x0A])) {
      XCTAssertEqual("\($0)", "line 2 is not UTF-8; save the treebank in that encoding")
    }
    XCTAssertThrowsError(try Treebank(contentsOf: URL(fileURLWithPath: "/no/such.conllu"))) {
      XCTAssertEqual(
        "\($0)", "there is no file /no/such.conllu; give a file in the CoNLL-U format")
    }
  }
}
