import Coursework
import Foundation
import Heads
import Interpretability
import Tensors
import Transformers
import XCTest

@testable import Solution8
@testable import SuppressionExercises
@testable import SuppressionVocabulary

/// Exercises 8.3 and 8.4: what is rejected, what is accepted.
final class StepExerciseTests: XCTestCase {
  private func steps(
    _ name: String, says: String?,
    answer: @escaping @Sendable (HeadOnTexts) throws -> [[SuppressionStep]]
  ) -> Misconception {
    Misconception(of: SuppressionSheet.threeSteps, name, says: says, answer: answer)
  }

  private static func right(_ question: HeadOnTexts) throws -> [[SuppressionStep]] {
    let model = try question.model.made()
    let matrices = HeadMatrices(of: question.head, in: model)
    return try question.texts.map {
      try Solution8.Answers().steps(of: question.head, matrices, on: $0, in: model)
    }
  }

  private static func changed(
    _ question: HeadOnTexts,
    _ change: (inout SuppressionStep, TensorRun, _ position: Int) throws -> Void
  ) throws -> [[SuppressionStep]] {
    let model = try question.model.made()
    return try zip(question.texts, right(question)).map { text, steps in
      let run = try TensorRun(model, text)
      return try steps.enumerated().map { index, step in
        var step = step
        try change(&step, run, index + 1)
        return step
      }
    }
  }

  /// Steps with another lens and other candidates, whose attention and effect are summed over sources.
  private static func other(
    _ question: HeadOnTexts, lens point: HookPoint,
    candidates: ([Int], _ position: Int, _ vocabulary: Int) -> [Int] = { text, d, _ in
      Array(text[1...d])
    },
    sources: ([Int], _ token: Int, _ position: Int) -> [Int] = { text, token, d in
      (1...d).filter { text[$0] == token }
    }
  ) throws -> [[SuppressionStep]] {
    let model = try question.model.made()
    let matrices = HeadMatrices(of: question.head, in: model)
    return try question.texts.map { text in
      let run = try TensorRun(model, text)
      let lens = try run.lens(point)
      let pattern = try run.pattern(question.head)
      let added = try run.own(question.head, .value)
        .matmul(matrices.output.matmul(matrices.unembedding))
      return try text.indices.dropFirst().map { d in
        let logits = lens[at: d].values
        let token = candidates(text, d, logits.count).max { logits[$0] < logits[$1] }!
        let places = sources(text, token, d)
        return SuppressionStep(
          token: token, probability: lens[at: d].softmax()[token],
          attention: places.map { pattern[d, $0] }.reduce(0, +),
          effect: places.map { pattern[d, $0] * added[$0, token] }.reduce(0, +)
            / (try run.scale(d)))
      }
    }
  }

