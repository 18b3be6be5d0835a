import Interventions
import Tensors
import Transformers
import XCTest

/// Causal tracing, attention knockout, Patchscopes of them, and linear relations.
final class TracingTests: XCTestCase {
  func testRestoringUnderNoiseEqualsTransformerLens() throws {
    for fixture in try PatchingFixture.all() {
      let expected = try fixture.expected("traced")
      let noise = try fixture.expected("noise")
      let clean = try fixture.clean
      let points = (0..<2).map { HookPoint.residualPre(.blocks, $0) }
      let trace = try fixture.model.run(clean, capturing: .points(Set(points))).trace
      let base = (0..<2).map {
        Trial(row: $0, [Change(Site(.embedding, positions: [1, 2]), .add(noise[at: $0]))])
      }
      let trials = try (0..<2).flatMap { sample in
        try points.flatMap { point in
          try (0..<7).map {
            Trial(
              row: sample,
              [Change(Site(point, positions: [$0]), .replace(with: try trace[point], row: 0))])
          }
        }
      }
      let sweep = Sweep(trials, metric: .probability(of: [5]), base: base)
      let found = try sweep.run(
        on: fixture.model, ModelInput(tokens: [clean.tokens[0], clean.tokens[0]])
      ).numbers()
      for (a, b) in zip(found, expected.values) {
        XCTAssertEqual(a, b, accuracy: 1e-5, fixture.name)
      }
    }
  }

  /// What the tracing draws, put into whole runs by hand.
  func testTracingEqualsWholeRunsWithItsNoise() throws {
    for name in ["gpt2", "llama", "bert", "t5"] {
      let fixture = try FamilyFixture(name, side: "right")
      let input = fixture.row(0)
      var tracing = CausalTracing(fixture.model, input, subject: [1, 2], answer: 5, samples: 2)
      tracing.noise = 2
      let draws = tracing.draws
      XCTAssertEqual(draws.shape, [2, 2, fixture.configuration.width])
      let stack = fixture.configuration.stacks[0]
      for part in CausalTracing.Part.allCases {
        let window = part == .residual ? 1 : 2
        let found = try tracing.outcome(of: part, window: window)
        func point(_ layer: Int) -> HookPoint {
          switch part {
          case .residual: .residualPre(stack.name, layer)
          case .attention: .block(stack.name, layer, .attentionOut(.own))
          case .mlp: .block(stack.name, layer, .mlpOut)
          }
        }
        let trace = try fixture.model.run(input, capturing: .everything).trace
        let last = (input.decoderMask ?? input.mask)![0].lastIndex(of: true)!
        for sample in 0..<2 {
          let spoil = Intervention(at: .embedding) { embedding in
            var embedding = embedding
            for i in 0..<embedding.shape[2] {
              embedding[0, 1, i] += draws[sample, 0, i]
              embedding[0, 2, i] += draws[sample, 1, i]
            }
            return embedding
          }
          for layer in 0..<stack.stack.layerCount {
            for position in 0..<input.tokens[0].count {
              // ⌊2/2⌋ = 1 block before, and the block itself.
              let blocks =
                window == 2 ? max(0, layer - 1)..<(layer + 1) : layer..<(layer + 1)
              let puts = try blocks.map { block in
                let kept = try trace[point(block)]
                return Intervention(at: point(block)) { activation in
                  var activation = activation
                  for i in 0..<activation.shape[2] {
                    activation[0, position, i] = kept[0, position, i]
                  }
                  return activation
                }
              }
              let logits = try fixture.model.run(input, intervening: [spoil] + puts).logits
              let row = logits[at: 0].slice(last..<(last + 1)).softmax()
              XCTAssertEqual(
                found.samples[sample, layer, position], row[0, 5], accuracy: 1e-5,
                "\(name) \(part) \(layer) \(position)")
            }
          }
        }
        XCTAssertLessThan(distance(found.probability, found.samples.mean(axis: 0)), 1e-7)
      }
    }
  }

