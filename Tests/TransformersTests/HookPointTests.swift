import Checkpoints
import Foundation
import Tensors
import Transformers
import XCTest

/// Hook points: which there are, what they are called, what shape they hold.
final class HookPointTests: XCTestCase {
  private let models = [
    ("t5", RandomModel.t5()), ("flan", RandomModel.t5(isGated: true, isTied: false)),
    ("gpt2", RandomModel.gpt2()), ("llama", RandomModel.llama()), ("bert", RandomModel.bert()),
  ]

  func testEveryPointFiresInItsShapeAndInOrder() throws {
    for (family, model) in models {
      let configuration = model.configuration
      let all = Set(configuration.hookPoints + configuration.hookPointsOnRequest)
      let trace = try model.run(model.someInput, capturing: .points(all)).trace
      XCTAssertEqual(
        try model.run(model.someInput, capturing: .everything).trace.points,
        configuration.hookPoints)
      XCTAssertEqual(trace.points.filter { !$0.isOnRequest }, configuration.hookPoints)
      XCTAssertEqual(trace.points.filter(\.isOnRequest), configuration.hookPointsOnRequest)
      XCTAssertEqual(Set(trace.points).count, trace.points.count, "a point is listed twice")
      for point in trace.points {
        XCTAssertEqual(
          try trace[point].shape, Self.shape(of: point.description, family: family), "\(point)")
      }
    }
  }

  /// The shape by the name alone: 1 × 5 source and 4 target tokens, width 16, 4 heads.
  private static func shape(of name: String, family: String) -> [Int] {
    let (length, source) = (name.hasPrefix("decoder") ? 4 : 5, 5)
    let keys = name.contains("cross_attn") ? source : length
    let head = ["gpt2": 4, "bert": 4, "llama": 6][family] ?? 5
    let keyHeads = family == "llama" ? 2 : 4
    switch name.split(separator: ".").last! {
    case "hook_q", "hook_z", "hook_rot_q": return [1, length, 4, head]
    case "hook_k", "hook_v", "hook_rot_k": return [1, keys, keyHeads, head]
    case "hook_result", "hook_q_input": return [1, length, 4, 16]
    case "hook_k_input", "hook_v_input": return [1, length, keyHeads, 16]
    case "rel_pos_hook": return [4, length, length]
    case "hook_attn_scores", "hook_pattern": return [1, 4, length, keys]
    case "hook_scale": return [1, length, 1]
    case "hook_pre", "hook_pre_linear", "hook_post": return [1, length, 24]
    default: return [1, length, 16]
    }
  }

  func testNamesPrintAndParse() {
    for (_, model) in models {
      for point in model.configuration.hookPoints + model.configuration.hookPointsOnRequest {
        XCTAssertEqual(HookPoint(point.description), point)
      }
    }
    XCTAssertEqual(
      HookPoint("decoder.1.cross_attn.hook_pattern"), .pattern(.decoder, 1, .cross))
    XCTAssertEqual(HookPoint("blocks.11.hook_resid_pre"), .residualPre(.blocks, 11))
    XCTAssertEqual(HookPoint("ln_final.hook_scale"), .finalNorm(.blocks, .scale))
  }

