import Circuits
import Coursework
import Interventions
import Tensors
import Transformers
import XCTest

@testable import CircuitsExercises
@testable import CircuitsVocabulary
@testable import Solution9

/// Exercises 9.6, 9.7, 9.10 and 9.11: what is rejected, what is accepted.
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
      path("nothing", says: "nothing was changed") { question in
        try question.model.made()(ModelInput(question.pair.clean))[at: 0][
          at: question.pair.clean.count - 1]
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault(seeds: twoSeeds) }, [])
    for tensor in oddTensors {
      XCTAssertNil(path("nonsense", says: nil) { _ in tensor }.fault())
    }
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
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
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

  private static func place(_ receiver: Receiver) -> (layer: Int, head: Int) {
    switch receiver {
    case .query(let layer, let head), .key(let layer, let head), .value(let layer, let head):
      (layer, head)
    case .mlp, .logits: (0, 0)
    }
  }

  private static func projection(_ receiver: Receiver) -> HookPoint {
    let layer = place(receiver).layer
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
    let head = place(question.receiver).head
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
        let (layer, head) = Self.place(question.receiver)
        return try Self.read(question, by: .value(layer: layer, head: head))
      },
      receiver("always queries", says: "the queries heard it") { question in
        let (layer, head) = Self.place(question.receiver)
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
      receiver("the first run", says: "goes into a clean run") { question in
        try Self.solution.heardByTheLogits(
          from: question.sender, in: question.pair, of: try question.model.made(),
          mlpsAnswer: true)
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault(seeds: twoSeeds) }, [])
    for tensor in oddTensors {
      XCTAssertNil(receiver("nonsense", says: nil) { _ in tensor }.fault())
    }
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
        let (layer, head) = Self.place(question.receiver)
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
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
  }

  private func score(
    _ name: String, says: String?, answer: @escaping @Sendable (EdgesToScore) throws -> [Float]
  ) -> Misconception {
    Misconception(of: CircuitsSheet.theFastWay, name, says: says, answer: answer)
  }

  private static func scores(
    _ question: EdgesToScore, _ change: (inout EdgesToScore) -> Void = { _ in }
  ) throws -> [Float] {
    var question = question
    change(&question)
    return try solution.scores(
      of: question.edges, on: question.pair, of: try question.model.made(), steps: question.steps)
  }

  /// Scores by gradients at places of one's choice.
  private static func scores(
    _ question: EdgesToScore, at place: (Receiver, Int) -> HookPoint, lastAlone: Bool
  ) throws -> [Float] {
    let model = try question.model.made()
    let run = try PairRuns(model, question.pair)
    let start = HookPoint.residualPre(.blocks, 0)
    var totals = question.edges.map { _ in Float(0) }
    for step in 1...question.steps {
      let share = Float(step) / Float(question.steps)
      let mixed = try run.clean[start] * share + run.corrupted[start] * (1 - share)
      for (index, edge) in question.edges.enumerated() {
        let point = place(edge.to, run.layerCount)
        let shape = try model.run(ModelInput(question.pair.clean), capturing: [point])
          .trace[point].shape
        let probe = Tensor.zeros(shape).requiringGradient()
        let logits = try model.run(
          ModelInput(question.pair.clean),
          intervening: [.replace(start, with: mixed), Intervention(at: point) { $0 + probe }]
        ).logits[at: 0][at: run.end]
        var sign = Tensor.zeros(logits.shape)
        sign[question.pair.answer] = 1
        sign[question.pair.foil] = -1
        let slope = gradient(of: (logits * sign).sum(), withRespectTo: [probe])[0]
        let change = try run.change(edge.from)
        for position in 0..<change.shape[1] where !lastAlone || position == run.end {
          for column in 0..<change.shape[2] {
            let own =
              slope.rank == 3
              ? slope[0, position, column]
              : slope[0, position, self.place(edge.to).head, column]
            totals[index] += own * change[0, position, column] / Float(question.steps)
          }
        }
      }
    }
    return totals
  }

  private static func copy(_ receiver: Receiver, _ layers: Int) -> HookPoint {
    switch receiver {
    case .query(let layer, _): .block(.blocks, layer, .input(.query))
    case .key(let layer, _): .block(.blocks, layer, .input(.key))
    case .value(let layer, _): .block(.blocks, layer, .input(.value))
    case .mlp, .logits: .residualPost(.blocks, layers - 1)
    }
  }

  private static func stream(_ receiver: Receiver, _ layers: Int) -> HookPoint {
    receiver == .logits
      ? .residualPost(.blocks, layers - 1) : .residualPre(.blocks, place(receiver).layer)
  }

  func testWrongScoresAreRejectedWithTheirSentence() {
    let misconceptions = [
      score("turned", says: "the change is corrupted − clean") { question in
        try Self.scores(question).map { -$0 }
      },
      score("one step", says: "average over all steps") { question in
        try Self.scores(question) { $0.steps = 1 }
      },
      score("added", says: "take their mean") { question in
        try Self.scores(question).map { $0 * Float(question.steps) }
      },
      score("the corrupted run's", says: "the corrupted run's") { question in
        try Self.scores(question) {
          swap(&$0.pair.clean, &$0.pair.corrupted)
          $0.steps = 1
        }.map { -$0 }
      },
      score("the whole stream", says: "which others read too") { question in
        try Self.scores(question, at: Self.stream, lastAlone: false)
      },
      score("the last position", says: "the last position alone") { question in
        try Self.scores(question, at: Self.copy, lastAlone: true)
      },
      score("nothing", says: nil) { _ in [] },
      score("no numbers", says: nil) { $0.edges.map { _ in .nan } },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault(seeds: twoSeeds) }, [])
  }

  func testOtherRightScoresAreAccepted() {
    let variant = Variant(of: CircuitsSheet.theFastWay, "edge by edge") {
      (question: EdgesToScore) in
      try Self.scores(question, at: Self.copy, lastAlone: false)
    }
    XCTAssertNil(variant.fault(seeds: twoSeeds))
    // No edge's score depends on which others are asked for.
    let together = Variant(of: CircuitsSheet.theFastWay, "all at once, with other edges") {
      (question: EdgesToScore) in
      let twice = try Self.scores(question) { $0.edges += $0.edges.reversed() }
      return Array(twice.prefix(question.edges.count))
    }
    XCTAssertNil(together.fault())
  }

  private func head(
    _ name: String, says: String?, answer: @escaping @Sendable (HeadToRead) throws -> [Float]
  ) -> Misconception {
    Misconception(
      of: CircuitsSheet.whatAHeadWrites, in: CircuitsAsks.copyAndNext, name, says: says,
      answer: answer)
  }

  private func lens(
    _ name: String, says: String?, answer: @escaping @Sendable (HeadToRead) throws -> [Int?]
  ) -> Misconception {
    Misconception(
      of: CircuitsSheet.whatAHeadWrites, in: CircuitsAsks.firstRightLayers, name, says: says,
      answer: answer)
  }

  /// The places of members in the lists that a head writes, 0 being the first.
  private static func lists(
    _ question: HeadToRead, head: Int? = nil, silencing: Bool = true, hasMLP: Bool = true,
    isNormed: Bool = true
  ) throws -> [[Float]] {
    let model = try question.model.made()
    return try question.members.map { member in
      let input = ModelInput([member])
      let embedding = try model.run(input, capturing: [.embedding]).trace[.embedding]
      var changes: [Intervention] = []
      if silencing {
        changes.append(
          Intervention(at: .block(.blocks, 0, .attentionOut(.own))) { .zeros($0.shape) })
      }
      if !hasMLP {
        changes.append(Intervention(at: .block(.blocks, 0, .mlpOut)) { .zeros($0.shape) })
      }
      let after = HookPoint.residualPost(.blocks, 0)
      let state = try model.run(
        input, from: .residual(embedding, afterBlocks: 0), capturing: [after],
        intervening: changes
      ).trace[after]
      let result = HookPoint.block(.blocks, question.layer, .attention(.own, .result))
      let written = try model.run(
        input, from: .residual(state, afterBlocks: question.layer), capturing: [result]
      ).trace[result][at: 0][at: 0][at: head ?? question.head]
      let row = written.reshaped(to: [1, written.count])
      return model.logits(ofNormed: isNormed ? model.finalNorm(row) : row).values
    }
  }

  private static func share(
    _ lists: [[Float]], _ wanted: [(row: Int, token: Int)], most: Int = 5
  ) -> Float {
    Float(
      wanted.count { row, token in
        let order = lists[row].indices.sorted { lists[row][$0] > lists[row][$1] }
        return order.firstIndex(of: token)! < most
      }) / Float(wanted.count)
  }

  private static func both(
    _ question: HeadToRead, _ lists: [[Float]], most: Int = 5, step: Int = 1
  ) -> [Float] {
    let members = question.members
    return [
      share(lists, members.indices.map { ($0, members[$0]) }, most: most),
      share(
        lists,
        members.indices.filter { members.indices.contains($0 + step) }
          .map { ($0, members[$0 + step]) }, most: most),
    ]
  }

  func testWrongHeadScoresAreRejectedWithTheirSentence() {
    let misconceptions = [
      head("no MLP", says: "the first block's MLP is missing") {
        Self.both($0, try Self.lists($0, hasMLP: false))
      },
      head("attention", says: "the first block's attention has been at work") {
        Self.both($0, try Self.lists($0, silencing: false))
      },
      head("no norm", says: "the final norm is missing before") {
        Self.both($0, try Self.lists($0, isNormed: false))
      },
      head("the greatest", says: "the greatest alone") {
        Self.both($0, try Self.lists($0), most: 1)
      },
      head("the member before", says: "the member before") {
        Self.both($0, try Self.lists($0), step: -1)
      },
      head("another head", says: "another head") { question in
        let count = try question.model.made().configuration.decoder!.headCount
        return Self.both(
          question, try Self.lists(question, head: (question.head + 1) % count))
      },
      head("all members", says: "the last member has no next one") { question in
        let right = Self.both(question, try Self.lists(question))
        let count = Float(question.members.count)
        return [right[0], right[1] * (count - 1) / count]
      },
      head("nothing", says: nil) { _ in [] },
      lens("no norm", says: "the final norm is missing from the lens") { question in
        try Self.layers(question, isNormed: false)
      },
      lens("from one", says: "counted from 0") { question in
        try Self.layers(question).map { $0.map { $0 + 1 } }
      },
      lens("the corrupted text", says: "in the corrupted text") { question in
        var turned = question
        for index in turned.pairs.indices {
          turned.pairs[index].clean = turned.pairs[index].corrupted
        }
        return try Self.layers(turned)
      },
      lens("the first position", says: "at the first position") { question in
        var short = question
        for index in short.pairs.indices {
          short.pairs[index].clean = [short.pairs[index].clean[0]]
        }
        return try Self.layers(short)
      },
      lens("the last layer", says: "the last layer that is right") { question in
        try Self.layers(question, isLast: true)
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault(seeds: twoSeeds) }, [])
  }

  private static func layers(
    _ question: HeadToRead, isNormed: Bool = true, isLast: Bool = false
  ) throws -> [Int?] {
    let model = try question.model.made()
    return try question.pairs.map { pair in
      let points = model.configuration.residualPoints
      let trace = try model.run(ModelInput(pair.clean), capturing: .points(Set(points))).trace
      let right = try points.indices.filter { layer in
        let row = try trace[points[layer]][at: 0].slice((pair.clean.count - 1)..<pair.clean.count)
        let values = model.logits(ofNormed: isNormed ? model.finalNorm(row) : row).values
        return values.allSatisfy { $0 <= values[pair.answer] }
      }
      return isLast ? right.last : right.first
    }
  }

  func testOtherRightHeadScoresAreAccepted() {
    let scores = Variant(
      of: CircuitsSheet.whatAHeadWrites, in: CircuitsAsks.copyAndNext, "member by member"
    ) { Self.both($0, try Self.lists($0)) }
    let layers = Variant(
      of: CircuitsSheet.whatAHeadWrites, in: CircuitsAsks.firstRightLayers, "all layers first"
    ) { try Self.layers($0) }
    XCTAssertEqual([scores, layers].compactMap { $0.fault() }, [])
  }
}
