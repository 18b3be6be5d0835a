import Coursework
import Foundation
import Heads
import IdiomsVocabulary
import Interpretability
import Interventions
import Spans
import Tensors
import Transformers
import XCTest

@testable import IdiomsExercises
@testable import Solution7

/// Exercises 7.2, 7.6, 7.7 and 7.11: what is rejected, what is accepted.
final class IdiomAblationExerciseTests: XCTestCase {
  private typealias Solution = Solution7.Answers

  // MARK: 7.2

  /// Answers a script by a rule of one's own, as the course asks it.
  private static func read(
    _ script: CageScript,
    _ rule: (
      _ tokens: [Int], _ model: String, _ cage: inout [String: Tensor],
      _ run: ([Int]) throws -> Tensor
    ) throws -> Tensor
  ) throws -> [CageReading] {
    let models = try script.models.mapValues { try $0.made() }
    var cage: [String: Tensor] = [:]
    return try script.steps.map { step in
      if step.damages {
        for (name, tensor) in cage where tensor.rank >= 2 {
          let cut = tensor.slice(axis: 1, 0..<(tensor.shape[1] - 1))
          cage[name] = tensor.rank == 2 ? cut.slice(0..<(cut.shape[0] - 1)) : cut
        }
      }
      var runs: [[Int]] = []
      let values = try rule(step.tokens, step.model, &cage) { tokens in
        runs.append(tokens)
        let point = HookPoint.pattern(.blocks, 1)
        return try models[step.model]!.run(ModelInput(tokens), capturing: [point]).trace[point][
          at: 0]
      }
      return CageReading(values: values, runs: runs)
    }
  }

  private func cage(
    _ name: String, says: String?, key: @escaping @Sendable ([Int], String) -> String?,
    checks: Bool = true
  ) -> Misconception {
    Misconception(of: IdiomsSheet.cageIt, name, says: says) { (script: CageScript) in
      try Self.read(script) { tokens, model, cage, run in
        guard let name = key(tokens, model) else { return try run(tokens) }
        if let kept = cage[name], !checks || kept.shape[1] == tokens.count { return kept }
        let found = try run(tokens)
        cage[name] = found
        return found
      }
    }
  }

  /// A cage of single heads, `[query, key]`, each under a name of its own.
  private static func headByHead(_ script: CageScript, checks: Bool) throws -> [CageReading] {
    try read(script) { tokens, model, cage, run in
      func name(_ head: Int) -> String { "\(model) \(tokens), head \(head)" }
      var kept: [Tensor] = []
      while let own = cage[name(kept.count)], !checks || own.shape[1] == tokens.count {
        kept.append(own)
      }
      if cage[name(0)] != nil, cage[name(kept.count)] == nil { return .stack(kept) }
      let found = try run(tokens)
      for head in 0..<found.shape[0] { cage[name(head)] = found[at: head] }
      return found
    }
  }

