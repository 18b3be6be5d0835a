import Coursework
import Foundation
import Laboratory
import SortingVocabulary
import Tensors
import Transformers

extension SortingSheet {
  /// What a trained sorter is held against.
  private struct TrainKey {
    var question: UntrainedSorter
    var test: [[Int]]
  }

  /// The share of held-out lists that a trained sorter sorts at least.
  static let trainingBar = 0.9

  /// 4.6: a loop of one's own.
  static let trainASorter = Exercise(
    "4.6", "Train it", points: 5, difficulty: 3, importance: 5, minutes: 35, timeLimit: 60,
    hints: [
      """
      A step: draw some lists, run the model on their tokens, take the loss of the sorted half, \
      take gradients, let the optimiser move the model. Some hundred steps are enough here.
      """,
      """
      `var model = sorter.model`, and from then on only this one: its loss, its gradients, its \
      update. A Swift struct is copied when it is assigned; an optimiser that moves a copy moves nothing.
      """,
      """
      `let (loss, gradients) = try model.gradients { model in … }` gives both; inside, cut the \
      logits with your `sortedHalf(of:for:)` and use `crossEntropy(targets:)`, which takes a flat list \
      of tokens. Then `optimizer.update(&model, gradients: gradients, rate: rate)`.
      """,
      """
      800 steps of 32 lists, `AdamW(betas: (0.9, 0.98))`, and \
      `LearningRateSchedule(peak: 1e-2, warmUpSteps: 40, totalSteps: 800).rate(at: step)`. \
      Inside `gradients`: `try sortedHalf(of: model(input), for: sorter.lists).crossEntropy(targets: \
      batch.flatMap { $0.sorted() })`. At the end `Sorter(lists: sorter.lists, model: model)`.
      """,
    ],
    interpretation: """
      Lists that your loop has never drawn were sorted: with a rule, then, or with a table so \
      large that it does not matter? 4.9 finds out. And the same loop, with lists of five numbers \
      and four times the width, is what trains the sheet's own sorter while you watch.
      """,
    cases: { generator in
      [("lists of three", 32, 3, 64, 4_000), ("lists of four", 24, 4, 48, 4_000)].map {
        name, numbers, length, width, count in
        let lists = SortingLists(numbers: numbers, length: length)
        let trainer = SorterTrainer(
          lists: lists, width: width, headWidth: 16, recipe: SorterRecipe(seed: generator.next()))
        let question = UntrainedSorter(
          sorter: trainer.sorter,
          training: lists.draw(.training, count: count, using: &generator), seed: generator.next())
        return Case(
          name, question: question,
          key: TrainKey(
            question: question, test: lists.draw(.test, count: 200, using: &generator)))
      }
    },
    parts: [Part(SortingAsks.train) { key in Judgement { try verdict(on: $0, key) } }])

  private static func verdict(on answer: Sorter, _ key: TrainKey) throws -> Verdict {
    let given = key.question.sorter
    guard answer.lists == given.lists, answer.model.configuration == given.model.configuration
    else {
      return .invalid("the sorter that came back has another shape than the one you were given")
    }
    let weights = answer.model.parameters.map(\.tensor)
    guard weights.allSatisfy({ $0.values.allSatisfy(\.isFinite) }) else {
      return .invalid("some weights are not finite: the rate was too high, or a loss took log 0")
    }
    let accuracy: Double
    do { accuracy = try answer.accuracy(on: key.test) } catch {
      return .invalid("the sorter that came back cannot be run", detail: "\(error)")
    }
    if accuracy >= trainingBar { return .passed() }
    let detail =
      "it sorts \(Int(accuracy * 100)) of 100 lists that it has not met, and at least "
      + "\(Int(trainingBar * 100)) are asked for"
    if zip(weights, given.model.parameters).allSatisfy({ $0 == $1.tensor }) {
      return .failed(
        "the weights are those you were given: was the model moved that comes back?", detail: detail
      )
    }
    let written = try answer.predictions(of: key.test)
    func share(_ isSo: ([Int], [Int]) -> Bool) -> Double {
      Double(zip(written, key.test).count(where: isSo)) / Double(key.test.count)
    }
    if share({ written, list in written == [given.lists.middleToken] + list.sorted().dropLast() })
      > 0.5
    {
      return .failed(
        "the model writes what each row reads: its targets were not those of the next place",
        detail: detail)
    }
    if share({ written, list in written.allSatisfy { $0 == list.max() } }) > 0.5 {
      return .failed(
        "the model writes the greatest number at every place: was the last token everybody's target?",
        detail: detail)
    }
    if share({ written, list in written == list.sorted().reversed() }) > 0.5 {
      return .failed(
        "the model sorts the wrong way round: the least number comes first", detail: detail)
    }
    if try knowsAFewByHeart(answer, key, accuracy: accuracy) {
      return .failed(
        "a few of the lists you were given are sorted, and others are not: they were learned by heart; "
          + "draw every batch anew, from all of them", detail: detail)
    }
    return .failed("too few lists are sorted: train longer, or with another rate", detail: detail)
  }

  /// Whether some lists of the training were learned by heart: the first so many, or a few that are
  /// sorted surely by a model that is surely wrong about what it has not met.
  private static func knowsAFewByHeart(
    _ answer: Sorter, _ key: TrainKey, accuracy: Double
  ) throws -> Bool {
    let training = key.question.training
    for count in [8, 10, 16, 32, 64, 128] {
      let first = try answer.accuracy(on: Array(training.prefix(count)))
      if first > 0.9, first > accuracy + 0.3 { return true }
    }
    func losses(_ lists: [[Int]]) throws -> [Float] {
      let input = ModelInput(tokens: lists.map { answer.lists.tokens(of: $0) })
      let logits = try answer.model.run(input, logitsAt: answer.lists.sortedRows).logits
      let (logs, n) = (logits.logSoftmax(), answer.lists.length)
      return lists.enumerated().map { row, list in
        -list.sorted().enumerated().reduce(0) { $0 + logs[row, $1.offset, $1.element] } / Float(n)
      }
    }
    let (known, unknown) = (try losses(Array(training.prefix(4_000))), try losses(key.test))
    let mean = unknown.reduce(0, +) / Float(unknown.count)
    return mean > log(Float(answer.lists.numbers)) && known.count { $0 < 0.05 } >= 3
  }
}
