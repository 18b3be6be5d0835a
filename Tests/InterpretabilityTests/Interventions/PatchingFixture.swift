import Checkpoints
import Foundation
import Interventions
import Tensors
import Transformers
import XCTest

/// Two tiny models and what TransformerLens and PyTorch make of interventions on them;
/// `Tests/Fixtures/patching.py`.
struct PatchingFixture {
  static let names = ["gpt2", "llama"]

  let name: String
  let model: Transformer
  private let file: SafetensorsFile

  init(_ name: String) throws {
    self.name = name
    let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fixtures")
    model = try Transformer(
      directory: fixtures.appendingPathComponent(name == "gpt2" ? "gpt2-tiny" : "families/llama"))
    file = try SafetensorsFile(
      contentsOf: fixtures.appendingPathComponent("patching.safetensors"))
  }

  static func all() throws -> [PatchingFixture] { try names.map { try PatchingFixture($0) } }

  func expected(_ label: String) throws -> Tensor { try file.tensor("\(name).\(label)") }

  private func tokens(_ label: String) throws -> [Int] { try file.integers("\(name).\(label)") }

  var clean: ModelInput { get throws { ModelInput(try tokens("clean")) } }
  var corrupted: ModelInput { get throws { ModelInput(try tokens("corrupted")) } }
  var metric: Metric { .logitDifference([5], against: [6]) }

  func patching(metric: Metric? = nil) throws -> ActivationPatching {
    try ActivationPatching(
      model, clean: clean, corrupted: corrupted, metric: metric ?? self.metric)
  }
}
