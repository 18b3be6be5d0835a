import Coursework
import Foundation
import Interpretability
import LensesVocabulary
import Tensors

extension LensSheet {
  /// 5.5: a sample of positions that a mean, and a comparison, may rest on.
  static let fairSample = Exercise(
    "5.5", "A fair sample", points: 4, difficulty: 3, importance: 4, minutes: 25,
    hints: [
      """
      The last token of a sentence is nearly always a full stop. A causal model does not see what comes \
      later: how do you get any other position to be the last? And when are two such prompts the same \
      question asked twice?
      """,
      """
      First the texts, then the positions: take each different text once, shuffle them, and give one half \
      to each part. A prompt is the beginning of a text, of two tokens at least, for the start token alone \
      is no text.
      """,
      """
      List every prompt of a part's texts, shuffle the list, and take the first `count` that are new: a \
      `Set<[Int]>` of what has been taken, shared by both parts, keeps doubles out of each and out of the \
      other.
      """,
      """
      `var generator = SeededGenerator(seed: seed)`; the different texts in the order in which they come \
      (`Set` has none: filter by `seen.insert(text).inserted`), `.shuffled(using: &generator)`; for a \
      half, `half.flatMap { text in (2...text.count).map { Array(text.prefix($0)) } }.shuffled(using: \
      &generator)`.
      """,
    ],
    interpretation: """
      Every position of a part's texts is now as likely as any other, so long texts count more than short \
      ones. Drawn text by text it would be the other way round; both are choices, to be named. What is no \
      choice is that the two parts share nothing: of 300 texts like these 20 are copies of others, and \
      most begin like some other. With positions split instead of texts, a lens is measured on \
      sentences that it was trained on. The seed makes the sample one that others can draw \
      again.
      """,
    cases: { generator in
      // So many copies, and so many prompts of all that there are.
      [("texts of all kinds", 120, 30, 300), ("more copies than texts", 50, 70, 120)]
        .map { name, texts, copies, count in
          let drawn = LensTexts.drawn(texts, seed: generator.next())
          let again = (0..<copies).map { _ in drawn.randomElement(using: &generator)! }
          return Case(
            name,
            TextsToSplit(
              texts: (drawn + again).shuffled(using: &generator), count: count,
              seeds: [generator.next(), generator.next()]))
        }
    },
    parts: [Part(askingAgain: LensAsks.prompts, judge: SampleJudge.init)])
}

/// Holds prompts against what they must be, and where they end against chance.
private struct SampleJudge: Judge {
  private let key: TextsToSplit
  private let texts: Set<[Int]>
  /// How many of the texts begin with a prompt.
  private let uses: [[Int]: Int]

  init(_ key: TextsToSplit) {
    self.key = key
    texts = Set(key.texts)
    uses = texts.reduce(into: [:]) { uses, text in
      for end in 1...text.count { uses[Array(text.prefix(end)), default: 0] += 1 }
    }
  }

  func verdict(on answer: [PromptSplit]) -> Verdict {
    guard answer.count == 3 else { return .invalid("three samples are asked for") }
    if let problem = problem(answer[0]) ?? problem(answer[2]) { return .failed(problem) }
    guard answer[0] == answer[1] else {
      return .failed(
        "the same seed gives other prompts the second time; draw from a generator of it, and from lists, "
          + "for a set has no order")
    }
    guard answer[0] != answer[2] else {
      return .failed("two seeds give the same prompts; the generator starts from `seed`")
    }
    return .passed()
  }