  func testKnockoutEqualsTransformerLens() throws {
    for fixture in try PatchingFixture.all() {
      let knockout = try AttentionKnockout(
        fixture.model, fixture.clean, metric: .logProbability(of: [5]))
      let found = try knockout.outcome(from: [-1], to: [1]).cut
      for (a, b) in zip(found.values, try fixture.expected("knockout").values) {
        XCTAssertEqual(a, b, accuracy: 1e-5)
      }
      // A window of all blocks, whole and cut short by the end.
      let wide = try knockout.outcome(from: [-1], to: [1], window: 2).cut
      XCTAssertEqual(wide[0, 1], found[0, 1], accuracy: 1e-6)
      let both = Set([0, 1].map { HookPoint.block(.blocks, $0, .attention(.own, .scores)) })
      let cut = both.map { point in
        Intervention(at: point) { scores in
          var scores = scores
          for head in 0..<scores.shape[1] { scores[0, head, 6, 1] = -.infinity }
          return scores
        }
      }
      let logits = try fixture.model.run(fixture.clean, intervening: cut).logits
      XCTAssertEqual(
        wide[0, 0], logits[at: 0].slice(6..<7).logSoftmax()[0, 5], accuracy: 1e-5)
    }
  }

  func testCrossAttentionIsCut() throws {
    let fixture = try FamilyFixture("bart", side: "right")
    let input = fixture.row(0)
    let last = input.decoderMask![0].lastIndex(of: true)!
    let found = try AttentionKnockout(
      fixture.model, input, metric: .logit(of: [5])
    ).outcome(from: [last], to: [0, 2], in: .decoder, .cross)
    for layer in 0..<found.cut.shape[1] {
      let cut = Intervention(at: .block(.decoder, layer, .attention(.cross, .scores))) { scores in
        var scores = scores
        for head in 0..<scores.shape[1] {
          scores[0, head, last, 0] = -.infinity
          scores[0, head, last, 2] = -.infinity
        }
        return scores
      }
      let logits = try fixture.model.run(input, intervening: [cut]).logits
      XCTAssertEqual(found.cut[0, layer], logits[0, last, 5], accuracy: 1e-5)
    }
  }

  /// Tracing is a Patchscope whose target is the text spoilt by noise: T = S, i* = i, l* = l.
  func testTracingIsAPatchscope() throws {
    let fixture = try PatchingFixture("gpt2")
    let tokens = try fixture.clean.tokens[0]
    let tracing = CausalTracing(
      fixture.model, ModelInput(tokens), subject: [1, 2], answer: 5, samples: 1)
    let found = try tracing.outcome(of: .residual)
    for layer in 0..<2 {
      for position in 0..<7 {
        var target = Patchscope.Target(fixture.model, tokens, position: position, layer: layer)
        target.changes = [
          Change(Site(.embedding, positions: [1, 2]), .add(tracing.draws[at: 0]))
        ]
        let scope = Patchscope(
          source: .init(fixture.model, tokens, position: position, layer: layer), target: target)
        let probability = try scope.logits().slice(6..<7).softmax()[0, 5]
        XCTAssertEqual(found.probability[layer, position], probability, accuracy: 1e-6)
      }
    }
  }

  /// Knockout is a Patchscope whose source has its attention cut: T = S, i* = i the last, l* = l = L.
  func testKnockoutIsAPatchscope() throws {
    let fixture = try PatchingFixture("llama")
    let tokens = try fixture.clean.tokens[0]
    let found = try AttentionKnockout(
      fixture.model, ModelInput(tokens), metric: .probability(of: [5])
    ).outcome(from: [6], to: [1])
    for layer in 0..<2 {
      var source = Patchscope.Source(fixture.model, tokens, position: 6, layer: 2)
      source.changes = [
        Change(
          Site(.block(.blocks, layer, .attention(.own, .scores)), positions: [6]),
          .forbid(keys: [1]))
      ]
      let scope = Patchscope(
        source: source, target: .init(fixture.model, tokens, position: 6, layer: 2))
      let probability = try scope.logits().slice(6..<7).softmax()[0, 5]
      XCTAssertEqual(found.cut[0, layer], probability, accuracy: 1e-6)
    }
  }

