import Coursework
import Tensors
import Transformers
import XCTest

@testable import CircuitsExercises
@testable import CircuitsVocabulary
@testable import Solution9

/// Exercises 9.1 to 9.3: what is rejected, what is accepted.
final class CircuitSetTests: XCTestCase {
  private func selection(
    _ name: String, says: String?,
    answer: @escaping @Sendable (CandidatesOfModel) throws -> [Int]
  ) -> Misconception {
    Misconception(
      of: CircuitsSheet.makeASet, in: CircuitsAsks.selected, name, says: says, answer: answer)
  }

  private func guess(
    _ name: String, says: String?,
    answer: @escaping @Sendable (CandidatesOfModel) throws -> [Float]
  ) -> Misconception {
    Misconception(
      of: CircuitsSheet.makeASet, in: CircuitsAsks.guessable, name, says: says, answer: answer)
  }

  private static func selected(
    _ question: CandidatesOfModel, _ candidates: [TaskPair]? = nil, least: Float? = nil,
    most: Float? = nil
  ) throws -> [Int] {
    try Solution9.Answers().selected(
      candidates ?? question.candidates, of: try question.model.made(),
      answer: least ?? question.least, runnerUp: most ?? question.most)
  }

  /// Those that stay when each is looked at alone.
  private static func good(_ question: CandidatesOfModel) throws -> [Int] {
    try question.candidates.indices.filter {
      try !selected(question, [question.candidates[$0]]).isEmpty
    }
  }

  private static func equal(_ question: CandidatesOfModel) -> [TaskPair] {
    question.candidates.map { pair in
      var pair = pair
      pair.corrupted = pair.clean
      return pair
    }
  }

