import Foundation
import Spans
import XCTest

/// Files of sentences with spans, and what is said of those that are none.
final class SpanFileTests: XCTestCase {
  private func sentences(_ text: String) throws -> [SpanSentence] {
    let url = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try Data(text.utf8).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    return try SpanFile.sentences(contentsOf: url)
  }

  private func fault(_ text: String, _ line: Int, _ what: String) {
    XCTAssertThrowsError(try sentences(text)) { error in
      XCTAssertTrue("\(error)".hasPrefix("line \(line) of "), "\(error)")
      XCTAssertTrue("\(error)".contains(what), "\(error)")
    }
  }

  func testTabSeparated() throws {
    let found = try sentences(
      "id\tkind\ttokens\ttags\tparaphrase\tparaphrase-tags\r\n"
        + "a\tstatic\tit was peanuts\tO O B-IDIOM\tit was very little money\tO O B I I\r\n"
        + "\r\n"
        + "b\t\the kicked the old bucket\tO B I O I\t\t\r\n")
    XCTAssertEqual(found.map(\.id), ["a", "b"])
    XCTAssertEqual(found.map(\.kind), [.static, .formal])
    XCTAssertEqual(found[0].text.span, [2])
    XCTAssertEqual(found[0].paraphrase?.span, [2, 3, 4])
    XCTAssertEqual(found[1].text.span, [1, 2, 4])
    XCTAssertNil(found[1].paraphrase)
  }

  func testBIO() throws {
    let found = try sentences(
      "# id = x\n# kind = literal\nShe\tO\nbroke\tB-IDIOM\nthe\tI-IDIOM\nice\tI-IDIOM\n\n"
        + "# paraphrase-of = x\nShe\tO\nbegan\tB\n\n\n#\tO\nhash B\n")
    XCTAssertEqual(found.map(\.id), ["x", "2"])
    XCTAssertEqual(found[0].kind, .literal)
    XCTAssertEqual(found[0].text.span, [1, 2, 3])
    XCTAssertEqual(found[0].paraphrase?.words, ["She", "began"])
    XCTAssertEqual(found[1].text.words, ["#", "hash"])
  }

  func testEveryFaultHasItsLine() {
    let heading = "tokens\ttags\n"
    fault(heading + "a b\tO B\na b\tO\n", 3, "2 words and 1 tags")
    fault(heading + "a b\tO O\n", 2, "no word is tagged B")
    fault(heading + "a b\tO I\n", 2, "before any B")
    fault(heading + "a b\tB B\n", 2, "second span")
    fault(heading + "a b\tB X\n", 2, "“X”")
    fault(heading + "a b\n", 2, "1 cell")
    fault("tokens\tkind\na\tformal\n", 1, "“tags” is needed")
    fault("kind\ttokens\ttags\nodd\ta\tB\n", 2, "“odd”")
    fault("a\tB\n\nb\n", 3, "no word with its tag")
    fault("a\tB\n\nb\tQ\n", 3, "“Q”")
    fault("a\tB\n\n\nb\tO\n", 4, "no word is tagged B")
    fault("# paraphrase-of = 9\na\tB\n", 2, "“9”")
    XCTAssertThrowsError(try sentences(""))
    XCTAssertThrowsError(try sentences("id\ttokens\ttags\n1\ta\tB\n1\tb\tB\n")) {
      XCTAssertTrue("\($0)".contains("two sentences"), "\($0)")
    }
  }

  func testTheLastWordIsExchanged() throws {
    let text = try SpanText(words: ["he", "kicked", "the", "bucket", "."], span: [1, 2, 3])
    let other = try text.exchangingLastWord(for: ["big", "ball"])
    XCTAssertEqual(other.words, ["he", "kicked", "the", "big", "ball", "."])
    XCTAssertEqual(other.span, [1, 2, 3, 4])
  }
}
