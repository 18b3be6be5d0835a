import Files
import Foundation
import XCTest

@testable import Tokenizers

/// The article on what is refused, held against what is.
final class RefusalListTests: XCTestCase {
  /// The rows of the article's table with that first heading, each cell without its backticks.
  private func rows(under heading: String) throws -> [[String]] {
    let article = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Sources/Tokenizers/Tokenizers.docc/WhatIsRefused.md")
    let lines = try String(contentsOf: article, encoding: .utf8)
      .components(separatedBy: "\n").drop { !$0.hasPrefix("| \(heading) |") }.dropFirst(2)
    let rows = lines.prefix { $0.hasPrefix("|") }.map { line in
      line.components(separatedBy: " | ").map {
        $0.trimmingCharacters(in: CharacterSet(charactersIn: "|` "))
      }
    }
    XCTAssertFalse(rows.isEmpty, heading)
    XCTAssertTrue(rows.allSatisfy { $0.last!.count > 3 }, "a row without a reason")
    return rows
  }

  private func isRefused(_ expression: String) -> Bool {
    do throws(PatternError) {
      _ = try Pattern(expression)
      return false
    } catch { return true }
  }

  func testEscapesThatAreListedAreRefusedAndNoOthers() throws {
    let listed = Set(try rows(under: "escape").map { $0[0] })
    var refused: Set<String> = []
    for scalar in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".unicodeScalars {
      // What takes an argument gets one.
      let rest = ["p", "P", "x", "u"].contains(scalar) ? nil : ""
      let arguments = rest.map { [$0] } ?? ["{L}", "41", "{41}", "0041"]
      if arguments.allSatisfy({ isRefused("\\\(scalar)\($0)") }) { refused.insert("\\\(scalar)") }
    }
    if isRefused(#"(a)\1"#) { refused.insert(#"\1"#) }
    XCTAssertEqual(refused, listed)
  }

  func testGroupsThatAreListedAreRefusedAndNoOthers() throws {
    let listed = Set(try rows(under: "group").map { $0[0] })
    var refused: Set<String> = []
    let bodies = [
      "(?P<": "(?P<n>a)", "(?~": "(?~a)", "(?(": "(a)(?(1)b)", "(?{": "(?{a})", "(?'": "(?'n'a)",
      "(?a": "(?a)b", "(?s": "(?s)a", "(?u": "(?u)a", "(?:": "(?:a)", "(?>": "(?>a)",
      "(?=": "(?=a)",
      "(?!": "(?!a)", "(?<=": "(?<=a)", "(?<!": "(?<!a)", "(?<": "(?<n>a)", "(?#": "(?#a)",
      "(?i": "(?i)a", "(?m": "(?m:a)", "(?x": "(?x-i:a)", "(?-": "(?-i)a",
    ]
    for (group, expression) in bodies where isRefused(expression) { refused.insert(group) }
    XCTAssertEqual(refused, listed)
  }

  func testFilesThatAreListedAreRefused() throws {
    for row in try rows(under: "file") {
      let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("headlight-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: folder) }
      try Data().write(to: folder.appendingPathComponent(row[0]))
      XCTAssertThrowsError(try Tokenizer(directory: folder), row[0])
    }
  }

  func testSettingsThatAreListedAreRefused() throws {
    let parts = try rows(under: "part").map { $0[0] }
    XCTAssertEqual(parts, ["model", "post_processor", "any", "truncation`, `padding"])
    let twice = #"[{"Sequence": {"id": "A"}}, {"Sequence": {"id": "A"}}]"#
    let replace = #"{"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}"#
    let doublings = Array(repeating: replace, count: 30).joined(separator: ", ")
    for (model, rest) in [
      (#", "dropout": 0.1"#, ""),
      (
        "",
        #", "post_processor": {"type": "TemplateProcessing", "special_tokens": {}, "single": \#(twice)}"#
      ),
      ("", #", "normalizer": {"type": "Sequence", "normalizers": [\#(doublings)]}"#),
      (
        "",
        #", "padding": {"strategy": {"Fixed": 5000000}, "direction": "Right", "pad_id": 0}"#
      ),
    ] {
      let file =
        #"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": []\#(model)}\#(rest)}"#
      XCTAssertThrowsError(try Tokenizer(json: Data(file.utf8)), file)
    }
  }

  /// Every step of the library is taken: its names come from the library itself.
  func testEveryStepOfTheLibraryIsTaken() throws {
    let json = try JSONSerialization.jsonObject(with: Fixture.data("steps.json"))
    let names = try XCTUnwrap((json as? [String: Any])?["names"] as? [String: [String]])
    XCTAssertEqual(names.count, 5)
    for (kind, steps) in names {
      XCTAssertGreaterThan(steps.count, 3)
      for step in steps {
        let part = Part(json: ["type": .string(step)], place: kind)
        do throws(TokenizerError) {
          switch kind {
          case "normalizers": _ = try Normalizer(part)
          case "pre_tokenizers": _ = try PreTokenizer(part)
          case "decoders": _ = try TokenDecoder(part)
          case "processors": _ = try PostProcessor(part)
          default: _ = try Model(part)
          }
        } catch {
          // A setting may be missing here; a name that is not known may not.
          if case .unsupported = error { XCTFail("\(kind) \(step): \(error)") }
        }
      }
    }
  }
}
