import Checkpoints
import Foundation
import Tensors
import XCTest

/// Files that must be refused, each with one sentence that says what is wrong.
final class BadSafetensorsTests: XCTestCase {
  /// Expects a header over `data` bytes to be refused for the reason given.
  private func expect(
    _ reason: String, from header: String, data: Int = 8, line: UInt = #line
  ) throws {
    let url = try TemporaryFolder(self).safetensors("bad", header: header, data: data)
    XCTAssertEqual(
      sentence(try SafetensorsFile(contentsOf: url), line: line),
      "\(url.path) is not a valid safetensors file: its header \(reason); fetch or export it "
        + "again.", line: line)
  }

  private func tensor(_ type: String, _ shape: String, _ offsets: String) -> String {
    "{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":\(offsets)}"
  }

  func testLayoutMustFillTheFileExactly() throws {
    let two = tensor("F32", "[1]", "[0,4]")
    try expect(
      "lets “b” begin at byte 5 of the data, but the tensor before it ends at 4, which leaves a "
        + "hole", from: "{\"a\":\(two),\"b\":\(tensor("F32", "[1]", "[5,9]"))}", data: 9)
    try expect(
      "lets “b” begin at byte 2 of the data, but the tensor before it ends at 4, which leaves an "
        + "overlap", from: "{\"a\":\(two),\"b\":\(tensor("F32", "[1]", "[2,6]"))}")
    try expect(
      "lets “a” begin at byte 4 of the data, but the tensor before it ends at 0, which leaves a "
        + "hole", from: "{\"a\":\(tensor("F32", "[1]", "[4,8]"))}")
    try expect("describes 4 bytes of data, but 8 follow", from: "{\"a\":\(two)}")
    try expect(
      "lets “a” end at byte 12 of the data, of which there are 8",
      from: "{\"a\":\(tensor("F32", "[3]", "[0,12]"))}")
    try expect("describes 0 bytes of data, but 8 follow", from: "{}")
  }

  func testTypesShapesAndSizesMustAgree() throws {
    try expect(
      "gives “a” 8 bytes, but the shape [3] of F32 takes 12",
      from: "{\"a\":\(tensor("F32", "[3]", "[0,8]"))}")
    try expect(
      "gives “a” 8 bytes, but the shape [2] of F16 takes 4",
      from: "{\"a\":\(tensor("F16", "[2]", "[0,8]"))}")
    try expect(
      "gives “a” the type “F8_E4M3”, but only BOOL, U8, I8, I16, U16, F16, BF16, I32, U32, F32, "
        + "F64, I64, U64 can be read", from: "{\"a\":\(tensor("F8_E4M3", "[8]", "[0,8]"))}")
    try expect(
      "gives “a” the data_offsets [8, 0], not [begin, end]",
      from: "{\"a\":\(tensor("F32", "[2]", "[8,0]"))}")
    try expect(
      "gives “a” the data_offsets [0], not [begin, end]",
      from: "{\"a\":\(tensor("F32", "[2]", "[0]"))}")
    try expect(
      "gives “a” no dtype, no shape or no data_offsets", from: "{\"a\":{\"dtype\":\"F32\"}}")
  }

  func testShapesMustBeSmallNaturals() throws {
    for shape in ["[-2]", "[2.0]", "[2e0]", "[\"2\"]", "[null]", "[02]", "[2,]"] {
      let url = try TemporaryFolder(self)
        .safetensors("bad", header: "{\"a\":\(tensor("F32", shape, "[0,8]"))}", data: 8)
      let text = sentence(try SafetensorsFile(contentsOf: url))
      XCTAssertTrue(text.contains("lacks a whole number of at least 0 at byte"), text)
    }
    let huge = "4611686018427387904"
    for shape in ["[\(huge),8]", "[0,\(huge),8]", "[\(huge),8,0]", "[\(huge)]"] {
      let listed = shape.replacing(",", with: ", ")
      try expect(
        "gives “a” the shape \(listed), too large for any memory",
        from: "{\"a\":\(tensor("U8", shape, "[0,0]"))}", data: 0)
    }
    try expect(
      "has a number that does not fit in 64 bits at byte 29",
      from: "{\"a\":\(tensor("F32", "[9223372036854775808]", "[0,8]"))}")
    let ones = Array(repeating: "1", count: 33).joined(separator: ",")
    let url = try TemporaryFolder(self)
      .safetensors("bad", header: "{\"a\":\(tensor("U8", "[\(ones)]", "[0,1]"))}", data: 1)
    XCTAssertTrue(
      sentence(try SafetensorsFile(contentsOf: url)).contains("more than 32 numbers"))
  }

  func testHeaderMustBeStrictJSON() throws {
    let a = "\"a\":\(tensor("F32", "[2]", "[0,8]"))"
    try expect("names “a” twice", from: "{\(a),\(a)}")
    try expect(
      "names “dtype” twice",
      from: "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}")
    try expect("ends where a comma or } should be", from: "{\(a)")
    try expect("does not begin with {", from: "[]")
    try expect("does not begin with {", from: " {\(a)}")
    try expect("does not begin with {", from: "", data: 8)
    try expect("lacks an object at byte 5", from: "{\"a\":3}")
    try expect("lacks a name in quotes at byte 1", from: "{a:3}")
    try expect("has more text after its end at byte \(a.count + 3)", from: "{\(a)} {}")
    try expect("lacks a name in quotes at byte \(a.count + 2)", from: "{\(a),}")
    try expect("lacks a text at byte 21", from: "{\"__metadata__\":{\"x\":3},\(a)}")
    try expect("has a control character in a text at byte 3", from: "{\"a\n\":3}")
    try expect("has an unknown escape at byte 3", from: "{\"\\x\":3}")
    try expect("has half a surrogate pair at byte 8", from: "{\"\\uDC00\":3}")
    try expect("has half a surrogate pair at byte 14", from: "{\"\\uD83D\\u0041\":3}")
    let deep = String(repeating: "[", count: 10_000)
    try expect("is nested more than 128 deep at byte 136", from: "{\"a\":{\"x\":\(deep)}}")
  }

  func testUnknownKeysAndSpaceAreAllowedAsInTheReference() throws {
    let header = """
      { "a" : {"x": [1, -2.5e+3, {"y": null}, true, "\\uD83D\\uDE42"], "dtype":"F32",
        "shape" : [ 2 ], "data_offsets":[0 ,8] } }\u{20}\u{20}
      """
    let url = try TemporaryFolder(self).safetensors("good", header: header, data: 8)
    XCTAssertEqual(try SafetensorsFile(contentsOf: url).tensor("a").values, [0, 0])
  }

  func testHeaderMustBeUTF8() throws {
    let url = try TemporaryFolder(self).file("bad")
    let header = Array("{\"".utf8) + [0xC3, 0x28] + Array("\":{}}".utf8)
    try Data([UInt8(header.count), 0, 0, 0, 0, 0, 0, 0] + header).write(to: url)
    XCTAssertTrue(
      sentence(try SafetensorsFile(contentsOf: url)).contains("is not UTF-8 text at byte 2"))
  }

  func testHeaderMustFitTheFileAndTheLimit() throws {
    let folder = try TemporaryFolder(self)
    func problem(_ url: URL) -> String {
      sentence(try SafetensorsFile(contentsOf: url))
        .replacing("\(url.path) is not a valid safetensors file: ", with: "")
    }
    XCTAssertEqual(
      problem(try folder.safetensors("a", header: "{}", data: 0, length: 100_000_001)),
      "its header claims 100000001 bytes, and 100 MB is the limit; fetch or export it again.")
    XCTAssertEqual(
      problem(try folder.safetensors("b", header: "{}", data: 0, length: .max)),
      "its header claims 18446744073709551615 bytes, and 100 MB is the limit; fetch or export it "
        + "again.")
    XCTAssertEqual(
      problem(try folder.safetensors("c", header: "{}", data: 0, length: 3)),
      "its header claims 3 bytes, and only 2 follow; fetch or export it again.")
    try Data([1, 2, 3]).write(to: folder.file("d"))
    XCTAssertEqual(
      problem(folder.file("d")),
      "it has 3 bytes, and the length of the header alone takes 8; fetch or export it again.")
  }

  func testWhatIsNotAFileIsNamed() throws {
    let folder = try TemporaryFolder(self)
    let absent = folder.file("absent")
    XCTAssertEqual(
      sentence(try SafetensorsFile(contentsOf: absent)),
      "Cannot read \(absent.path): there is no such file.")
    XCTAssertEqual(
      sentence(try SafetensorsFile(contentsOf: folder.url)),
      "Cannot read \(folder.url.path): it is a folder, and a file was expected.")
    let pipe = folder.file("pipe")
    XCTAssertEqual(mkfifo(pipe.path, 0o600), 0)
    XCTAssertEqual(
      sentence(try SafetensorsFile(contentsOf: pipe)),
      "Cannot read \(pipe.path): it is not a regular file, and a file was expected.")
  }

  func testAFileThatShrinksWhileOpenIsNoticed() throws {
    let url = try TemporaryFolder(self).file("x")
    var writer = SafetensorsWriter()
    writer.add("x", Tensor.zeros([100]))
    try writer.write(to: url)
    let file = try SafetensorsFile(contentsOf: url)
    XCTAssertEqual(truncate(url.path, 200), 0)
    XCTAssertEqual(
      sentence(try file.tensor("x")),
      "Cannot read \(url.path) at byte 200: it became shorter meanwhile.")
  }

  func testEveryTruncationIsRefused() throws {
    let whole = try Data(contentsOf: fixture("safetensors/types.safetensors"))
    let url = try TemporaryFolder(self).file("cut")
    for length in 0..<whole.count {
      try whole.prefix(length).write(to: url)
      _ = sentence(try SafetensorsFile(contentsOf: url))
    }
  }

  /// Damaged at random, a file is refused in a sentence or read within its own size.
  func testDamageNeverReadsMoreThanTheFileHolds() throws {
    let whole = try Data(contentsOf: fixture("safetensors/types.safetensors"))
    let url = try TemporaryFolder(self).file("damaged")
    var generator = SeededGenerator(seed: 1)
    var opened = 0
    for _ in 0..<3_000 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        bytes[Int.random(in: 0..<whole.count, using: &generator)] =
          UInt8.random(in: 0...255, using: &generator)
      }
      try bytes.write(to: url)
      do {
        let file = try SafetensorsFile(contentsOf: url)
        let counts = try file.names.map { try file.tensor($0).count }
        XCTAssertLessThanOrEqual(counts.reduce(0, +), whole.count)
        opened += 1
      } catch let error as CheckpointError {
        XCTAssertTrue(error.description.hasSuffix(".") && !error.description.contains("\n"))
      }
    }
    // Damage to the data, a name or the metadata is not visible to the format.
    XCTAssertTrue((100..<2_900).contains(opened), "\(opened) of 3000 opened")
  }
}
