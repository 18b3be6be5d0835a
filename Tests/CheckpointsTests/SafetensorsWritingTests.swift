import Checkpoints
import Foundation
import Tensors
import XCTest

final class SafetensorsWritingTests: XCTestCase {
  func testBytesAreThoseOfTheReference() throws {
    let url = try TemporaryFolder(self).file("layout.safetensors")
    var writer = SafetensorsWriter(metadata: ["format": "pt"])
    writer.add("b", Tensor(rows: [[1, -2, 3.5], [0, 1e-3, 65504]]))
    writer.add("a", Tensor([1.0 / 3, -1e-7, 65504]), as: .float16)
    writer.add("ids", integers: [3, -1], shape: [2, 1])
    writer.add("été \"\\\n\u{1}", Tensor(scalar: 2.5))
    writer.add("empty", Tensor([], shape: [0, 4]))
    writer.add("B", Tensor([1]))
    try writer.write(to: url)
    XCTAssertEqual(
      try Data(contentsOf: url), try Data(contentsOf: fixture("safetensors/layout.safetensors")))
  }

  func testWhatIsWrittenIsReadBack() throws {
    let url = try TemporaryFolder(self).file("a.safetensors")
    let values: [Float] = [
      0, -0.0, .leastNonzeroMagnitude, -.leastNormalMagnitude, .greatestFiniteMagnitude, -.infinity,
    ]
    var writer = SafetensorsWriter(metadata: ["b": "\u{7F} / \\ \u{8}\u{C}\r\t", "a": "日本 🙂"])
    writer.add("x", Tensor(values, shape: [3, 2]))
    writer.add("nan", Tensor([.nan]), as: .float16)
    try writer.write(to: url)
    let file = try SafetensorsFile(contentsOf: url)
    XCTAssertEqual(file.metadata, writer.metadata)
    XCTAssertEqual(try file.tensor("x").values.map(\.bitPattern), values.map(\.bitPattern))
    XCTAssertEqual(try file.tensor("x").shape, [3, 2])
    XCTAssertTrue(try file.tensor("nan").values[0].isNaN)
  }

  func testAFileWithoutTensorsIsValid() throws {
    let url = try TemporaryFolder(self).file("none.safetensors")
    try SafetensorsWriter().write(to: url)
    let file = try SafetensorsFile(contentsOf: url)
    XCTAssertEqual(file.names, [])
    XCTAssertEqual(
      sentence(try file.tensor("x")), "\(url.path) has no tensor “x”: it holds none at all.")
  }

  func testHalvesAreRoundedToEvenAndTooLargeIsRefused() throws {
    let folder = try TemporaryFolder(self)
    var writer = SafetensorsWriter()
    // Halfway between neighbours: 2048 and 2050, 2050 and 2052; 65519 is nearest to 65504.
    writer.add("x", Tensor([2049, 2051, 65519, .infinity]), as: .float16)
    try writer.write(to: folder.file("a"))
    XCTAssertEqual(
      try SafetensorsFile(contentsOf: folder.file("a")).tensor("x").values,
      [2048, 2052, 65504, .infinity])
    writer.add("y", Tensor([1, 65520]), as: .float16)
    XCTAssertEqual(
      sentence(try writer.write(to: folder.file("b"))),
      "“y” holds 65520.0, which half precision cannot: its largest value is 65504, so store it as "
        + "F32.")
    XCTAssertEqual(try folder.contents(), ["a"])
  }

  func testWritingReplacesTheOldFileAndFollowsLinks() throws {
    let folder = try TemporaryFolder(self)
    try Data("old".utf8).write(to: folder.file("real"))
    try FileManager.default.createSymbolicLink(
      at: folder.file("link"), withDestinationURL: folder.file("real"))
    var writer = SafetensorsWriter()
    writer.add("x", Tensor([1, 2]))
    try writer.write(to: folder.file("link"))
    XCTAssertEqual(try SafetensorsFile(contentsOf: folder.file("real")).tensor("x").values, [1, 2])
    XCTAssertEqual(try folder.contents(), ["link", "real"])
    let attributes = try FileManager.default.attributesOfItem(atPath: folder.file("link").path)
    XCTAssertEqual(attributes[.type] as? FileAttributeType, .typeSymbolicLink)
  }

  func testUnwritablePlacesAreOneSentence() throws {
    let folder = try TemporaryFolder(self)
    let writer = SafetensorsWriter()
    let absent = folder.file("absent").path
    XCTAssertEqual(
      sentence(try writer.write(to: folder.file("absent/x.safetensors"))),
      "Cannot write \(absent)/x.safetensors: the folder \(absent) does not exist; create it first.")
    XCTAssertEqual(
      sentence(try writer.write(to: folder.url)),
      "Cannot write \(folder.url.path): it is a folder; choose another name.")
    XCTAssertEqual(
      sentence(try writer.write(to: URL(fileURLWithPath: "/dev/null"))),
      "Cannot write /dev/null: it is not a regular file; choose another name.")
    let name = String(repeating: "n", count: 300)
    XCTAssertEqual(
      sentence(try writer.write(to: folder.file(name))),
      "Cannot write \(folder.file(name).path): file name too long.")
    XCTAssertEqual(try folder.contents(), [])
  }

  #if os(Linux)
    /// A limit on the size of files stands in for a full disk: it fails the same call.
    func testAWriteThatFailsLeavesNothingBehind() throws {
      let folder = try TemporaryFolder(self)
      let url = folder.file("x.safetensors")
      try Data("what was there".utf8).write(to: url)
      var writer = SafetensorsWriter()
      writer.add("x", Tensor.zeros([10_000]))
      let handler = signal(SIGXFSZ, SIG_IGN)
      var old = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &old)
      var small = rlimit(rlim_cur: 8_192, rlim_max: old.rlim_max)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &small)
      let text = sentence(try writer.write(to: url))
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &old)
      signal(SIGXFSZ, handler)
      XCTAssertEqual(text, "Cannot write \(url.path): file too large.")
      XCTAssertEqual(try folder.contents(), ["x.safetensors"])
      XCTAssertEqual(try Data(contentsOf: url), Data("what was there".utf8))
    }
  #endif
}