  func testWrongCagesAreRejectedWithTheirSentence() {
    let misconceptions = [
      cage("never kept", says: "was run again", key: { _, _ in nil }),
      cage("no model", says: "the name must say the model", key: { tokens, _ in "\(tokens)" }),
      cage(
        "by length", says: "all its tokens", key: { tokens, model in "\(model) \(tokens.count)" }),
      cage(
        "by the set of tokens", says: "all its tokens",
        key: { tokens, model in "\(model) \(tokens.sorted())" }),
      cage(
        "by the first token", says: "all its tokens",
        key: { tokens, model in "\(model) \(tokens[0])" }),
      cage(
        "not looked at", says: "a damaged tensor was handed out",
        key: { tokens, model in "\(model) \(tokens)" }, checks: false),
      Misconception(
        of: IdiomsSheet.cageIt, "head by head, not looked at",
        says: "a damaged tensor was handed out"
      ) { (script: CageScript) in try Self.headByHead(script, checks: false) },
      Misconception(
        of: IdiomsSheet.cageIt, "out of nothing",
        says: "nothing was run where the cage held nothing"
      ) { (script: CageScript) in
        try Self.read(script) { tokens, model, _, _ in
          let point = HookPoint.pattern(.blocks, 1)
          return try script.models[model]!.made()
            .run(ModelInput(tokens), capturing: [point]).trace[point][at: 0]
        }
      },
      Misconception(of: IdiomsSheet.cageIt, "runs twice", says: "more was run") {
        (script: CageScript) in
        try Self.read(script) { tokens, model, cage, run in
          if let kept = cage["\(model) \(tokens)"], kept.shape[1] == tokens.count { return kept }
          _ = try run(tokens)
          cage["\(model) \(tokens)"] = try run(tokens)
          return cage["\(model) \(tokens)"]!
        }
      },
      Misconception(of: IdiomsSheet.cageIt, "mends nothing", says: "was run again") {
        (script: CageScript) in
        try Self.read(script) { tokens, model, cage, run in
          let name = "\(model) \(tokens)"
          if let kept = cage[name] { return kept.shape[1] == tokens.count ? kept : try run(tokens) }
          cage[name] = try run(tokens)
          return cage[name]!
        }
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  func testOtherRightCagesAreAccepted() {
    let variants = [
      Variant(of: IdiomsSheet.cageIt, "another name") { (script: CageScript) in
        try Self.read(script) { tokens, model, cage, run in
          let name = tokens.map(String.init).joined(separator: "-") + "@" + model
          if let kept = cage[name], kept.shape[1] == kept.shape[2] { return kept }
          cage[name] = try run(tokens)
          return cage[name]!
        }
      },
      Variant(of: IdiomsSheet.cageIt, "in half precision's room, and cleaned") {
        (script: CageScript) in
        try Self.read(script) { tokens, model, cage, run in
          let name = "\(tokens) \(model)"
          if cage[name].map({ $0.shape[1] != tokens.count }) ?? false { cage[name] = nil }
          if cage[name] == nil { cage[name] = try run(tokens) }
          return cage[name]!
        }
      },
      Variant(of: IdiomsSheet.cageIt, "head by head") { (script: CageScript) in
        try Self.headByHead(script, checks: true)
      },
      Variant(of: IdiomsSheet.cageIt, "as a list of numbers, which no axis is cut from") {
        (script: CageScript) in
        try Self.read(script) { tokens, model, cage, run in
          let name = "\(model) \(tokens)"
          if let kept = cage[name] {
            return kept.reshaped(to: [
              kept.count / (tokens.count * tokens.count), tokens.count, tokens.count,
            ])
          }
          let found = try run(tokens)
          cage[name] = found.reshaped(to: [found.count])
          return found
        }
      },
    ]
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
  }

  // MARK: 7.6 and 7.7

  /// What a run with changed mixed values predicts: by sentence, losses and choices.
  private static func predictions(
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
  private static func without(_ heads: Set<Int>, _ mixed: Tensor) -> Tensor {
    var keep = Tensor(repeating: 1, shape: [mixed.shape[2], 1])
    for head in heads { keep[head, 0] = 0 }
    return mixed * keep
  }

  private static func mean(_ values: some Sequence<Double>) -> Double {
    let values = Array(values)
    return values.reduce(0, +) / Double(values.count)
  }

  private func cost(
    _ name: String, says: String?,
    answer: @escaping @Sendable (HeadQuestion) throws -> AblationCost
  ) -> Misconception {
    Misconception(of: IdiomsSheet.ablateAHead, name, says: says, answer: answer)
  }

  private static func solution(_ question: HeadQuestion) throws -> AblationCost {
    try Solution().cost(
      of: question.heads[0], by: question.kind, on: question.sentences,
      in: try question.model.made())
  }

  /// The cost of rows in the head's place that are made of a sentence's `[position, head, unit]`;
  /// they are `[head, unit]`.
  private static func cost(
    _ question: HeadQuestion, rows: @escaping @Sendable (Tensor) -> Tensor
  ) throws -> AblationCost {
    let head = question.heads[0]
    let clean = try predictions(question, at: []) { $1 }
    let found = try predictions(question, at: [head.layer]) { _, mixed in
      var changed = mixed
      let rows = rows(mixed[at: 0])
      for position in 0..<mixed.shape[1] {
        for unit in 0..<mixed.shape[3] {
          changed[0, position, head.head, unit] = rows[head.head, unit]
        }
      }
      return changed
    }
    let pairs = zip(clean.joined(), found.joined())
    return AblationCost(
      loss: mean(pairs.map { $1.loss - $0.loss }),
      changed: mean(pairs.map { $0.choice == $1.choice ? 0 : 1 }))
  }

  func testWrongCostsAreRejectedWithTheirSentence() {
    let misconceptions = [
      cost("nothing", says: "nothing was ablated") { _ in AblationCost(loss: 0, changed: 0) },
      cost("the sign", says: "wrong sign") { question in
        var found = try Self.solution(question)
        found.loss *= -1
        return found
      },
      cost("the other kind", says: "are asked for") { question in
        var other = question
        other.kind = question.kind == .zero ? .mean : .zero
        return try Self.solution(other)
      },
      cost("always zero", says: "its mean is asked for") { question in
        var other = question
        other.kind = .zero
        return try Self.solution(other)
      },
      cost("the whole layer", says: "all heads of the layer") { question in
        let layer = question.heads[0].layer
        let clean = try Self.predictions(question, at: []) { $1 }
        let found = try Self.predictions(question, at: [layer]) { .zeros($1.shape) }
        let pairs = zip(clean.joined(), found.joined())
        return AblationCost(
          loss: Self.mean(pairs.map { $1.loss - $0.loss }),
          changed: Self.mean(pairs.map { $0.choice == $1.choice ? 0 : 1 }))
      },
      cost("means of sentences", says: "every predicted token counts alike") { question in
        guard question.kind == .zero else { return try Self.solution(question) }
        let head = question.heads[0]
        let clean = try Self.predictions(question, at: []) { $1 }
        let found = try Self.predictions(question, at: [head.layer]) {
          Self.without([head.head], $1)
        }
        return AblationCost(
          loss: Self.mean(found.map { Self.mean($0.map(\.loss)) })
            - Self.mean(clean.map { Self.mean($0.map(\.loss)) }),
          changed: Self.mean(
            zip(clean, found).map { pair in
              Self.mean(zip(pair.0, pair.1).map { $0.choice == $1.choice ? 0 : 1 })
            }))
      },
      cost("token i", says: "stands there already") { question in
        guard question.kind == .zero else { return try Self.solution(question) }
        let head = question.heads[0]
        let clean = try Self.predictions(question, at: [], shift: 0) { $1 }
        let found = try Self.predictions(question, at: [head.layer], shift: 0) {
          Self.without([head.head], $1)
        }
        let pairs = zip(clean.joined(), found.joined())
        return AblationCost(
          loss: Self.mean(pairs.map { $1.loss - $0.loss }),
          changed: Self.mean(pairs.map { $0.choice == $1.choice ? 0 : 1 }))
      },
      cost("what stays", says: "the share that stays") { question in
        var found = try Self.solution(question)
        found.changed = 1 - found.changed
        return found
      },
      cost("each sentence's own mean", says: "each sentence's own mean") { question in
        guard question.kind == .mean else { return try Self.solution(question) }
        return try Self.cost(question) { $0.mean(axis: 0) }
      },
      cost("the sum", says: "the sum took the head's place") { question in
        guard question.kind == .mean else { return try Self.solution(question) }
        let model = try question.model.made()
        let point = HookPoint.block(.blocks, question.heads[0].layer, .attention(.own, .mixed))
        let sums = try question.sentences.map {
          try model.run(ModelInput($0), capturing: [point]).trace[point][at: 0].sum(axis: 0)
        }
        let sum = Tensor.stack(sums).sum(axis: 0)
        return try Self.cost(question) { _ in sum }
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  func testOtherRightCostsAreAccepted() {
    let variants = [
      Variant(of: IdiomsSheet.ablateAHead, "by the library") { (question: HeadQuestion) in
        let head = question.heads[0]
        let sentences = try question.sentences.map {
          try SpanTokens(tokens: $0, span: [$0.count - 1])
        }
        let ablation = try SpanAblation(
          try question.model.made(), sentences, kind: question.kind == .zero ? .zero : .mean)
        let (clean, effects) = try ablation.effects(
          of: [[HeadAddress(.blocks, layer: head.layer, head: head.head)]])
        return AblationCost(
          loss: effects[0].scores.all.loss - clean.all.loss, changed: effects[0].scores.all.changed)
      },
      Variant(of: IdiomsSheet.ablateAHead, "what the head adds to the stream") {
        (question: HeadQuestion) -> AblationCost in
        // The same by `hook_result`, whose rows are linear in the mixed values.
        let (head, model) = (question.heads[0], try question.model.made())
        let point = HookPoint.block(.blocks, head.layer, .attention(.own, .result))
        var rows: [Tensor] = []
        for tokens in question.sentences {
          let result = try model.run(ModelInput(tokens), capturing: [point]).trace[point][at: 0]
          rows += (0..<tokens.count).map { result[at: $0][at: head.head] }
        }
        let mean = Tensor.stack(rows).mean(axis: 0) * (question.kind == .mean ? 1 : 0)
        func predictions(_ changes: [Intervention]) throws -> [(Double, Int)] {
          try question.sentences.flatMap { tokens in
            let logits = try model.run(ModelInput(tokens), intervening: changes).logits[at: 0]
            let (logs, choice) = (logits.logSoftmax(), logits.argmax())
            return (1..<tokens.count).map { (-Double(logs[$0 - 1, tokens[$0]]), choice[$0 - 1]) }
          }
        }
        let clean = try predictions([])
        let found = try predictions([
          Intervention(at: point) { result in
            var changed = result
            for position in 0..<result.shape[1] {
              for column in 0..<result.shape[3] {
                changed[0, position, head.head, column] = mean[column]
              }
            }
            return changed
          }
        ])
        return AblationCost(
          loss: Self.mean(zip(clean, found).map { $1.0 - $0.0 }),
          changed: Self.mean(zip(clean, found).map { $0.1 == $1.1 ? 0 : 1 }))
      },
    ]
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
  }

  private func interplay(
    _ name: String, says: String?, answer: @escaping @Sendable (HeadQuestion) throws -> Tensor
  ) -> Misconception {
    Misconception(of: IdiomsSheet.ablateTogether, name, says: says, answer: answer)
  }

  /// The growth of the loss without some heads, by the mean over tokens or over sentences.
  private static func growth(
    _ question: HeadQuestion, _ heads: [HeadPlace], bySentence: Bool = false, isLoss: Bool = false
  ) throws -> Double {
    let byLayer = Dictionary(grouping: heads, by: \.layer).mapValues { Set($0.map(\.head)) }
    func loss(_ heads: [Int: Set<Int>]) throws -> Double {
      let found = try predictions(question, at: Set(heads.keys)) { layer, mixed in
        without(heads[layer]!, mixed)
      }
      return bySentence
        ? mean(found.map { mean($0.map(\.loss)) }) : mean(found.joined().map(\.loss))
    }
    return try loss(byLayer) - (isLoss ? 0 : loss([:]))
  }

  /// Which half of a matrix is computed; the other is its mirror image.
  private enum Half { case lower, upper }

  private static func matrix(
    _ question: HeadQuestion, bySentence: Bool = false, isLoss: Bool = false,
    diagonal: Double = 1, half: Half? = nil,
    _ entry: (Double, Double, Double) -> Double = { $0 - $1 - $2 }
  ) throws -> Tensor {
    let heads = question.heads
    let alone = try heads.map {
      try growth(question, [$0], bySentence: bySentence, isLoss: isLoss)
    }
    return Tensor(
      rows: try heads.indices.map { row in
        try heads.indices.map { column in
          let isMirrored = half == .lower && row < column || half == .upper && row > column
          let (i, j) = isMirrored ? (column, row) : (row, column)
          return i == j
            ? Float(alone[i] * diagonal)
            : Float(
              entry(
                try growth(question, [heads[i], heads[j]], bySentence: bySentence, isLoss: isLoss),
                alone[i], alone[j]))
        }
      })
  }

  func testWrongInterplaysAreRejectedWithTheirSentence() {
    let misconceptions = [
      interplay("joint costs", says: "take off what each costs alone") {
        try Self.matrix($0) { both, _, _ in both }
      },
      interplay("the sign", says: "the sign is wrong") { try Self.matrix($0) { $1 + $2 - $0 } },
      interplay("one taken off", says: "take off both") {
        try Self.matrix($0) { both, a, _ in both - a }
      },
      interplay("one taken off, in the lower half", says: "one head alone was taken off") {
        try Self.matrix($0, half: .lower) { both, a, _ in both - a }
      },
      interplay("one taken off, in the upper half", says: "one head alone was taken off") {
        try Self.matrix($0, half: .upper) { both, a, _ in both - a }
      },
      interplay("one zeroed", says: "one of the two heads alone was zeroed") {
        try Self.matrix($0) { _, _, b in -b }
      },
      interplay("one zeroed, in the lower half", says: "one of the two heads alone was zeroed") {
        try Self.matrix($0, half: .lower) { _, a, _ in -a }
      },
      interplay("losses", says: "the clean loss") { try Self.matrix($0, isLoss: true) },
      interplay("an empty diagonal", says: "the diagonal is empty") {
        try Self.matrix($0, diagonal: 0)
      },
      interplay("sentences' means", says: "every predicted token counts alike") {
        try Self.matrix($0, bySentence: true)
      },
      interplay("the greater", says: "the greater of the single costs") {
        try Self.matrix($0) { $0 - max($1, $2) }
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  func testOtherRightInterplaysAreAccepted() {
    let variants = [
      Variant(of: IdiomsSheet.ablateTogether, "by the library") { (question: HeadQuestion) in
        let sentences = try question.sentences.map {
          try SpanTokens(tokens: $0, span: [$0.count - 1])
        }
        return try SpanAblation(try question.model.made(), sentences, kind: .zero).interplay(
          of: question.heads.map { HeadAddress(.blocks, layer: $0.layer, head: $0.head) })
      },
      Variant(of: IdiomsSheet.ablateTogether, "by products with masks") {
        (question: HeadQuestion) in try Self.matrix(question)
      },
    ]
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
  }

  // MARK: 7.11

  private func foresight(
    _ name: String, says: String?,
    answer: @escaping @Sendable ([Double], [Double]) throws -> Double
  ) -> Misconception {
    Misconception(
      of: IdiomsSheet.scoreAgainstImportance, in: IdiomsAsks.foresight, name, says: says
    ) {
      (question: ForecastQuestion) in try answer(question.score, question.effect)
    }
  }

  private static func pearson(_ x: [Double], _ y: [Double]) -> Double {
    let (a, b) = (mean(x), mean(y))
    let product = zip(x, y).reduce(0) { $0 + ($1.0 - a) * ($1.1 - b) }
    let squares =
      x.reduce(0) { $0 + ($1 - a) * ($1 - a) } * y.reduce(0) { $0 + ($1 - b) * ($1 - b) }
    return product / squares.squareRoot()
  }

  /// Ranks by a stable sort, equal values in the order in which they stand.
  private static func ordinal(_ values: [Double]) -> [Double] {
    var ranks = values
    for (rank, place) in values.indices.sorted(by: { (values[$0], $0) < (values[$1], $1) })
      .enumerated()
    {
      ranks[place] = Double(rank)
    }
    return ranks
  }

  func testWrongForesightsAreRejectedWithTheirSentence() {
    let misconceptions = [
      foresight("Pearson", says: "rank them first") { Self.pearson($0, $1) },
      foresight("ties by order", says: "equal values got different ranks") {
        Self.pearson(Self.ordinal($0), Self.ordinal($1))
      },
      foresight("least ranks", says: "the least of their ranks") { a, b in
        func ranks(_ values: [Double]) -> [Double] {
          values.map { value in Double(values.count { $0 < value }) }
        }
        return Self.pearson(ranks(a), ranks(b))
      },
      foresight("the other way round", says: "the other way round") {
        -(try Solution().foresight(of: $0, for: $1))
      },
      foresight("Kendall", says: "Kendall") { a, b in
        var (sum, count) = (0.0, 0.0)
        for i in a.indices {
          for j in a.indices where j < i {
            let product = (a[i] - a[j]) * (b[i] - b[j])
            sum += product > 0 ? 1 : product < 0 ? -1 : 0
            count += 1
          }
        }
        return sum / count
      },
      foresight("sorted places", says: "places in the sorted list") { a, b in
        func places(_ values: [Double]) -> [Double] {
          values.indices.sorted { (values[$0], $0) < (values[$1], $1) }.map(Double.init)
        }
        return Self.pearson(places(a), places(b))
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  private func quality(
    _ name: String, says: String?,
    answer: @escaping @Sendable (ForecastQuestion) throws -> Quality
  ) -> Misconception {
    Misconception(
      of: IdiomsSheet.scoreAgainstImportance, in: IdiomsAsks.quality, name, says: says,
      answer: answer)
  }

  private static func quality(
    _ question: ForecastQuestion, scores: Tensor? = nil, count: Int? = nil
  ) throws -> Quality {
    try Solution().quality(
      without: count ?? question.count, by: scores ?? question.scores, on: question.sentences,
      in: try question.model.made())
  }

  /// Qualities of sentences with the chosen heads gone, coded by products with masks.
  private static func sentences(_ question: ForecastQuestion, shift: Int = 1) throws -> [[Quality]]
  {
    let scores = question.scores
    let all = (0..<6).flatMap { layer in (0..<4).map { (layer, $0, scores[layer, $0]) } }
    let chosen = all.sorted { $0.2 > $1.2 }.prefix(question.count)
    let byLayer = Dictionary(grouping: chosen, by: \.0).mapValues { Set($0.map(\.1)) }
    let heads = HeadQuestion(model: question.model, heads: [], sentences: question.sentences)
    return try predictions(heads, at: Set(byLayer.keys), shift: shift) { layer, mixed in
      without(byLayer[layer]!, mixed)
    }.map { $0.map { Quality(accuracy: $0.choice == $0.token ? 1 : 0, loss: $0.loss) } }
  }

  private static func mean(_ qualities: some Sequence<Quality>) -> Quality {
    let all = Array(qualities)
    return Quality(accuracy: mean(all.map(\.accuracy)), loss: mean(all.map(\.loss)))
  }

  func testWrongQualitiesAreRejectedWithTheirSentence() {
    let misconceptions = [
      quality("the least", says: "of the least scores") {
        try Self.quality($0, scores: -$0.scores)
      },
      quality("sizes", says: "without its sign") { question in
        let sizes = Tensor(question.scores.values.map { abs($0) }, shape: question.scores.shape)
        return try Self.quality(question, scores: sizes)
      },
      quality("none", says: "nothing was zeroed") { try Self.quality($0, count: 0) },
      quality("one more", says: "one head too many") {
        try Self.quality($0, count: $0.count + 1)
      },
      quality("one by one", says: "in one run") { question in
        Self.mean(
          try (0..<question.count).map { place in
            let chosen = question.scores.values.sorted(by: >)[place]
            let only = Tensor(
              question.scores.values.map { $0 == chosen ? 1 : 0 }, shape: question.scores.shape)
            return try Self.quality(question, scores: only, count: 1)
          })
      },
      quality("means of sentences", says: "every predicted token counts alike") { question in
        Self.mean(try Self.sentences(question).map { Self.mean($0) })
      },
      quality("wrong ones", says: "the share that is wrong") { question in
        var found = try Self.quality(question)
        found.accuracy = 1 - found.accuracy
        return found
      },
      quality("token i", says: "stands there already") { question in
        Self.mean(try Self.sentences(question, shift: 0).joined())
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  func testOtherRightForecastsAreAccepted() {
    let variants = [
      Variant(of: IdiomsSheet.scoreAgainstImportance, in: IdiomsAsks.foresight, "by the library") {
        (question: ForecastQuestion) in spearman(question.score, question.effect)!
      },
      Variant(of: IdiomsSheet.scoreAgainstImportance, in: IdiomsAsks.foresight, "by pairs") {
        (question: ForecastQuestion) in
        // A rank is half of the signs of all differences, and a constant.
        func ranks(_ values: [Double]) -> [Double] {
          values.map { value in
            values.reduce(0) { $0 + (value > $1 ? 0.5 : value < $1 ? -0.5 : 0) }
          }
        }
        return Self.pearson(ranks(question.score), ranks(question.effect))
      },
      Variant(of: IdiomsSheet.scoreAgainstImportance, in: IdiomsAsks.quality, "by the library") {
        (question: ForecastQuestion) in
        let order = question.scores.values.indices.sorted {
          question.scores.values[$0] > question.scores.values[$1]
        }
        let sentences = try question.sentences.map {
          try SpanTokens(tokens: $0, span: [$0.count - 1])
        }
        let found = try SpanAblation(try question.model.made(), sentences, kind: .zero)
          .effects(of: [
            order.prefix(question.count).map { HeadAddress(.blocks, layer: $0 / 4, head: $0 % 4) }
          ]).effects[0].scores.all
        return Quality(accuracy: found.accuracy, loss: found.loss)
      },
      Variant(of: IdiomsSheet.scoreAgainstImportance, in: IdiomsAsks.quality, "by masks") {
        (question: ForecastQuestion) in
        Self.mean(try Self.sentences(question).joined())
      },
    ]
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
  }

  func testNonsenseEarnsNothing() {
    for number in [Double.nan, -1e300] {
      XCTAssertNil(foresight("nonsense", says: nil) { _, _ in number }.fault())
      XCTAssertNil(
        quality("nonsense", says: nil) { _ in Quality(accuracy: number, loss: number) }.fault())
      XCTAssertNil(
        cost("nonsense", says: number.isNaN ? "NaN" : nil) { _ in
          AblationCost(loss: number, changed: number)
        }.fault())
    }
    for tensor in oddTensors {
      XCTAssertNil(interplay("nonsense", says: nil) { _ in tensor }.fault())
      XCTAssertNil(
        Misconception(of: IdiomsSheet.cageIt, "nonsense", says: nil) { (script: CageScript) in
          script.steps.map { _ in CageReading(values: tensor, runs: []) }
        }.fault())
    }
  }
}
