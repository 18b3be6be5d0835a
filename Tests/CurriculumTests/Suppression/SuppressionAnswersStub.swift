import Answering
import Coursework
import Heads
import Interpretability
import SuppressionVocabulary
import Tensors
import Transformers

@testable import Solution8

/// The answers of a student who has not begun Sheet 8.
struct UntouchedSuppression: SuppressionAnswers {
  func suppressionRanks(of head: HeadMatrices) throws -> [Int] { throw Unanswered() }
  func effectiveEmbedding(of model: Transformer) throws -> Tensor { throw Unanswered() }
  func attentionRanks(of head: HeadMatrices, embedding: Tensor) throws -> [Int] {
    throw Unanswered()
  }
  func steps(
    of head: HeadPlace, _ matrices: HeadMatrices, on text: [Int], in model: Transformer
  ) throws -> [SuppressionStep] { throw Unanswered() }
  func survey(of texts: [[Int]], in model: Transformer, unembedding: Tensor) throws -> Tensor {
    throw Unanswered()
  }
  func lossChanges(
    without head: HeadPlace, on texts: [[Int]], in model: Transformer
  ) throws -> [[Float]] { throw Unanswered() }
  func example(
    _ text: [Int], at position: Int, of head: HeadPlace, _ matrices: HeadMatrices,
    replacement: Tensor, in model: Transformer
  ) throws -> PredictionExample { throw Unanswered() }
  func kept(
    of head: HeadMatrices, on text: HeadText, keys: Int, unembeddings: Int
  ) throws -> Tensor { throw Unanswered() }
  func recovered(kept: Tensor, ablated: Tensor, model: Tensor) throws -> Double {
    throw Unanswered()
  }
  func repair(
    of head: HeadPlace, replacement: Tensor, on texts: [[Int]], in model: Transformer,
    unembedding: Tensor
  ) throws -> Repair { throw Unanswered() }
  func startCosines(
    of head: HeadPlace, _ matrices: HeadMatrices, on texts: [[Int]], in model: Transformer
  ) throws -> Tensor { throw Unanswered() }
  func startAttention(
    of head: HeadPlace, on text: [Int], token: Int, position: Int, in model: Transformer
  ) throws -> StartAttention { throw Unanswered() }
  func queryParts(
    of head: HeadPlace, _ matrices: HeadMatrices, on text: [Int], at position: Int,
    prediction: Int, in model: Transformer
  ) throws -> QueryParts { throw Unanswered() }
  func antiInduction(
    on halves: [[Int]], start: Int, in model: Transformer, unembedding: Tensor
  ) throws -> Tensor { throw Unanswered() }
  func correlation(over models: [[HeadScores]]) throws -> Double { throw Unanswered() }
  func isANegativeHeadBad() throws -> String { throw Unanswered() }
}

/// Tensors that no student hands in.
let oddSuppressionTensors: [Tensor] = [
  Tensor([]), Tensor(scalar: .nan), .zeros([3, 3]), .zeros([2, 2]), .zeros([1, 0, 3]),
  Tensor(repeating: .nan, shape: [17, 10]), Tensor(repeating: 1e38, shape: [7, 9]),
  Tensor(repeating: .infinity, shape: [3, 4]),
]

/// One text on its way through a model, as tensors: what wrong answers are made of.
struct TensorRun {
  let model: Transformer
  let text: [Int]
  let run: Transformer.Run

  init(
    _ model: Transformer, _ text: [Int], intervening interventions: [Intervention] = []
  ) throws {
    self.model = model
    self.text = text
    let results = (0..<model.configuration.decoder!.layerCount).map {
      HookPoint.block(.blocks, $0, .attention(.own, .result))
    }
    run = try model.run(
      ModelInput(text), capturing: .points(Set(model.configuration.hookPoints + results)),
      intervening: interventions)
  }

  subscript(_ point: HookPoint) -> Tensor {
    get throws { try run.trace[point][at: 0] }
  }

  /// A head's part of `[position, head, …]`, `[position, …]`.
  func own(_ head: HeadPlace, _ point: HookPoint.AttentionPoint) throws -> Tensor {
    let all = try self[.block(.blocks, head.layer, .attention(.own, point))]
    return all.slice(axis: 1, head.head..<(head.head + 1))
      .reshaped(to: [all.shape[0], all.shape[2]])
  }

  func pattern(_ head: HeadPlace) throws -> Tensor {
    try self[.pattern(.blocks, head.layer)][at: head.head]
  }

  func scale(_ position: Int) throws -> Float {
    try self[.finalNorm(.blocks, .scale)][position, 0]
  }

  func lens(_ point: HookPoint) throws -> Tensor {
    model.logits(ofNormed: model.finalNorm(try self[point]))
  }
}

extension HeadPlace {
  var address: HeadAddress { HeadAddress(.blocks, layer: layer, head: head) }

  /// Puts a row in the place of what a head mixes, where it is asked to.
  func putting(_ row: Tensor, where isMeant: @escaping @Sendable (Int) -> Bool = { _ in true })
    -> Intervention
  {
    Intervention(at: .block(.blocks, layer, .attention(.own, .mixed))) { mixed in
      var mixed = mixed
      for place in 0..<mixed.shape[1] where isMeant(place) {
        for column in 0..<row.count { mixed[0, place, head, column] = row[column] }
      }
      return mixed
    }
  }
}
