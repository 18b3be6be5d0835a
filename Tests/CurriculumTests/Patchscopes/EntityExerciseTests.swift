import Coursework
import Foundation
import Interpretability
import Interventions
import Tensors
import Transformers
import XCTest

@testable import PatchscopesExercises
@testable import PatchscopesVocabulary
@testable import Solution6

/// Exercises 6.8 to 6.11: what is rejected, what is accepted.
final class EntityExerciseTests: XCTestCase {
  /// Texts written step by step with a state of every layer.
  private static func written(
    _ question: EntityToDescribe, source: [Int], at position: Int, into: Int? = nil,
    target: (Int) -> Int = { $0 }, ends: Bool = true, patching: (Int) -> Bool = { _ in true }
  ) throws -> [[Int]] {
    let model = try question.model.made()
    let points = model.configuration.residualPoints
    let trace = try model.run(ModelInput(source), capturing: .points(Set(points))).trace
    let place = into ?? question.placeholder
    return try points.indices.map { layer in
      let state = try trace[points[layer]][at: 0][at: position]
      var text = question.prompt
      for step in 0..<question.count {
        let patch = Intervention(at: points[target(layer)]) { residual in
          var mask = Tensor.zeros([1, residual.shape[1], 1])
          mask[0, place, 0] = 1
          return residual * (mask * -1 + 1) + mask * state
        }
        let next = try model.run(
          ModelInput(text), intervening: patching(step) ? [patch] : []
        ).logits[at: 0][at: text.count - 1].argmax()[0]
        text.append(next)
        if ends, model.configuration.endTokens.contains(next) { break }
      }
      return Array(text[question.prompt.count...])
    }
  }

  private static func aligned(_ question: EntityToDescribe) -> [Int] {
    question.filler[..<(question.placeholder + 1 - question.entity.count)] + question.entity
  }