  func testWrongSetsAreRejectedWithTheirSentence() {
    let misconceptions = [
      selection("unbalanced", says: "not balanced") { try Self.good($0) },
      selection("unequal twins", says: "unequal length") {
        try Self.selected($0, Self.equal($0))
      },
      selection("no look at rivals", says: "a rival may come close") {
        try Self.selected($0, most: 1)
      },
      selection("balanced first", says: "balanced before it was filtered") { question in
        let balanced = try Self.selected(question, Self.equal(question), least: 0, most: 1)
        return try balanced.filter(Set(Self.good(question)).contains)
      },
      selection("the answer as a rival", says: "the answer's own probability") { question in
        let model = try question.model.made()
        let sure = try question.candidates.filter { pair in
          let shares = try model(ModelInput(pair.clean)).softmax()[at: 0][
            at: pair.clean.count - 1
          ].values
          return shares.allSatisfy { $0 <= question.most }
        }
        return try Self.selected(question, sure).map {
          question.candidates.firstIndex(of: sure[$0])!
        }
      },
      selection("by likelihood alone", says: nil) { question in
        let model = try question.model.made()
        return try question.candidates.indices.filter { index in
          let pair = question.candidates[index]
          return try model(ModelInput(pair.clean)).softmax()[at: 0][at: pair.clean.count - 1][
            pair.answer] >= question.least
        }
      },
      selection("of twins", says: nil) { question in
        // The corrupted text is asked for the answer.
        let turned = question.candidates.map { pair in
          var pair = pair
          pair.clean = pair.corrupted
          return pair
        }
        return try Self.selected(question, turned)
      },
      selection("the last ones", says: "the last pairs stayed") { question in
        let count = question.candidates.count
        return try Self.selected(question, question.candidates.reversed()).map { count - 1 - $0 }
          .sorted()
      },
      selection("everything", says: nil) { Array($0.candidates.indices) },
      selection("nothing", says: nil) { _ in [] },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault(seeds: twoSeeds) }, [])
  }

  /// Guesses by the frequencies of answers in a table.
  private static func guesses(
    _ pairs: [TaskPair], leavingOut: Bool = true, wins: ([Int: Int], Int) -> Bool
  ) -> [Float] {
    pairs[0].clean.indices.map { place in
      let hits = pairs.enumerated().filter { index, pair in
        var table: [Int: Int] = [:]
        for (other, one) in pairs.enumerated()
        where one.clean[place] == pair.clean[place] && one.template == pair.template
          && !(leavingOut && other == index)
        {
          table[one.answer, default: 0] += 1
        }
        return wins(table, pair.answer)
      }
      return Float(hits.count) / Float(pairs.count)
    }
  }

  private static func alone(_ table: [Int: Int], _ answer: Int) -> Bool {
    table.allSatisfy { $0.key == answer || $0.value < table[answer, default: 0] }
      && table[answer] != nil
  }

  func testWrongGuessesAreRejectedWithTheirSentence() {
    let misconceptions = [
      guess("with itself", says: "a token that comes once") {
        Self.guesses($0.alike, leavingOut: false, wins: Self.alone)
      },
      guess("across templates", says: "pairs of other templates") { question in
        var pairs = question.alike
        for index in pairs.indices { pairs[index].template = 0 }
        return Self.guesses(pairs, wins: Self.alone)
      },
      guess("ties", says: "nothing is guessed") {
        Self.guesses($0.alike) { table, answer in
          table[answer] != nil && table[answer] == table.values.max()
        }
      },
      guess("of those guessed", says: "a share of the pairs for which something is guessed") {
        question in
        let pairs = question.alike
        return pairs[0].clean.indices.map { place in
          var (hits, guessed) = (0, 0)
          for (index, pair) in pairs.enumerated() {
            let votes = pairs.enumerated().filter { other, one in
              other != index && one.template == pair.template
                && one.clean[place] == pair.clean[place]
            }.map(\.element.answer)
            let counts = Dictionary(grouping: votes) { $0 }.mapValues(\.count)
            let best = counts.filter { $0.value == counts.values.max() }.map(\.key)
            guard best.count == 1 else { continue }
            guessed += 1
            hits += best[0] == pair.answer ? 1 : 0
          }
          return guessed == 0 ? 0 : Float(hits) / Float(guessed)
        }
      },
      guess("corrupted texts", says: "the corrupted texts were looked at") { question in
        var pairs = question.alike
        for index in pairs.indices { pairs[index].clean = pairs[index].corrupted }
        return Self.guesses(pairs, wins: Self.alone)
      },
      guess("the first vote", says: nil) { question in
        let pairs = question.alike
        return pairs[0].clean.indices.map { place in
          let hits = pairs.enumerated().filter { index, pair in
            pairs.enumerated().first { other, one in
              other != index && one.template == pair.template
                && one.clean[place] == pair.clean[place]
            }?.element.answer == pair.answer
          }
          return Float(hits.count) / Float(pairs.count)
        }
      },
      guess("copies", says: "how often the token is the answer") { question in
        question.alike[0].clean.indices.map { place in
          Float(question.alike.count { $0.clean[place] == $0.answer })
            / Float(question.alike.count)
        }
      },
      guess("counts", says: "times what it should be") { question in
        Self.guesses(question.alike, wins: Self.alone).map {
          $0 * Float(question.alike.count)
        }
      },
      guess("nothing", says: nil) { _ in [] },
      guess("no numbers", says: nil) { $0.alike[0].clean.map { _ in .nan } },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault(seeds: twoSeeds) }, [])
  }

  func testOtherRightSetsAreAccepted() {
    let variants = [
      Variant(of: CircuitsSheet.makeASet, in: CircuitsAsks.selected, "in one batch") { question in
        let logits = try question.model.made()(
          ModelInput(tokens: question.candidates.map(\.clean)))
        var left: [Int: [Int]] = [:]
        for (row, pair) in question.candidates.enumerated()
        where pair.clean.count == pair.corrupted.count {
          let all = logits[at: row][at: pair.clean.count - 1].values.map { exp(Double($0)) }
          let total = all.reduce(0, +)
          let others = all.indices.filter { $0 != pair.answer }.map { all[$0] }.max()!
          if all[pair.answer] / total >= Double(question.least),
            others / total <= Double(question.most)
          {
            left[pair.answer, default: []].append(row)
          }
        }
        let least = left.values.map(\.count).min()!
        return left.values.flatMap { $0[..<least] }.sorted()
      },
      Variant(of: CircuitsSheet.makeASet, in: CircuitsAsks.selected, "one by one") { question in
        let good = try Self.good(question)
        let answers = good.map { question.candidates[$0].answer }
        let rarest = answers.map { answer in answers.count { $0 == answer } }.min()!
        return good.enumerated().filter { place, _ in
          answers[...place].count { $0 == answers[place] } <= rarest
        }.map(\.element)
      },
    ]
    XCTAssertEqual(variants.faults(), [])
    let guesses = Variant(
      of: CircuitsSheet.makeASet, in: CircuitsAsks.guessable, "by a table"
    ) { Self.guesses($0.alike, wins: Self.alone) }
    XCTAssertNil(guesses.fault())
  }

  private func parts(
    _ name: String, says: String?, answer: @escaping @Sendable (PairOfModel) throws -> Tensor
  ) -> Misconception {
    Misconception(of: CircuitsSheet.partsOfADifference, name, says: says, answer: answer)
  }

  private static func effects(_ question: PairOfModel) throws -> [Float] {
    try Solution9.Answers().effects(on: question.pair, of: try question.model.made()).values
  }

  /// The difference of a stream's last row through the final norm.
  private static func difference(
    _ stream: Tensor, _ model: Transformer, _ pair: TaskPair, place: Int
  ) -> Float {
    let logits = model.logits(
      ofNormed: model.finalNorm(stream[at: 0].slice(place..<(place + 1)))
    )[at: 0]
    return logits[pair.answer] - logits[pair.foil]
  }

  func testWrongPartsAreRejectedWithTheirSentence() {
    let misconceptions = [
      parts("own norms", says: "each part went through the norm by itself") { question in
        let model = try question.model.made()
        let all = try model.contributions(of: ModelInput(question.pair.clean)).map(\.value)
        let rest = try Self.effects(question).last!
        return Tensor(
          all.map {
            Self.difference($0, model, question.pair, place: question.pair.clean.count - 1)
          } + [rest])
      },
      parts("own norms, bias once", says: "each part went through the norm by itself") {
        question in
        let model = try question.model.made()
        let all = try model.contributions(of: ModelInput(question.pair.clean)).map(\.value)
        let rest = try Self.effects(question).last!
        return Tensor(
          all.map {
            Self.difference($0, model, question.pair, place: question.pair.clean.count - 1) - rest
          } + [rest])
      },
      parts("biases in each", says: "came with every part") { question in
        let own = try Self.effects(question)
        return Tensor(own.dropLast().map { $0 + own.last! } + [own.last!])
      },
      parts("corrupted", says: "of the corrupted text") { question in
        var turned = question
        turned.pair.clean = question.pair.corrupted
        return Tensor(try Self.effects(turned))
      },
      parts("first position", says: "at the first position") { question in
        var short = question
        short.pair.clean = [question.pair.clean[0]]
        return Tensor(try Self.effects(short))
      },
      parts("the answer alone", says: "of the answer's logit alone") { question in
        let model = try question.model.made()
        let end = question.pair.clean.count - 1
        let all = try model.contributions(of: ModelInput(question.pair.clean)).map(\.value)
        let scale = HookPoint.finalNorm(.blocks, .scale)
        let whole = try model.run(ModelInput(question.pair.clean), capturing: [scale]).trace[scale]
        func logit(_ part: Tensor) throws -> Float {
          try model.run(
            ModelInput(question.pair.clean),
            from: .residual(
              part, afterBlocks: model.configuration.residualPoints.count - 1),
            intervening: [.replace(scale, with: whole)]
          ).logits[at: 0][at: end][question.pair.answer]
        }
        let rest = try logit(all[0] * 0)
        return Tensor(try all.map { try logit($0) - rest } + [rest])
      },
      parts("the leading parts", says: nil) { question in
        let effects = try Self.effects(question)
        return Tensor(effects.map { abs($0) < 0.1 ? 0 : $0 })
      },
      parts("shares of the whole", says: nil) { question in
        let effects = try Self.effects(question)
        return Tensor(effects.map { $0 / effects.reduce(0, +) })
      },
      parts("nothing left over", says: "is missing as the last entry") {
        Tensor(try Self.effects($0).dropLast())
      },
      parts("foil first", says: "wrong sign") {
        Tensor(try Self.effects($0).map { -$0 })
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault(seeds: twoSeeds) }, [])
    XCTAssertEqual(
      oddTensors.map { tensor in parts("nonsense", says: nil) { _ in tensor } }.faults(), [])
  }

  func testOtherRightPartsAreAccepted() {
    let variants = [
      Variant(of: CircuitsSheet.partsOfADifference, "by the weights") {
        (question: PairOfModel) in
        var model = try question.model.made()
        var weights: [String: Tensor] = [:]
        model.visitParameters { weights[$0] = $1 }
        let end = question.pair.clean.count - 1
        let rows = try model.contributions(of: ModelInput(question.pair.clean))
          .map { $0.value[at: 0][at: end].values.map(Double.init) }
        let bias = weights["blocks.finalNorm.bias"]
        func centred(_ row: [Double]) -> [Double] {
          bias == nil ? row : row.map { $0 - row.reduce(0, +) / Double(row.count) }
        }
        let sum = (0..<rows[0].count).map { column in rows.reduce(0) { $0 + $1[column] } }
        let square = centred(sum).reduce(0) { $0 + $1 * $1 } / Double(sum.count)
        let scale = (square + Double(model.configuration.normEpsilon)).squareRoot()
        let table = weights["unembedding.weight"] ?? weights["embedding.weight"]!
        let direction = (table[at: question.pair.answer] - table[at: question.pair.foil]).values
        let gain = weights["blocks.finalNorm.weight"]!.values
        let effects = rows.map { row in
          centred(row).enumerated().reduce(0.0) {
            $0 + $1.element / scale * Double(gain[$1.offset]) * Double(direction[$1.offset])
          }
        }
        let rest = bias.map { zip($0.values, direction).reduce(0) { $0 + $1.0 * $1.1 } } ?? 0
        return Tensor(effects.map(Float.init) + [rest])
      },
      Variant(of: CircuitsSheet.partsOfADifference, "by what the norm is given") {
        (question: PairOfModel) in
        let model = try question.model.made()
        let input = ModelInput(question.pair.clean)
        let (scale, normed) = (
          HookPoint.finalNorm(.blocks, .scale), HookPoint.finalNorm(.blocks, .normalized)
        )
        let divisor = try model.run(input, capturing: [scale]).trace[scale]
        func difference(_ part: Tensor) throws -> Float {
          let isCentred = model.configuration.norm == .layer
          let centred = isCentred ? part - part.mean(axis: 2, keepingAxis: true) : part
          let logits = try model.run(
            input, intervening: [.replace(normed, with: centred / divisor)]
          ).logits[at: 0][at: question.pair.clean.count - 1]
          return logits[question.pair.answer] - logits[question.pair.foil]
        }
        let parts = try model.contributions(of: input).map(\.value)
        let rest = try difference(parts[0] * 0)
        return Tensor(try parts.map { try difference($0) - rest } + [rest])
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

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
