import Coursework
import Foundation
import GradientsVocabulary
import SheetTools
import Tensors

extension GradientsSheet {
  /// 3.1: the gradient of a one-layer classifier, by the chain rule.
  static let gradientByHand = Exercise(
    "3.1", "By hand", points: 4, difficulty: 3, importance: 5, minutes: 25,
    hints: [
      """
      Go backwards, one step at a time: from the log-probability to the logits, from the logits to \
      the hidden layer, from there through the relu, and on to the input.
      """,
      """
      The gradient of log p(c) with respect to the logits is 1 at class c and 0 elsewhere, minus all \
      the probabilities. Its entries add up to 0: what one class gains the others lose.
      """,
      """
      A matrix that was multiplied by on the way forward is multiplied by transposed on the way \
      back. A relu lets the gradient pass where its input was above 0, and nowhere else.
      """,
      """
      `g = onehot − p` `[class]`; `h = Uᵀ g` `[hidden]`; set h to 0 where `W x + b` is not above 0; \
      the answer is `Wᵀ h` `[input]`. With `dot(a, b)` the sum of `zip(a, b)` multiplied, an entry of Uᵀ g \
      is `dot(u.map { $0[unit] }, g)`.
      """,
    ],
    interpretation: """
      This is all that reverse-mode differentiation does, for a model of any depth: each step forward \
      knows how to send a gradient back. Look at what the gradient depends on: the weights, which \
      hidden units are on, and the probabilities. Where p(c) is nearly 1 the gradient is nearly 0, \
      however much the prediction owes to the input. Remember that when a heat map shows nothing.
      """,
    cases: { generator in
      [
        ("three classes", drawn(input: 4, hidden: 6, classes: 3, using: &generator)),
        ("a narrow hidden layer", drawn(input: 7, hidden: 3, classes: 5, using: &generator)),
        (
          "a hidden layer of which nothing is on",
          drawn(input: 3, hidden: 4, classes: 3, bias: -50, using: &generator)
        ),
        (
          "a model that is nearly sure",
          drawn(input: 5, hidden: 5, classes: 4, scale: 6, using: &generator)
        ),
      ].map { Case($0.0, $0.1) }
    },
    parts: [Part(GradientsAsks.gradientByHand, judge: handJudge)])

  private static func drawn(
    input: Int, hidden: Int, classes: Int, bias: Float = 0, scale: Float = 1,
    using generator: inout SeededGenerator
  ) -> ClassifiedInput {
    var question: ClassifiedInput
    repeat {
      func numbers(_ shape: [Int], _ deviation: Float = 1) -> Tensor {
        .randomNormal(shape, standardDeviation: deviation, using: &generator)
      }
      question = ClassifiedInput(
        model: OneLayerModel(
          inputWeight: numbers([hidden, input]).doubleRows,
          inputBias: (numbers([hidden], 0.5) + bias).values.map(Double.init),
          outputWeight: numbers([classes, hidden], scale).doubleRows),
        input: numbers([input]).values.map(Double.init),
        target: Int.random(in: 0..<classes, using: &generator))
      // Some units on and some off, unless all are to be off, and none on the edge.
    } while !isTelling(question, allOff: bias < -10)
    return question
  }

  private static func isTelling(_ question: ClassifiedInput, allOff: Bool) -> Bool {
    let hidden = HandWork(question).preactivations
    let on = hidden.count { $0 > 0 }
    return hidden.allSatisfy { abs($0) > 0.05 } && (allOff ? on == 0 : 0 < on && on < hidden.count)
  }