  func testDamagedNamesDoNotParseAsAnythingElse() {
    var generator = SeededGenerator(seed: 2)
    let names = models.flatMap { $0.1.configuration.hookPoints.map(\.description) }
    let alphabet = Array("abhklnopqrstvz_.019-+ é*")
    for _ in 0..<4000 {
      var text = Array(names.randomElement(using: &generator)!)
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let place = Int.random(in: 0...text.count, using: &generator)
        let letter = alphabet.randomElement(using: &generator)!
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: text.insert(letter, at: place)
        case 1 where place < text.count: text.remove(at: place)
        default: if place < text.count { text[place] = letter }
        }
      }
      // What parses prints as it was written; there are no two spellings of one point.
      let damaged = String(text)
      if let point = HookPoint(damaged) { XCTAssertEqual(point.description, damaged) }
    }
    for name in [
      "", ".", "..", "encoder", "encoder.0", "encoder.0.", "encoder.-1.hook_resid_pre",
      "encoder.+1.hook_resid_pre", "encoder.01.hook_resid_pre", "encoder. 1.hook_resid_pre",
      "encoder.99999999999999999999.hook_resid_pre", "Encoder.0.hook_resid_pre",
      "encoder.0.hook_resid_pre ", "encoder.0.ln4.hook_scale", "encoder.0.attn.hook_results",
    ] {
      XCTAssertNil(HookPoint(name), name)
    }
  }

  private struct Names: Decodable {
    let names: [String]
    let fired: [String: [Int]]
  }

  private func theirs(_ family: String) throws -> Names {
    let url = fixtures.appendingPathComponent("hook-names/names.json")
    let all = try JSONDecoder().decode([String: Names].self, from: Data(contentsOf: url))
    return try XCTUnwrap(all[family])
  }

  private func twin(_ family: String) -> Transformer {
    let stack = TransformerConfiguration.Stack(
      layerCount: 2, headCount: 3, headWidth: 8, feedForwardWidth: 40)
    var generator = SeededGenerator(seed: 1)
    let configuration: TransformerConfiguration =
      family == "gpt2"
      ? .gpt2(
        vocabularySize: 51, width: 24, decoder: stack, positions: 26, startToken: 0, endToken: 1)
      : .t5(
        vocabularySize: 51, width: 24, encoder: stack, decoder: stack,
        activation: family == "flan" ? .geluTanh : .relu, isGated: family == "flan",
        tiesEmbeddings: family == "t5", buckets: 8, maximumDistance: 20)
    return Transformer(configuration: configuration, using: &generator)
  }

  func testNamesAndShapesAreTransformerLens() throws {
    for family in ["t5", "flan", "gpt2"] {
      let (theirs, model) = (try theirs(family), twin(family))
      let configuration = model.configuration
      let all = Set(configuration.hookPoints + configuration.hookPointsOnRequest)
      let trace = try model.run(model.someInput, capturing: .points(all)).trace
      let ours = Set(trace.points.map(\.description))
      // Ours alone: it has no hook there.
      XCTAssertEqual(
        ours.subtracting(theirs.names), family == "gpt2" ? [] : ["decoder_hook_embed"], family)
      // Theirs alone: copies that no head has for itself, and the unembedding.
      for name in Set(theirs.names).subtracting(ours) {
        let isLeftOut =
          name.hasSuffix("_in") || name == "unembed.hook_out"
        XCTAssertTrue(isLeftOut, "\(family) lacks \(name)")
      }
      for (name, shape) in theirs.fired where ours.contains(name) {
        XCTAssertEqual(try trace[name].shape, shape, "\(family) \(name)")
      }
      // Listed there and never passed: the bias is computed outside the layer.
      let biases = ours.filter { $0.hasSuffix("rel_pos_hook") }
      XCTAssertEqual(biases.count, family == "gpt2" ? 0 : 2)
      XCTAssertEqual(
        Set(configuration.hookPoints.map(\.description)).subtracting(theirs.fired.keys),
        family == "gpt2" ? [] : biases.union(["decoder_hook_embed"]), family)
    }
  }

  private func checkActivations(_ name: String, _ folder: String) throws {
    let model = try Fixture(folder).model
    let theirs = try SafetensorsFile(
      contentsOf: fixtures.appendingPathComponent("hook-names/\(name).safetensors"))
    let input = ModelInput(try theirs.integers("tokens"))
    func compare(_ found: Tensor, _ name: String) throws {
      let expected = try theirs.tensor(name)
      let scale = expected.values.filter(\.isFinite).map(abs).max() ?? 1
      XCTAssertLessThanOrEqual(distance(found, expected) / scale, 1e-4, "\(folder) \(name)")
    }
    let configuration = model.configuration
    let all = configuration.hookPoints + configuration.hookPointsOnRequest
    let trace = try model.run(input, capturing: .points(Set(all))).trace
    for point in all { try compare(trace[point], point.description) }

    let changed = try model.run(
      input, capturing: [.pattern(.blocks, 1), .residualPost(.blocks, 1)],
      intervening: [
        Intervention(at: .block(.blocks, 1, .input(.query))) { copies in
          var copies = copies
          for i in 0..<copies.shape[1] {
            for j in 0..<copies.shape[3] { copies[0, i, 0, j] *= 2 }
          }
          return copies
        },
        Intervention(at: .block(.blocks, 1, .input(.value))) { copies in
          var copies = copies
          for i in 0..<copies.shape[1] {
            for j in 0..<copies.shape[3] { copies[0, i, 1, j] = 0.5 }
          }
          return copies
        },
      ]
    ).trace
    for point in changed.points { try compare(changed[point], "changed.\(point)") }
  }

  func testActivationsOfGPT2AreTransformerLens() throws {
    try checkActivations("gpt2-tiny", "gpt2-tiny")
  }
  func testActivationsOfGPTNeoXAreTransformerLens() throws {
    try checkActivations("neox-parallel", "families/neox-parallel")
  }
  func testActivationsOfLlamaAreTransformerLens() throws {
    try checkActivations("llama", "families/llama")
  }
}
