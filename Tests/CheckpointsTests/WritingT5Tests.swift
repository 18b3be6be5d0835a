import Checkpoints
import Foundation
import Tensors
import Transformers
import XCTest

/// A T5 model that is written comes back as it was, to half precision.
final class WritingT5Tests: XCTestCase {
  private func configuration(
    activation: TransformerConfiguration.Activation = .geluTanh, isGated: Bool = true,
    isTied: Bool = false, endToken: Int? = 1
  ) -> TransformerConfiguration {
    .t5(
      vocabularySize: 23, width: 12,
      encoder: .init(layerCount: 1, headCount: 3, headWidth: 5, feedForwardWidth: 14),
      decoder: .init(layerCount: 2, headCount: 3, headWidth: 5, feedForwardWidth: 14),
      activation: activation, isGated: isGated, tiesEmbeddings: isTied, buckets: 6,
      maximumDistance: 9, normEpsilon: 1e-5, startToken: 2, endToken: endToken, padToken: 3)
  }

  private func model(_ configuration: TransformerConfiguration) -> Transformer {
    var generator = SeededGenerator(seed: 6)
    return Transformer(configuration: configuration, using: &generator)
  }

  func testWhatIsWrittenLoadsAsItWas() throws {
    var unscaled = configuration(isTied: true)
    unscaled.logitScale = 1
    for configuration in [
      configuration(), configuration(activation: .relu, isGated: false, isTied: true),
      configuration(activation: .gelu, isGated: false), configuration(activation: .silu),
      configuration(activation: .geluTanh, isGated: false), configuration(endToken: nil), unscaled,
    ] {
      let folder = try TemporaryFolder(self)
      let original = model(configuration)
      try original.writeT5(to: folder.file("deep/model"))
      let loaded = try Transformer(directory: folder.file("deep/model"))
      XCTAssertEqual(loaded.configuration, configuration)
      XCTAssertEqual(loaded.parameters.map(\.name), original.parameters.map(\.name))
      for (found, wanted) in zip(loaded.parameters, original.parameters) {
        XCTAssertEqual(found.tensor.shape, wanted.tensor.shape, wanted.name)
        // Exactly the nearest half-precision numbers.
        XCTAssertEqual(
          found.tensor.values, wanted.tensor.values.map { Float(Float16($0)) }, wanted.name)
      }
    }
  }

  func testWritingTwiceGivesTheSameBytes() throws {
    let folder = try TemporaryFolder(self)
    for name in ["a", "b"] { try model(configuration()).writeT5(to: folder.file(name)) }
    for file in ["config.json", "model.safetensors"] {
      XCTAssertEqual(
        try Data(contentsOf: folder.file("a/\(file)")),
        try Data(contentsOf: folder.file("b/\(file)")))
    }
  }

  func testModelsThatAreNotT5AreRefused() throws {
    let folder = try TemporaryFolder(self)
    let stack = TransformerConfiguration.Stack(
      layerCount: 1, headCount: 2, headWidth: 4, feedForwardWidth: 8)
    var uneven = configuration()
    uneven.decoder?.feedForwardWidth = 20
    for configuration in [
      .gpt2(
        vocabularySize: 9, width: 8, decoder: stack, positions: 5, startToken: 0, endToken: nil),
      configuration(activation: .gelu), uneven,
    ] {
      XCTAssertEqual(
        sentence(try model(configuration).writeT5(to: folder.file("model"))),
        "only a T5 model can be written as T5.")
    }
    XCTAssertEqual(try folder.contents(), [])
  }

  func testAFailureLeavesNothingBehind() throws {
    let folder = try TemporaryFolder(self)
    try Data().write(to: folder.file("taken"))
    let text = sentence(try model(configuration()).writeT5(to: folder.file("taken")))
    XCTAssertTrue(text.hasPrefix("\(folder.url.path)/taken cannot be written: "), text)
    var large = model(configuration())
    large.visitParameters { name, weight in
      if name == "unembedding.weight" { weight = weight + 70_000 }
    }
    let sentence = sentence(try large.writeT5(to: folder.file("large")))
    XCTAssertTrue(sentence.contains("which half precision cannot"), sentence)
    XCTAssertEqual(
      try FileManager.default.contentsOfDirectory(atPath: folder.file("large").path), [])
  }
}
