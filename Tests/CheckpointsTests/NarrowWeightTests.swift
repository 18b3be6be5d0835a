import Checkpoints
import Foundation
import Tensors
import Transformers
import XCTest

/// Models whose matrices stay in sixteen bits, as the file has them.
final class NarrowWeightTests: XCTestCase {
  private let families = [
    "gpt2", "gpt-neo", "gptj", "neox-parallel", "neox-sequential", "llama", "llama-tied", "qwen3",
    "bert", "t5", "bart",
  ]

  private func input(of model: Transformer) -> ModelInput {
    ModelInput(
      [7, 3, 11, 40], decoderTokens: model.configuration.isEncoderDecoder ? [5, 9, 4] : nil)
  }

  func testResultsAreThoseOfTheWidenedModelToTheBit() throws {
    for family in families {
      let directory = fixture("families/\(family)")
      let narrow = try Transformer(directory: directory, narrowFrom: 0)
      let wide = try Transformer(directory: directory, narrowFrom: .max)
      let matrices = narrow.parameters.filter { $0.tensor.rank == 2 }
      XCTAssertTrue(matrices.allSatisfy(\.tensor.isNarrow), family)
      XCTAssertFalse(wide.parameters.contains { $0.tensor.isNarrow }, family)
      let (found, expected) = (
        try narrow.run(input(of: narrow), capturing: .everything),
        try wide.run(input(of: wide), capturing: .everything)
      )
      XCTAssertEqual(found.logits, expected.logits, family)
      for point in expected.trace.points {
        XCTAssertEqual(try found.trace[point], try expected.trace[point], "\(family) \(point)")
      }
      XCTAssertEqual(narrow.checksum, wide.checksum, family)
      // None of this has widened a weight for good.
      XCTAssertTrue(matrices.allSatisfy(\.tensor.isNarrow), family)
    }
  }

  /// Small models gain nothing by it, and are faster widened.
  func testASmallModelIsWidened() throws {
    let model = try Transformer(directory: fixture("families/llama"))
    XCTAssertFalse(model.parameters.contains { $0.tensor.isNarrow })
  }

  func testTrainingWidensWhatItChanges() throws {
    for family in ["gpt2", "llama"] {
      let directory = fixture("families/\(family)")
      var losses: [Float] = []
      for least in [0, Int.max] {
        var model = try Transformer(directory: directory, narrowFrom: least)
        let before = model
        var optimizer = AdamW(weightDecay: 0)
        for _ in 0..<3 {
          let (loss, gradients) = try model.gradients {
            try $0(input(of: $0)).reshaped(to: [4, 47]).crossEntropy(targets: [3, 11, 40, 2])
          }
          losses.append(loss)
          optimizer.update(&model, gradients: gradients, rate: 1e-2)
        }
        XCTAssertFalse(model.parameters.contains { $0.tensor.isNarrow }, family)
        XCTAssertEqual(before.embedding.isNarrow, least == 0, "a copy stays what it was")
      }
      XCTAssertEqual(losses[0], losses[3], "\(family): the same bits up to the first gradient")
      XCTAssertLessThan(losses[2], losses[0] - 0.1, family)
      // The backward pass takes its sums in another order.
      for step in 1..<3 { XCTAssertEqual(losses[step], losses[3 + step], accuracy: 1e-3, family) }
    }
  }

  /// A folder with a model whose file can be tampered with.
  private func copy(of family: String) throws -> TemporaryFolder {
    let folder = try TemporaryFolder(self)
    for name in ["config.json", "model.safetensors"] {
      try FileManager.default.copyItem(
        at: fixture("families/\(family)/\(name)"), to: folder.file(name))
    }
    return folder
  }

  /// The header may be of any length, and so the data may begin at an odd place.
  func testValuesAtOddPlaces() throws {
    let folder = try copy(of: "llama")
    let file = folder.file("model.safetensors")
    let bytes = [UInt8](try Data(contentsOf: file))
    let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) } + 1
    let longer = (0..<8).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) }
    try Data(longer + bytes[8..<(7 + length)] + [UInt8(ascii: " ")] + bytes[(7 + length)...])
      .write(to: file)
    let model = try Transformer(directory: folder.url, narrowFrom: 0)
    XCTAssertTrue(model.embedding.isNarrow)
    let expected = try Transformer(directory: fixture("families/llama"))
    XCTAssertEqual(try model(input(of: model)), try expected(input(of: model)))
  }

  func testAFileThatIsReplacedOrRemovedStaysWhatItWas() throws {
    let folder = try copy(of: "gptj")
    let model = try Transformer(directory: folder.url, narrowFrom: 0)
    let expected = try Transformer(directory: fixture("families/gptj"))
    try Data([1, 2, 3]).write(to: folder.file("model.safetensors"), options: .atomic)
    XCTAssertEqual(try model(input(of: model)), try expected(input(of: model)))
    try FileManager.default.removeItem(at: folder.file("model.safetensors"))
    XCTAssertEqual(try model(input(of: model)), try expected(input(of: model)))
  }

  /// This test runs itself in a process of its own, which loses a file that it has in memory.
  func testAFileThatIsCutOffEndsTheProgramWithASentence() throws {
    let environment = ProcessInfo.processInfo.environment
    if let path = environment["HEADLIGHT_CUT_OFF"] {
      let model = try Transformer(directory: URL(fileURLWithPath: path), narrowFrom: 0)
      XCTAssertEqual(truncate(path + "/model.safetensors", 0), 0)
      print("the logits are", try model(input(of: model)))
      return
    }
    let folder = try copy(of: "gptj")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = [
      "CheckpointsTests.NarrowWeightTests/testAFileThatIsCutOffEndsTheProgramWithASentence"
    ]
    process.environment = environment.merging(["HEADLIGHT_CUT_OFF": folder.url.path]) { $1 }
    let (output, errors) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, errors)
    try process.run()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let printed = String(
      decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    XCTAssertEqual(process.terminationReason, .exit)
    XCTAssertEqual(process.terminationStatus, 74)
    XCTAssertTrue(
      text.contains(
        "headlight: \(folder.url.path)/model.safetensors became shorter while its weights were in "
          + "use, and they can be read no more; put the file back, and start again.\n"), text)
    XCTAssertFalse(printed.contains("the logits are"), printed)
  }
}