  func testAGridHoldsThePatchscopesOfItsCells() throws {
    for fixture in try PatchingFixture.all() {
      let (source, target) = try (fixture.clean.tokens[0], fixture.corrupted.tokens[0])
      let grid = PatchscopeGrid(
        source: .init(fixture.model, source, position: 3, layer: 0),
        target: .init(fixture.model, target, position: 5, layer: 0))
      let cells = try grid.cells()
      let texts = try grid.generations(maximumNewTokens: 4)
      XCTAssertEqual(cells.count, 3)
      for l in 0..<3 {
        for other in 0..<3 {
          let scope = Patchscope(
            source: .init(fixture.model, source, position: 3, layer: l),
            target: .init(fixture.model, target, position: 5, layer: other))
          let row = try scope.logits().slice(6..<7)
          XCTAssertEqual(cells[l][other].token, row.argmax()[0])
          XCTAssertEqual(
            cells[l][other].probability, row.softmax()[0, row.argmax()[0]], accuracy: 1e-5)
          // Token by token from whole runs.
          let point = fixture.model.configuration.residualPoints[l]
          let state = try fixture.model.run(ModelInput(source), capturing: [point])
            .trace[point][at: 0].slice(3..<4)
          var tokens = target
          for _ in 0..<texts[l][other].count {
            let put = Intervention(at: fixture.model.configuration.residualPoints[other]) {
              var residual = $0
              for i in 0..<residual.shape[2] { residual[0, 5, i] = state[0, i] }
              return residual
            }
            let logits = try fixture.model.run(ModelInput(tokens), intervening: [put]).logits
            tokens.append(logits[at: 0].slice((tokens.count - 1)..<tokens.count).argmax()[0])
          }
          XCTAssertEqual(texts[l][other], Array(tokens[7...]), "\(fixture.name) \(l) \(other)")
        }
      }
    }
  }

  func testTheJacobianEqualsAutograd() throws {
    let fixture = try PatchingFixture("gpt2")
    let tokens = try fixture.clean.tokens[0]
    let relation = try LinearRelation(
      fixture.model, prompts: [.init(tokens, subject: 2)], layer: 1)
    XCTAssertLessThan(distance(relation.jacobian, try fixture.expected("jacobian")), 1e-5)
    // At its own prompt the map is exact: b makes up the rest.
    let point = HookPoint.residualPre(.blocks, 1)
    let state = try fixture.model.run(fixture.clean, capturing: [point]).trace[point][at: 0]
      .slice(2..<3)
    let object = try fixture.expected("object").reshaped(to: [1, 24])
    XCTAssertLessThan(distance(relation(state), object), 1e-4)
    // As a Patchscope whose target is the last layer, read at the last position.
    let map = relation.map(beta: 1.5)
    var scope = Patchscope(
      source: .init(fixture.model, tokens, position: 2, layer: 1), map: { map($0) },
      target: .init(fixture.model, tokens, position: 6, layer: 2))
    XCTAssertLessThan(
      distance(
        try scope.logits().slice(6..<7), relation.logits(of: state, beta: 1.5, in: fixture.model)),
      1e-4)
    scope.target.layer = 3
    XCTAssertThrowsError(try scope.logits())
    XCTAssertThrowsError(try LinearRelation(fixture.model, prompts: [], layer: 1))
  }

  func testTheJacobianOfTheLastStateIsTheIdentity() throws {
    let fixture = try PatchingFixture("llama")
    let tokens = try fixture.clean.tokens[0]
    let own = try LinearRelation(
      fixture.model, prompts: [.init(tokens, subject: 6)], layer: 2)
    for i in 0..<24 { for j in 0..<24 { XCTAssertEqual(own.jacobian[i, j], i == j ? 1 : 0) } }
    let other = try LinearRelation(
      fixture.model, prompts: [.init(tokens, subject: 3)], layer: 2)
    XCTAssertEqual(other.jacobian, .zeros([24, 24]))
  }

  func testTracingsThatCannotBeAreRefused() throws {
    let fixture = try PatchingFixture("gpt2")
    let input = try fixture.clean
    for tracing in [
      CausalTracing(fixture.model, input, subject: [1], answer: 5, samples: 0),
      CausalTracing(fixture.model, input, subject: [], answer: 5),
      CausalTracing(fixture.model, input, subject: [7], answer: 5),
      CausalTracing(fixture.model, input, subject: [1], answer: 51),
    ] {
      XCTAssertThrowsError(try tracing.outcome(of: .residual)) { XCTAssertTrue($0 is SweepError) }
    }
  }
}
