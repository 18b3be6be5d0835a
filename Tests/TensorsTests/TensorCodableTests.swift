import Foundation
import Tensors
import XCTest

final class TensorCodableTests: XCTestCase {
  private func decode(_ json: String) throws -> Tensor {
    try JSONDecoder().decode(Tensor.self, from: Data(json.utf8))
  }

  func testEveryBitSurvives() throws {
    let bits: [UInt32] = [
      0, 0x8000_0000, 1, 0x7F80_0000, 0xFF80_0000, 0x7FC0_0000, 0x7FC1_2345, 0x3EAA_AAAB,
      0x7F7F_FFFF, 0xC020_0000,
    ]
    for shape in [[10], [2, 5], [1, 5, 2, 1]] {
      let tensor = Tensor(bits.map { Float(bitPattern: $0) }, shape: shape)
      let copy = try JSONDecoder().decode(Tensor.self, from: try JSONEncoder().encode(tensor))
      XCTAssertEqual(copy.shape, shape)
      XCTAssertEqual(copy.values.map(\.bitPattern), bits)
    }
  }

  func testScalarsAndEmptyTensorsSurvive() throws {
    for tensor in [Tensor(scalar: 2.5), Tensor.zeros([0]), Tensor.zeros([3, 0, 2])] {
      let copy = try JSONDecoder().decode(Tensor.self, from: try JSONEncoder().encode(tensor))
      XCTAssertEqual(copy, tensor)
    }
  }

  /// 1 is 3F800000 and −2.5 is C0200000; base64 of 00 00 80 3F 00 00 20 C0, worked by hand.
  func testValuesAreLittleEndian() throws {
    let tensor = try decode(#"{"shape": [2], "float32": "AACAPwAAIMA="}"#)
    XCTAssertEqual(tensor.values, [1, -2.5])
  }

  func testWhatIsNoTensorIsOneSentence() {
    let cases = [
      (#"{"shape": [-1], "float32": ""}"#, "the shape [-1] has a negative length"),
      (#"{"shape": [3], "float32": "AACAPwAAIMA="}"#, "holds 3 values (12 bytes), but 8 bytes"),
      (#"{"shape": [1], "float32": "AACAPwAAIMA="}"#, "holds 1 values (4 bytes), but 8 bytes"),
      (#"{"shape": [2], "float32": "not base64"}"#, "the values of the tensor are not base64"),
      (
        #"{"shape": [4294967296, 4294967296], "float32": ""}"#,
        "holds more values than a computer can count"
      ),
      (
        #"{"shape": [4611686018427387904], "float32": ""}"#,
        "holds more values than a computer can count"
      ),
      (
        #"{"shape": [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1], "float32": "AACAPw=="}"#,
        "a tensor has at most 16 axes, this one 17"
      ),
      (#"{"shape": [4294967296, 4294967296, 0], "float32": "AAAA"}"#, "but 3 bytes were found"),
    ]
    for (json, message) in cases {
      XCTAssertThrowsError(try decode(json), json) { error in
        guard case DecodingError.dataCorrupted(let context) = error else {
          return XCTFail("\(error)")
        }
        XCTAssertTrue(context.debugDescription.contains(message), context.debugDescription)
      }
    }
  }
}
