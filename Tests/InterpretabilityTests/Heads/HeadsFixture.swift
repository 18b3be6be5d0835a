import Checkpoints
import Foundation
import Heads
import Tensors
import Transformers

/// Two tiny models and what PyTorch makes of their heads; `Tests/Fixtures/heads.py`.
struct HeadsFixture {
  static let names = ["gpt2", "llama"]

  let name: String
  let circuits: HeadCircuits
  let texts: ModelInput
  private let file: SafetensorsFile

  init(_ name: String) throws {
    self.name = name
    let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fixtures")
    circuits = try HeadCircuits(
      Transformer(
        directory: fixtures.appendingPathComponent(
          name == "gpt2" ? "gpt2-tiny" : "families/llama")))
    file = try SafetensorsFile(contentsOf: fixtures.appendingPathComponent("heads.safetensors"))
    let (flat, length) = (try file.integers("\(name).texts"), 9)
    texts = ModelInput(
      tokens: stride(from: 0, to: flat.count, by: length).map {
        Array(flat[$0..<($0 + length)])
      })
  }

  static func all() throws -> [HeadsFixture] { try names.map { try HeadsFixture($0) } }

  func expected(_ label: String) throws -> Tensor { try file.tensor("\(name).\(label)") }

  /// The texts in one batch with others that are shorter, filled up in front or behind.
  func padded(_ side: ModelInput.PaddingSide) -> ModelInput {
    let rows = texts.tokens + [[1, 2, 1], [4, 3, 2, 1, 4]]
    let (tokens, mask) = ModelInput.padding(rows, with: 0, at: side)
    return ModelInput(tokens: tokens, mask: mask)
  }
}
