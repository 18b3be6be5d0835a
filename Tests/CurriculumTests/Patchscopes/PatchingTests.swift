import Coursework
import Foundation
import Interpretability

import Tensors
import Transformers
import XCTest

@testable import PatchscopesExercises
@testable import PatchscopesVocabulary
@testable import Solution6

/// Exercises 6.1 to 6.4: what is rejected, what is accepted.
final class PatchingTests: XCTestCase {
  /// The logit difference of 6.1 in a run in which some rows are replaced.
  private static func difference(
    _ question: ContrastOfModel, into: [Int], from: [Int], layer: Int, rows: [Int],
    take: Int? = nil,
    read: (Tensor) -> Float
  ) throws -> Float {
    let model = try question.model.made()
    let points = model.configuration.residualPoints
    let source = try model.run(ModelInput(from), capturing: [points[take ?? layer]])
      .trace[points[take ?? layer]]
    let patch = Intervention(at: points[layer]) { residual in
      var mask = Tensor.zeros([1, residual.shape[1], 1])
      for row in rows { mask[0, row, 0] = 1 }
      return residual * (mask * -1 + 1) + source * mask
    }
    return read(try model.run(ModelInput(into), intervening: [patch]).logits[at: 0])
  }

  private static func map(
    _ question: ContrastOfModel, exchanged: Bool = false, rows: (Int) -> [Int] = { [$0] },
    take: (Int) -> Int = { $0 }, read: ((ContrastOfModel, Tensor) -> Float)? = nil,
    effect: (_ patched: Float, _ clean: Float, _ corrupted: Float) -> Float
  ) throws -> Tensor {
    let contrast = question.contrast
    let model = try question.model.made()
    let isRestoring = (question.direction == .restoring) != exchanged
    let into = isRestoring ? contrast.corrupted : contrast.clean
    let from = isRestoring ? contrast.clean : contrast.corrupted
    let reading: (Tensor) -> Float = { logits in
      if let read { return read(question, logits) }
      let last = logits[at: contrast.clean.count - 1]
      return last[contrast.answer] - last[contrast.foil]
    }
    let clean = reading(try model(ModelInput(contrast.clean))[at: 0])
    let corrupted = reading(try model(ModelInput(contrast.corrupted))[at: 0])
    let layers = model.configuration.residualPoints.count
    var values: [Float] = []
    for layer in 0..<layers {
      for position in into.indices {
        let patched = try difference(
          question, into: into, from: from, layer: layer, rows: rows(position), take: take(layer),
          read: reading)
        values.append(effect(patched, clean, corrupted))
      }
    }
    return Tensor(values, shape: [layers, into.count])
  }

  private static func right(
    _ question: ContrastOfModel, _ patched: Float, _ clean: Float, _ corrupted: Float
  ) -> Float {
    question.direction == .restoring
      ? (patched - corrupted) / (clean - corrupted) : (clean - patched) / (clean - corrupted)
  }

