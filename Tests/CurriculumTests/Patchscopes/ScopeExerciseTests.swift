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

/// Exercises 6.5 to 6.7: what is rejected, what is accepted.
final class ScopeExerciseTests: XCTestCase {
  /// The solution's logits of a question that was changed first.
  private static func logits(
    _ question: ScopeOfModels, _ change: (inout Scope) -> Void = { _ in }
  ) throws -> Tensor {
    var scope = question.scope
    change(&scope)
    return try Solution6.Answers().logits(
      of: scope, from: try question.model.made(), into: try question.target.made())
  }

  func testWrongPatchscopesAreRejectedWithTheirSentence() {
    func wrong(
      _ name: String, _ says: String?, _ change: @escaping @Sendable (inout Scope) -> Void
    ) -> Misconception {
      Misconception(
        of: PatchscopesSheet.generalScope, in: PatchscopesAsks.logits, name, says: says
      ) { try Self.logits($0, change) }
    }
    let misconceptions = [
      wrong("a clean source", "changes of the source run were left out") { $0.source.changes = [] },
      wrong("a clean target", "changes of the target run were left out") { $0.target.changes = [] },
      wrong("no noise", "the noise was left out") {
        $0.source.changes.remove(at: 0)
        $0.target.changes.remove(at: 0)
      },
      wrong("after block l*", "went in one block too late") { $0.target.place.layer += 1 },
      wrong("after block l", "taken one block too late") { $0.source.place.layer += 1 },
      wrong("the last position", "another position than i") {
        $0.source.place.position = $0.source.place.tokens.count - 1
      },
      Misconception(
        of: PatchscopesSheet.generalScope, in: PatchscopesAsks.logits, "the patched row alone",
        says: "only the patched position came back"
      ) { (question: ScopeOfModels) in
        let place = question.scope.target.place.position
        return try Self.logits(question).slice(place..<(place + 1))
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  func testWrongScopesOfMethodsAreRejectedWithTheirSentence() {
    func tracing(
      _ name: String, _ says: String?, _ answer: @escaping @Sendable (ScopeOfModels) -> Scope
    ) -> Misconception {
      Misconception(
        of: PatchscopesSheet.generalScope, in: PatchscopesAsks.tracingScope, name, says: says,
        answer: answer)
    }
    func knockout(
      _ name: String, _ says: String?, _ answer: @escaping @Sendable (ScopeOfModels) -> Scope
    ) -> Misconception {
      Misconception(
        of: PatchscopesSheet.generalScope, in: PatchscopesAsks.knockoutScope, name, says: says,
        answer: answer)
    }
    @Sendable func place(_ question: ScopeOfModels) -> ScopePlace {
      ScopePlace(
        tokens: question.fact.tokens, position: question.position, layer: question.layer)
    }
    @Sendable func noise(_ question: ScopeOfModels) -> [ScopeChange] {
      [.noise(question.noise, at: question.fact.subject)]
    }
    @Sendable func end(_ question: ScopeOfModels, layer: Int) -> ScopePlace {
      ScopePlace(
        tokens: question.fact.tokens, position: question.fact.tokens.count - 1, layer: layer)
    }
    @Sendable func cut(_ question: ScopeOfModels) -> [ScopeChange] {
      [
        .cut(
          query: question.fact.tokens.count - 1, keys: question.keys, blocks: question.blocks)
      ]
    }
    let misconceptions = [
      tracing("a spoilt source", "the noise is in the source run") {
        Scope(source: ScopeRun(place($0), changes: noise($0)), target: ScopeRun(place($0)))
      },
      tracing("both spoilt", "the noise is in both runs") {
        Scope(
          source: ScopeRun(place($0), changes: noise($0)),
          target: ScopeRun(place($0), changes: noise($0)))
      },
      tracing("no noise", "no noise in either run") {
        Scope(source: ScopeRun(place($0)), target: ScopeRun(place($0)))
      },
      tracing("another layer", "i* = i and l* = l") { question in
        var target = place(question)
        target.layer += 1
        return Scope(
          source: ScopeRun(place(question)), target: ScopeRun(target, changes: noise(question)))
      },
      tracing("the subject's last token", "whatever `position` says") { question in
        var last = place(question)
        last.position = question.fact.subject.last!
        return Scope(source: ScopeRun(last), target: ScopeRun(last, changes: noise(question)))
      },
      tracing("always layer 0", "that of `layer`") { question in
        var early = place(question)
        early.layer = 0
        return Scope(source: ScopeRun(early), target: ScopeRun(early, changes: noise(question)))
      },
      tracing("no such layer", "the model has no layer") { question in
        var target = place(question)
        target.layer = 99
        return Scope(source: ScopeRun(place(question)), target: ScopeRun(target))
      },
      knockout("the cut in the target", "the cuts are in the target") { question in
        let before = end(question, layer: question.blocks.lowerBound)
        return Scope(
          source: ScopeRun(before), target: ScopeRun(before, changes: cut(question)))
      },
      knockout("no cut", "no cut in either run") { question in
        let behind = end(question, layer: question.blocks.upperBound)
        return Scope(source: ScopeRun(behind), target: ScopeRun(behind))
      },
      knockout("too early", "before the last cut block has done its work") { question in
        let early = end(question, layer: question.blocks.upperBound - 1)
        return Scope(source: ScopeRun(early, changes: cut(question)), target: ScopeRun(early))
      },
      knockout("the key's state", "patch that one") { question in
        var key = end(question, layer: question.blocks.upperBound)
        key.position = question.keys[0]
        return Scope(source: ScopeRun(key, changes: cut(question)), target: ScopeRun(key))
      },
      knockout("elsewhere", "l* = l") { question in
        Scope(
          source: ScopeRun(
            end(question, layer: question.blocks.upperBound), changes: cut(question)),
          target: ScopeRun(end(question, layer: 0)))
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  /// What is done to a run besides, as the library says it.
  private static func changes(_ run: ScopeRun) -> [Change] {
    run.changes.flatMap { change -> [Change] in
      switch change {
      case .noise(let noise, let positions):
        [Change(Site(.embedding, positions: Array(positions)), .add(noise))]
      case .cut(let query, let keys, let blocks):
        blocks.map {
          Change(
            Site(.block(.blocks, $0, .attention(.own, .scores)), positions: [query]),
            .forbid(keys: keys))
        }
      }
    }
  }

  func testOtherRightPatchscopesAreAccepted() {
    let variants = [
      Variant(
        of: PatchscopesSheet.generalScope, in: PatchscopesAsks.logits, "with masks, from the end"
      ) { (question: ScopeOfModels) in
        func changes(_ run: ScopeRun) -> [Intervention] {
          run.changes.reversed().flatMap { change -> [Intervention] in
            switch change {
            case .noise(let noise, let positions):
              [
                Intervention(at: .embedding) { embedding in
                  var padded = Tensor.zeros(embedding.shape)
                  for (row, position) in positions.enumerated() {
                    for column in 0..<noise.shape[1] {
                      padded[0, position, column] = noise[row, column]
                    }
                  }
                  return embedding + padded
                }
              ]
            case .cut(let query, let keys, let blocks):
              blocks.map { block in
                Intervention(at: .block(.blocks, block, .attention(.own, .scores))) { scores in
                  var penalty = Tensor.zeros([scores.shape[2], scores.shape[3]])
                  for key in keys { penalty[query, key] = -1e9 }
                  return scores + penalty
                }
              }
            }
          }
        }
        let (model, target) = (try question.model.made(), try question.target.made())
        let (from, goal) = (question.scope.source.place, question.scope.target.place)
        let states = try model.run(
          ModelInput(from.tokens), capturing: .points(Set(model.configuration.residualPoints)),
          intervening: changes(question.scope.source)
        ).trace[model.configuration.residualPoints[from.layer]][at: 0]
        let state = question.scope.map!(states)[at: from.position]
        let patch = Intervention(at: target.configuration.residualPoints[goal.layer]) { residual in
          var mask = Tensor.zeros([1, residual.shape[1], 1])
          mask[0, goal.position, 0] = 1
          return residual * (mask * -1 + 1) + mask * state
        }
        return try target.run(
          ModelInput(goal.tokens), intervening: changes(question.scope.target) + [patch]
        ).logits[at: 0]
      },
      Variant(of: PatchscopesSheet.generalScope, in: PatchscopesAsks.logits, "by the library") {
        (question: ScopeOfModels) in
        let (model, target) = (try question.model.made(), try question.target.made())
        let (from, goal) = (question.scope.source, question.scope.target)
        var source = Patchscope.Source(
          model, from.place.tokens, position: from.place.position, layer: from.place.layer)
        source.changes = Self.changes(from)
        var end = Patchscope.Target(
          target, goal.place.tokens, position: goal.place.position, layer: goal.place.layer)
        end.changes = Self.changes(goal)
        let map = question.scope.map!
        return try Patchscope(source: source, map: { map($0) }, target: end).logits()
      },
      Variant(
        of: PatchscopesSheet.generalScope, in: PatchscopesAsks.tracingScope,
        "noise token by token, and a map that does nothing"
      ) { (question: ScopeOfModels) in
        let place = ScopePlace(
          tokens: question.fact.tokens, position: question.position, layer: question.layer)
        let width = question.noise.shape[1]
        var identity = Tensor.zeros([width, width])
        for index in 0..<width { identity[index, index] = 1 }
        return Scope(
          source: ScopeRun(place), map: AffineMap(weight: identity, bias: .zeros([width])),
          target: ScopeRun(
            place,
            changes: question.fact.subject.enumerated().map { row, position in
              .noise(question.noise.slice(row..<(row + 1)), at: position..<(position + 1))
            }))
      },
      Variant(
        of: PatchscopesSheet.generalScope, in: PatchscopesAsks.tracingScope,
        "with noise on the source behind its state"
      ) { (question: ScopeOfModels) in
        // What comes later in a text is seen by no state before it.
        let place = ScopePlace(
          tokens: question.fact.tokens, position: question.position, layer: question.layer)
        let (behind, width) = (question.position + 1, question.noise.shape[1])
        return Scope(
          source: ScopeRun(
            place,
            changes: [
              .noise(Tensor(repeating: 1, shape: [1, width]), at: behind..<(behind + 1))
            ]),
          target: ScopeRun(place, changes: [.noise(question.noise, at: question.fact.subject)]))
      },
      Variant(
        of: PatchscopesSheet.generalScope, in: PatchscopesAsks.knockoutScope, "block by block"
      ) { (question: ScopeOfModels) in
        let last = question.fact.tokens.count - 1
        let place = ScopePlace(
          tokens: question.fact.tokens, position: last, layer: question.blocks.upperBound)
        return Scope(
          source: ScopeRun(
            place,
            changes: question.blocks.flatMap { block in
              question.keys.map { .cut(query: last, keys: [$0], blocks: block..<(block + 1)) }
            }),
          target: ScopeRun(place))
      },
    ]
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
    let late = Variant(
      of: PatchscopesSheet.generalScope, in: PatchscopesAsks.knockoutScope, "taken later"
    ) { (question: ScopeOfModels) in
      let last = question.fact.tokens.count - 1
      let place = ScopePlace(
        tokens: question.fact.tokens, position: last, layer: question.blocks.upperBound + 1)
      return Scope(
        source: ScopeRun(
          place, changes: [.cut(query: last, keys: question.keys, blocks: question.blocks)]),
        target: ScopeRun(place))
    }
    XCTAssertNil(late.fault())
  }

  /// J and b of each prompt by central differences, and what they are made of.
  private struct Differences {
    var jacobian: Tensor
    var subject: Tensor
    var object: Tensor

    init(_ question: RelationOfModel, _ prompt: RelationPrompt, layer: Int? = nil) throws {
      let model = try question.model.made()
      let points = model.configuration.residualPoints
      let point = points[layer ?? question.layer]
      let last = points[points.count - 1]
      let states = try model.run(ModelInput(prompt.tokens), capturing: [point]).trace[point]
      func object(_ column: Int, _ step: Float) throws -> Tensor {
        var moved = states
        moved[0, prompt.subject, column] += step
        return try model.run(
          ModelInput(prompt.tokens), capturing: [last],
          intervening: [.replace(point, with: moved)]
        ).trace[last][at: 0][at: prompt.tokens.count - 1]
      }
      jacobian = Tensor.stack(
        try (0..<states.shape[2]).map { column in
          (try object(column, 0.01) - object(column, -0.01)) / 0.02
        }
      ).transposed()
      subject = states[at: 0][at: prompt.subject]
      self.object = try object(0, 0)
    }

    /// o − J s.
    var rest: Tensor {
      object
        - jacobian.matmul(subject.reshaped(to: [subject.count, 1])).reshaped(
          to: [subject.count])
    }
  }

  private static func relation(
    _ question: RelationOfModel, prompts: [RelationPrompt]? = nil, layer: Int? = nil,
    _ combine: ([Differences]) -> (weight: Tensor, bias: Tensor) = { all in
      (mean(all.map(\.jacobian)), mean(all.map(\.rest)))
    }
  ) throws -> AffineMap {
    let found = combine(
      try (prompts ?? question.prompts).map { try Differences(question, $0, layer: layer) })
    return AffineMap(weight: found.weight, bias: found.bias)
  }

  private static func mean(_ tensors: [Tensor]) -> Tensor {
    tensors.dropFirst().reduce(tensors[0], +) / Float(tensors.count)
  }

  func testWrongRelationsAreRejectedWithTheirSentence() {
    func wrong(
      _ name: String, _ says: String?,
      _ answer: @escaping @Sendable (RelationOfModel) throws -> AffineMap
    ) -> Misconception {
      Misconception(
        of: PatchscopesSheet.linearRelations, in: PatchscopesAsks.relation, name, says: says,
        answer: answer)
    }
    func objects(
      _ name: String, _ says: String?,
      _ answer: @escaping @Sendable (RelationOfModel, Transformer) -> Tensor
    ) -> Misconception {
      Misconception(
        of: PatchscopesSheet.linearRelations, in: PatchscopesAsks.objects, name, says: says
      ) { answer($0, try $0.model.made()) }
    }
    let misconceptions = [
      wrong("transposed", "J is transposed") {
        try Self.relation($0) {
          (Self.mean($0.map { $0.jacobian.transposed() }), Self.mean($0.map(\.rest)))
        }
      },
      wrong("the mean object", "take J s off") {
        try Self.relation($0) { (Self.mean($0.map(\.jacobian)), Self.mean($0.map(\.object))) }
      },
      wrong("means of means", "b was made of means") {
        try Self.relation($0) { all in
          let weight = Self.mean(all.map(\.jacobian))
          let subject = Self.mean(all.map(\.subject))
          let product = weight.matmul(subject.reshaped(to: [subject.count, 1]))
          return (
            weight, Self.mean(all.map(\.object)) - product.reshaped(to: [subject.count])
          )
        }
      },
      wrong("sums", "these are sums over prompts") {
        try Self.relation($0) { all in
          let count = Float(all.count)
          return (Self.mean(all.map(\.jacobian)) * count, Self.mean(all.map(\.rest)) * count)
        }
      },
      wrong("one prompt", "only the first prompt") {
        try Self.relation($0, prompts: [$0.prompts[0]])
      },
      wrong("one block late", "one block too late") {
        try Self.relation($0, layer: $0.layer + 1)
      },
      objects("no β", "β is left out") { question, model in
        let map = question.relation
        return model.logits(
          ofNormed: model.finalNorm(question.states.matmul(map.weight.transposed()) + map.bias))
      },
      objects("β before both", "stands before b as well") { question, model in
        let map = question.relation
        return model.logits(
          ofNormed: model.finalNorm(
            (question.states.matmul(map.weight.transposed()) + map.bias) * question.beta))
      },
      objects("no norm", "the final norm is left out") { question, model in
        let map = question.relation
        return model.logits(
          ofNormed: question.states.matmul(map.weight.transposed()) * question.beta + map.bias)
      },
      objects("transposed", "J is transposed") { question, model in
        let map = question.relation
        return model.logits(
          ofNormed: model.finalNorm(
            question.states.matmul(map.weight) * question.beta + map.bias))
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  func testOtherRightRelationsAreAccepted() {
    let variants = [
      Variant(
        of: PatchscopesSheet.linearRelations, in: PatchscopesAsks.relation, "by differences"
      ) { (question: RelationOfModel) in try Self.relation(question) },
      Variant(
        of: PatchscopesSheet.linearRelations, in: PatchscopesAsks.objects, "β on the states"
      ) { (question: RelationOfModel) in
        let model = try question.model.made()
        return model.logits(
          ofNormed: model.finalNorm(question.relation(question.states * question.beta)))
      },
      Variant(
        of: PatchscopesSheet.linearRelations, in: PatchscopesAsks.relation,
        "all rows of J by one gradient"
      ) { (question: RelationOfModel) in
        let model = try question.model.made()
        let points = model.configuration.residualPoints
        let (point, last) = (points[question.layer], points[points.count - 1])
        let found = try question.prompts.map { prompt -> (jacobian: Tensor, rest: Tensor) in
          let (count, end) = (model.configuration.width, prompt.tokens.count - 1)
          // A copy of the run for each value of o; no copy knows of another.
          let input = ModelInput(tokens: Array(repeating: prompt.tokens, count: count))
          let stream = try model.run(input, capturing: [point]).trace[point].requiringGradient()
          let objects = try model.run(
            input, capturing: [last], intervening: [.replace(point, with: stream)]
          ).trace[last].slice(axis: 1, end..<(end + 1)).reshaped(to: [count, count])
          var diagonal = Tensor.zeros([count, count])
          for value in 0..<count { diagonal[value, value] = 1 }
          let jacobian = gradient(of: (objects * diagonal).sum(), withRespectTo: [stream])[0]
            .slice(axis: 1, prompt.subject..<(prompt.subject + 1)).reshaped(to: [count, count])
          let subject = stream.detached()[at: 0][at: prompt.subject]
          return (
            jacobian,
            objects.detached()[at: 0]
              - jacobian.matmul(subject.reshaped(to: [count, 1])).reshaped(to: [count])
          )
        }
        return AffineMap(
          weight: Self.mean(found.map(\.jacobian)), bias: Self.mean(found.map(\.rest)))
      },
      Variant(
        of: PatchscopesSheet.linearRelations, in: PatchscopesAsks.objects, "in the last stream"
      ) { (question: RelationOfModel) in
        let model = try question.model.made()
        let points = model.configuration.residualPoints
        let map = question.relation
        let count = question.states.shape[0]
        let objects =
          question.states.matmul(map.weight.transposed()) * question.beta + map.bias
        let input = ModelInput(tokens: Array(repeating: [0], count: count))
        let stream = objects.reshaped(to: [count, 1, map.bias.count])
        return try model.run(
          input, intervening: [.replace(points[points.count - 1], with: stream)]
        ).logits.reshaped(to: [count, model.configuration.vocabularySize])
      },
    ]
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
  }

  /// The last and the placeholder's row of every patched prompt.
  private static func rows(
    _ question: Extraction, source: (inout ScopePlace) -> Void = { _ in },
    prompt change: (inout ScopePlace) -> Void = { _ in }
  ) throws -> [(last: Tensor, own: Tensor)] {
    let model = try question.model.made()
    return try question.sources.map { place in
      var (place, prompt) = (place, question.prompt)
      source(&place)
      change(&prompt)
      let logits = try Patchscope(
        source: .init(model, place.tokens, position: place.position, layer: place.layer),
        map: { $0 },
        target: .init(model, prompt.tokens, position: prompt.position, layer: prompt.layer)
      ).logits()
      return (logits[at: prompt.tokens.count - 1], logits[at: prompt.position])
    }
  }

  private static func best(_ row: Tensor, _ choices: [Int]) -> Int {
    choices.sorted { row[$0] > row[$1] }[0]
  }

  func testWrongExtractionsAreRejectedWithTheirSentence() {
    func wrong(
      _ name: String, _ says: String?,
      _ answer: @escaping @Sendable (Extraction) throws -> [Int]
    ) -> Misconception {
      Misconception(
        of: PatchscopesSheet.featureExtraction, in: PatchscopesAsks.extracted, name, says: says,
        answer: answer)
    }
    func advantage(
      _ name: String, _ says: String?,
      _ answer: @escaping @Sendable (_ first: [Double], _ second: [Double]) -> Estimate
    ) -> Misconception {
      Misconception(
        of: PatchscopesSheet.featureExtraction, in: PatchscopesAsks.advantage, name, says: says
      ) { (question: Extraction) in
        answer(question.first.map { $0 ? 1 : 0 }, question.second.map { $0 ? 1 : 0 })
      }
    }
    @Sendable func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    @Sendable func variance(_ values: [Double]) -> Double {
      let centre = mean(values)
      return mean(values.map { ($0 - centre) * ($0 - centre) })
    }
    @Sendable func around(_ value: Double, _ half: Double) -> Estimate {
      Estimate(value: value, lower: value - half, upper: value + half)
    }
    let misconceptions = [
      wrong("any token", "these are the likeliest of all tokens") { question in
        try Self.rows(question).map { $0.last.argmax()[0] }
      },
      wrong("places", "these are places in the list") { question in
        try Self.rows(question).map {
          question.choices.firstIndex(of: Self.best($0.last, question.choices))!
        }
      },
      wrong("at the placeholder", "read at the placeholder") { question in
        try Self.rows(question).map { Self.best($0.own, question.choices) }
      },
      wrong("layers exchanged", "l and l* are exchanged") { question in
        let (l, other) = (question.sources[0].layer, question.prompt.layer)
        return try Self.rows(question, source: { $0.layer = other }, prompt: { $0.layer = l })
          .map { Self.best($0.last, question.choices) }
      },
      wrong("the prompt's end", "into the prompt's last token") { question in
        try Self.rows(question, prompt: { $0.position = $0.tokens.count - 1 })
          .map { Self.best($0.last, question.choices) }
      },
      wrong("the text's end", "of the texts' last tokens") { question in
        try Self.rows(question, source: { $0.position = $0.tokens.count - 1 })
          .map { Self.best($0.last, question.choices) }
      },
      advantage("apart", "an item is a pair") { first, second in
        let spread = ((variance(first) + variance(second)) / Double(first.count)).squareRoot()
        return around(mean(first) - mean(second), 1.96 * spread)
      },
      advantage("the sign", "the sign is wrong") { first, second in
        around(mean(second) - mean(first), 0.05)
      },
      advantage("one deviation", "one deviation to either side") { first, second in
        let gaps = zip(first, second).map { $0 - $1 }
        return around(mean(gaps), (variance(gaps) / Double(gaps.count)).squareRoot())
      },
      advantage("items", "this is how items differ") { first, second in
        let gaps = zip(first, second).map { $0 - $1 }
        return around(mean(gaps), 1.96 * variance(gaps).squareRoot())
      },
      advantage("alone", "the first method's share alone") { first, _ in around(mean(first), 0.05)
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  func testOtherRightExtractionsAreAccepted() {
    let variants = [
      Variant(
        of: PatchscopesSheet.featureExtraction, in: PatchscopesAsks.extracted, "by the library"
      ) { (question: Extraction) in
        try Self.rows(question).map { Self.best($0.last, question.choices) }
      },
      Variant(
        of: PatchscopesSheet.featureExtraction, in: PatchscopesAsks.advantage, "by a formula"
      ) { (question: Extraction) in
        let gaps = zip(question.first, question.second).map { ($0 ? 1.0 : 0) - ($1 ? 1 : 0) }
        let mean = gaps.reduce(0, +) / Double(gaps.count)
        let variance =
          gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count - 1)
        let half = 1.96 * (variance / Double(gaps.count)).squareRoot()
        return Estimate(value: mean, lower: mean - half, upper: mean + half)
      },
      Variant(
        of: PatchscopesSheet.featureExtraction, in: PatchscopesAsks.extracted,
        "all states in one batch, the choices by their probabilities"
      ) { (question: Extraction) in
        let (model, prompt) = (try question.model.made(), question.prompt)
        let points = model.configuration.residualPoints
        let from = points[question.sources[0].layer]
        let states = try model.run(
          ModelInput(tokens: question.sources.map(\.tokens)), capturing: [from]
        ).trace[from]
        let patch = Intervention(at: points[prompt.layer]) { residual in
          var changed = residual
          for (row, source) in question.sources.enumerated() {
            for column in 0..<residual.shape[2] {
              changed[row, prompt.position, column] = states[row, source.position, column]
            }
          }
          return changed
        }
        let said = try model.run(
          ModelInput(tokens: question.sources.map { _ in prompt.tokens }), intervening: [patch]
        ).logits
        return question.sources.indices.map { row in
          let p = said[at: row][at: prompt.tokens.count - 1].softmax()
          return question.choices.reduce(question.choices[0]) { p[$1] > p[$0] ? $1 : $0 }
        }
      },
      Variant(
        of: PatchscopesSheet.featureExtraction, in: PatchscopesAsks.advantage,
        "a bootstrap of how many items each method wins"
      ) { (question: Extraction) in
        let pairs = Array(zip(question.first, question.second))
        let count = Double(pairs.count)
        let (wins, losses) = (
          Double(pairs.count { $0 && !$1 }), Double(pairs.count { !$0 && $1 })
        )
        var generator = SeededGenerator(seed: question.seed &+ 5)
        let advantages = (0..<3_000).map { _ in
          pairs.reduce(0.0) { sum, _ in
            let draw = Double.random(in: 0..<count, using: &generator)
            return sum + (draw < wins ? 1 : draw < wins + losses ? -1 : 0)
          } / count
        }.sorted()
        return Estimate(
          value: (wins - losses) / count, lower: advantages[75], upper: advantages[2_924])
      },
    ]
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
  }
}
