import Foundation
import IdiomsVocabulary
import Tensors
import Transformers

/// Runs in which heads are changed, and measures of them, coded apart from the library: what the tests of
/// several exercises are held against.
enum HeadsByHand {
  /// What a run with changed mixed values predicts: by sentence, losses and choices.
  static func predictions(
    _ question: HeadQuestion, at layers: Set<Int>, shift: Int = 1,
    _ edit: @escaping @Sendable (_ layer: Int, Tensor) -> Tensor
  ) throws -> [[(loss: Double, choice: Int, token: Int)]] {
    let model = try question.model.made()
    return try question.sentences.map { tokens in
      let changes = layers.map { layer in
        Intervention(at: .block(.blocks, layer, .attention(.own, .mixed))) { edit(layer, $0) }
      }
      let logits = try model.run(ModelInput(tokens), intervening: changes).logits[at: 0]
      let (p, choice) = (logits.softmax(), logits.argmax())
      return (0..<(tokens.count - 1)).map {
        (-log(Double(p[$0, tokens[$0 + shift]])), choice[$0], tokens[$0 + shift])
      }
    }
  }

  /// Some heads of a tensor of mixed values multiplied by nothing.
  static func without(_ heads: Set<Int>, _ mixed: Tensor) -> Tensor {
    var keep = Tensor(repeating: 1, shape: [mixed.shape[2], 1])
    for head in heads { keep[head, 0] = 0 }
    return mixed * keep
  }

  static func cosine(_ a: Tensor, _ b: Tensor) -> Double {
    Double(
      (a * b).sum().scalar / ((a * a).sum().scalar * (b * b).sum().scalar).squareRoot())
  }

  static func mean(_ values: some Sequence<Double>) -> Double {
    let values = Array(values)
    return values.reduce(0, +) / Double(values.count)
  }
}
