import Circuits
import Coursework
import Interventions
import Tensors
import Transformers
import XCTest

@testable import CircuitsExercises
@testable import CircuitsVocabulary
@testable import Solution9

/// Exercises 9.6 and 9.7: what is rejected, what is accepted.
final class CircuitPathTests: XCTestCase {
  private static let solution = Solution9.Answers()

  private func path(
    _ name: String, says: String?, answer: @escaping @Sendable (PathToLogits) throws -> Tensor
  ) -> Misconception {
    Misconception(of: CircuitsSheet.pathToTheLogits, name, says: says, answer: answer)
  }

  private static func heard(
    _ question: PathToLogits, _ change: (inout PathToLogits) -> Void = { _ in }
  ) throws -> Tensor {
    var question = question
    change(&question)
    return try solution.heardByTheLogits(
      from: question.sender, in: question.pair, of: try question.model.made(),
      mlpsAnswer: question.mlpsAnswer)
  }

  private static func point(_ node: Node) -> HookPoint {
    switch node {
    case .embedding: .residualPre(.blocks, 0)
    case .head(let layer, _): .block(.blocks, layer, .attention(.own, .result))
    case .mlp(let layer): .block(.blocks, layer, .mlpOut)
    }
  }

  /// A run of the clean text in which a node, or all heads of its layer, write what a run of the
  /// corrupted text has there times a factor, and others answer.
  private static func patched(
    _ node: Node, _ pair: TaskPair, _ model: Transformer, factor: Float = 1, whole: Bool = false,
    holding: [HookPoint] = []
  ) throws -> Tensor {
    let point = point(node)
    let sent = try model.run(ModelInput(pair.corrupted), capturing: [point]).trace[point] * factor
    let clean = try model.run(ModelInput(pair.clean), capturing: .points(Set(holding))).trace
    let change = Intervention(at: point) { own in
      guard case .head(_, let head) = node, !whole else { return sent }
      var changed = own
      for position in 0..<own.shape[1] {
        for column in 0..<own.shape[3] {
          changed[0, position, head, column] = sent[0, position, head, column]
        }
      }
      return changed
    }
    let held = try holding.map { Intervention.replace($0, with: try clean[$0]) }
    return try model.run(ModelInput(pair.clean), intervening: held + [change])
      .logits[at: 0][at: pair.clean.count - 1]
  }

  private static func heads(_ model: Transformer) -> [HookPoint] {
    (0..<model.configuration.decoder!.layerCount).map { point(.head(layer: $0, head: 0)) }
  }

  private static func mlps(_ model: Transformer) -> [HookPoint] {
    (0..<model.configuration.decoder!.layerCount).map { point(.mlp(layer: $0)) }
  }

  func testWrongPathsAreRejectedWithTheirSentence() {
    let misconceptions = [
      path("all answer", says: "later heads answered") {
        try Self.patched($0.sender, $0.pair, try $0.model.made())
      },
      path("MLPs the other way", says: "the MLPs") { question in
        try Self.heard(question) { $0.mlpsAnswer.toggle() }
      },
      path("texts exchanged", says: "clean and corrupted are exchanged") { question in
        try Self.heard(question) {
          swap(&$0.pair.clean, &$0.pair.corrupted)
        }
      },
      path("zero", says: "set to zero") { question in
        let model = try question.model.made()
        return try Self.patched(
          question.sender, question.pair, model, factor: 0,
          holding: Self.heads(model) + (question.mlpsAnswer ? [] : Self.mlps(model)))
      },
      path("the whole layer", says: "every head of the layer") { question in
        let model = try question.model.made()
        return try Self.patched(
          question.sender, question.pair, model, whole: true,
          holding: Self.heads(model) + (question.mlpsAnswer ? [] : Self.mlps(model)))
      },
      path("changes", says: "these are changes of the logits") { question in
        let clean = try question.model.made()(ModelInput(question.pair.clean))[at: 0][
          at: question.pair.clean.count - 1]
        return try Self.heard(question) - clean
      },
      path("others corrupted", says: "the other heads write what they write on the corrupted") {
        question in
        let model = try question.model.made()
        let sent = Self.heads(model) + [Self.point(question.sender)]
        let runs = try [question.pair.clean, question.pair.corrupted].map {
          try model.run(
            ModelInput($0), capturing: .points(Set(sent + Self.mlps(model)))
          ).trace
        }
        var changes = try sent.map { Intervention.replace($0, with: try runs[1][$0]) }
        if !question.mlpsAnswer {
          changes += try Self.mlps(model).map { .replace($0, with: try runs[0][$0]) }
        }
        return try model.run(ModelInput(question.pair.clean), intervening: changes)
          .logits[at: 0][at: question.pair.clean.count - 1]
      },
      path("log-probabilities", says: nil) { try Self.heard($0).logSoftmax() },
      path("nothing", says: "nothing was changed") { question in
        try question.model.made()(ModelInput(question.pair.clean))[at: 0][
          at: question.pair.clean.count - 1]
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault(seeds: twoSeeds) }, [])
    XCTAssertEqual(
      oddTensors.map { tensor in path("nonsense", says: nil) { _ in tensor } }.faults(), [])
  }

