import Coursework
import Tensors

extension SortingSheet {
  /// 4.5: loops that run and are wrong.
  static let brokenLoops = Exercise(
    "4.5", "Broken loops", points: 6, difficulty: 4, importance: 5, minutes: 40, timeLimit: 20,
    hints: [
      """
      Begin with what needs no model: does the loss fall at all? Do two runs with one seed print \
      the same numbers? Then compare what the loop says of itself with what it does on fresh \
      lists.
      """,
      """
      Three faults report nearly 1 and sort nothing fresh. What does the model *write*? Look at a \
      few lists by hand: is it always the same number, is it what the row has just read, or is it \
      nearly right?
      """,
      """
      The row that predicts place i reads the number at place i − 1, and the first reads MID, \
      which is the token `numbers + 1`. A model trained to write what it reads writes MID, s₁, s₂ \
      …. One trained on the last token writes the greatest number everywhere.
      """,
      """
      In this order: `lossesAgain != losses` → `.otherGenerator`; the mean of the last losses not \
      clearly below the mean of the first → `.otherModel`; most of what is written is the list's \
      greatest number → `.lastToken`; or what the row reads → `.ownToken`; fresh accuracy far \
      below `reported` → `.sharedLists`; else `.none`.
      """,
    ],
    interpretation: """
      None of these loops stops with an error, and four of the five print a loss that falls. A \
      loss says that a model gets better at what it is asked; it cannot say that it was asked the \
      right thing. Three cheap habits catch all five: start twice with one seed, measure on data \
      that nobody could have learned from, and look at what the model writes.
      """,
    cases: { generator in
      try [("one of each and four more", 10), ("others", 12)].map { name, count in
        // One of each, and the rest by chance: to count them tells nothing.
        let faults =
          (LoopFault.allCases
          + (0..<(count - LoopFault.allCases.count)).map { _ in
            LoopFault.allCases.randomElement(using: &generator)!
          }).shuffled(using: &generator)
        let records = try faults.map { fault in
          try RecordedLoop(fault, seed: generator.next()).record()
        }
        return Case(name, question: records, key: faults)
      }
    },
    parts: [
      Part(SortingAsks.fault) { faults in Judgement { verdict(on: $0, faults) } }
    ])

  private static func verdict(on answer: [LoopFault], _ faults: [LoopFault]) -> Verdict {
    guard answer.count == faults.count else {
      return .invalid("there are \(answer.count) answers for \(faults.count) loops")
    }
    let wrong = zip(faults, answer).filter { $0 != $1 }
    // The sentence is about what was overlooked most often.
    let sentences = wrong.map { sentence(for: $0, called: $1) }
    guard
      let most = sentences.max(by: { a, b in
        let counts = (sentences.count { $0 == a }, sentences.count { $0 == b })
        return counts.0 == counts.1 ? a > b : counts.0 < counts.1
      })
    else { return .passed() }
    return .failed(most, detail: "\(wrong.count) of \(faults.count) loops are judged wrongly")
  }

  /// What to look at when a loop with one fault was said to have another.
  private static func sentence(for fault: LoopFault, called answer: LoopFault) -> String {
    switch (fault, answer) {
    case (.none, .otherGenerator):
      "a loop is blamed for its generator, and its two runs are the same: a loss goes up and down by "
        + "itself, from batch to batch"
    case (.none, _):
      "a sound loop is blamed: it sorts fresh lists as well as it says"
    case (.otherGenerator, _):
      "a loop was started twice with one seed and went two ways: that is a fault even where it learns"
    case (.otherModel, _):
      "there is a loop whose loss never falls, whatever its lists: think of what moves, and what does not"
    case (_, .none):
      "a loop is called sound because it says so: hold what it reports against fresh lists"
    case (.sharedLists, _):
      "a loop that fails on fresh lists alone is blamed for its targets: look whether what it writes "
        + "is nearly right"
    case (.lastToken, _):
      "a loop is misjudged whose model writes one and the same number at every place of a list"
    case (.ownToken, _):
      "a loop is misjudged whose model writes what each row has just read"
    }
  }
}
