import Checkpoints
import Foundation
import Tensors
import Transformers
import XCTest

/// A GPT-2 model that is written comes back as it was, to half precision.
final class WritingGPT2Tests: XCTestCase {
  private func fixture(_ name: String) -> URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/\(name)")
  }

  func testWhatIsWrittenLoadsAsItWas() throws {
    // Made by PyTorch, so that both directions cannot be wrong alike.
    let original = try Transformer(directory: fixture("gpt2-tiny"))
    let folder = try TemporaryFolder(self)
    try original.writeGPT2(to: folder.file("model"))
    let loaded = try Transformer(directory: folder.file("model"))
    XCTAssertEqual(loaded.configuration, original.configuration)
    XCTAssertEqual(loaded.parameters.map(\.name), original.parameters.map(\.name))
    for (found, wanted) in zip(loaded.parameters, original.parameters) {
      XCTAssertEqual(found.tensor.shape, wanted.tensor.shape, wanted.name)
      XCTAssertEqual(
        found.tensor.values, wanted.tensor.values.map { Float(Float16($0)) }, wanted.name)
    }
    // Under PyTorch's names.
    let theirs = try SafetensorsFile(
      contentsOf: fixture("gpt2-tiny").appendingPathComponent("model.safetensors"))
    let ours = try SafetensorsFile(contentsOf: folder.file("model/model.safetensors"))
    let missing = Set(theirs.names.map { $0.replacing("transformer.", with: "") })
      .symmetricDifference(ours.names)
    XCTAssertTrue(missing.allSatisfy { $0.hasSuffix(".attn.bias") }, "\(missing)")
  }

  func testOtherModelsAreRefused() throws {
    let folder = try TemporaryFolder(self)
    var generator = SeededGenerator(seed: 1)
    let stack = TransformerConfiguration.Stack(
      layerCount: 1, headCount: 1, headWidth: 4, feedForwardWidth: 4)
    let t5 = TransformerConfiguration.t5(
      vocabularySize: 5, width: 4, encoder: stack, decoder: stack, activation: .relu,
      isGated: false, tiesEmbeddings: true)
    var untied = TransformerConfiguration.gpt2(
      vocabularySize: 5, width: 4, decoder: stack, positions: 3, startToken: 0, endToken: 0)
    untied.tiesEmbeddings = false
    for configuration in [t5, untied] {
      let model = Transformer(configuration: configuration, using: &generator)
      XCTAssertThrowsError(try model.writeGPT2(to: folder.file("no"))) {
        XCTAssertEqual("\($0)", "only a GPT-2 model can be written as GPT-2.")
      }
    }
  }
}
