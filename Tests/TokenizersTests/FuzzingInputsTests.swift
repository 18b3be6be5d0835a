import Foundation
import Tokenizers
import XCTest

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
}
