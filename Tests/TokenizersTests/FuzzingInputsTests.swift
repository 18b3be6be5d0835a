import Foundation
import XCTest

@testable import Tokenizers

/// What fuzzing found interesting loads, or is refused with a sentence, and never ends the process.
final class FuzzingInputsTests: XCTestCase {
  func testInputsLoadOrAreRefused() throws {
    let folder = Fixture.directory.deletingLastPathComponent()
      .appendingPathComponent("Fuzzing/Tokenizer")
    let inputs = try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil)
    XCTAssertGreaterThanOrEqual(inputs.count, 10)
    var loaded = 0
    for input in inputs {
      let data = try Data(contentsOf: input)
      let end = data.range(of: Data("\n%%\n".utf8))
      do throws(TokenizerError) {
        let tokenizer = try Tokenizer(json: end.map { data[..<$0.lowerBound] } ?? data)
        loaded += 1
        for text in ["The dog's 12 ran, naïve\n\n 日本 <s> ##ing ▁a", "\u{0}e\u{301} 👩‍🔬\u{A0}ﬁ"] {
          let ids = try tokenizer.encode(text, addingSpecialTokens: true)
          XCTAssertTrue(ids.allSatisfy { $0 >= 0 }, input.lastPathComponent)
          XCTAssertFalse(try tokenizer.paddedRow(of: text).count > 1 << 21)
          _ = try? tokenizer.decode(ids, skippingSpecialTokens: false)
        }
      } catch {
        XCTAssertTrue("\(error)".hasSuffix("."), "\(input.lastPathComponent): \(error)")
        XCTAssertLessThan("\(error)".utf8.count, 2000)
        XCTAssertFalse("\(error)".unicodeScalars.contains { $0.value < 0x20 })
      }
    }
    XCTAssertGreaterThanOrEqual(loaded, 3)
  }

  /// Expressions match from left to right between whole characters, or are refused at a place.
  func testExpressionsMatchOrAreRefused() throws {
    let folder = Fixture.directory.deletingLastPathComponent()
      .appendingPathComponent("Fuzzing/Expression")
    let inputs = try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil)
    XCTAssertGreaterThanOrEqual(inputs.count, 10)
    var matched = 0
    for input in inputs {
      let data = try Data(contentsOf: input)
      let end = data.range(of: Data("\n%%\n".utf8))
      let text = String(decoding: end.map { data[..<$0.lowerBound] } ?? data, as: UTF8.self)
      do throws(PatternError) {
        let pattern = try Pattern(text)
        let bytes = Array("The dog's 12 ran,  naïve\r\n\n  日本 aab \u{0}e\u{301}👩‍🔬".utf8)
        guard let matches = try? pattern.matches(in: bytes.span, from: 0, to: bytes.count) else {
          continue
        }
        matched += 1
        var last = 0
        for match in matches {
          XCTAssertGreaterThanOrEqual(match.lowerBound, last, text)
          XCTAssertLessThanOrEqual(match.upperBound, bytes.count, text)
          XCTAssertTrue(match.upperBound == bytes.count || bytes[match.upperBound] & 0xC0 != 0x80)
          last = match.upperBound
        }
      } catch {
        XCTAssertTrue((0...text.unicodeScalars.count).contains(error.place), text)
      }
    }
    XCTAssertGreaterThanOrEqual(matched, 3)
  }
}