  func testWrongStepsAreRejectedWithTheirSentence() {
    let misconceptions = [
      steps("the start counts", says: "the start token is a candidate") { question in
        try Self.other(
          question, lens: .residualPre(.blocks, question.head.layer),
          candidates: { text, d, _ in Array(text[0...d]) },
          sources: { text, token, d in (0...d).filter { text[$0] == token } })
      },
      steps("behind the layer", says: "behind the head's layer") { question in
        try Self.other(question, lens: .residualPost(.blocks, question.head.layer))
      },
      steps("the whole vocabulary", says: "likeliest of all tokens") { question in
        try Self.other(
          question, lens: .residualPre(.blocks, question.head.layer),
          candidates: { _, _, count in Array(0..<count) })
      },
      steps("the last place", says: "one place of the token counts") { question in
        try Self.other(
          question, lens: .residualPre(.blocks, question.head.layer),
          sources: { text, token, d in [(1...d).last { text[$0] == token }!] })
      },
      steps("the position before", says: "the lens is of the position before") { question in
        let model = try question.model.made()
        let matrices = HeadMatrices(of: question.head, in: model)
        return try question.texts.map { text in
          let run = try TensorRun(model, text)
          let lens = try run.lens(.residualPre(.blocks, question.head.layer))
          let pattern = try run.pattern(question.head)
          let written = try run.own(question.head, .value).matmul(matrices.output)
            .matmul(matrices.unembedding)
          return try (1..<text.count).map { d in
            let token = text[1...d].max { lens[d - 1, $0] < lens[d - 1, $1] }!
            let places = (1...d).filter { text[$0] == token }
            return SuppressionStep(
              token: token, probability: lens[at: d - 1].softmax()[token],
              attention: places.reduce(0) { $0 + pattern[d, $1] },
              effect: places.reduce(0) { $0 + pattern[d, $1] * written[$1, token] }
                / (try run.scale(d)))
          }
        }
      },
      steps("shares of candidates", says: "a share among the tokens of the text") { question in
        try Self.changed(question) { step, run, d in
          let lens = try run.lens(.residualPre(.blocks, question.head.layer))
          let candidates = Array(Set(run.text[1...d]))
          let shares = Tensor(candidates.map { lens[d, $0] }).softmax()
          step.probability = shares[candidates.firstIndex(of: step.token)!]
        }
      },
      steps("logarithms", says: "the probability is a logarithm") { question in
        try Self.changed(question) { step, _, _ in
          step.probability = Foundation.log(step.probability)
        }
      },
      steps("another head", says: nil) { question in
        try Self.changed(question) { step, run, d in
          var other = question.head
          other.head = 1 - min(other.head, 1)
          let pattern = try run.pattern(other)
          step.attention = (1...d).filter { run.text[$0] == step.token }
            .reduce(0) { $0 + pattern[d, $1] }
        }
      },
      steps("without scale", says: "not divided by the scale") { question in
        try Self.changed(question) { step, run, d in step.effect *= try run.scale(d) }
      },
      steps("the whole head", says: "all that the head writes") { question in
        let unembedding = HeadMatrices.unembedding(of: try question.model.made())
        return try Self.changed(question) { step, run, d in
          let wrote = try run.own(question.head, .result).slice(d..<(d + 1))
          step.effect = try wrote.matmul(unembedding)[0, step.token] / run.scale(d)
        }
      },
      steps("the sign", says: "wrong sign") { question in
        try Self.changed(question) { step, _, _ in step.effect = -step.effect }
      },
      steps("one step too many", says: "one for every position but the first") { question in
        try Self.right(question).map { [$0[0]] + $0 }
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightStepsAreAccepted() {
    let variants = [
      Variant(of: SuppressionSheet.threeSteps, "by the library") { (question: HeadOnTexts) in
        let circuits = try HeadCircuits(question.model.made())
        return try question.texts.map { text in
          try circuits.copySuppressionSteps(
            of: [question.head.address], on: ModelInput(text))[question.head.address]!
            .map {
              SuppressionStep(
                token: $0.place.token, probability: $0.probability, attention: $0.attention,
                effect: $0.effect)
            }
        }
      },
      Variant(of: SuppressionSheet.threeSteps, "W_O W_U first") { (question: HeadOnTexts) in
        try Self.other(question, lens: .residualPre(.blocks, question.head.layer))
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  private func survey(
    _ name: String, says: String?, answer: @escaping @Sendable (HeadOnTexts) throws -> Tensor
  ) -> Misconception {
    Misconception(of: SuppressionSheet.survey, name, says: says, answer: answer)
  }

  /// Effects of every head at every position on one token each, `[layer, head]` a text and position.
  private static func effects(
    _ question: HeadOnTexts, scaled: Bool = true,
    on target: ([Int], Int) -> Int? = {
      $0.indices.contains($1 + 1) ? $0[$1 + 1] : nil
    }
  ) throws -> [[Tensor]] {
    let model = try question.model.made()
    let columns = HeadMatrices.unembedding(of: model).transposed()
    let layers = model.configuration.decoder!.layerCount
    return try question.texts.map { text in
      let run = try TensorRun(model, text)
      return try text.indices.compactMap { place in
        guard let token = target(text, place) else { return nil }
        let scale = scaled ? try run.scale(place) : 1
        return Tensor.stack(
          try (0..<layers).map { layer in
            let result = try run[.block(.blocks, layer, .attention(.own, .result))][at: place]
            return (result * columns[at: token]).sum(axis: 1) / scale
          })
      }
    }
  }

  private static func mean(_ tables: [Tensor]) -> Tensor { Tensor.stack(tables).mean(axis: 0) }

  func testWrongSurveysAreRejectedWithTheirSentence() {
    let misconceptions = [
      survey("the token itself", says: "predicts token i + 1") { question in
        Self.mean(try Self.effects(question) { $0[$1] }.flatMap(\.self))
      },
      survey("without scale", says: "scale of the final norm is missing") { question in
        Self.mean(try Self.effects(question, scaled: false).flatMap(\.self))
      },
      survey("the model's unembedding", says: "the model's own unembedding was taken") { question in
        let model = try question.model.made()
        let columns = model.unembedding ?? model.embedding
        let stack = model.configuration.decoder!
        var tables: [Tensor] = []
        for text in question.texts {
          let run = try TensorRun(model, text)
          for place in text.indices.dropLast() {
            tables.append(
              Tensor.stack(
                try (0..<stack.layerCount).map { layer in
                  let result = try run[.block(.blocks, layer, .attention(.own, .result))][
                    at: place]
                  return (result * columns[at: text[place + 1]]).sum(axis: 1)
                    / (try run.scale(place))
                }))
          }
        }
        return Self.mean(tables)
      },
      survey("the first text", says: nil) { question in
        Self.mean(try Self.effects(question)[0])
      },
      survey("two on", says: nil) { question in
        Self.mean(
          try Self.effects(question) { $0.indices.contains($1 + 2) ? $0[$1 + 2] : nil }
            .flatMap(\.self))
      },
      survey("text by text", says: "each text has the same weight") { question in
        Self.mean(try Self.effects(question).map(Self.mean))
      },
      survey("sums", says: "these are sums") { question in
        Tensor.stack(try Self.effects(question).flatMap(\.self)).sum(axis: 0)
      },
      survey("sizes", says: "the size of effects") { question in
        let all = Tensor.stack(try Self.effects(question).flatMap(\.self))
        return Tensor(all.values.map { abs($0) }, shape: all.shape).mean(axis: 0)
      },
      survey("the last only", says: "only the last prediction") { question in
        Self.mean(try Self.effects(question).map { $0[$0.count - 1] })
      },
      survey("the sign", says: "the signs are turned") { question in
        Self.mean(try Self.effects(question).flatMap(\.self)) * -1
      },
      survey("heads first", says: "layers come first") { question in
        Self.mean(try Self.effects(question).flatMap(\.self)).transposed()
      },
      survey("normed alone", says: "normed by itself") { question in
        let model = try question.model.made()
        let columns = HeadMatrices.unembedding(of: model).transposed()
        let stack = model.configuration.decoder!
        let tables = try question.texts.flatMap { text in
          let run = try TensorRun(model, text)
          return try text.indices.dropLast().map { place in
            Tensor.stack(
              try (0..<stack.layerCount).map { layer in
                let result = try run[.block(.blocks, layer, .attention(.own, .result))][at: place]
                let centred = result - result.mean(axis: 1, keepingAxis: true)
                let variance = (centred * centred).mean(axis: 1).values
                return Tensor(
                  variance.enumerated().map { head, variance in
                    (centred[at: head] * columns[at: text[place + 1]]).sum().scalar
                      / (variance + 1e-5).squareRoot()
                  })
              })
          }
        }
        return Self.mean(tables)
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightSurveysAreAccepted() {
    let variants = [
      Variant(of: SuppressionSheet.survey, "by the library, padded") { (question: HeadOnTexts) in
        let model = try question.model.made()
        let (tokens, mask) = ModelInput.padding(question.texts, with: 0, at: .back)
        let stack = model.configuration.decoder!
        return Tensor(
          try HeadCircuits(model).directEffects(on: ModelInput(tokens: tokens, mask: mask)).means,
          shape: [stack.layerCount, stack.headCount])
      },
      Variant(of: SuppressionSheet.survey, "by contributions") { (question: HeadOnTexts) in
        let model = try question.model.made()
        let columns = HeadMatrices.unembedding(of: model).transposed()
        let stack = model.configuration.decoder!
        var sums = Tensor.zeros([stack.layerCount, stack.headCount])
        var count: Float = 0
        for text in question.texts {
          let run = try TensorRun(model, text)
          let parts = try model.contributions(of: ModelInput(text))
          for place in text.indices.dropLast() {
            count += 1
            let scale = try run.scale(place)
            for part in parts {
              guard case .head(let layer, _, let head) = part.component else { continue }
              let wrote = part.value[at: 0][at: place]
              sums[layer, head] += (wrote * columns[at: text[place + 1]]).sum().scalar / scale
            }
          }
        }
        return sums / count
      },
      Variant(of: SuppressionSheet.survey, "position by position") { (question: HeadOnTexts) in
        Self.mean(try Self.effects(question).flatMap(\.self))
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNothing() {
    for tensor in oddSuppressionTensors {
      XCTAssertNil(survey("nonsense", says: nil) { _ in tensor }.fault(seeds: [Checker.publicSeed]))
    }
    let odd = SuppressionStep(token: -1, probability: .nan, attention: .infinity, effect: 1e38)
    XCTAssertNil(steps("none", says: nil) { _ in [] }.fault(seeds: [Checker.publicSeed]))
    XCTAssertNil(
      steps("odd", says: nil) { $0.texts.map { $0.dropFirst().map { _ in odd } } }.fault(seeds: [
        Checker.publicSeed
      ]))
    XCTAssertNil(
      steps("empty", says: nil) { $0.texts.map { _ in [] } }.fault(seeds: [Checker.publicSeed]))
  }
}