  func testWrongDescriptionsAreRejectedWithTheirSentence() {
    func wrong(
      _ name: String, _ says: String?,
      _ answer: @escaping @Sendable (EntityToDescribe) throws -> [[Int]]
    ) -> Misconception {
      Misconception(of: PatchscopesSheet.descriptions, name, says: says, answer: answer)
    }
    let misconceptions = [
      wrong("not aligned", "align it with the filler") { question in
        try Self.written(question, source: question.entity, at: question.entity.count - 1)
      },
      wrong("all of the filler", "the whole filler") { question in
        let source = question.filler + question.entity
        return try Self.written(question, source: source, at: source.count - 1)
      },
      wrong("one token", "the patch was gone after the first token") { question in
        try Self.written(
          question, source: Self.aligned(question), at: question.placeholder, patching: { $0 == 0 })
      },
      wrong("at layer 0", "every state went in at layer 0") { question in
        try Self.written(
          question, source: Self.aligned(question), at: question.placeholder, target: { _ in 0 })
      },
      wrong("the last token", "the prompt's last token") { question in
        try Self.written(
          question, source: Self.aligned(question), at: question.placeholder,
          into: question.prompt.count - 1)
      },
      wrong("no patch", "nothing was patched") { question in
        try Self.written(
          question, source: Self.aligned(question), at: question.placeholder,
          patching: { _ in false })
      },
      wrong("with the prompt", "the prompt is still there") { question in
        try Self.written(question, source: Self.aligned(question), at: question.placeholder)
          .map { question.prompt + $0 }
      },
      wrong("behind the end", "goes on behind its end token") { question in
        try Self.written(
          question, source: Self.aligned(question), at: question.placeholder, ends: false)
      },
      wrong("without the end token", "the end token is missing") { question in
        let ends = try question.model.made().configuration.endTokens
        return try Self.written(
          question, source: Self.aligned(question), at: question.placeholder
        ).map { text in Array(text.prefix { !ends.contains($0) }) }
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  func testOtherRightDescriptionsAreAccepted() {
    let variants = [
      Variant(of: PatchscopesSheet.descriptions, "step by step") { (question: EntityToDescribe) in
        try Self.written(question, source: Self.aligned(question), at: question.placeholder)
      },
      Variant(of: PatchscopesSheet.descriptions, "by the library's Patchscope") {
        (question: EntityToDescribe) in
        let model = try question.model.made()
        return try model.configuration.residualPoints.indices.map { layer in
          var text = question.prompt
          for _ in 0..<question.count {
            let logits = try Patchscope(
              source: .init(
                model, Self.aligned(question), position: question.placeholder, layer: layer),
              map: { $0 },
              target: .init(model, text, position: question.placeholder, layer: layer)
            ).logits()
            text.append(logits[at: text.count - 1].argmax()[0])
            if model.configuration.endTokens.contains(text[text.count - 1]) { break }
          }
          return Array(text[question.prompt.count...])
        }
      },
    ]
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
  }

  /// Least-squares maps with a partner of one's own.
  private static func maps(
    _ question: ModelsToStitch, partner: ((Int) -> Int)? = nil, bias: Bool = true
  ) -> [AffineMap] {
    let (from, to) = (question.from, question.to)
    return (0..<from.layerCount).map { layer in
      let share = Double(layer) / Double(from.layerCount - 1) * Double(to.layerCount - 1)
      let other = min(max(partner?(layer) ?? Int(floor(share + 0.5)), 0), to.layerCount - 1)
      let map = AffineMap.leastSquares(from: from.values[at: layer], to: to.values[at: other])
      return bias ? map : AffineMap(weight: map.weight, bias: map.bias * 0)
    }
  }

  func testWrongStitchesAreRejectedWithTheirSentence() {
    func wrong(
      _ name: String, _ says: String?,
      _ answer: @escaping @Sendable (ModelsToStitch) throws -> [AffineMap]
    ) -> Misconception {
      Misconception(
        of: PatchscopesSheet.acrossModels, in: PatchscopesAsks.stitches, name, says: says,
        answer: answer)
    }
    func explained(
      _ name: String, _ says: String?, _ change: @escaping @Sendable (inout ModelsToStitch) -> Void
    ) -> Misconception {
      Misconception(
        of: PatchscopesSheet.acrossModels, in: PatchscopesAsks.explained, name, says: says
      ) { (question: ModelsToStitch) in
        var question = question
        change(&question)
        return try Solution6.Answers().explained(
          question.source, in: try question.model.made(), through: question.stitches,
          by: question.prompt, in: try question.target.made())
      }
    }
    let misconceptions = [
      wrong("layer to layer", "layer l was paired with layer l") {
        Self.maps($0, partner: { $0 })
      },
      wrong("to the last", "every layer was mapped to the last one") { question in
        Self.maps(question, partner: { _ in question.to.layerCount - 1 })
      },
      wrong("no bias", "the bias does not make up for them") { Self.maps($0, bias: false) },
      wrong("the wrong way", "the maps lead the wrong way") { question in
        Self.maps(question).map {
          AffineMap(weight: $0.weight.transposed(), bias: .zeros([$0.weight.shape[1]]))
        }
      },
      wrong("none for the last", "one for every layer of the source") {
        Array(Self.maps($0).dropLast())
      },
      explained("one map", "one map was used for all layers") { question in
        question.stitches = Array(
          repeating: question.stitches[0], count: question.stitches.count)
      },
      explained("backwards", "the maps are in the wrong order") { $0.stitches.reverse() },
      explained("the text's end", "not of the position asked for") {
        $0.source.position = $0.source.tokens.count - 1
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  func testOtherRightStitchesAreAccepted() {
    let variants = [
      Variant(of: PatchscopesSheet.acrossModels, in: PatchscopesAsks.stitches, "by the library") {
        (question: ModelsToStitch) in Self.maps(question)
      },
      Variant(of: PatchscopesSheet.acrossModels, in: PatchscopesAsks.explained, "by the library") {
        (question: ModelsToStitch) in
        let (model, target) = (try question.model.made(), try question.target.made())
        let end = question.prompt.count - 1
        let last = target.configuration.residualPoints.count - 1
        return Tensor.stack(
          try question.stitches.indices.map { layer in
            let share = Double(layer * last) / Double(question.stitches.count - 1)
            return try Patchscope(
              source: .init(
                model, question.source.tokens, position: question.source.position, layer: layer),
              map: { question.stitches[layer]($0) },
              target: .init(
                target, question.prompt, position: end, layer: Int(floor(share + 0.5)))
            ).logits()[at: end]
          })
      },
      Variant(of: PatchscopesSheet.acrossModels, in: PatchscopesAsks.stitches, "a column of ones") {
        (question: ModelsToStitch) in
        let (from, to) = (question.from, question.to)
        let (layers, last) = (from.layerCount, to.layerCount - 1)
        return (0..<layers).map { layer in
          let x = from.values[at: layer]
          let (rows, width) = (x.shape[0], x.shape[1])
          let ones = Tensor(repeating: 1, shape: [rows, 1])
          let partner = Int((Double(layer) / Double(layers - 1) * Double(last)).rounded())
          let solved = Tensor.concatenation([x, ones], axis: 1)
            .leastSquares(to: to.values[at: partner], ridge: 0)
          return AffineMap(
            weight: solved.slice(0..<width).transposed(), bias: solved[at: width])
        }
      },
      Variant(of: PatchscopesSheet.acrossModels, in: PatchscopesAsks.explained, "layer by layer") {
        (question: ModelsToStitch) in
        let (model, target) = (try question.model.made(), try question.target.made())
        let points = (model.configuration.residualPoints, target.configuration.residualPoints)
        let trace = try model.run(
          ModelInput(question.source.tokens), capturing: .points(Set(points.0))
        ).trace
        let end = question.prompt.count - 1
        return Tensor.stack(
          try points.0.enumerated().map { layer, point in
            let map = question.stitches[layer]
            let state = try trace[point][at: 0][at: question.source.position]
            let moved =
              map.weight.matmul(state.reshaped(to: [state.count, 1]))
              .reshaped(to: [map.bias.count]) + map.bias
            let share = Double(layer) / Double(points.0.count - 1)
            let into = points.1[Int((share * Double(points.1.count - 1)).rounded())]
            let patch = Intervention(at: into) { residual in
              .concatenation(
                [residual.slice(axis: 1, 0..<end), moved.reshaped(to: [1, 1, moved.count])], axis: 1
              )
            }
            return try target.run(ModelInput(question.prompt), intervening: [patch])
              .logits[at: 0][at: end]
          })
      },
    ]
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
  }

  /// The three answers, of which some are replaced.
  private static func hops(
    _ question: HopsOfModel,
    _ change: (inout HopAnswers, TwoHops, Transformer) throws -> Void = { _, _, _ in }
  ) throws -> [HopAnswers] {
    let model = try question.model.made()
    func said(_ tokens: [Int]) throws -> Int {
      try model(ModelInput(tokens))[at: 0][at: tokens.count - 1].argmax()[0]
    }
    return try question.hops.map { hop in
      var spelled = hop.second
      spelled[hop.placeholder] = try said(hop.first)
      var answers = HopAnswers(
        vanilla: try said(hop.joint),
        patched: try patched(
          hop, model, layer: question.layer, target: question.targetLayer, length: { $0 / $1 }),
        stepped: try said(spelled))
      try change(&answers, hop, model)
      return answers
    }
  }

  /// What the second text says with a state of the first, made as long as said.
  private static func patched(
    _ hop: TwoHops, _ model: Transformer, layer: Int, target: Int,
    length: @escaping @Sendable (Float, Float) -> Float
  ) throws -> Int {
    let points = model.configuration.residualPoints
    let state = try model.run(ModelInput(hop.first), capturing: [points[layer]])
      .trace[points[layer]][at: 0][at: hop.first.count - 1]
    let patch = Intervention(at: points[target]) { residual in
      func norm(_ values: [Float]) -> Float { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
      let factor = length(
        norm(residual[at: 0][at: hop.placeholder].values), norm(state.values))
      var changed = residual
      for column in 0..<state.count {
        changed[0, hop.placeholder, column] = state[column] * factor
      }
      return changed
    }
    return try model.run(ModelInput(hop.second), intervening: [patch])
      .logits[at: 0][at: hop.second.count - 1].argmax()[0]
  }

  private static func tally(
    _ question: HopsOfModel, ofNone: Double = 0,
    _ shares: (
      _ mended: Double, _ broken: Double, _ wrong: Double,
      _ right: Double, _ all: Double
    ) -> (Double, Double)
  ) -> HopTally {
    var counts = [0.0, 0, 0, 0, 0]
    for (answer, truth) in zip(question.answers, question.truths) {
      if answer.vanilla == truth { counts[0] += 1 }
      if answer.patched == truth { counts[1] += 1 }
      if answer.stepped == truth { counts[2] += 1 }
      if answer.vanilla != truth, answer.patched == truth { counts[3] += 1 }
      if answer.vanilla == truth, answer.patched != truth { counts[4] += 1 }
    }
    let all = Double(question.truths.count)
    let found = shares(counts[3], counts[4], all - counts[0], counts[0], all)
    return HopTally(
      vanilla: counts[0] / all, patched: counts[1] / all, stepped: counts[2] / all,
      mended: found.0.isFinite ? found.0 : ofNone, broken: found.1.isFinite ? found.1 : ofNone)
  }

  func testWrongHopsAreRejectedWithTheirSentence() {
    func wrong(
      _ name: String, _ says: String?,
      _ answer: @escaping @Sendable (HopsOfModel) throws -> [HopAnswers]
    ) -> Misconception {
      Misconception(
        of: PatchscopesSheet.twoHops, in: PatchscopesAsks.hops, name, says: says, answer: answer)
    }
    func counted(
      _ name: String, _ says: String?,
      _ answer: @escaping @Sendable (HopsOfModel) throws -> HopTally
    ) -> Misconception {
      Misconception(
        of: PatchscopesSheet.twoHops, in: PatchscopesAsks.tally, name, says: says, answer: answer)
    }
    let misconceptions = [
      wrong("as it is", "the state was put in as it is") { question in
        try Self.hops(question) {
          $0.patched = try Self.patched(
            $1, $2, layer: question.layer, target: question.targetLayer, length: { _, _ in 1 })
        }
      },
      wrong("upside down", "the scale is upside down") { question in
        try Self.hops(question) {
          $0.patched = try Self.patched(
            $1, $2, layer: question.layer, target: question.targetLayer, length: { $1 / $0 })
        }
      },
      wrong("layers exchanged", "l and l* are exchanged") { question in
        try Self.hops(question) {
          $0.patched = try Self.patched(
            $1, $2, layer: question.targetLayer, target: question.layer, length: { $0 / $1 })
        }
      },
      wrong("the second text", "both steps in one is the joint one") { question in
        try Self.hops(question) {
          $0.vanilla = try $2(ModelInput($1.second))[at: 0][at: $1.second.count - 1].argmax()[0]
        }
      },
      wrong("exchanged", "are exchanged") { question in
        try Self.hops(question) { answers, _, _ in
          (answers.patched, answers.stepped) = (answers.stepped, answers.patched)
        }
      },
      counted("of all", "are shares of all questions") {
        Self.tally($0) { mended, broken, _, _, all in (mended / all, broken / all) }
      },
      counted("crossed", "of the other's questions") {
        Self.tally($0) { mended, broken, wrong, right, _ in (mended / right, broken / wrong) }
      },
      counted("exchanged", "mended and broken are exchanged") {
        Self.tally($0) { mended, broken, wrong, right, _ in (broken / right, mended / wrong) }
      },
      counted("0 by 0", "a share of no questions is 0") {
        Self.tally($0, ofNone: .nan) { mended, broken, wrong, right, _ in
          (mended / wrong, broken / right)
        }
      },
      counted("the gain", "the gain of the mean") {
        Self.tally($0) { mended, broken, _, right, all in
          ((mended - broken) / all, broken / right)
        }
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  func testOtherRightHopsAreAccepted() {
    let variants = [
      Variant(of: PatchscopesSheet.twoHops, in: PatchscopesAsks.hops, "scaled in the run") {
        (question: HopsOfModel) in try Self.hops(question)
      },
      Variant(
        of: PatchscopesSheet.twoHops, in: PatchscopesAsks.hops, "all questions in batches, by rows"
      ) { (question: HopsOfModel) in
        let (model, hops) = (try question.model.made(), question.hops)
        let points = model.configuration.residualPoints
        /// What is said at the end of each text, and the states at a layer.
        func read(
          _ texts: [[Int]], _ layer: Int, _ changes: [Intervention] = []
        ) throws -> (said: [Int], states: Tensor) {
          let run = try model.run(
            ModelInput(tokens: texts), capturing: [points[layer]], intervening: changes)
          let end = texts[0].count - 1
          return (
            run.logits.slice(axis: 1, end..<(end + 1)).argmax(), try run.trace[points[layer]]
          )
        }
        let first = try read(hops.map(\.first), question.layer)
        let old = try read(hops.map(\.second), question.targetLayer).states
        let end = hops[0].first.count - 1
        var patched = old
        for (row, hop) in hops.enumerated() {
          let state = first.states[at: row][at: end]
          let place = old[at: row][at: hop.placeholder]
          let unit = state / (state * state).sum().squareRoot()
          let scaled = unit * (place * place).sum().squareRoot()
          for column in 0..<scaled.count {
            patched[row, hop.placeholder, column] = scaled[column]
          }
        }
        let spelled = hops.indices.map { row in
          hops[row].second.enumerated().map { place, token in
            place == hops[row].placeholder ? first.said[row] : token
          }
        }
        let answers = [
          try read(hops.map(\.joint), 0).said,
          try read(
            hops.map(\.second), 0, [.replace(points[question.targetLayer], with: patched)]
          ).said,
          try read(spelled, 0).said,
        ]
        return hops.indices.map {
          HopAnswers(vanilla: answers[0][$0], patched: answers[1][$0], stepped: answers[2][$0])
        }
      },
      Variant(of: PatchscopesSheet.twoHops, in: PatchscopesAsks.tally, "by counting") {
        (question: HopsOfModel) in
        Self.tally(question) { mended, broken, wrong, right, _ in (mended / wrong, broken / right) }
      },
      Variant(of: PatchscopesSheet.twoHops, in: PatchscopesAsks.tally, "by sets of questions") {
        (question: HopsOfModel) in
        func right(_ way: KeyPath<HopAnswers, Int>) -> Set<Int> {
          Set(
            question.truths.indices.filter {
              question.answers[$0][keyPath: way] == question.truths[$0]
            })
        }
        let all = Set(question.truths.indices)
        let (vanilla, patched) = (right(\.vanilla), right(\.patched))
        func share(_ part: Set<Int>, _ whole: Set<Int>) -> Double {
          whole.isEmpty ? 0 : Double(whole.intersection(part).count) / Double(whole.count)
        }
        return HopTally(
          vanilla: share(vanilla, all), patched: share(patched, all),
          stepped: share(right(\.stepped), all), mended: share(patched, all.subtracting(vanilla)),
          broken: share(all.subtracting(patched), vanilla))
      },
    ]
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
  }

  func testWrongSoftPromptsAreRejectedWithTheirSentence() {
    func wrong(
      _ name: String, _ says: String?,
      _ change: @escaping @Sendable (inout StatesToPrompt) throws -> Void
    ) -> Misconception {
      Misconception(of: PatchscopesSheet.softPrompts, name, says: says) {
        (question: StatesToPrompt) in
        var question = question
        try change(&question)
        return try Solution6.Answers().softPrompt(
          for: question.states, layer: question.layer, targets: question.targets,
          length: question.length, in: try question.model.made(), seed: question.seed)
      }
    }
    let untrained = {
      (name: String, says: String?, rows: @escaping @Sendable (StatesToPrompt) -> Tensor) in
      Misconception(of: PatchscopesSheet.softPrompts, name, says: says) {
        (question: StatesToPrompt) in SoftPrompt(rows: rows(question))
      }
    }
    let misconceptions = [
      untrained("zeros", "nothing was trained") { .zeros([$0.length, $0.states.shape[1]]) },
      untrained("random", "hardly better than behind an untrained one") {
        var generator = SeededGenerator(seed: $0.seed)
        return .randomNormal(
          [$0.length, $0.states.shape[1]], standardDeviation: 0.5, using: &generator)
      },
      untrained("too short", "the shape") { .zeros([$0.length - 1, $0.states.shape[1]]) },
      untrained("no numbers", "NaN") {
        Tensor(repeating: .nan, shape: [$0.length, $0.states.shape[1]])
      },
      wrong("shuffled targets", "does row i go with target i") {
        $0.targets = Array($0.targets.dropFirst(7)) + $0.targets.prefix(7)
      },
      wrong("one state for all", "does row i go with target i") { question in
        let first = question.states.slice(0..<1)
        question.states = .concatenation(
          Array(repeating: first, count: question.targets.count), axis: 0)
      },
      wrong("a single row", "on all rows") {
        $0.states = $0.states.slice(0..<1)
        $0.targets = [$0.targets[0]]
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault(seeds: [Checker.publicSeed]) }, [])
  }

  func testOtherRightSoftPromptsAreAccepted() {
    let variants = [
      Variant(of: PatchscopesSheet.softPrompts, "another start and rate, in two batches") {
        (question: StatesToPrompt) in
        let model = try question.model.made()
        let (length, width) = (question.length, question.states.shape[1])
        var generator = SeededGenerator(seed: question.seed &+ 1)
        var prompt = SoftPrompt(
          rows: .randomNormal([length, width], standardDeviation: 0.2, using: &generator))
        var optimiser = AdamW()
        let half = question.targets.count / 2
        for step in 0..<80 {
          let own = step % 2 == 0 ? 0..<half : half..<question.targets.count
          let states = question.states.slice(own)
          let (_, gradients) = try prompt.gradients { prompt in
            // The vectors and the states in one stream, where states go in at the first layer.
            let vectors = Intervention(at: .embedding) { embedding in
              .concatenation(
                [
                  .stack(Array(repeating: prompt.rows, count: own.count)),
                  embedding.slice(axis: 1, length..<(length + 1)),
                ], axis: 1)
            }
            let state = Intervention(at: model.configuration.residualPoints[question.layer]) {
              .concatenation(
                [
                  $0.slice(axis: 1, 0..<length),
                  states.reshaped(to: [own.count, 1, width]),
                ], axis: 1)
            }
            return try model.run(
              ModelInput(
                tokens: Array(repeating: Array(repeating: 5, count: length + 1), count: own.count)),
              intervening: [vectors, state]
            ).logits.slice(axis: 1, length..<(length + 1))
              .reshaped(to: [own.count, model.configuration.vocabularySize])
              .crossEntropy(targets: Array(question.targets[own]))
          }
          optimiser.update(&prompt, gradients: gradients, rate: 0.05)
        }
        return prompt
      },
      Variant(of: PatchscopesSheet.softPrompts, "from words, by the signs of gradients") {
        (question: StatesToPrompt) in
        let model = try question.model.made()
        let (count, length) = (question.targets.count, question.length)
        let width = question.states.shape[1]
        // The stream that the first block reads, positions and all, is put together by hand.
        let blank = ModelInput(
          tokens: Array(repeating: Array(repeating: 3, count: length + 1), count: count))
        let points = model.configuration.residualPoints
        let empty = try model.run(blank, capturing: [points[0]]).trace[points[0]]
        let positions = empty[at: 0] - model.embedding[at: 3]
        let states = question.states.reshaped(to: [count, 1, width])
        var meant = Tensor.zeros([count, model.configuration.vocabularySize])
        for (row, target) in question.targets.enumerated() { meant[row, target] = 1 }
        var rows = model.embedding.gathering(Array(question.targets.prefix(length)))
        for step in 0..<60 {
          let leaf = rows.requiringGradient()
          let front = leaf + positions.slice(0..<length)
          let stream = Tensor.concatenation(
            [
              Tensor.zeros([count, length, width]) + front,
              empty.slice(axis: 1, length..<(length + 1)),
            ],
            axis: 1)
          let state = Intervention(at: points[question.layer]) {
            .concatenation([$0.slice(axis: 1, 0..<length), states], axis: 1)
          }
          let logs = try model.run(blank, intervening: [.replace(points[0], with: stream), state])
            .logits.slice(axis: 1, length..<(length + 1)).reshaped(to: meant.shape).logSoftmax()
          let slope = gradient(of: (logs * meant).sum(), withRespectTo: [leaf])[0]
          let rate = 0.1 * (1 - Float(step) / 60)
          rows += Tensor(
            slope.values.map { $0 > 0 ? rate : $0 < 0 ? -rate : 0 }, shape: rows.shape)
        }
        return SoftPrompt(rows: rows)
      },
    ]
    XCTAssertEqual(variants.compactMap { $0.fault(seeds: [Checker.publicSeed]) }, [])
  }
}
