import Foundation
import Tokenizers
import XCTest

/// Files that were cut off or altered never stop the program: they load or they throw.
final class DamageTests: XCTestCase {
  private var map: [UInt8] = []
  private let texts = [
    "the dog ﬁ é 日本 ｶﾞ\u{200b}x\u{301}", "™\u{1e}g ½ ﷺ 👩‍🔬", "\u{0}a\u{fffd}\u{10ffff}",
  ]

  override func setUpWithError() throws {
    map = [UInt8](try XCTUnwrap(Data(base64Encoded: Fixture.charsmap())))
  }

  func testMapsCutAnywhereThrowOrLoad() throws {
    let trieEnd = 4 + (0..<4).reduce(0) { $0 | Int(map[$1]) << (8 * $1) }
    for length in [0, 1, 3, 4, 5, 7, 8, 9, 100, 4096, trieEnd - 1] {
      XCTAssertThrowsError(try tokenizer(Array(map.prefix(length))), "\(length)") {
        XCTAssertTrue("\($0)".contains("normalizer.precompiled_charsmap"), "\($0)")
      }
    }
    for length in [trieEnd, trieEnd + 1, trieEnd + 1000] {
      let damaged = try tokenizer(Array(map.prefix(length)))
      for text in texts { XCTAssertFalse(try ids(damaged, text).isEmpty) }
    }
  }

  func testMapsWithAShorterTrieLoad() throws {
    for units in [1, 2, 17, 300, 5000] {
      let bytes = (0..<4).map { UInt8(truncatingIfNeeded: (units * 4) >> (8 * $0)) }
      let damaged = try tokenizer(bytes + map[4..<(4 + units * 4)] + Array("a\u{0}b\u{0}".utf8))
      for text in texts { XCTAssertFalse(try ids(damaged, text).isEmpty) }
    }
  }

  func testMapsOfNoiseLoadOrThrow() throws {
    var state: UInt64 = 9
    func random() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 33
    }
    var loaded = 0
    for _ in 0..<60 {
      var bytes = map
      for _ in 0..<(1 + random() % 4000) {
        bytes[Int(random()) % (bytes.count - 4) + 4] = UInt8(truncatingIfNeeded: random())
      }
      guard let damaged = try? tokenizer(bytes) else { continue }
      loaded += 1
      for text in texts { XCTAssertFalse(try ids(damaged, text).isEmpty) }
    }
    for _ in 0..<60 {
      let units = Int(random() % 500) + 1
      let head = (0..<4).map { UInt8(truncatingIfNeeded: (units * 4) >> (8 * $0)) }
      let noise = (0..<(units * 4)).map { _ in UInt8(truncatingIfNeeded: random()) }
      let damaged = try tokenizer(head + noise + Array("x\u{0}".utf8))
      loaded += 1
      for text in texts { XCTAssertFalse(try ids(damaged, text).isEmpty) }
    }
    XCTAssertGreaterThanOrEqual(loaded, 60)
  }

  func testFilesCutAnywhereThrow() throws {
    for name in ["t5-old", "bytes", "words"] {
      let file = Array(String(decoding: try Fixture.data("\(name).json"), as: UTF8.self).utf8)
      let whole = file.lastIndex(of: UInt8(ascii: "}")) ?? 0
      for length in stride(from: 0, through: whole, by: 97) {
        XCTAssertThrowsError(try Tokenizer(json: Data(file.prefix(length))), "\(name) \(length)") {
          XCTAssertTrue("\($0)".hasPrefix("The tokenizer file should be JSON, but "), "\($0)")
        }
      }
    }
  }

  private func tokenizer(_ map: [UInt8]) throws -> Tokenizer {
    let file = String(decoding: try Fixture.data("t5.json"), as: UTF8.self)
    return try Tokenizer(
      json: Data(
        file.replacingOccurrences(of: "@charsmap", with: Data(map).base64EncodedString()).utf8))
  }

  /// With T5's end of text, so that there is always one.
  private func ids(_ tokenizer: Tokenizer, _ text: String) throws -> [Int] {
    let ids = try tokenizer.encode(text, addingSpecialTokens: true)
    XCTAssertTrue(ids.allSatisfy { (0..<tokenizer.vocabularySize).contains($0) })
    return ids
  }
}