  private static func handJudge(_ question: ClassifiedInput) -> Expected<[Double]> {
    let work = HandWork(question)
    let wanted = work.gradient()
    let hidden = question.model.inputBias.count
    // In units of its own size: where a model is nearly sure all of a gradient is small, and no entry of
    // it is 0 for that.
    let size = wanted.map { abs($0) }.max() ?? 0
    func single(_ values: [Double]) -> [Float] {
      values.map { Float(size > 0 ? $0 / size : $0) }
    }
    return Expected(
      comparing: { answer in
        if answer.count == hidden, hidden != wanted.count {
          return .invalid(
            """
            this is a gradient with respect to the hidden layer; one step is left, back through W to \
            the input
            """)
        }
        guard Verdict.areSame(single(answer), single(wanted)) else {
          return .compare(
            answer.map { Float($0) }, to: wanted.map { Float($0) },
            tolerance: Float(min(1e-4, 1e-4 * size)), named: "the gradient", of: "input")
        }
        return isExact(answer, wanted)
          ? .passed()
          : .failed(
            """
            this is right to the digits of a Float, which is what a machine's gradient of tensors has; \
            take the steps yourself, in Double
            """)
      },
      isSame: { answer, mistaken in
        // Small is not nothing.
        mistaken.contains { $0 != 0 }
          ? Verdict.areSame(single(answer), single(mistaken)) : answer == mistaken
      },
      mistakes: {
        let nothing = Mistake<[Double]>(
          """
          every entry is 0, and some units are on: each of them passes back what the logits above it \
          want, and even a model that is nearly sure wants something
          """, wanted.map { _ in 0.0 })
        return [nothing] + work.mistakes
      })
  }

  /// Whether two gradients agree to more digits than a Float has.
  private static func isExact(_ answer: [Double], _ wanted: [Double]) -> Bool {
    let size = wanted.map { abs($0) }.max() ?? 0
    return zip(answer, wanted).allSatisfy { abs($0 - $1) <= 1e-9 * size + 1e-14 }
  }
}

/// The chain rule of a one-layer classifier in loops of Double, and what becomes of it with a mistake.
struct HandWork {
  private let weights: [[Double]]
  private let output: [[Double]]
  let preactivations: [Double]
  private let probabilities: [Double]
  private let target: Int

  init(_ question: ClassifiedInput) {
    weights = question.model.inputWeight
    output = question.model.outputWeight
    preactivations = zip(weights, question.model.inputBias).map { row, bias in
      zip(row, question.input).reduce(bias) { $0 + $1.0 * $1.1 }
    }
    let hidden = preactivations.map { max($0, 0) }
    let logits = output.map { zip($0, hidden).reduce(0) { $0 + $1.0 * $1.1 } }
    let greatest = logits.max()!
    let total = logits.reduce(0) { $0 + exp($1 - greatest) }
    probabilities = logits.map { exp($0 - greatest) / total }
    target = question.target
  }

  /// The gradient `[input]`, from the gradient with respect to the logits on.
  func gradient(
    ofLogits: (_ p: Double, _ isTarget: Bool) -> Double = { ($1 ? 1 : 0) - $0 },
    passes: (Double) -> Double = { $0 > 0 ? 1 : 0 }
  ) -> [Double] {
    let logits = probabilities.indices.map { ofLogits(probabilities[$0], $0 == target) }
    let hidden = preactivations.indices.map { unit in
      logits.indices.reduce(0) { $0 + output[$1][unit] * logits[$1] } * passes(preactivations[unit])
    }
    return weights[0].indices.map { input in
      hidden.indices.reduce(0) { $0 + weights[$1][input] * hidden[$1] }
    }
  }

  /// The probability of the class that is explained.
  var probability: Double { probabilities[target] }

  var mistakes: [Mistake<[Double]>] {
    let p = probability
    return [
      Mistake(
        "the gradient has the wrong sign: it is of log p, which is to rise, not of the loss −log p",
        gradient().map { -$0 }),
      Mistake(
        "the relu is missing on the way back: a unit that was off passes no gradient",
        gradient(passes: { _ in 1 })),
      Mistake(
        """
        this is the gradient of the logit: log p falls when other logits rise, so their probabilities \
        are taken off
        """, gradient(ofLogits: { _, isTarget in isTarget ? 1 : 0 })),
      Mistake(
        "this is the gradient of the probability; that of its logarithm is not multiplied by p",
        gradient().map { $0 * p }),
      Mistake(
        "this takes the probabilities off and forgets the 1 at the target class",
        gradient(ofLogits: { p, _ in -p })),
      Mistake(
        """
        the relu's own value is multiplied in; its slope is 1 where a unit is on, however much it is on
        """, gradient(passes: { max($0, 0) })),
    ]
  }
}