  private func problem(_ split: PromptSplit) -> String? {
    let parts = [split.training, split.evaluation]
    let all = split.training + split.evaluation
    if all.contains([]) { return "a prompt is empty" }
    if all.contains(where: { uses[$0] == nil }) {
      let isEnd = all.allSatisfy { prompt in texts.contains { $0.suffix(prompt.count) == prompt } }
      return isEnd
        ? "the beginning was cut off, and the end kept; the position is the last of what is kept"
        : "a prompt is not the beginning of a text; keep the order and cut only at the end"
    }
    if all.contains(where: { $0.count < 2 }) {
      return
        "a prompt is the start token alone: it stands at position 0, and the first word at 1; no text has "
        + "begun there"
    }
    if !all.isEmpty, all.allSatisfy({ texts.contains($0) }) {
      return "nothing was cut: every prompt is a whole text"
    }
    for part in parts where Set(part).count < part.count {
      return
        "a prompt comes twice in one part: two texts that begin alike, or are copies, give the same one"
    }
    let (training, evaluation) = (Set(split.training), Set(split.evaluation))
    if let problem = sharing(training, evaluation) { return problem }
    for (part, name) in zip(parts, ["training", "evaluation"]) where part.count != key.count {
      return "there are \(part.count) prompts for \(name), not \(key.count)"
    }
    return unevenness(all)
  }

  /// What the parts have in common, if they have.
  private func sharing(_ training: Set<[Int]>, _ evaluation: Set<[Int]>) -> String? {
    // Prompts that begin one text alone tell whose they are.
    func owners(_ part: Set<[Int]>) -> Set<[Int]> {
      let own = part.filter { uses[$0] == 1 }
      return texts.filter { text in
        (2...text.count).contains { own.contains(Array(text.prefix($0))) }
      }
    }
    if !owners(training).isDisjoint(with: owners(evaluation)) {
      return
        "a text, or a copy of it, serves both parts: positions were split, and what is measured is of texts that were "
        + "learned from; split texts"
    }
    return training.isDisjoint(with: evaluation)
      ? nil
      : "a prompt is in both parts: it begins a text of each; leave it out of one"
  }

  /// What is uneven about the places where prompts end, if it cannot be chance.
  ///
  /// Looked at are prompts that begin one text alone: of the others one in many is left.
  private func unevenness(_ prompts: [[Int]]) -> String? {
    let own = prompts.filter { uses[$0] == 1 }
    /// Everything that might have been drawn, and the text of each.
    let pool = texts.flatMap { text in
      (2...text.count).filter { uses[Array(text.prefix($0))] == 1 }.map { (text, $0) }
    }
    let lengths = texts.map(\.count).sorted()
    let long = lengths[lengths.count / 2]
    /// Whether a share of the prompts is what it is of all, give or take five deviations.
    func excess(_ found: Int, _ share: Double) -> Int {
      let expected = Double(own.count) * share
      let room = 5 * (expected * (1 - share)).squareRoot() + 1
      return Double(found) > expected + room ? 1 : Double(found) < expected - room ? -1 : 0
    }
    func share(_ has: ([Int], Int) -> Bool) -> Double {
      Double(pool.count { has($0.0, $0.1) }) / Double(pool.count)
    }
    let ends = excess(own.count { texts.contains($0) }, share { $0.count == $1 })
    if ends > 0 {
      return
        "whole texts are too many; draw up to each text's own length, so that none needs cutting down"
    }
    // Of a dozen that are due none would be missing by chance.
    let due = Double(own.count) * share { $0.count == $1 }
    if due >= 12, !own.contains(where: { texts.contains($0) }) {
      return "no prompt is a whole text; its last position is one like others"
    }
    let owner = Dictionary(
      pool.map { (Array($0.0.prefix($0.1)), $0.0) }, uniquingKeysWith: { first, _ in first })
    let fromLong = own.count { (owner[$0]?.count ?? 0) > long }
    let longs = excess(fromLong, share { text, _ in text.count > long })
    if longs < 0 {
      return
        "short texts count as much as long ones: draw from all positions of a part's texts, each as likely "
        + "as any other"
    }
    if longs > 0 { return "long texts are drawn more often than their positions are many" }
    let early = own.count { 2 * $0.count <= owner[$0]?.count ?? 0 }
    guard excess(early, share { 2 * $1 <= $0.count }) == 0, ends == 0 else {
      return "some positions are much likelier than others; draw evenly"
    }
    return nil
  }
}
