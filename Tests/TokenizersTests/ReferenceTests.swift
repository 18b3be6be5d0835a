import Foundation
import Tokenizers
import XCTest

/// Ids and text against the `tokenizers` library, over ordinary and hostile text.
final class ReferenceTests: XCTestCase {
  private var texts: [String] = []
  private var expected: [String: Fixture.Expected] = [:]

  override func setUpWithError() throws {
    texts = try Fixture.corpus().texts
    expected = try Fixture.expected()
  }

  func testFixturesAreComplete() {
    XCTAssertGreaterThanOrEqual(texts.count, 400)
    XCTAssertEqual(expected.keys.sorted(), Fixture.names.sorted())
    for reference in expected.values { XCTAssertEqual(reference.rows.count, texts.count) }
  }

  func testIDsEqualTheLibrarys() throws {
    for name in Fixture.names {
      let tokenizer = try Fixture.tokenizer(name)
      for (text, row) in zip(texts, try XCTUnwrap(expected[name]).rows) {
        let plain = try tokenizer.encode(text, addingSpecialTokens: false)
        XCTAssertEqual(plain, row.plain, "\(name): \(text.debugDescription)")
        let closed = try tokenizer.encode(text, addingSpecialTokens: true)
        XCTAssertEqual(closed, row.plain + row.closing, "\(name): \(text.debugDescription)")
      }
    }
  }

  func testDecodedTextEqualsTheLibrarys() throws {
    for name in Fixture.names {
      let tokenizer = try Fixture.tokenizer(name)
      for (text, row) in zip(texts, try XCTUnwrap(expected[name]).rows) {
        let ids = row.plain + row.closing
        let kept = try tokenizer.decode(ids, skippingSpecialTokens: false)
        assertSameScalars(kept, row.kept, "\(name): \(text.debugDescription)")
        let skipped = try tokenizer.decode(ids, skippingSpecialTokens: true)
        assertSameScalars(skipped, row.skipped, "\(name): \(text.debugDescription)")
      }
    }
  }

  func testRandomIDsDecodeAsInTheLibrary() throws {
    for name in Fixture.names {
      let tokenizer = try Fixture.tokenizer(name)
      for sample in try XCTUnwrap(expected[name]).decoded {
        let text = try tokenizer.decode(sample.ids, skippingSpecialTokens: false)
        assertSameScalars(text, sample.text, "\(name): \(sample.ids)")
      }
    }
  }

  func testVocabularySizesEqualTheLibrarys() throws {
    for name in Fixture.names {
      XCTAssertEqual(try Fixture.tokenizer(name).vocabularySize, expected[name]?.size, name)
    }
  }

  func testLongLinesEqualTheLibrarys() throws {
    let lines = try Fixture.longLines()
    for name in Fixture.names {
      let tokenizer = try Fixture.tokenizer(name)
      for line in lines {
        let ids = try tokenizer.encode(line.text, addingSpecialTokens: false)
        XCTAssertEqual(
          Fixture.Expected.Line(ids: ids), expected[name]?.long[line.name], "\(name): \(line.name)")
      }
    }
  }

  /// Swift's own comparison would take `é` and `e` with an accent for the same.
  private func assertSameScalars(_ found: String, _ wanted: String, _ message: String) {
    XCTAssertEqual(Array(found.unicodeScalars), Array(wanted.unicodeScalars), message)
  }
}
