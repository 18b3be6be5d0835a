import Checkpoints
import Tensors
import XCTest

/// Files written by the reference implementation, held against PyTorch's own conversion.
final class SafetensorsReadingTests: XCTestCase {
  private func types() throws -> SafetensorsFile {
    try SafetensorsFile(contentsOf: fixture("safetensors/types.safetensors"))
  }

  func testEveryElementTypeConvertsAsInPyTorch() throws {
    let file = try types()
    let expected = try SafetensorsFile(contentsOf: fixture("safetensors/types-f32.safetensors"))
    XCTAssertEqual(Set(file.names), Set(expected.names))
    XCTAssertEqual(file.names.count, 17)
    for name in file.names {
      let (ours, theirs) = (try file.tensor(name), try expected.tensor(name))
      XCTAssertEqual(ours.shape, theirs.shape, name)
      for (a, b) in zip(ours.values, theirs.values) {
        XCTAssertTrue(a.bitPattern == b.bitPattern || a.isNaN && b.isNaN, "\(name): \(a), not \(b)")
      }
    }
  }

  func testFloat32IsReadBitForBit() throws {
    let tensor = try types().tensor("F32")
    XCTAssertEqual(tensor.shape, [2, 1, 3])
    XCTAssertEqual(
      tensor.values.map(\.bitPattern),
      [0, 0x8000_0000, 0x3EAA_AAAB, Float(3.4e38).bitPattern, 1, 0x7F80_0000])
  }

  func testHeaderTellsTypesShapesAndMetadata() throws {
    let file = try types()
    XCTAssertEqual(file.metadata, ["format": "pt", "note": "œuvre \"complète\"\n"])
    for type in ElementType.allCases {
      XCTAssertEqual(try file.elementType(of: type.rawValue), type)
    }
    XCTAssertEqual(try file.shape(of: "BF16"), [4, 4])
    XCTAssertEqual(try file.shape(of: "scalar"), [])
    XCTAssertEqual(try file.tensor("scalar").scalar, 2.5)
    XCTAssertEqual(try file.tensor("empty").shape, [3, 0, 2])
    XCTAssertEqual(try file.tensor("été \"\\\n\u{1} 日本 🙂").values, [7])
  }

  func testIntegersAreExact() throws {
    let file = try types()
    XCTAssertEqual(try file.integers("U8"), [0, 1, 127, 128, 255])
    XCTAssertEqual(try file.integers("I8"), [0, 1, -1, 127, -128])
    XCTAssertEqual(try file.integers("U16"), [0, 1, 32767, 32768, 65535])
    XCTAssertEqual(try file.integers("I16"), [0, 1, -1, 32767, -32768])
    XCTAssertEqual(try file.integers("U32"), [0, 1, 16_777_217, 2_147_483_648, 4_294_967_295])
    XCTAssertEqual(try file.integers("I32"), [0, -1, 16_777_217, 2_147_483_647, -2_147_483_648])
    XCTAssertEqual(try file.integers("U64"), [0, 1, 16_777_217, 9_007_199_254_740_993, .max])
    XCTAssertEqual(try file.integers("I64"), [0, -1, 16_777_219, .max, .min])
    XCTAssertEqual(try file.integers("BOOL"), [1, 0, 0, 1])
  }

  func testIntegersRefuseFractionsAndWhatDoesNotFit() throws {
    let file = try types()
    let path = fixture("safetensors/types.safetensors").path
    XCTAssertEqual(
      sentence(try file.integers("F16")),
      "“F16” in \(path) is stored as F16, and whole numbers were expected.")
    XCTAssertEqual(
      sentence(try file.integers("U64.large")),
      "“U64.large” in \(path) holds a number above 9223372036854775807, the largest that can be "
        + "used.")
  }

  func testMissingTensorNamesTheNearest() throws {
    let file = try SafetensorsFile(contentsOf: fixture("t5-flan/model.safetensors"))
    let text = sentence(try file.tensor("encoder.block.1.layer.0.SelfAttention.k.wieght"))
    XCTAssertTrue(
      text.contains(
        "has no tensor “encoder.block.1.layer.0.SelfAttention.k.wieght”; the nearest are "
          + "“encoder.block.1.layer.0.SelfAttention.k.weight”, "), text)
  }

  /// More than one piece of the conversion, with an end that does not fill a piece.
  func testLongTensorsConvertAcrossPieces() throws {
    let count = 300_001
    let values = (0..<count).map { Float($0 % 2048) }
    let url = try TemporaryFolder(self).file("long.safetensors")
    var writer = SafetensorsWriter()
    writer.add("half", Tensor(values), as: .float16)
    writer.add("whole", integers: Array(0..<count), shape: [count])
    try writer.write(to: url)
    let file = try SafetensorsFile(contentsOf: url)
    XCTAssertEqual(try file.tensor("half").values, values)
    XCTAssertEqual(try file.integers("whole"), Array(0..<count))
    XCTAssertEqual(try file.tensor("whole").values, (0..<count).map(Float.init))
  }
}
