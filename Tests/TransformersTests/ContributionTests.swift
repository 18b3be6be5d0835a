import Checkpoints
import Tensors
import Transformers
import XCTest

/// What single heads and layers add, and that it is all there is.
final class ContributionTests: XCTestCase {
  private let families = [
    "gpt2", "neox-parallel", "neox-sequential", "gpt-neo", "gptj", "llama", "llama-tied", "qwen2",
    "qwen3", "bert", "bert-bare", "distilbert", "roberta", "t5", "bart", "marian",
  ]

  private func input(_ fixture: Fixture, side: String) throws -> ModelInput {
    var input = ModelInput(
      tokens: try fixture.rows("\(side).input_ids"),
      mask: try fixture.mask("\(side).attention_mask"))
    if fixture.expected.contains("\(side).decoder_input_ids") {
      input.decoderTokens = try fixture.rows("\(side).decoder_input_ids")
      input.decoderMask = try fixture.mask("\(side).decoder_attention_mask")
    }
    return input
  }

  func testContributionsAddUpToTheFinalResidual() throws {
    for family in families {
      let fixture = try Fixture("families/\(family)")
      let configuration = fixture.model.configuration
      for side in ["right", "left"] {
        let input = try input(fixture, side: side)
        for (name, stack) in configuration.stacks {
          let isPost = configuration.normPlacement == .after
          let point = HookPoint.block(
            name, stack.layerCount - 1, isPost ? .normalizedResidualPost : .residualPost)
          let residual = try fixture.model.run(input, capturing: [point]).trace[point]
          let parts = try fixture.model.contributions(to: name, of: input)
          let sum = parts.dropFirst().reduce(parts[0].value) { $0 + $1.value }
          assertEqual(sum, residual, "\(family) \(name) \(side)", tolerance: 1e-5)
          XCTAssertEqual(Set(parts.map(\.component)).count, parts.count, family)
          let heads = parts.count { if case .head = $0.component { true } else { false } }
          let kinds = name == .decoder ? 2 : 1
          XCTAssertEqual(heads, stack.layerCount * stack.headCount * kinds, family)
        }
        XCTAssertThrowsError(
          try fixture.model.contributions(
            to: configuration.isEncoderDecoder ? .blocks : .encoder, of: input))
      }
    }
  }

  /// Without a later norm, what a component adds is what the residual loses with it.
  func testAContributionIsWhatIsMissingWithoutTheComponent() throws {
    let model = RandomModel.llama()
    let point = HookPoint.residualPost(.blocks, 1)
    let clean = try model.run(model.someInput, capturing: [point]).trace[point]
    for contribution in try model.contributions(of: model.someInput) {
      let without: Intervention
      switch contribution.component {
      case .head(layer: 1, .own, let head): without = .zeroHead(head, in: .blocks, layer: 1)
      default: continue
      }
      // The MLP after it would answer; it is held.
      let held = HookPoint.block(.blocks, 1, .mlpOut)
      let mlp = try model.run(model.someInput, capturing: [held]).trace[held]
      let rest = try model.run(
        model.someInput, capturing: [point], intervening: [without, .replace(held, with: mlp)]
      ).trace[point]
      XCTAssertLessThan(distance(clean - rest, contribution.value), 1e-5)
    }
  }

  func testResultsAndTheBiasAddUpToTheOutputOfAttention() throws {
    for family in families {
      let model = try Fixture("families/\(family)").model
      let input = ModelInput(
        [7, 3, 11, 3, 22], decoderTokens: model.configuration.isEncoderDecoder ? [0, 9, 4] : nil)
      let results = model.configuration.hookPointsOnRequest.compactMap { point in
        if case .block(let stack, let layer, .attention(let kind, .result)) = point {
          return (point, HookPoint.block(stack, layer, .attentionOut(kind)))
        }
        return nil
      }
      XCTAssertFalse(results.isEmpty)
      let run = try model.run(input, capturing: .points(Set(results.flatMap { [$0, $1] })))
      let biases = Dictionary(
        uniqueKeysWithValues: model.parameters.map { ($0.name, $0.tensor) })
      for (result, output) in results {
        guard case .block(let stack, let layer, .attentionOut(let kind)) = output else { continue }
        let part = kind == .own ? "attention" : "cross"
        let sum = try run.trace[result].sum(axis: 2)
        let bias = biases["\(stack.rawValue).\(layer).\(part).output.bias"]
        assertEqual(
          bias.map { sum + $0 } ?? sum, try run.trace[output], "\(family) \(result)",
          tolerance: 1e-5)
      }
      // Looking changes nothing, not the last bit.
      XCTAssertEqual(run.output, try model.run(input).output)
    }
  }

