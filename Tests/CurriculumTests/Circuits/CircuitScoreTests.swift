import Circuits
import Coursework
import Tensors
import Transformers
import XCTest

@testable import CircuitsExercises
@testable import CircuitsVocabulary
@testable import Solution9

/// Exercises 9.10 and 9.11: what is rejected, what is accepted.
final class CircuitScoreTests: XCTestCase {
  private static let solution = Solution9.Answers()

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
    _ question: EdgesToScore, at place: (Receiver, Int) -> HookPoint, lastAlone: Bool,
    share way: ((_ step: Int) -> Float)? = nil,
    written: (PairRuns, Node) throws -> Tensor = { try $0.change($1) }
  ) throws -> [Float] {
    let model = try question.model.made()
    let run = try PairRuns(model, question.pair)
    let start = HookPoint.residualPre(.blocks, 0)
    var totals = question.edges.map { _ in Float(0) }
    for step in 1...question.steps {
      let share = way?(step) ?? Float(step) / Float(question.steps)
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
        let change = try written(run, edge.from)
        for position in 0..<change.shape[1] where !lastAlone || position == run.end {
          for column in 0..<change.shape[2] {
            let own =
              slope.rank == 3
              ? slope[0, position, column]
              : slope[0, position, edge.to.place.head, column]
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
      ? .residualPost(.blocks, layers - 1) : .residualPre(.blocks, receiver.place.layer)
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
      score("from the corrupted end", says: "begin at the corrupted embeddings") {
        question in
        try Self.scores(
          question, at: Self.copy, lastAlone: false,
          share: {
            Float($0 - 1) / Float(question.steps)
          })
      },
      score("from clean to corrupted", says: "the steps lead from clean to corrupted") { question in
        try Self.scores(
          question, at: Self.copy, lastAlone: false,
          share: {
            1 - Float($0) / Float(question.steps)
          })
      },
      score("sizes", says: "sizes of scores are given") { question in
        try Self.scores(question).map { abs($0) }
      },
      score("what is written", says: "what the sender writes on the clean text") { question in
        try Self.scores(
          question, at: Self.copy, lastAlone: false,
          written: { run, node in
            try run.output(node, run.clean)
          })
      },
      score("a mean over positions", says: "times what it should be") { question in
        try Self.scores(question).map { $0 / Float(question.pair.clean.count) }
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
    isNormed: Bool = true, hasPosition: Bool = false
  ) throws -> [[Float]] {
    let model = try question.model.made()
    return try question.members.map { member in
      let input = ModelInput([member])
      let start = hasPosition ? HookPoint.residualPre(.blocks, 0) : .embedding
      let embedding = try model.run(input, capturing: [start]).trace[start]
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
      head("with a position", says: "a position's embedding is in it") { question in
        Self.both(question, try Self.lists(question, hasPosition: true))
      },
      head("in a circle", says: "no next one") { question in
        let lists = try Self.lists(question)
        let members = question.members
        let next = members.indices.map { ($0, members[($0 + 1) % members.count]) }
        return [Self.both(question, lists)[0], Self.share(lists, next)]
      },
      head("percent", says: nil) { question in
        Self.both(question, try Self.lists(question)).map { $0 * 100 }
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
      lens("among five", says: "among the five greatest") { question in
        let model = try question.model.made()
        let points = model.configuration.residualPoints
        return try question.pairs.map { pair in
          let trace = try model.run(ModelInput(pair.clean), capturing: .points(Set(points))).trace
          return try points.indices.first { layer in
            let last = pair.clean.count - 1
            let row = try trace[points[layer]][at: 0].slice(last..<(last + 1))
            let logits = model.logits(ofNormed: model.finalNorm(row)).values
            return logits.count { $0 > logits[pair.answer] } < 5
          }
        }
      },
      lens("against the foil", says: nil) { question in
        let model = try question.model.made()
        let points = model.configuration.residualPoints
        return try question.pairs.map { pair in
          let trace = try model.run(ModelInput(pair.clean), capturing: .points(Set(points))).trace
          return try points.indices.first { layer in
            let last = pair.clean.count - 1
            let row = try trace[points[layer]][at: 0].slice(last..<(last + 1))
            let logits = model.logits(ofNormed: model.finalNorm(row))
            return logits[0, pair.answer] > logits[0, pair.foil]
          }
        }
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

  /// The library's attribution and its first right layers are these.
  func testScoresAreThoseOfTheLibrary() throws {
    var generator = SeededGenerator(seed: 5)
    for norm in CircuitModel.Norm.allCases {
      let spec = CircuitModel.drawn(norm, using: &generator)
      let model = try spec.made()
      let pairs = try spec.pairs([(7, 3)], using: &generator)
      let edges = try CircuitMeter(model, pairs, .corrupted).edges.filter {
        if case .mlp = $0.to { false } else { true }
      }
      let task = TaskSet([TaskSet.Pair(pairs[0])])
      for steps in [1, 4] {
        let library = try EdgeAttribution(CircuitEvaluator(model, task), steps: steps).scores
        let table = Dictionary(
          uniqueKeysWithValues: library.map { ($0.edge.description, Float($0.score)) })
        let own = try Self.scores(
          EdgesToScore(model: spec, pair: pairs[0], edges: edges, steps: steps))
        for (edge, score) in zip(edges, own) {
          XCTAssertEqual(
            score, try XCTUnwrap(table[edge.description]), accuracy: 2e-3 * max(1, abs(score)),
            "\(norm) \(edge)")
        }
      }
      let question = HeadToRead(model: spec, layer: 1, head: 0, members: [1, 2], pairs: pairs)
      XCTAssertEqual(
        try TaskSet(pairs.map { TaskSet.Pair($0) }).firstRightLayers(of: model),
        try Self.layers(question))
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
