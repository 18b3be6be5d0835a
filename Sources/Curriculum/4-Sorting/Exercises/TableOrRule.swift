import Coursework
import Laboratory
import SortingVocabulary
import Tensors
import Transformers

extension SortingSheet {
  /// 4.9: whether a model knows the answers or the way to them.
  static let tableOrRule = Exercise(
    "4.9", "Learned by heart, or a rule?", points: 4, difficulty: 3, importance: 5, minutes: 25,
    hints: [
      "What would a model that is a table of its training lists do with a list it has met in another order?",
      """
      As in 4.4, a list has been met if its *numbers* were: compare sorted lists. A Set of sorted \
      training lists answers at once.
      """,
      """
      A list is right if all its numbers are. Three groups: the met, the others, and of the others \
      those whose sorted numbers each go up by two. What the model writes is the likeliest token of \
      every row of 4.2: `sortedHalf(of: sorter.model(input), for: sorter.lists).argmax()`, list by list.
      """,
      """
      `let known = Set(training.map { $0.sorted() })`; \
      `let seen = lists.filter { known.contains($0.sorted()) }`, the rest unseen; of these \
      `let s = list.sorted()`, `zip(s, s.dropFirst()).allSatisfy { $1 - $0 == 2 }`. And `isRule` \
      is `unseen >= 0.9`.
      """,
    ],
    interpretation: """
      On the lists they learned from, as these came, neither of the first two models makes a \
      mistake: a training accuracy cannot tell them apart. Shuffle those lists and the table has \
      lost some of them; give it others and it has nothing. A split by lists instead of numbers \
      (4.4) would have hidden half of that.
      """,
    cases: { generator in
      try [
        ("a sorter that met thousands of lists", TrainedSorters.many),
        ("one that met thirty", .few), ("one stopped half way", .early),
      ].map { name, kind in
        let (sorter, training) = try kind.get()
        var question = Self.question(on: sorter, training, using: &generator)
        // Of a model that gets all of a kind right or all wrong, a share does not say of which lists
        // it was taken. Of one that is half trained it does, but for a chance that is drawn away.
        var draws = 1
        while kind == .early, !GeneralisationJudge(question).tellsGroupsApart {
          guard draws < 200 else {
            throw NoTellingLists(accuracy: try sorter.accuracy(on: question.lists))
          }
          question = Self.question(on: sorter, training, using: &generator)
          draws += 1
        }
        return Case(name, question)
      }
    },
    parts: [Part(SortingAsks.generalisation, judge: GeneralisationJudge.init)])

  private static func question(
    on sorter: Sorter, _ training: [[Int]], using generator: inout SeededGenerator
  ) -> MetAndUnmet {
    let lists = sorter.lists
    // Half of them as they came, half in another order.
    let met = training.shuffled(using: &generator).prefix(24).enumerated().map {
      $0.offset % 2 == 0 ? $0.element : $0.element.shuffled(using: &generator)
    }
    let known = Set(training.map { $0.sorted() })
    let other =
      (lists.draw(.test, count: 40, using: &generator)
      + lists.draw(.stepsOfTwo, count: 30, using: &generator))
      .filter { !known.contains($0.sorted()) }
    return MetAndUnmet(
      sorter: sorter, training: training, lists: (met + other).shuffled(using: &generator))
  }
}

/// No lists were found of which a share says what it was taken of.
private struct NoTellingLists: Error, CustomStringConvertible {
  let accuracy: Double

  var description: String {
    "the sorter that is stopped half way gets \(accuracy) of its lists right, where about half was "
      + "expected; please report this processor"
  }
}

/// Small sorters that differ in how many lists they have met and how often, each trained once in a
/// process.
enum TrainedSorters {
  case many, few, early

  private static let trained = (
    many: Result { try trained(on: 4_000, steps: 1_500) },
    few: Result { try trained(on: 25, steps: 500) },
    early: Result { try trained(on: 4_000, steps: 1_500, until: 0.5) }
  )

  func get() throws -> (sorter: Sorter, training: [[Int]]) {
    switch self {
    case .many: try Self.trained.many.get()
    case .few: try Self.trained.few.get()
    case .early: try Self.trained.early.get()
    }
  }

  /// - Parameter until: the accuracy on lists that were not met at which the training ends, whatever
  ///   the step: how fast a model learns depends on how a processor rounds.
  private static func trained(
    on count: Int, steps: Int, until goal: Double? = nil
  ) throws -> (sorter: Sorter, training: [[Int]]) {
    let lists = SortingLists(numbers: 24, length: 4)
    var generator = SeededGenerator(seed: 49)
    // A few steps of two are learned from here, so that only combinations are new, not the pattern.
    let training =
      lists.draw(.training, count: count, using: &generator)
      + lists.draw(.stepsOfTwo, count: 5, using: &generator)
    let others = lists.draw(.test, count: 200, using: &generator)
    var recipe = SorterRecipe(seed: 3)
    recipe.steps = steps
    recipe.rate = 1e-2
    recipe.warmUpSteps = 40
    recipe.only = training
    var trainer = SorterTrainer(lists: lists, width: 48, headWidth: 16, recipe: recipe)
    while !trainer.isFinished {
      trainer.advance()
      if let goal, trainer.step % 10 == 0, try trainer.sorter.accuracy(on: others) >= goal { break }
    }
    return (trainer.sorter, training)
  }
}

