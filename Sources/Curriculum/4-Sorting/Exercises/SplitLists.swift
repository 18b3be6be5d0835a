import Answering
import Coursework
import Laboratory
import SortingVocabulary
import Tensors
import Transformers

extension SortingSheet {
  /// 4.4: three parts that share no answer.
  static let splitLists = Exercise(
    "4.4", "Splits that do not overlap", points: 4, difficulty: 3, importance: 5, minutes: 25,
    hints: [
      "What does a model have to have learned to sort 3 1 2, if it has met 2 3 1 in training?",
      """
      Two lists with the same numbers have the same sorted half, whatever their order. They must \
      be in the same part. So split kinds of lists, not lists.
      """,
      """
      Group the places of the lists by their sorted numbers. Put the groups in an order that does \
      not depend on chance, shuffle them with `SeededGenerator(seed: seed)`, and give the first \
      tenth to test, the next to development, the rest to training.
      """,
      """
      `Dictionary(grouping: lists.indices) { lists[$0].sorted() }` makes the groups, in an order \
      that changes from run to run: sort them by their first place. Then `groups.shuffled(using: \
      &generator)`, and cut at a tenth and two tenths.
      """,
    ],
    interpretation: """
      A held-out accuracy says something of lists the model has not met, as long as it has not met \
      them. Doubles are the crude way to break that; the fine way is an item that is another one \
      in disguise: another order of the same numbers, another sentence about the same fact, \
      another crop of the same picture. Ask what the answer depends on, and split by that.
      """,
    cases: { generator in
      [
        splitCase("lists in many orders", kinds: 300, copies: 1...4, using: &generator),
        splitCase("lists that occur once", kinds: 500, copies: 1...1, using: &generator),
        splitCase(
          "lists that come again as they were", kinds: 300, copies: 2...3, using: &generator),
      ]
    },
    parts: [
      Part(
        askingTwice: SortingAsks.split,
        merging: { answer, other in
          func parts(_ split: ListSplit) -> [Set<Int>] {
            [Set(split.training), Set(split.development), Set(split.test)]
          }
          // Lists in another order are the same split.
          guard answer.count > 1, answer[0] == answer[1], let first = other.first,
            parts(answer[0]) != parts(first)
          else { return }
          answer[1] = first
        }, judge: splits)
    ])

  /// Holds the splits of one seed, of the same again and of another against what was asked for.
  private static func splits(of question: ListsToSplit) -> Judgement<[ListSplit]> {
    Judgement { answer in
      guard answer.count == 3 else { return .invalid("three splits are asked for") }
      for split in answer {
        if let fault = fault(of: split, question.lists) { return fault }
      }
      if answer[0] != answer[1] {
        return .failed(
          "the same seed gave another split: is the generator that is seeded the one that is drawn "
            + "from, and does the order of a Set or Dictionary decide anything?")
      }
      if Set(answer[0].test) == Set(answer[2].test) {
        return .failed("another seed gave the same test lists: nothing is drawn by chance")
      }
      return .passed()
    }
  }

  private static func fault(of split: ListSplit, _ lists: [[Int]]) -> Verdict? {
    let parts = [split.training, split.development, split.test]
    let all = parts.flatMap(\.self)
    if let stray = all.first(where: { !lists.indices.contains($0) }) {
      return .invalid("there is no list at the place \(stray): places count from 0")
    }
    if Set(all).count < all.count { return .failed("a list is in two parts, or twice in one") }
    func kinds(_ places: [Int]) -> Set<[Int]> { Set(places.map { lists[$0] }) }
    func numbers(_ places: [Int]) -> Set<[Int]> { Set(places.map { lists[$0].sorted() }) }
    for (one, other) in [(0, 1), (0, 2), (1, 2)] {
      if !kinds(parts[one]).isDisjoint(with: kinds(parts[other])) {
        return .failed("the very same list stands at two places, and they are in different parts")
      }
      if !numbers(parts[one]).isDisjoint(with: numbers(parts[other])) {
        return .failed(
          "two parts share the numbers of a list, in another order: the answer is the same")
      }
    }
    if all.count < lists.count {
      return .failed(
        "some lists are in no part: those that have the same numbers as another belong to its part")
    }
    let shares = parts.map { Double($0.count) / Double(lists.count) }
    if shares[1] > 0.5 || shares[2] > 0.5 {
      return .failed("most lists are to learn from, and the parts seem to have changed places")
    }
    if !(0.68...0.92).contains(shares[0]) || shares[1] < 0.03 || shares[2] < 0.03 {
      return .failed(
        "the parts are not about eight, one and one in ten",
        detail: "they are \(shares.map { ($0 * 100).rounded() / 100 })")
    }
    return nil
  }

  private static func splitCase(
    _ name: String, kinds: Int, copies: ClosedRange<Int>, using generator: inout SeededGenerator
  ) -> Case<ListsToSplit, ListsToSplit> {
    let lists = SortingLists(numbers: 40, length: 4)
    var known: Set<[Int]> = []
    while known.count < kinds {
      known.insert(lists.draw(.training, count: 1, using: &generator)[0].sorted())
    }
    let isAsItWas = copies.lowerBound > 1
    let given = known.sorted { $0.lexicographicallyPrecedes($1) }.flatMap { kind in
      let list = kind.shuffled(using: &generator)
      return (0..<Int.random(in: copies, using: &generator)).map { _ in
        isAsItWas ? list : kind.shuffled(using: &generator)
      }
    }
    return Case(
      name, ListsToSplit(lists: given, seed: generator.next(), otherSeed: generator.next()))
  }
}
