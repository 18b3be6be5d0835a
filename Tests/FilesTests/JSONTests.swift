import Files
import Foundation
import XCTest

/// What is read, and what is refused with which words.
final class JSONTests: XCTestCase {
  private func json(_ text: String, _ dialect: JSONReader.Dialect = .standard) throws -> JSON {
    try JSON(parsing: Array(text.utf8), dialect)
  }

  private func problem(
    _ text: String, _ dialect: JSONReader.Dialect = .standard, line: UInt = #line
  ) -> String {
    problem(of: Array(text.utf8), dialect, line: line)
  }

  private func problem(
    of bytes: [UInt8], _ dialect: JSONReader.Dialect = .standard, line: UInt = #line
  ) -> String {
    do throws(JSONReader.Problem) {
      let json = try JSON(parsing: bytes, dialect)
      XCTFail("\(json) was read", line: line)
      return ""
    } catch { return error.text }
  }

  /// Foundation is the other reader: both agree on what a text holds.
  func testValuesAreFoundations() throws {
    let text = #"""
       { "a" : [1, -2.5e+3, 0.1, 1E-7, 0, -0, 123456789012345, 1e300],
      "b":{"c":null,"d":true,"e":false}, "":"", "é\n\"\\\/\b\f\r\t\u00e9\uD83D\uDE42🙂日本":[{}, []]	}
      """#
    let ours = try json(text)
    let data = Data(text.utf8)
    let theirs = try JSONSerialization.jsonObject(with: data) as? NSDictionary
    let written = try JSONSerialization.jsonObject(with: Data("\(ours)".utf8)) as? NSDictionary
    XCTAssertNotNil(theirs)
    XCTAssertEqual(theirs, written)
    guard case .array(let numbers)? = ours["a"], let others = theirs?["a"] as? [Double] else {
      return XCTFail("no list of numbers")
    }
    for (number, other) in zip(numbers, others) {
      guard case .number(let value) = number else { return XCTFail("\(number) is no number") }
      XCTAssertEqual(value, other)
    }
    XCTAssertEqual(numbers.count, others.count)
  }

  /// Every double that JSON can hold is read as Swift's own reader has it, and written so.
  func testNumbersAreExact() throws {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<2_000 {
      let value = Double(bitPattern: generator.next())
      guard value.isFinite else { continue }
      guard case .number(let read) = try json("\(value)") else { return XCTFail("no number") }
      XCTAssertEqual(read.bitPattern, value.bitPattern)
      guard case .number(let again) = try json("\(JSON.number(value))") else {
        return XCTFail("no number")
      }
      XCTAssertEqual(again, value)
    }
    XCTAssertEqual(try json("999999999999999").description, "999999999999999")
    XCTAssertEqual(try json("[1.0,2.50,-3]").description, "[1,2.5,-3]")
  }

  func testWhatPythonWritesForNumbersThatAreNone() throws {
    for (text, value) in [("NaN", Double.nan), ("Infinity", .infinity), ("-Infinity", -.infinity)] {
      guard case .number(let read) = try json("[\(text)]", .python).element(0) else {
        return XCTFail(text)
      }
      XCTAssertTrue(read == value || read.isNaN && value.isNaN)
      XCTAssertEqual("\(JSON.number(value))", text)
      XCTAssertEqual(problem("[\(text)]"), "lacks a value at byte 1")
    }
    for text in ["Nan", "Infinit", "--Infinity", "+Infinity", "-NaN"] {
      XCTAssertEqual(problem("[\(text)]", .python), "lacks a value at byte 1", text)
    }
    XCTAssertEqual(problem("[NaNNaN]", .python), "lacks a comma or ] at byte 4")
  }

  func testOnlyNumbersOfJSONAreNumbers() {
    for text in ["01", "-", "+1", ".5", "1.", "1.e5", "1e", "1e+", "0x10", "-a", "1_0", "--1"] {
      let problem = problem("[\(text)]")
      XCTAssertTrue(
        ["lacks a value at byte 1", "lacks a comma or ] at byte 2"].contains(problem),
        "\(text): \(problem)")
    }
  }

  func testPlacesAreNamed() {
    XCTAssertEqual(problem(""), "ends where a value should be")
    XCTAssertEqual(problem("  "), "ends where a value should be")
    XCTAssertEqual(problem("hello"), "lacks a value at byte 0")
    XCTAssertEqual(problem("tru"), "lacks a value at byte 0")
    XCTAssertEqual(problem("{\"a\":1"), "ends where a comma or } should be")
    XCTAssertEqual(problem("[1"), "ends where a comma or ] should be")
    XCTAssertEqual(problem("[1 2]"), "lacks a comma or ] at byte 3")
    XCTAssertEqual(problem("[1,]"), "lacks a value at byte 3")
    XCTAssertEqual(problem("{a:3}"), "lacks a name in quotes at byte 1")
    XCTAssertEqual(problem("{\"a\":1,}"), "lacks a name in quotes at byte 7")
    XCTAssertEqual(problem("{\"a\" 3}"), "lacks a colon at byte 5")
    XCTAssertEqual(problem("{} {}"), "has more text after its end at byte 3")
    XCTAssertEqual(problem("\"a"), "ends where the end of a text should be")
    XCTAssertEqual(problem("\"a\n\""), "has a control character in a text at byte 2")
    XCTAssertEqual(problem("\"\\"), "ends where the rest of an escape should be")
    XCTAssertEqual(problem("\"\\x\""), "has an unknown escape at byte 2")
    XCTAssertEqual(problem("\"\\u12g4\""), "lacks four hexadecimal digits at byte 5")
    XCTAssertEqual(problem("\"\\uDC00\""), "has half a surrogate pair at byte 7")
    XCTAssertEqual(problem("\"\\uD83D\\u0041\""), "has half a surrogate pair at byte 13")
    XCTAssertEqual(problem("\"\\uD83D!\""), "has half a surrogate pair at byte 7")
  }

  func testBytesThatAreNoTextAreNamed() {
    for (bytes, place) in [
      ([0x7B, 0xFF, 0x7D], 1), ([0x22, 0x61, 0xC3, 0x28, 0x22], 2),
      ([0x22, 0x5C, 0x6E, 0xC0, 0x80], 3),
      ([0xFF], 0), ([0x22, 0xED, 0xA0, 0x80, 0x22], 1), ([0x22, 0x5C, 0xFF, 0x22], 2),
    ] as [([UInt8], Int)] {
      XCTAssertTrue(
        ["is not UTF-8 text at byte \(place)", "ends where the end of a text should be"]
          .contains(problem(of: bytes)), "\(bytes): \(problem(of: bytes))")
    }
    XCTAssertEqual(problem(of: [0x7B, 0xFF, 0x7D]), "is not UTF-8 text at byte 1")
  }

  func testNestingIsBounded() throws {
    func deep(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    XCTAssertNoThrow(try json(deep(128)))
    XCTAssertEqual(problem(deep(129)), "is nested more than 128 deep at byte 128")
    XCTAssertEqual(
      problem(String(repeating: "[", count: 1_000_000)), "is nested more than 128 deep at byte 128")
    XCTAssertEqual(
      problem(String(repeating: "{\"a\":", count: 100_000)),
      "is nested more than 128 deep at byte 640")
    // Beside each other there may be any number.
    XCTAssertNoThrow(try json("[\(Array(repeating: "[]", count: 1_000).joined(separator: ","))]"))
  }

  /// Two spellings of one word are two tokens; of a name that comes twice the last counts.
  func testNamesAreKeptByteForByte() throws {
    let object = try json("{\"e\\u0301\":1,\"\\u00e9\":2,\"a\":3,\"a\":4}")
    XCTAssertEqual(object["e\u{301}"]?.description, "1")
    XCTAssertEqual(object["\u{E9}"]?.description, "2")
    XCTAssertEqual(object["a"]?.description, "4")
    XCTAssertNil(object.without("a")["a"])
    XCTAssertEqual(object.without("a").description, "{\"e\u{301}\":1,\"\u{E9}\":2}")
  }

  func testAByteOrderMarkIsSkippedAtTheBeginningAlone() throws {
    XCTAssertEqual(try json("\u{FEFF}[1]").description, "[1]")
    XCTAssertEqual(problem("[\u{FEFF}1]"), "lacks a value at byte 1")
  }

  /// With any byte cut or changed, a text is read, or refused in words.
  func testDamagedTextsAreReadOrRefused() throws {
    let whole = Array(
      #"{"a":[1,-2.5e3,true,null,"\u00e9\uD83D\uDE42 x"],"b":{"c":"日本🙂"},"d":Infinity}"#.utf8)
    for length in 0..<whole.count {
      XCTAssertFalse(problem(of: Array(whole[..<length]), .python).isEmpty)
    }
    for place in whole.indices {
      for byte in [0x00, 0x22, 0x5C, 0x5B, 0x7D, 0x2C, 0x39, 0x80, 0xFF] as [UInt8] {
        var damaged = whole
        damaged[place] = byte
        do throws(JSONReader.Problem) {
          let json = try JSON(parsing: damaged, .python)
          let again = try JSON(parsing: Array(json.description.utf8), .python)
          XCTAssertEqual(json.description, again.description)
        } catch { XCTAssertFalse(error.text.isEmpty) }
      }
    }
  }

  func testAReaderThatLeavesAPartIsTold() {
    XCTAssertThrowsError(
      try JSONReader.read(Array("[1] [2]".utf8), .standard) { (reader) throws(JSONReader.Problem) in
        try reader.readNaturals(limit: 9)
      })
  }

  func testNaturalsAreExactOrRefused() throws {
    func read(_ text: String, limit: Int = 3) -> String {
      do throws(JSONReader.Problem) {
        let values = try JSONReader.read(Array(text.utf8), .standard) {
          (reader) throws(JSONReader.Problem) in try reader.readNaturals(limit: limit)
        }
        return "\(values)"
      } catch { return error.text }
    }
    XCTAssertEqual(read("[]"), "[]")
    XCTAssertEqual(read(" [ 0 , 12, 9223372036854775807 ] "), "[0, 12, 9223372036854775807]")
    XCTAssertEqual(
      read("[9223372036854775808]"), "has a number that does not fit in 64 bits at byte 1")
    XCTAssertEqual(read("[1,2,3,4]"), "has a list of more than 3 numbers at byte 7")
    XCTAssertEqual(read("{}"), "lacks a list at byte 0")
    for bad in ["-2", "2.0", "2e0", "\"2\"", "null", "02", ""] {
      XCTAssertEqual(read("[1,\(bad)]"), "lacks a whole number of at least 0 at byte 3", bad)
    }
  }

  func testWhatIsSkippedMustBeJSONToo() {
    func skip(_ text: String) -> String? {
      do throws(JSONReader.Problem) {
        try JSONReader.read(Array(text.utf8), .standard) { (reader) throws(JSONReader.Problem) in
          try reader.readObject { (reader, _) throws(JSONReader.Problem) in try reader.skipValue() }
        }
        return nil
      } catch { return error.text }
    }
    XCTAssertNil(skip(#"{"a":[1,-2.5e+3,{"y":null},true,"\uD83D\uDE42"],"b":"x"}"#))
    XCTAssertEqual(skip(#"{"a":1,"a":2}"#), "names “a” twice")
    XCTAssertEqual(skip(#"{"x":{"a":1,"a":2}}"#), "names “a” twice")
    XCTAssertEqual(skip(#"{"a":NaN}"#), "lacks a value at byte 5")
    XCTAssertEqual(skip(#"{"a":[1,2}"#), "lacks a comma or ] at byte 9")
    XCTAssertEqual(skip(#"{"a":"\uD83D"}"#), "has half a surrogate pair at byte 12")
  }
}

extension JSON {
  fileprivate func element(_ index: Int) -> JSON? {
    guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
    return elements[index]
  }
}
