import Checkpoints
import Tensors
import Transformers
import XCTest

/// Blocks without an MLP, against TransformerLens's `attn_only`, on the model of
/// `Tests/Fixtures/attention_only.py`.
final class AttentionOnlyTests: XCTestCase {
  private func fixture() throws -> (model: Transformer, theirs: SafetensorsFile) {
    let theirs = try SafetensorsFile(
      contentsOf: fixtures.appendingPathComponent("attention-only.safetensors"))
    var configuration = TransformerConfiguration.gpt2(
      vocabularySize: 17, width: 12,
      decoder: .init(layerCount: 2, headCount: 2, headWidth: 5, feedForwardWidth: 0), positions: 9,
      startToken: 0, endToken: nil)
    configuration.tiesEmbeddings = false
    let model = try Transformer(configuration: configuration) { name, shape in
      let weight = try theirs.tensor("weight." + name)
      XCTAssertEqual(weight.shape, shape, name)
      return weight
    }
    return (model, theirs)
  }

  private func input(_ theirs: SafetensorsFile) throws -> ModelInput {
    let tokens = try theirs.integers("tokens")
    return ModelInput(tokens: [Array(tokens[..<7]), Array(tokens[7...])])
  }

  func testLogitsAndEveryActivationEqualTransformerLens() throws {
    let (model, theirs) = try fixture()
    let run = try model.run(input(theirs), capturing: .everything)
    func compare(_ found: Tensor, _ name: String) throws {
      let expected = try theirs.tensor(name)
      let scale = expected.values.filter(\.isFinite).map(abs).max() ?? 1
      XCTAssertLessThanOrEqual(distance(found, expected) / scale, 1e-5, name)
    }
    try compare(run.logits, "logits")
    XCTAssertEqual(run.trace.points, model.configuration.hookPoints)
    for point in run.trace.points { try compare(run.trace[point], point.description) }
  }

  func testThereIsNoMLPToHookOrToTrain() throws {
    let (model, _) = try fixture()
    let names =
      model.configuration.hookPoints.map(\.description) + model.parameters.map(\.name)
    XCTAssertEqual(names.filter { $0.contains("mlp") || $0.contains("mid") }, [])
  }

  func testHeadsAndEmbeddingsAreAllThatIsAdded() throws {
    let (model, theirs) = try fixture()
    let parts = try model.contributions(of: input(theirs))
    let sum = parts.dropFirst().reduce(parts[0].value) { $0 + $1.value }
    assertEqual(sum, try theirs.tensor("blocks.1.hook_resid_post"), "sum", tolerance: 1e-5)
    XCTAssertFalse(parts.contains { if case .mlp = $0.component { true } else { false } })
  }
}