  func testOtherRightPathsAreAccepted() {
    let variants = [
      Variant(of: CircuitsSheet.pathToTheLogits, "element by element") {
        (question: PathToLogits) in
        let model = try question.model.made()
        return try Self.patched(
          question.sender, question.pair, model,
          holding: Self.heads(model) + (question.mlpsAnswer ? [] : Self.mlps(model)))
      },
      Variant(of: CircuitsSheet.pathToTheLogits, "layers held, the sender's change added") {
        (question: PathToLogits) in
        let model = try question.model.made()
        let run = try PairRuns(model, question.pair)
        let change = try run.change(question.sender)
        let layers = 0..<model.configuration.decoder!.layerCount
        var changes = try layers.map { layer in
          let point = HookPoint.block(.blocks, layer, .attentionOut(.own))
          var held = try run.clean[point]
          if case .head(layer, _) = question.sender { held = held + change }
          return Intervention.replace(point, with: held)
        }
        for layer in layers {
          let point = HookPoint.block(.blocks, layer, .mlpOut)
          if question.sender == .mlp(layer: layer) {
            changes.append(.replace(point, with: try run.corrupted[point]))
          } else if !question.mlpsAnswer {
            changes.append(.replace(point, with: try run.clean[point]))
          }
        }
        return try run.logits(changes)
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  private static func sender(_ node: Node) -> PathPatching.Sender {
    PathPatching.Sender(name: node.description)!
  }

  private static func patching(
    _ model: Transformer, _ pair: TaskPair, freeze: PathPatching.Freeze
  ) throws -> PathPatching {
    try PathPatching(
      model, clean: ModelInput(pair.clean), corrupted: ModelInput(pair.corrupted),
      metric: .logitDifference([pair.answer], against: [pair.foil]), freeze: freeze)
  }

  /// The library's path patching gives the same logit difference.
  func testPathsAreThoseOfTheLibrary() throws {
    var generator = SeededGenerator(seed: 3)
    for norm in CircuitModel.Norm.allCases {
      let spec = CircuitModel.drawn(norm, using: &generator)
      let model = try spec.made()
      let pair = try spec.pairs([(7, 1)], using: &generator)[0]
      func difference(_ logits: Tensor) -> Float { logits[pair.answer] - logits[pair.foil] }
      for sender in [Node.head(layer: 0, head: 1), .mlp(layer: 0), .head(layer: 1, head: 0)] {
        for mlpsAnswer in [true, false] {
          let library = try Self.patching(
            model, pair, freeze: mlpsAnswer ? .heads : .headsAndMLPs
          ).outcome(of: [Self.sender(sender)]).patched[0, 0]
          let own = try Self.solution.heardByTheLogits(
            from: sender, in: pair, of: model, mlpsAnswer: mlpsAnswer)
          XCTAssertEqual(difference(own), library, accuracy: 2e-3)
        }
        for receiver in [
          Receiver.query(layer: 2, head: 0), .key(layer: 2, head: 1), .value(layer: 2, head: 0),
        ] {
          let library = try Self.patching(model, pair, freeze: .heads).outcome(
            of: [Self.sender(sender)],
            to: [PathPatching.Receiver(name: receiver.description)!]
          ).patched[0, 0]
          let own = try Self.solution.heard(by: receiver, from: sender, in: pair, of: model)
          XCTAssertEqual(difference(own), library, accuracy: 2e-3)
        }
      }
    }
  }

  private func receiver(
    _ name: String, says: String?, answer: @escaping @Sendable (PathToReceiver) throws -> Tensor
  ) -> Misconception {
    Misconception(of: CircuitsSheet.whoTellsItWhereToLook, name, says: says, answer: answer)
  }

  private static func read(
    _ question: PathToReceiver, by receiver: Receiver? = nil
  ) throws -> Tensor {
    try solution.heard(
      by: receiver ?? question.receiver, from: question.sender, in: question.pair,
      of: try question.model.made())
  }

  private static func projection(_ receiver: Receiver) -> HookPoint {
    let layer = receiver.place.layer
    return switch receiver {
    case .query: .block(.blocks, layer, .attention(.own, .query))
    case .key: .block(.blocks, layer, .attention(.own, .key))
    default: .block(.blocks, layer, .attention(.own, .value))
    }
  }

  /// Puts what a run has at the receiver into a clean run, for one head or for all.
  private static func putting(
    _ question: PathToReceiver, all: Bool = false, run: (Transformer, HookPoint) throws -> Tensor
  ) throws -> Tensor {
    let model = try question.model.made()
    let point = projection(question.receiver)
    let head = question.receiver.place.head
    let made = try run(model, point)
    let change = Intervention(at: point) { own in
      guard !all else { return made }
      var changed = own
      for position in 0..<own.shape[1] {
        for column in 0..<own.shape[3] {
          changed[0, position, head, column] = made[0, position, head, column]
        }
      }
      return changed
    }
    return try model.run(ModelInput(question.pair.clean), intervening: [change])
      .logits[at: 0][at: question.pair.clean.count - 1]
  }

  /// What a receiver makes in a run in which the sender alone is corrupted.
  private static func made(
    _ question: PathToReceiver, at point: HookPoint, mlpsAnswer: Bool
  ) throws -> Tensor {
    let run = try PairRuns(try question.model.made(), question.pair)
    let layers = 0..<run.layerCount
    var changes = try layers.map {
      let point = HookPoint.block(.blocks, $0, .attention(.own, .result))
      return Intervention.replace(point, with: try run.clean[point])
    }
    if !mlpsAnswer {
      changes += try layers.map {
        let point = HookPoint.block(.blocks, $0, .mlpOut)
        return .replace(point, with: try run.clean[point])
      }
    }
    changes.append(
      PairRuns.letting(question.sender, write: try run.output(question.sender, run.corrupted)))
    return try run.model.run(
      ModelInput(question.pair.clean), capturing: [point], intervening: changes
    ).trace[point]
  }

  func testWrongReceiversAreRejectedWithTheirSentence() {
    let misconceptions = [
      receiver("always values", says: "the values heard it") { question in
        let (layer, head) = question.receiver.place
        return try Self.read(question, by: .value(layer: layer, head: head))
      },
      receiver("always queries", says: "the queries heard it") { question in
        let (layer, head) = question.receiver.place
        return try Self.read(question, by: .query(layer: layer, head: head))
      },
      receiver("everybody", says: "corrupted for everybody") {
        try Self.patched($0.sender, $0.pair, try $0.model.made())
      },
      receiver("the corrupted run", says: "reads the corrupted run") { question in
        try Self.putting(question) { model, point in
          try model.run(ModelInput(question.pair.corrupted), capturing: [point]).trace[point]
        }
      },
      receiver("all heads", says: "every head of the layer heard it") { question in
        try Self.putting(question, all: true) { _, point in
          try Self.made(question, at: point, mlpsAnswer: true)
        }
      },
      receiver("MLPs frozen", says: "the MLPs between were frozen") { question in
        try Self.putting(question) { _, point in
          try Self.made(question, at: point, mlpsAnswer: false)
        }
      },
      receiver("texts exchanged", says: "clean and corrupted are exchanged") { question in
        var turned = question
        (turned.pair.clean, turned.pair.corrupted) = (
          question.pair.corrupted, question.pair.clean
        )
        return try Self.read(turned)
      },
      receiver("frozen behind", says: "the MLPs behind the receiver were frozen") { question in
        let model = try question.model.made()
        let point = Self.projection(question.receiver)
        let (layer, head) = question.receiver.place
        let made = try Self.made(question, at: point, mlpsAnswer: true)
        let held = Self.mlps(model).dropFirst(layer)
        let clean = try model.run(
          ModelInput(question.pair.clean), capturing: .points(Set(held))
        ).trace
        let change = Intervention(at: point) { own in
          var changed = own
          for position in 0..<own.shape[1] {
            for column in 0..<own.shape[3] {
              changed[0, position, head, column] = made[0, position, head, column]
            }
          }
          return changed
        }
        return try model.run(
          ModelInput(question.pair.clean),
          intervening: [change] + held.map { Intervention.replace($0, with: try clean[$0]) }
        ).logits[at: 0][at: question.pair.clean.count - 1]
      },
      receiver("changes", says: nil) { question in
        let clean = try question.model.made()(ModelInput(question.pair.clean))[at: 0][
          at: question.pair.clean.count - 1]
        return try Self.read(question) - clean
      },
      receiver("the first run", says: "goes into a clean run") { question in
        try Self.solution.heardByTheLogits(
          from: question.sender, in: question.pair, of: try question.model.made(),
          mlpsAnswer: true)
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault(seeds: twoSeeds) }, [])
    XCTAssertEqual(
      oddTensors.map { tensor in receiver("nonsense", says: nil) { _ in tensor } }.faults(), [])
  }

  func testOtherRightReceiversAreAccepted() {
    let variants = [
      Variant(of: CircuitsSheet.whoTellsItWhereToLook, "element by element") {
        (question: PathToReceiver) in
        try Self.putting(question) { _, point in
          try Self.made(question, at: point, mlpsAnswer: true)
        }
      },
      Variant(of: CircuitsSheet.whoTellsItWhereToLook, "by a stream of its own") {
        (question: PathToReceiver) in
        let (layer, head) = question.receiver.place
        let stream = try Self.made(
          question, at: .residualPre(.blocks, layer), mlpsAnswer: true)
        let input: HookPoint.AttentionInput =
          switch question.receiver {
          case .query: .query
          case .key: .key
          default: .value
          }
        let run = try PairRuns(try question.model.made(), question.pair)
        return try run.logits([
          PairRuns.exchange(head, at: .block(.blocks, layer, .input(input)), for: stream)
        ])
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }
}

extension Receiver {
  /// The head that reads; of others nothing that is meant.
  var place: (layer: Int, head: Int) {
    switch self {
    case .query(let layer, let head), .key(let layer, let head), .value(let layer, let head):
      (layer, head)
    case .mlp, .logits: (0, 0)
    }
  }
}
