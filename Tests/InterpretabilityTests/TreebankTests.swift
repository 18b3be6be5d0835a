import Foundation
import Interpretability
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

  func testBrokenTreesAreRefused() {
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
      "the multi-word token 1-2 of the sentence that begins on line 1 reaches beyond its 1 words; "
        + "mend the range")
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
      ["# only a comment"],
      "the sentence that begins on line 1 has no word; give one or leave it out")
  }

  func testBrokenFilesAreRefused() {
    XCTAssertThrowsError(try Treebank([])) {
      XCTAssertEqual("\($0)", "the treebank is empty; it needs at least one sentence")
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
