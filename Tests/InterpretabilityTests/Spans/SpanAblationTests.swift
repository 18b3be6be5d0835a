import Foundation
import Interpretability
import Interventions
import Spans
import Tensors
import Transformers
import XCTest

/// Ablation over sentences against whole runs; correlations and clusters against numbers by hand.
final class SpanAblationTests: XCTestCase {
  func testEffectsEqualWholeRuns() throws {
    let model = try FamilyFixture("neox-parallel", side: "right").model
    let sentences = try SpanScoreTests.sentences(model.configuration)
    let heads = model.configuration.heads
    let group = [heads[0], heads[heads.count - 1]]
    let means = try Dictionary(
      uniqueKeysWithValues: Set(group.map(\.mixedPoint)).map { point in
        var (sum, count) = ([Double](), 0)
        for sentence in sentences {
          let mixed = try model.run(
            ModelInput(sentence.tokens), capturing: .points([point])
          ).trace[point][at: 0]
          for position in 0..<mixed.shape[0] {
            let row = mixed[at: position].values.map(Double.init)
            sum = sum.isEmpty ? row : zip(sum, row).map { $0 + $1 }
            count += 1
          }
        }
        return (point, sum.map { Float($0 / Double(count)) })
      })
    for kind in [AblationKind.zero, .mean] {
      let (clean, effects) = try SpanAblation(model, sentences, kind: kind)
        .effects(of: [group])
      for (scores, isAblated) in [(clean, false), (effects[0].scores, true)] {
        var (loss, right, rank, changed, count) = (0.0, 0, 0, 0, 0)
        var (spanLoss, spanCount) = (0.0, 0)
        for sentence in sentences {
          let interventions = group.map { head in
            Intervention(at: head.mixedPoint) { mixed in
              var mixed = mixed
              for position in 0..<mixed.shape[1] {
                for unit in 0..<mixed.shape[3] {
                  mixed[0, position, head.head, unit] =
                    kind == .zero
                    ? 0 : means[head.mixedPoint]![head.head * mixed.shape[3] + unit]
                }
              }
              return mixed
            }
          }
          let bare = try model(ModelInput(sentence.tokens))[at: 0]
          let logits =
            isAblated
            ? try model.run(ModelInput(sentence.tokens), intervening: interventions).logits[at: 0]
            : bare
          for position in 1..<sentence.tokens.count {
            let row = logits[at: position - 1].values.map(Double.init)
            let token = sentence.tokens[position]
            let own = log(row.reduce(0) { $0 + exp($1) }) - row[token]
            loss += own
            rank += row.count { $0 > row[token] }
            let best = row.indices.max { row[$0] < row[$1] }!
            if best == token { right += 1 }
            if [best] != bare[at: position - 1].argmax() { changed += 1 }
            count += 1
            if sentence.span.contains(position) {
              spanLoss += own
              spanCount += 1
            }
          }
        }
        let all = Double(count)
        XCTAssertEqual(scores.all.loss, loss / all, accuracy: 1e-4)
        XCTAssertEqual(scores.all.accuracy, Double(right) / all, accuracy: 1e-9)
        XCTAssertEqual(scores.all.rank, Double(rank) / all, accuracy: 1e-9)
        XCTAssertEqual(scores.all.changed, Double(changed) / all, accuracy: 1e-9)
        XCTAssertEqual(scores.span.loss, spanLoss / Double(spanCount), accuracy: 1e-4)
        XCTAssertEqual(scores.span.count, spanCount)
      }
      XCTAssertNotEqual(clean.all.loss, effects[0].scores.all.loss)
    }
  }

  func testInterplayIsJointLessSum() throws {
    let model = try FamilyFixture("gpt2", side: "right").model
    let sentences = try SpanScoreTests.sentences(model.configuration)
    let heads = Array(model.configuration.heads.prefix(3))
    let ablation = try SpanAblation(model, sentences, kind: .zero)
    let matrix = try ablation.interplay(of: heads)
    let (clean, effects) = try ablation.effects(of: heads.map { [$0] } + [[heads[0], heads[2]]])
    let costs = effects.map { $0.scores.all.loss - clean.all.loss }
    XCTAssertEqual(Double(matrix[1, 1]), costs[1], accuracy: 1e-5)
    XCTAssertEqual(Double(matrix[0, 2]), costs[3] - costs[0] - costs[2], accuracy: 1e-5)
    XCTAssertEqual(matrix[2, 0], matrix[0, 2])
  }

