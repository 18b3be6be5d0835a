import Coursework
import Tensors
import Transformers
import XCTest

@testable import CircuitsExercises
@testable import CircuitsVocabulary
@testable import Solution9

/// Exercise 9.3: what is rejected, what is accepted.
final class MeanOfATemplateTests: XCTestCase {
  private func mean(
    _ name: String, says: String?, answer: @escaping @Sendable (NodeOfTask) throws -> [Float]
  ) -> Misconception {
    Misconception(of: CircuitsSheet.meanOfATemplate, name, says: says, answer: answer)
  }

  private static func ablated(
    _ question: NodeOfTask, _ change: (Int, inout TaskPair) -> Void = { _, _ in }
  ) throws -> [Float] {
    var pairs = question.pairs
    for index in pairs.indices { change(index, &pairs[index]) }
    return try Solution9.Answers().meanAblated(
      question.node, on: pairs, of: try question.model.made())
  }

  /// The differences when a node writes a multiple of the mean of what it writes over positions.
  private static func written(
    _ question: NodeOfTask,
    value read: (Tensor, TaskPair) -> Float = { $0[$1.answer] - $0[$1.foil] },
    _ value: @Sendable @escaping (Tensor) -> Tensor
  ) throws -> [Float] {
    let model = try question.model.made()
    let point: HookPoint =
      switch question.node {
      case .head(let layer, _): .block(.blocks, layer, .attention(.own, .result))
      case .mlp(let layer): .block(.blocks, layer, .mlpOut)
      case .embedding: .residualPre(.blocks, 0)
      }
    return try question.pairs.map { pair in
      let alike = question.pairs.filter { $0.template == pair.template }
      let all = try alike.map {
        try model.run(ModelInput($0.corrupted), capturing: [point]).trace[point]
      }
      let sum = all.dropFirst().reduce(all[0]) { $0 + $1 }
      let mean = value(sum / Float(all.count))
      let node = question.node
      let change = Intervention(at: point) { own in
        guard case .head(_, let head) = node else { return mean }
        var changed = own
        for position in 0..<own.shape[1] {
          for column in 0..<own.shape[3] {
            changed[0, position, head, column] = mean[0, position, head, column]
          }
        }
        return changed
      }
      let logits = try model.run(ModelInput(pair.clean), intervening: [change])
        .logits[at: 0][at: pair.clean.count - 1]
      return read(logits, pair)
    }
  }

  func testWrongMeansAreRejectedWithTheirSentence() {
    let misconceptions = [
      mean("all templates", says: "over all templates") {
        try Self.ablated($0) { $1.template = $1.clean.count }
      },
      mean("clean texts", says: "over the clean texts") {
        try Self.ablated($0) { $1.corrupted = $1.clean }
      },
      mean("the twin", says: "on the corrupted twin") {
        try Self.ablated($0) { $1.template = $0 }
      },
      mean("zero", says: "set to zero") { try Self.written($0) { $0 * 0 } },
      mean("positions too", says: "over positions too") {
        try Self.written($0) { $0 * 0 + $0.mean(axis: 1, keepingAxis: true) }
      },
      mean("without its own twin", says: "the pair's own twin is missing") { question in
        try question.pairs.indices.map { index in
          let pair = question.pairs[index]
          var alone = question
          // The clean text stays, and its twin is another's of the template.
          let others = question.pairs.indices.filter {
            $0 != index && question.pairs[$0].template == pair.template
          }
          alone.pairs = others.map { other in
            var changed = pair
            changed.corrupted = question.pairs[other].corrupted
            return changed
          }
          return try Self.ablated(alone)[0]
        }
      },
      mean("of the answer", says: "logits of the answer alone") { question in
        try Self.written(question, value: { $0[$1.answer] }) { $0 }
      },
      mean("a sum of halves", says: nil) { question in
        try Self.written(question) { $0 * 2 }
      },
      mean("nothing", says: "nothing was changed") { question in
        try question.pairs.map { pair in
          let logits = try question.model.made()(ModelInput(pair.clean))[at: 0][
            at: pair.clean.count - 1]
          return logits[pair.answer] - logits[pair.foil]
        }
      },
      mean("nonsense", says: nil) { _ in [.nan] },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault(seeds: twoSeeds) }, [])
  }

  func testOtherRightMeansAreAccepted() {
    let variants = [
      Variant(of: CircuitsSheet.meanOfATemplate, "element by element") {
        try Self.written($0) { $0 }
      },
      Variant(of: CircuitsSheet.meanOfATemplate, "in Double, by what is added to the stream") {
        (question: NodeOfTask) in
        let model = try question.model.made()
        let runs = try question.pairs.map { try PairRuns(model, $0) }
        return try runs.map { run in
          let alike = runs.filter { $0.pair.template == run.pair.template }
          let own = try alike.map { try $0.output(question.node, $0.corrupted) }
          let values = own[0].values.indices.map { place in
            Float(own.reduce(0.0) { $0 + Double($1.values[place]) } / Double(own.count))
          }
          let logits = try run.logits([
            PairRuns.letting(question.node, write: Tensor(values, shape: own[0].shape))
          ])
          return logits[run.pair.answer] - logits[run.pair.foil]
        }
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }
}