  func testAResultSetToZeroIsAHeadSetToZero() throws {
    for model in [RandomModel.gpt2(), RandomModel.llama(), RandomModel.bert(), RandomModel.t5()] {
      let stack = model.configuration.stacks[0].name
      let point = HookPoint.block(stack, 0, .attention(.own, .result))
      let emptied = Intervention(at: point) { results in
        var keep = Tensor(repeating: 1, shape: [results.shape[2], 1])
        keep[2, 0] = 0
        return results * (keep + Tensor.zeros(Array(results.shape[2...])))
      }
      XCTAssertLessThan(
        distance(
          try model.run(model.someInput, intervening: [emptied]).output,
          try model.run(
            model.someInput, intervening: [.zeroHead(2, in: stack, layer: 0)]
          ).output), 1e-5)
    }
  }

  /// Each of the three inputs changed for all heads alike is the residual changed for that reader.
  func testInputsOfHeadsAreWhatHeadsRead() throws {
    for model in [RandomModel.gpt2(), RandomModel.llama(), RandomModel.bert(), RandomModel.t5()] {
      let stack = model.configuration.stacks[0].name
      let inputs = HookPoint.AttentionInput.allCases
      let same = inputs.map { input in
        Intervention(at: .block(stack, 1, .input(input))) { $0 }
      }
      let plain = try model.run(model.someInput).output
      XCTAssertLessThan(
        distance(try model.run(model.someInput, intervening: same).output, plain), 1e-5)
      for input in inputs {
        let point = HookPoint.block(stack, 1, .input(input))
        let read: HookPoint.AttentionPoint =
          switch input {
          case .query: .query
          case .key: .key
          case .value: .value
          }
        let reads = HookPoint.block(stack, 1, .attention(.own, read))
        // The residual of another text, in the place of what these heads read.
        var other = model.someInput
        other.tokens = [[9, 22, 7, 4, 4]]
        let copies = try model.run(other, capturing: [point, reads]).trace
        let found = try model.run(
          model.someInput, intervening: [.replace(point, with: copies[point])]
        ).output
        let expected = try model.run(
          model.someInput, intervening: [.replace(reads, with: copies[reads])]
        ).output
        XCTAssertLessThan(distance(found, expected), 1e-5, "\(stack) \(input)")
        XCTAssertGreaterThan(distance(found, plain), 1e-3, "\(stack) \(input)")
      }
    }
  }

  func testAPatternMeansPointsOnRequestOnlyWhenItMatchesNoOthers() throws {
    let configuration = RandomModel.llama().configuration
    func names(_ pattern: String) throws -> Set<String> {
      Set(try Capture.matching(pattern).points(in: configuration).map(\.description))
    }
    XCTAssertEqual(try names("*"), Set(configuration.hookPoints.map(\.description)))
    XCTAssertEqual(
      try names("*hook_result"), ["blocks.0.attn.hook_result", "blocks.1.attn.hook_result"])
    XCTAssertEqual(
      try names("blocks.1.*_input"),
      ["blocks.1.hook_q_input", "blocks.1.hook_k_input", "blocks.1.hook_v_input"])
    XCTAssertFalse(try names("blocks.0.attn.*").contains("blocks.0.attn.hook_result"))
  }

  func testGradientsPassThroughResultsAndInputsOfHeads() throws {
    let model = RandomModel.llama()
    let points: [HookPoint.BlockPoint] = [
      .attention(.own, .result), .input(.query), .input(.key), .input(.value),
    ]
    let same = points.map { point in Intervention(at: .block(.blocks, 1, point)) { $0 } }
    func gradients(_ interventions: [Intervention]) throws -> [Tensor] {
      let watched = model.requiringGradients()
      let logits = try watched.run(watched.someInput, intervening: interventions).logits
      return gradient(
        of: logits.crossEntropy(targets: [3, 11, 3, 22, 1]),
        withRespectTo: watched.parameters.map(\.tensor))
    }
    for (found, expected) in zip(try gradients(same), try gradients([])) {
      XCTAssertLessThan(distance(found, expected), 1e-5)
    }
  }
}