  func testExchangedWordsAndStates() throws {
    let model = try FamilyFixture("gpt2", side: "right").model
    let own = try SpanTokens(tokens: [4, 9, 7, 5, 8], span: [1, 2])
    let other = try SpanTokens(tokens: [4, 9, 11, 5, 8], span: [1, 2])
    let change = try SpanExchange(model).lastWord(of: own, for: other)
    func loss(_ tokens: [Int]) throws -> Float {
      let logits = try model(ModelInput(tokens))[at: 0]
      return logits.slice(0..<4).crossEntropy(targets: Array(tokens.dropFirst())).scalar
    }
    XCTAssertEqual(
      change.lossChange, try loss(other.tokens) - loss(own.tokens), accuracy: 1e-4)
    let logits = try model(ModelInput(own.tokens))[at: 0][at: 1]
    XCTAssertEqual(change.logitDifference, logits[7] - logits[11], accuracy: 1e-4)
    XCTAssertEqual(
      try SpanExchange(model).lastWord(of: own, for: own).cosine, 1, accuracy: 1e-5)
    XCTAssertThrowsError(
      try SpanExchange(model).lastWord(
        of: own, for: SpanTokens(tokens: [4, 8, 7, 5, 8], span: [1, 2])))

    let states = try SpanExchange(model).states(of: own, from: other)
    XCTAssertEqual(states.count, model.configuration.stacks[0].stack.layerCount + 1)
    // What leaves the last block decides the next token alone.
    let (p, q) = (
      try model(ModelInput(own.tokens))[at: 0][at: 2].logSoftmax().values,
      try model(ModelInput(other.tokens))[at: 0][at: 2].logSoftmax().values
    )
    let divergence = zip(p, q).reduce(0.0) { $0 + exp(Double($1.0)) * Double($1.0 - $1.1) }
    XCTAssertEqual(Double(states.last!), divergence, accuracy: 1e-4)
    XCTAssertEqual(try SpanExchange(model).states(of: own, from: own).max()!, 0, accuracy: 1e-5)
  }

  func testForecastOfARankOrderIsCertain() throws {
    let score = HeadTable([[1, 2, 3], [2, 3, 4], [5, 5, 5], [7, 8, 9]])
    let effect = HeadTable([[1, 1, 1], [4, 4, 4], [9, 9, 9], [16, 16, 16]])
    let forecast = try RankForecast(of: score, and: effect)
    XCTAssertEqual(forecast.overSentences.value, 1)
    XCTAssertEqual(forecast.overSentences.upper, 1)
    XCTAssertEqual(forecast.overHeads.lower, 1)
    let down = try RankForecast(of: score, and: HeadTable(effect.values.reversed()))
    XCTAssertEqual(down.overHeads.value, -1)
    XCTAssertThrowsError(
      try RankForecast(of: HeadTable([[1], [1], [1]]), and: HeadTable([[1], [2], [3]])))
  }

  func testSilhouettesByHand() throws {
    let points = Tensor(rows: [[0, 0], [0, 1], [4, 0], [4, 1], [9, 9]])
    let values = try Silhouette.values(points, labels: [0, 0, 1, 1, 2])
    let far = (4 + Float(17).squareRoot()) / 2
    XCTAssertEqual(values[0], (far - 1) / far, accuracy: 1e-6)
    XCTAssertEqual(values[4], 0)
    XCTAssertThrowsError(try Silhouette.values(points, labels: [0, 0, 0, 0, 0]))
  }

  func testNeighboursStayNeighboursInThePlane() throws {
    var generator = SeededGenerator(seed: 2)
    let noise = Tensor.randomNormal([40, 8], using: &generator)
    var points = noise
    for row in 20..<40 { for column in 0..<8 { points[row, column] += 12 } }
    let embedding = try NeighbourEmbedding(points, seed: 1)
    let again = try NeighbourEmbedding(points, seed: 1)
    XCTAssertEqual(embedding.places.values, again.places.values)
    let labels = (0..<40).map { $0 / 20 }
    let values = try Silhouette.values(embedding.places, labels: labels)
    XCTAssertGreaterThan(values.min()!, 0)
    XCTAssertThrowsError(try NeighbourEmbedding(points.slice(0..<9), seed: 1))
  }

  func testSimilarityIsTheMeanCosineOfPairs() throws {
    let model = try FamilyFixture("gpt2", side: "right").model
    let sentences =
      try SpanScoreTests.sentences(model.configuration, count: 3)
      + SpanScoreTests.sentences(model.configuration, count: 7).suffix(3)
    let run = try SpanRun(
      model, sentences, capturing: PatternSimilarity.points(in: model.configuration))
    let groups = [0, 0, 0, 0, 1, 0]
    for part in PatternSimilarity.Part.allCases {
      let found = try PatternSimilarity(
        run, of: model.configuration, groups: groups, part: part)
      var sums = (alike: 0.0, random: 0.0, alikes: 0, randoms: 0)
      let patterns = try sentences.map { sentence in
        let pattern = try model.run(
          ModelInput(sentence.tokens), capturing: [.pattern(.blocks, 0)]
        ).trace[.pattern(.blocks, 0)][at: 0][at: 1]
        return switch part {
        case .whole: pattern.values
        case .lastQuery: pattern[at: sentence.tokens.count - 1].values
        case .lastSpanQuery: pattern[at: sentence.span.last!].values
        }
      }
      for a in sentences.indices {
        for b in 0..<a where sentences[a].tokens.count == sentences[b].tokens.count {
          let pair = zip(patterns[a], patterns[b])
          let product = pair.reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
          let lengths = [a, b].map { patterns[$0].reduce(0.0) { $0 + Double($1) * Double($1) } }
          let value = product / (lengths[0] * lengths[1]).squareRoot()
          if groups[a] == groups[b] {
            sums.alike += value
            sums.alikes += 1
          } else {
            sums.random += value
            sums.randoms += 1
          }
        }
      }
      XCTAssertEqual(found.pairs.alike, sums.alikes)
      XCTAssertEqual(found.pairs.random, sums.randoms)
      if sums.alikes > 0 {
        XCTAssertEqual(
          Double(found.similarities[1].alike!), sums.alike / Double(sums.alikes), accuracy: 1e-5)
      }
    }
  }
}