/// Tells the accuracies that were asked for from those of other groups of lists.
private struct GeneralisationJudge: Judge {
  private let question: MetAndUnmet
  /// Whether each number of each list is right.
  private let right: [[Bool]]
  private let known: Set<[Int]>

  init(_ question: MetAndUnmet) {
    self.question = question
    let naive = NaiveSorter(question.sorter)
    right = question.lists.map { list in
      zip(naive.written(sorting: list), list.sorted()).map { $0 == $1 }
    }
    known = Set(question.training.map { $0.sorted() })
  }

  private func isKnown(_ list: [Int]) -> Bool { known.contains(list.sorted()) }

  private func stepsByTwo(_ list: [Int]) -> Bool {
    zip(list, list.dropFirst()).allSatisfy { $1 - $0 == 2 }
  }

  private func share(
    _ counts: ([Int]) -> Bool, of isRight: ([Bool]) -> Double = { $0.allSatisfy(\.self) ? 1 : 0 }
  ) -> Double {
    let chosen = question.lists.indices.filter { counts(question.lists[$0]) }
    return chosen.reduce(0) { $0 + isRight(right[$1]) } / Double(chosen.count)
  }

  /// Whether each way to choose lists gives another share, and the model is clearly no rule.
  var tellsGroupsApart: Bool {
    let exact = Set(question.training)
    let unseen = share { !isKnown($0) }
    let shares = [
      unseen, share(isKnown), share { _ in true }, share { !exact.contains($0) },
      share({ !isKnown($0) }, of: numbers), share { !isKnown($0) && !stepsByTwo($0.sorted()) },
    ]
    let steps = [
      share { !isKnown($0) && stepsByTwo($0.sorted()) }, share { stepsByTwo($0.sorted()) }, unseen,
    ]
    return unseen < 0.85 && Set(shares).count == shares.count && Set(steps).count == steps.count
  }

  private func numbers(_ right: [Bool]) -> Double {
    Double(right.count { $0 }) / Double(right.count)
  }

  func verdict(on answer: Generalisation) -> Verdict {
    let shares = [answer.seen, answer.unseen, answer.stepsOfTwo]
    guard shares.allSatisfy(\.isFinite) else {
      return .invalid("a share is no number: of which lists was it taken, if of none?")
    }
    let seen = share(isKnown)
    let unseen = share { !isKnown($0) }
    let steps = share { !isKnown($0) && stepsByTwo($0.sorted()) }
    let detail = "they should be \(seen), \(unseen) and \(steps)"
    func isClose(_ a: Double, _ b: Double) -> Bool { abs(a - b) < 1e-6 }
    func all(_ a: Double, _ b: Double, _ c: Double) -> Bool {
      isClose(answer.seen, a) && isClose(answer.unseen, b) && isClose(answer.stepsOfTwo, c)
    }
    if all(seen, unseen, steps) {
      if answer.isRule == (unseen >= 0.9) { return .passed() }
      return .failed(
        answer.isRule
          ? "a table is called a rule: of what it has not met it gets too much wrong"
          : "a rule is called a table: it sorts what it has not met", detail: detail)
    }
    let exact = Set(question.training)
    if isClose(answer.unseen, share { !exact.contains($0) }), !isClose(answer.unseen, unseen) {
      return .failed(
        "lists whose numbers were met in another order are counted as not met", detail: detail)
    }
    if isClose(answer.unseen, share({ !isKnown($0) }, of: numbers)), !isClose(answer.unseen, unseen)
    {
      return .failed(
        "this is the share of numbers that are right; a list is right when all of its are",
        detail: detail)
    }
    if all(unseen, seen, steps), !isClose(seen, unseen) {
      return .failed("met and not met have changed places", detail: detail)
    }
    if isClose(answer.unseen, seen), !isClose(seen, unseen) {
      return .failed(
        "`unseen` is the share of the lists that were met: take those whose numbers are not known",
        detail: detail)
    }
    if isClose(answer.seen, unseen), !isClose(seen, unseen) {
      return .failed(
        "`seen` is the share of the lists that were not met: take those whose numbers are known",
        detail: detail)
    }
    if isClose(answer.unseen, share { _ in true }), !isClose(answer.unseen, unseen) {
      return .failed("what was met is counted among what was not", detail: detail)
    }
    if isClose(answer.seen, seen), isClose(answer.unseen, unseen) {
      return .failed(
        "the share of steps of two is another: sort a list before you look at its steps, and leave "
          + "out what was met", detail: detail)
    }
    if isClose(answer.unseen, share { !isKnown($0) && !stepsByTwo($0.sorted()) }) {
      return .failed(
        "steps of two that were not met belong to the unmet as well", detail: detail)
    }
    if shares.contains(where: { $0 > 1 }) {
      return .failed("a share is at most 1; these are counts or per cent", detail: detail)
    }
    return .failed("the shares are others", detail: detail)
  }
}
