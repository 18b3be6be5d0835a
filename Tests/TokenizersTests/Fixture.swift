import Foundation
import Tokenizers
import XCTest

/// The files that `Tests/Fixtures/make_tokenizers.py` wrote.
enum Fixture {
  static let directory = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/tokenizers")

  static let names = [
    "t5", "t5-old", "sentencepiece", "bytes", "prepended", "words", "decomposed",
  ]

  static func data(_ name: String) throws -> Data {
    try Data(contentsOf: directory.appendingPathComponent(name))
  }

  static func charsmap() throws -> String {
    String(decoding: try data("charsmap.txt"), as: UTF8.self).filter { !$0.isNewline }
  }

  /// The tokenizer file of that name, with the map where its placeholder is.
  static func file(_ name: String) throws -> String {
    String(decoding: try data("\(name).json"), as: UTF8.self)
      .replacingOccurrences(of: "@charsmap", with: try charsmap())
  }

  static func tokenizer(_ name: String) throws -> Tokenizer {
    try Tokenizer(json: Data(file(name).utf8))
  }

  struct Corpus: Decodable {
    let words: [String]
    let texts: [String]
  }

  static func corpus() throws -> Corpus {
    try JSONDecoder().decode(Corpus.self, from: data("corpus.json"))
  }

  /// What the `tokenizers` library answers.
  struct Expected: Decodable {
    let size: Int
    let rows: [Row]
    /// For every long line, the number of ids and their fingerprint.
    let long: [String: Line]
    /// What ids drawn at random decode to.
    let decoded: [Sample]

    struct Sample: Decodable {
      let ids: [Int]
      let text: String

      init(from decoder: any Decoder) throws {
        var row = try decoder.unkeyedContainer()
        ids = try row.decode([Int].self)
        text = try row.decode(String.self)
      }
    }

    struct Row: Decodable {
      let plain: [Int]
      let closing: [Int]
      let kept: String
      let skipped: String

      init(from decoder: any Decoder) throws {
        var row = try decoder.unkeyedContainer()
        plain = try row.decode([Int].self)
        closing = try row.decode([Int].self)
        kept = try row.decode(String.self)
        skipped = try row.decodeIfPresent(String.self) ?? kept
      }
    }

    struct Line: Decodable, Equatable {
      let count: Int
      let fingerprint: String

      init(ids: [Int]) {
        count = ids.count
        let hash = ids.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        fingerprint = "\(hash)"
      }

      init(from decoder: any Decoder) throws {
        var row = try decoder.unkeyedContainer()
        count = try row.decode(Int.self)
        fingerprint = try row.decode(String.self)
      }
    }
  }

  static func expected() throws -> [String: Expected] {
    var expected = try JSONDecoder().decode([String: Expected].self, from: data("expected.json"))
    expected["t5-old"] = expected["t5"]
    return expected
  }

  /// The lines of about 100 kB that the script builds by the same rules.
  static func longLines() throws -> [(name: String, text: String)] {
    let words = try corpus().words
    var state = 1
    func below(_ count: Int) -> Int {
      state = (state * 1_103_515_245 + 12345) % (1 << 31)
      return state / 65536 % count
    }
    func scalars(_ count: Int, _ next: () -> Unicode.Scalar?) -> String {
      var text = ""
      for _ in 0..<count { text.unicodeScalars.append(next() ?? " ") }
      return text
    }
    let letters = Array("aeioudtrnl".unicodeScalars)
    return [
      ("words", (0..<17000).map { _ in words[below(words.count)] }.joined(separator: " ")),
      ("one word", scalars(100_000) { letters[below(10)] }),
      ("spaces", scalars(100_000) { " " }),
      ("one cluster", "e" + scalars(50_000) { "\u{301}" }),
      ("unknown", scalars(33_000) { Unicode.Scalar(UInt32(0x4e00 + below(5000))) }),
      ("tokens", String(repeating: "</s> <pad>", count: 10_000)),
    ]
  }
}
