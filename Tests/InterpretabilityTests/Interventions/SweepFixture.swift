import Checkpoints
import Foundation
import Interventions
import Tensors
import Transformers
import XCTest

/// Every family's tiny model, on a padded batch.
struct FamilyFixture {
  static let names = [
    "gpt2", "neox-parallel", "neox-sequential", "gpt-neo", "gptj", "llama", "llama-tied", "qwen2",
    "qwen3", "bert", "bert-bare", "distilbert", "roberta", "t5", "bart", "marian",
  ]

  let name: String
  let model: Transformer
  let input: ModelInput

  init(_ name: String, side: String) throws {
    self.name = "\(name) \(side)"
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/families/\(name)")
    model = try Transformer(directory: folder)
    let file = try SafetensorsFile(
      contentsOf: folder.appendingPathComponent("expected.safetensors"))
    func rows(_ label: String) throws -> [[Int]] {
      let shape = try file.shape(of: "\(side).\(label)")
      let flat = try file.integers("\(side).\(label)")
      return (0..<shape[0]).map { Array(flat[($0 * shape[1])..<(($0 + 1) * shape[1])]) }
    }
    func mask(_ label: String) throws -> [[Bool]] { try rows(label).map { $0.map { $0 != 0 } } }
    var input = ModelInput(tokens: try rows("input_ids"), mask: try mask("attention_mask"))
    if file.contains("\(side).token_type_ids") { input.tokenTypes = try rows("token_type_ids") }
    if file.contains("\(side).decoder_input_ids") {
      input.decoderTokens = try rows("decoder_input_ids")
      input.decoderMask = try mask("decoder_attention_mask")
    }
    self.input = input
  }

  static func all() throws -> [FamilyFixture] {
    try names.flatMap { name in try ["right", "left"].map { try FamilyFixture(name, side: $0) } }
  }

  var configuration: TransformerConfiguration { model.configuration }

  /// The tokens of the last stack, in which logits are read.
  var lastTokens: [[Int]] { input.decoderTokens ?? input.tokens }

  /// One row of the input by itself.
  func row(_ row: Int) -> ModelInput {
    ModelInput(
      tokens: [input.tokens[row]], mask: input.mask.map { [$0[row]] },
      tokenTypes: input.tokenTypes.map { [$0[row]] },
      decoderTokens: input.decoderTokens.map { [$0[row]] },
      decoderMask: input.decoderMask.map { [$0[row]] })
  }

  /// How many positions a point's position axis has.
  func length(of point: HookPoint) -> Int {
    switch point {
    case .block(_, _, .attention(.cross, .key)), .block(_, _, .attention(.cross, .value)):
      input.tokens[0].count
    case .block(.decoder, _, _), .decoderEmbedding, .decoderPositionEmbedding,
      .embeddingNorm(.decoder, _), .finalNorm(.decoder, _):
      lastTokens[0].count
    default: input.tokens[0].count
    }
  }

  /// The last residual stream, which every change reaches.
  var lastResidual: HookPoint { configuration.residualPoints.last! }
}

/// A change as a whole run makes it, value by value; what the engine does is written anew.
struct NaiveChange {
  let change: Change
  /// What each value becomes, by position, head and place of the last axis; nil leaves it.
  let value: @Sendable (_ old: Float, _ position: Int, _ head: Int, _ unit: Int) -> Float?

  var intervention: Intervention {
    let point = change.site.point
    return Intervention(at: point) { activation in
      let shape = activation.shape
      var values = activation.values
      let isPattern = "\(point)".contains("scores") || "\(point)".contains("pattern")
      let isBias = "\(point)".contains("rel_pos")
      let isHeadsFirst = isPattern || isBias
      let rows = isBias ? 1 : shape[0]
      let inner = isBias ? shape : Array(shape.dropFirst())
      let (a, b) = (inner[0], inner.count == 3 ? inner[1] : 1)
      let width = inner[inner.count - 1]
      for row in 0..<rows {
        for i in 0..<a {
          for j in 0..<b {
            for unit in 0..<width {
              let index = ((row * a + i) * b + j) * width + unit
              let (position, head) = isHeadsFirst ? (j, i) : (i, j)
              if let new = value(values[index], position, head, unit) { values[index] = new }
            }
          }
        }
      }
      return Tensor(values, shape: shape)
    }
  }
}