  func testWrongEffectsAreRejectedWithTheirSentence() {
    func wrong(
      _ name: String, _ says: String?,
      _ answer: @escaping @Sendable (ContrastOfModel) throws -> Tensor
    ) -> Misconception {
      Misconception(of: PatchscopesSheet.oneActivation, name, says: says, answer: answer)
    }
    let misconceptions = [
      wrong("not normalised", "not a share yet") { question in
        try Self.map(question) { patched, clean, corrupted in
          question.direction == .restoring ? patched - corrupted : patched - clean
        }
      },
      wrong("exchanged ends", "1 and 0 are exchanged") { question in
        try Self.map(question) { 1 - Self.right(question, $0, $1, $2) }
      },
      wrong("the wrong run", "the wrong run is patched") { question in
        try Self.map(question, exchanged: true) { patched, clean, corrupted in
          question.direction == .restoring
            ? (clean - patched) / (clean - corrupted) : (patched - corrupted) / (clean - corrupted)
        }
      },
      wrong("no foil", "the foil's logit is left out") { question in
        try Self.map(
          question, read: { $1[$0.contrast.clean.count - 1, $0.contrast.answer] }
        ) { Self.right(question, $0, $1, $2) }
      },
      wrong("probabilities", "these are probabilities") { question in
        try Self.map(
          question, read: { $1[at: $0.contrast.clean.count - 1].softmax()[$0.contrast.answer] }
        ) { Self.right(question, $0, $1, $2) }
      },
      wrong("all positions", "all positions of a layer were patched") { question in
        let all = Array(question.contrast.clean.indices)
        return try Self.map(question, rows: { _ in all }) { Self.right(question, $0, $1, $2) }
      },
      wrong("the next layer", "states of one layer were put into another") { question in
        try Self.map(question, take: { max($0 - 1, 0) }) { Self.right(question, $0, $1, $2) }
      },
      wrong("no last layer", "what leaves the last block is a layer too") { question in
        let all = try Self.map(question) { Self.right(question, $0, $1, $2) }
        return all.slice(0..<(all.shape[0] - 1))
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  func testOtherRightEffectsAreAccepted() {
    let variants = [
      Variant(of: PatchscopesSheet.oneActivation, "with a mask") { (question: ContrastOfModel) in
        try Self.map(question) { Self.right(question, $0, $1, $2) }
      },
      Variant(of: PatchscopesSheet.oneActivation, "all positions of a layer as one batch") {
        (question: ContrastOfModel) in
        let contrast = question.contrast
        let model = try question.model.made()
        let points = model.configuration.residualPoints
        let isRestoring = question.direction == .restoring
        let into = isRestoring ? contrast.corrupted : contrast.clean
        let from = isRestoring ? contrast.clean : contrast.corrupted
        func difference(_ row: Tensor) -> Float { row[contrast.answer] - row[contrast.foil] }
        let last = into.count - 1
        let start = difference(try model(ModelInput(into))[at: 0][at: last])
        let end = difference(try model(ModelInput(from))[at: 0][at: last])
        let trace = try model.run(ModelInput(from), capturing: .points(Set(points))).trace
        return Tensor.stack(
          try points.map { point in
            let states = try trace[point]
            let patch = Intervention(at: point) { residual in
              var changed = residual
              for row in 0...last {
                for column in 0..<residual.shape[2] {
                  changed[row, row, column] = states[0, row, column]
                }
              }
              return changed
            }
            let logits = try model.run(
              ModelInput(tokens: Array(repeating: into, count: into.count)), intervening: [patch]
            ).logits
            return Tensor(
              (0...last).map { (difference(logits[at: $0][at: last]) - start) / (end - start) })
          })
      },
    ]
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
  }

  /// The gains of 6.2 by a method of one's own.
  private static func traced(
    _ question: FactToTrace, scale: (Tensor) -> Float = { 3 * deviation($0.values) },
    draws: [Tensor]? = nil, value: (_ clean: Double, _ low: Double, _ restored: Double) -> Double
  ) throws -> Tensor {
    let model = try question.model.made()
    let (tokens, subject) = (question.fact.tokens, question.fact.subject)
    let points = model.configuration.residualPoints
    let factor = scale(model.embedding)
    let trace = try model.run(ModelInput(tokens), capturing: .points(Set(points))).trace
    func probability(_ changes: [Intervention]) throws -> Double {
      Double(
        try model.run(ModelInput(tokens), intervening: changes)
          .logits[at: 0][at: tokens.count - 1].softmax()[question.fact.answer])
    }
    let clean = try probability([])
    let draws = draws ?? (0..<question.noise.shape[0]).map { question.noise[at: $0] }
    var sums = [Double](repeating: 0, count: points.count * tokens.count)
    for draw in draws {
      let width = draw.shape[1]
      let noise = Intervention(at: .embedding) { embedding in
        var padded = Tensor.zeros(embedding.shape)
        for (row, position) in subject.enumerated() {
          for column in 0..<width { padded[0, position, column] = draw[row, column] * factor }
        }
        return embedding + padded
      }
      let low = try probability([noise])
      for (layer, point) in points.enumerated() {
        let states = try trace[point]
        for position in tokens.indices {
          let restored = Intervention(at: point) { residual in
            var mask = Tensor.zeros([1, residual.shape[1], 1])
            mask[0, position, 0] = 1
            return residual * (mask * -1 + 1) + states * mask
          }
          sums[layer * tokens.count + position] +=
            value(clean, low, try probability([noise, restored])) / Double(draws.count)
        }
      }
    }
    return Tensor(sums.map { Float($0) }, shape: [points.count, tokens.count])
  }

  private static func deviation(_ values: [Float]) -> Float {
    let mean = values.reduce(0, +) / Float(values.count)
    return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(values.count)).squareRoot()
  }

  func testWrongTracesAreRejectedWithTheirSentence() {
    func wrong(
      _ name: String, _ says: String?,
      _ answer: @escaping @Sendable (FactToTrace) throws -> Tensor
    ) -> Misconception {
      Misconception(of: PatchscopesSheet.causalTrace, name, says: says, answer: answer)
    }
    let misconceptions = [
      wrong("probabilities", "these are probabilities") {
        try Self.traced($0) { _, _, restored in restored }
      },
      wrong("what is lost", "what is still lost") {
        try Self.traced($0) { clean, _, restored in clean - restored }
      },
      wrong("one deviation", "one deviation, not three") {
        try Self.traced($0, scale: { Self.deviation($0.values) }) { $2 - $1 }
      },
      wrong("three", "three times the draws") {
        try Self.traced($0, scale: { _ in 3 }) { $2 - $1 }
      },
      wrong("variance", "scaled by a variance") {
        try Self.traced($0, scale: { 3 * pow(Self.deviation($0.values), 2) }) { $2 - $1 }
      },
      wrong("the subject's own deviation", "not of the subject's rows") { question in
        try Self.traced(
          question,
          scale: { table in
            3
              * Self.deviation(
                question.fact.subject.flatMap { table[at: question.fact.tokens[$0]].values })
          }
        ) { $2 - $1 }
      },
      wrong("the mean draw", "the draws were averaged") { question in
        let samples = question.noise.shape[0]
        let mean = (0..<samples).reduce(Tensor.zeros(question.noise[at: 0].shape)) {
          $0 + question.noise[at: $1]
        }
        return try Self.traced(question, draws: [mean / Float(samples)]) { $2 - $1 }
      },
      wrong("logarithms", "these are logarithms") {
        try Self.traced($0) { log($2) - log($1) }
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  func testOtherRightTracesAreAccepted() {
    let variants = [
      Variant(of: PatchscopesSheet.causalTrace, "with masks, in Double") {
        (question: FactToTrace) in
        try Self.traced(question) { $2 - $1 }
      },
      Variant(of: PatchscopesSheet.causalTrace, "with the noise at the first block") {
        (question: FactToTrace) in
        // Where nothing stands between, noise on embeddings is noise on what the first block reads.
        let model = try question.model.made()
        let (tokens, subject) = (question.fact.tokens, question.fact.subject)
        let points = model.configuration.residualPoints
        let factor = 3 * Self.deviation(model.embedding.values)
        let trace = try model.run(ModelInput(tokens), capturing: .points(Set(points))).trace
        var gains = Tensor.zeros([points.count, tokens.count])
        for sample in 0..<question.noise.shape[0] {
          let spoil = Intervention(at: points[0]) { residual in
            var changed = residual
            for (row, position) in subject.enumerated() {
              for column in 0..<residual.shape[2] {
                changed[0, position, column] += question.noise[sample, row, column] * factor
              }
            }
            return changed
          }
          func probability(_ extra: [Intervention]) throws -> Float {
            try model.run(ModelInput(tokens), intervening: [spoil] + extra)
              .logits[at: 0][at: tokens.count - 1].softmax()[question.fact.answer]
          }
          let low = try probability([])
          for (layer, point) in points.enumerated() {
            let state = try trace[point]
            for position in tokens.indices {
              let back = Intervention(at: point) { residual in
                var changed = residual
                for column in 0..<residual.shape[2] {
                  changed[0, position, column] = state[0, position, column]
                }
                return changed
              }
              gains[layer, position] += try probability([back]) - low
            }
          }
        }
        return gains / Float(question.noise.shape[0])
      },
    ]
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
  }

  /// The gains of 6.3 by a method of one's own.
  private static func windowed(
    _ question: FactToTrace, part: BlockPart? = nil, everywhere: Bool = false,
    value: (Double, Double) -> Double = { $0 - $1 }, blocks: (Int, Int) -> ClosedRange<Int>
  ) throws -> Tensor {
    let model = try question.model.made()
    let (tokens, fact) = (question.fact.tokens, question.fact)
    let count = model.configuration.residualPoints.count - 1
    let all = Capture.matching(
      (part ?? question.part) == .mlp ? "*hook_mlp_out" : "*hook_attn_out")
    let trace = try model.run(ModelInput(tokens), capturing: all).trace
    var gains = [Double](repeating: 0, count: count * tokens.count)
    for sample in 0..<question.noise.shape[0] {
      let spoil = Intervention(at: .embedding) { embedding in
        var changed = embedding
        for (row, position) in fact.subject.enumerated() {
          for column in 0..<embedding.shape[2] {
            changed[0, position, column] += question.noise[sample, row, column]
          }
        }
        return changed
      }
      func probability(_ extra: [Intervention]) throws -> Double {
        Double(
          try model.run(ModelInput(tokens), intervening: [spoil] + extra)
            .logits[at: 0][at: tokens.count - 1].softmax()[fact.answer])
      }
      let low = try probability([])
      for block in 0..<count {
        for position in tokens.indices {
          let points = trace.points.enumerated().filter {
            blocks(block, question.window).contains($0.offset)
          }.map(\.element)
          let back = try points.map { point in
            let clean = try trace[point]
            return Intervention(at: point) { output in
              var mask = Tensor.zeros([1, output.shape[1], 1])
              for row in everywhere ? Array(tokens.indices) : [position] { mask[0, row, 0] = 1 }
              return output * (mask * -1 + 1) + clean * mask
            }
          }
          gains[block * tokens.count + position] +=
            value(try probability(back), low) / Double(question.noise.shape[0])
        }
      }
    }
    return Tensor(gains.map { Float($0) }, shape: [count, tokens.count])
  }

  /// The window of W around a block.
  private static func around(_ block: Int, _ window: Int) -> ClosedRange<Int> {
    (block - window / 2)...(block - window / 2 + window - 1)
  }

  func testWrongWindowsAreRejectedWithTheirSentence() {
    func wrong(
      _ name: String, _ says: String?,
      _ answer: @escaping @Sendable (FactToTrace) throws -> Tensor
    ) -> Misconception {
      Misconception(of: PatchscopesSheet.windows, name, says: says, answer: answer)
    }
    let misconceptions = [
      wrong("begins with the block", "the window begins at the block") {
        try Self.windowed($0) { $0...($0 + $1 - 1) }
      },
      wrong("the block alone", "only the block itself") {
        try Self.windowed($0) { block, _ in block...block }
      },
      wrong("the other part", "attention and MLP are exchanged") { question in
        try Self.windowed(question, part: question.part == .mlp ? .attention : .mlp) {
          Self.around($0, $1)
        }
      },
      wrong("all positions", "all positions were put back") {
        try Self.windowed($0, everywhere: true) { Self.around($0, $1) }
      },
      wrong("probabilities", "these are probabilities") {
        try Self.windowed($0, value: { restored, _ in restored }) { Self.around($0, $1) }
      },
      wrong("one too many", "too many blocks") {
        try Self.windowed($0) { ($0 - ($1 + 1) / 2)...($0 + ($1 + 1) / 2) }
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  func testOtherRightWindowsAreAccepted() {
    let variants = [
      Variant(of: PatchscopesSheet.windows, "with masks, in Double") { (question: FactToTrace) in
        try Self.windowed(question) { Self.around($0, $1) }
      },
      Variant(of: PatchscopesSheet.windows, "all samples in one batch") {
        (question: FactToTrace) in
        let model = try question.model.made()
        let (fact, noise) = (question.fact, question.noise)
        let count = model.configuration.residualPoints.count - 1
        let input = ModelInput(tokens: Array(repeating: fact.tokens, count: noise.shape[0]))
        let points = (0..<count).map { block in
          HookPoint.block(.blocks, block, question.part == .mlp ? .mlpOut : .attentionOut(.own))
        }
        let clean = try model.run(input, capturing: .points(Set(points))).trace
        let spoil = Intervention(at: .embedding) { embedding in
          let before = embedding.slice(axis: 1, 0..<fact.subject.lowerBound)
          let subject = embedding.slice(axis: 1, fact.subject) + noise
          let behind = embedding.slice(axis: 1, fact.subject.upperBound..<fact.tokens.count)
          return .concatenation([before, subject, behind], axis: 1)
        }
        func mean(_ changes: [Intervention]) throws -> Float {
          let logits = try model.run(input, intervening: [spoil] + changes).logits.softmax()
          return (0..<noise.shape[0]).reduce(0) {
            $0 + logits[$1, fact.tokens.count - 1, fact.answer]
          } / Float(noise.shape[0])
        }
        let low = try mean([])
        var gains = Tensor.zeros([count, fact.tokens.count])
        for block in 0..<count {
          for position in fact.tokens.indices {
            let back = try points.indices.filter {
              Self.around(block, question.window).contains($0)
            }
            .map { index in
              let own = try clean[points[index]]
              return Intervention(at: points[index]) { output in
                var changed = output
                for row in 0..<output.shape[0] {
                  for column in 0..<output.shape[2] {
                    changed[row, position, column] = own[row, position, column]
                  }
                }
                return changed
              }
            }
            gains[block, position] = try mean(back) - low
          }
        }
        return gains
      },
    ]
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
  }

  /// The losses of 6.4 by a method of one's own.
  private static func cut(
    _ question: CutOfModel, point: HookPoint.AttentionPoint = .scores, value: Float = -.infinity,
    swapped: Bool = false, heads: Int? = nil, queries: [Int]? = nil,
    loss: (_ clean: Float, _ cut: Float) -> Float = { $0 - $1 },
    blocks: (_ block: Int, _ window: Int, _ count: Int) -> Range<Int> = {
      $0..<min($0 + $1, $2)
    }
  ) throws -> Tensor {
    let model = try question.model.made()
    let count = model.configuration.residualPoints.count - 1
    func probability(_ changes: [Intervention]) throws -> Float {
      try model.run(ModelInput(question.tokens), intervening: changes)
        .logits[at: 0][at: question.tokens.count - 1].softmax()[question.answer]
    }
    let clean = try probability([])
    return Tensor(
      try (0..<count).map { block in
        let changes = blocks(block, question.window, count).clamped(to: 0..<count).map { layer in
          Intervention(at: .block(.blocks, layer, .attention(.own, point))) { scores in
            var changed = scores
            for head in 0..<(heads ?? scores.shape[1]) {
              for query in queries ?? [question.query] {
                for key in question.keys {
                  if swapped {
                    changed[0, head, key, query] = value
                  } else {
                    changed[0, head, query, key] = value
                  }
                }
              }
            }
            return changed
          }
        }
        return loss(clean, try probability(changes))
      })
  }

  func testWrongKnockoutsAreRejectedWithTheirSentence() {
    func wrong(
      _ name: String, _ says: String?,
      _ answer: @escaping @Sendable (CutOfModel) throws -> Tensor
    ) -> Misconception {
      Misconception(of: PatchscopesSheet.knockout, name, says: says, answer: answer)
    }
    let misconceptions = [
      wrong("behind the softmax", "set to zero behind the softmax") {
        try Self.cut($0, point: .pattern, value: 0)
      },
      wrong("a score of 0", "a score of 0 does not forbid") { try Self.cut($0, value: 0) },
      wrong("exchanged", "query and key are exchanged") { try Self.cut($0, swapped: true) },
      wrong("one block", "only one block was cut") {
        try Self.cut($0, blocks: { block, _, _ in block..<(block + 1) })
      },
      wrong("to the end", "goes on to the last block") {
        try Self.cut($0, blocks: { block, _, count in block..<count })
      },
      wrong("one head", "only the first head") { try Self.cut($0, heads: 1) },
      wrong("what is left", "the probabilities that are left") {
        try Self.cut($0, loss: { $1 })
      },
      wrong("a share", "these are shares of the clean probability") {
        try Self.cut($0, loss: { ($0 - $1) / $0 })
      },
      wrong("logarithms", "these are differences of logarithms") {
        try Self.cut($0, loss: { log($0) - log($1) })
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  func testOtherRightKnockoutsAreAccepted() {
    let variants = [
      Variant(of: PatchscopesSheet.knockout, "a very small score") { (question: CutOfModel) in
        try Self.cut(question, value: -1e9)
      },
      Variant(of: PatchscopesSheet.knockout, "the pattern, and its rows made to sum to 1 again") {
        (question: CutOfModel) in
        let model = try question.model.made()
        let count = model.configuration.residualPoints.count - 1
        func probability(_ changes: [Intervention]) throws -> Float {
          try model.run(ModelInput(question.tokens), intervening: changes)
            .logits[at: 0][at: question.tokens.count - 1].softmax()[question.answer]
        }
        let clean = try probability([])
        return Tensor(
          try (0..<count).map { block in
            let changes = (block..<min(block + question.window, count)).map { layer in
              Intervention(at: .pattern(.blocks, layer)) { pattern in
                var changed = pattern
                for head in 0..<pattern.shape[1] {
                  for key in question.keys { changed[0, head, question.query, key] = 0 }
                }
                return changed / changed.sum(axis: 3, keepingAxis: true)
              }
            }
            return clean - (try probability(changes))
          })
      },
    ]
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
  }

  func testNonsenseEarnsNothing() {
    for tensor in oddTensors {
      let nonsense = [
        Misconception(of: PatchscopesSheet.oneActivation, "nonsense", says: nil) {
          (_: ContrastOfModel) in tensor
        },
        Misconception(of: PatchscopesSheet.causalTrace, "nonsense", says: nil) {
          (_: FactToTrace) in tensor
        },
        Misconception(of: PatchscopesSheet.windows, "nonsense", says: nil) {
          (_: FactToTrace) in tensor
        },
        Misconception(of: PatchscopesSheet.knockout, "nonsense", says: nil) {
          (_: CutOfModel) in tensor
        },
      ]
      XCTAssertEqual(nonsense.compactMap { $0.fault(seeds: [Checker.publicSeed]) }, [])
    }
  }
}
