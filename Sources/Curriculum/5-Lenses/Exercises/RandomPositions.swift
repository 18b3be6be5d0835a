import Coursework
import Interpretability
import LensesVocabulary
import Tensors

extension LensSheet {
  /// 5.5: a random position is a prompt that ends there.
  static let randomPositions = Exercise(
    "5.5", "Random positions", points: 3, difficulty: 2, importance: 4, minutes: 15,
    hints: [
      """
      The last token of a sentence is nearly always a full stop. A mean over last positions is a mean \
      over what follows full stops. How do you get any other position to be the last?
      """,
      """
      A causal model does not see what comes later: cut the text behind a position, and that position \
      is the last. Draw how many tokens to keep, for each text by itself.
      """,
      """
      From `minimum` up to the text's *own* length, both included, each as likely as any other: \
      `Int.random(in: minimum...text.count, using: &generator)`. Shorter texts are left out.
      """,
      """
      `var generator = SeededGenerator(seed: seed)`; `return texts.filter { $0.count >= minimum }.map { \
      Array($0.prefix(Int.random(in: minimum...$0.count, using: &generator))) }`.
      """,
    ],
    interpretation: """
      Every position of a text is now as likely as any other of the same text, and short texts count as \
      much as long ones. That is a choice: drawn evenly from all positions of all texts, long texts \
      would count more. Say which you made. The seed makes the sample one that others can draw again.
      """,
    cases: { generator in
      func texts(_ lengths: [Int]) -> [[Int]] {
        lengths.map { length in
          // Numbered, so that a prefix is not a suffix.
          let start = Int.random(in: 0..<900, using: &generator)
          return (0..<length).map { start + $0 }
        }
      }
      let same = texts(Array(repeating: 9, count: 400))
      let mixed = texts((0..<600).map { _ in Bool.random(using: &generator) ? 4 : 12 })
      let short = texts((0..<200).map { _ in Int.random(in: 1...6, using: &generator) })
      return [
        ("texts of one length", same, 2), ("short texts and long ones", mixed, 1),
        ("texts that are too short", short, 3),
      ]
      .map { name, texts, minimum in
        Case(
          name,
          TextsToTrim(
            texts: texts, minimum: minimum, seeds: [generator.next(), generator.next()]))
      }
    },
    parts: [Part(askingAgain: LensAsks.trimmed, judge: TrimJudge.init)])
}

/// Holds trimmed texts against what they must be, and their lengths against chance.
private struct TrimJudge: Judge {
  let minimum: Int
  let texts: [[Int]]
  let all: [[Int]]

  init(_ key: TextsToTrim) {
    minimum = key.minimum
    all = key.texts
    texts = all.filter { $0.count >= key.minimum }
  }

  func verdict(on answer: [[[Int]]]) -> Verdict {
    guard answer.count == 3 else { return .invalid("three sets of prompts are asked for") }
    if let problem = problem(answer[0]) ?? problem(answer[2]) { return .failed(problem) }
    guard answer[0] == answer[1] else {
      return .failed(
        "the same seed gives other prompts the second time; draw from a generator of it")
    }
    guard answer[0] != answer[2] else {
      return .failed("two seeds give the same prompts; the generator starts from `seed`")
    }
    return .passed()
  }

  private func problem(_ prompts: [[Int]]) -> String? {
    guard prompts.count == texts.count else {
      return prompts.count == all.count
        ? "texts shorter than the minimum are still there"
        : "there are \(prompts.count) prompts for \(texts.count) texts that are long enough"
    }
    let pairs = zip(prompts, texts)
    if pairs.allSatisfy({ $0.0 == $0.1 }) { return "nothing was cut: every prompt is a whole text" }
    guard pairs.allSatisfy({ $0.1.starts(with: $0.0) }) else {
      return pairs.allSatisfy({ $0.0.elementsEqual($0.1.suffix($0.0.count)) })
        ? "the beginning was cut off, and the end kept; the position is the last of what is kept"
        : "a prompt is not the beginning of its text; keep the order and cut only at the end"
    }
    guard prompts.allSatisfy({ $0.count >= minimum }) else {
      return "a prompt is shorter than the minimum"
    }
    for length in Set(texts.map(\.count)).sorted() where length > minimum {
      if let problem = unevenness(pairs.filter { $0.1.count == length }.map(\.0.count), length) {
        return problem
      }
    }
    return nil
  }

  /// What is uneven about the lengths that were kept of texts of one length, if it cannot be chance.
  private func unevenness(_ kept: [Int], _ length: Int) -> String? {
    let choices = length - minimum + 1
    let expected = Double(kept.count) / Double(choices)
    // Five deviations of a count: one honest sample in a million fails.
    let room = 5 * (expected * (1 - 1 / Double(choices))).squareRoot() + 1
    func count(_ value: Int) -> Double { Double(kept.count { $0 == value }) }
    guard expected > room else { return nil }
    if Set(kept).count == 1 { return "all prompts have one length; draw for each text by itself" }
    if count(length) == 0 {
      return "no prompt is a whole text; its last position is one like others"
    }
    if count(minimum) == 0 { return "no prompt is as short as the minimum allows" }
    if count(length) > expected + room {
      return
        "whole texts are too many; draw up to each text's own length, so that none needs cutting "
        + "down"
    }
    guard (minimum...length).allSatisfy({ abs(count($0) - expected) <= room }) else {
      return "some positions are much likelier than others; draw evenly"
    }
    return nil
  }
}
