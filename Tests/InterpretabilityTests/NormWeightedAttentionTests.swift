import Interpretability
import Tensors
import Transformers
import XCTest

/// The lengths of what attention carries, beside what the layer itself writes.
final class NormWeightedAttentionTests: XCTestCase {
  private let source = ModelInput([3, 4, 5, 6, 7], decoderTokens: [0, 8, 9, 10])

  private var layers: [(Transformer, ModelInput, StackName, AttentionKind)] {
    let text = ModelInput([1, 4, 2, 4, 3])
    return [
      (tinyTranslator, source, .encoder, .own), (tinyTranslator, source, .decoder, .own),
      (tinyTranslator, source, .decoder, .cross), (tinyDecoder(), text, .blocks, .own),
      (grouped, text, .blocks, .own),
    ]
  }

  /// A decoder whose heads share keys and values by twos.
  private let grouped: Transformer = {
    var generator = SeededGenerator(seed: 5)
    let stack = TransformerConfiguration.Stack(
      layerCount: 2, headCount: 4, keyHeadCount: 2, headWidth: 6, feedForwardWidth: 20)
    return Transformer(
      configuration: .llama(
        vocabularySize: 37, width: 12, decoder: stack,
        rotary: RotaryAngles(width: 6, isInterleaved: false), tiesEmbeddings: false, startToken: 0,
        endToken: nil), using: &generator)
  }()

  /// Where all values but one are taken away, a head writes α f(x) of that one and nothing else.
  func testALengthIsThatOfWhatAHeadWritesOfOneKeyAlone() throws {
    for (model, input, stack, kind) in layers {
      func point(_ point: HookPoint.AttentionPoint) -> HookPoint {
        .block(stack, 1, .attention(kind, point))
      }
      let trace = try model.run(input, capturing: .points([point(.pattern), point(.value)])).trace
      let (pattern, values) = (try trace[point(.pattern)][at: 0], try trace[point(.value)][at: 0])
      let weighted = model.normWeightedAttention(
        pattern, values: values, stack: stack, layer: 1, kind: kind)
      XCTAssertEqual(weighted.shape, pattern.shape)
      for key in 0..<values.shape[0] {
        let alone = Intervention(at: point(.value)) { values in
          var keep = Tensor.zeros([1, values.shape[1], 1, 1])
          keep[0, key, 0, 0] = 1
          return values * keep
        }
        let written = try model.run(
          input, capturing: .points([point(.result)]), intervening: [alone]
        ).trace[point(.result)][at: 0]
        for query in 0..<pattern.shape[1] {
          for head in 0..<pattern.shape[0] {
            let squares = (0..<written.shape[2]).reduce(0.0) {
              $0 + Double(written[query, head, $1]) * Double(written[query, head, $1])
            }
            XCTAssertEqual(
              Double(weighted[head, query, key]), squares.squareRoot(), accuracy: 1e-5,
              "\(stack) \(kind)")
          }
        }
      }
      XCTAssertGreaterThan(weighted.values.max()!, 1e-3)
    }
  }

  /// The lengths by the weights of the model, written out in loops.
  func testLengthsByLoops() throws {
    let model = grouped
    let input = ModelInput([1, 4, 2, 4, 3])
    func point(_ point: HookPoint.AttentionPoint) -> HookPoint {
      .block(.blocks, 0, .attention(.own, point))
    }
    let normed = HookPoint.block(.blocks, 0, .norm(1, .normalized))
    let trace = try model.run(
      input, capturing: .points([point(.pattern), point(.value), normed])
    ).trace
    let pattern = try trace[point(.pattern)][at: 0]
    let attention = model.stacks[0].blocks[0].attention
    let weight = model.stacks[0].blocks[0].attentionNorm.weight
    let (value, output) = (attention.value, attention.output)
    let x = try trace[normed][at: 0]
    let stack = model.configuration.stacks[0].stack
    let (width, heads) = (stack.headWidth, stack.headCount)
    let weighted = model.normWeightedAttention(
      pattern, values: try trace[point(.value)][at: 0], stack: .blocks, layer: 0)
    for key in 0..<5 {
      for head in 0..<heads {
        let shared = head * stack.keyHeadCount / heads
        var squares = 0.0
        for out in 0..<output.weight.shape[0] {
          var sum = 0.0
          for column in 0..<width {
            let row = shared * width + column
            var v = Double(value.bias?[row] ?? 0)
            for place in 0..<x.shape[1] {
              v += Double(value.weight[row, place]) * Double(x[key, place]) * Double(weight[place])
            }
            sum += v * Double(output.weight[out, head * width + column])
          }
          squares += sum * sum
        }
        for query in 0..<5 {
          XCTAssertEqual(
            Double(weighted[head, query, key]),
            squares.squareRoot() * Double(pattern[head, query, key]), accuracy: 1e-5)
        }
      }
    }
  }
}
