import Coursework
import Laboratory
import SortingVocabulary
import Tensors
import Transformers

/// Tells shares of met, moved and new sequences from those of other groups.
struct CarryOverJudge: Judge {
  private let question: ContinuedSequences
  private let seen: SeenSequences
  /// The likeliest fourth number of each asked sequence.
  private let written: [Int]

  init(_ question: ContinuedSequences) {
    self.question = question
    seen = SeenSequences(question.training)
    let head = NaiveHead(question.model.model)
    written = question.asked.map { sequence in
      let logits = head.logits(of: question.model.sequences.tokens(of: sequence), at: 3..<4)[0]
      return logits.indices.max { logits[$0] < logits[$1] }!
    }
  }

  private func isMet(_ sequence: [Int]) -> Bool { seen.known.contains(sequence) }

  /// Whether the last so many numbers stand in a row in the training.
  private func isMoved(_ sequence: [Int], by count: Int = 3) -> Bool {
    !isMet(sequence)
      && (count == 3 ? seen.triples : seen.pairs).contains(Array(sequence.suffix(count)))
  }

  private func isNew(_ sequence: [Int]) -> Bool { !isMet(sequence) && !isMoved(sequence) }

  private func share(
    _ counts: ([Int]) -> Bool, isRight: ([Int], Int) -> Bool = { $0.last == $1 }
  ) -> Double {
    let chosen = zip(question.asked, written).filter { counts($0.0) }
    return Double(chosen.count { isRight($0.0, $0.1) }) / Double(chosen.count)
  }

  private func isTables(_ sequence: [Int], _ written: Int) -> Bool {
    seen.neighbour(of: sequence[2]) == written
  }

  private var right: CarryOver {
    CarryOver(
      met: share(isMet), moved: share { isMoved($0) }, new: share(isNew),
      asTable: share(isNew, isRight: isTables))
  }

  private var mistakes: [(CarryOver, String)] {
    func changed(_ change: (inout CarryOver) -> Void) -> CarryOver {
      var answer = right
      change(&answer)
      return answer
    }
    let unmet = share { !isMet($0) }
    return [
      (
        changed {
          $0.new = unmet
          $0.asTable = share({ !isMet($0) }, isRight: isTables)
        }, Self.notNew
      ),
      (changed { $0.new = unmet }, Self.notNew),
      (
        changed { answer in
          answer.moved = share { isMoved($0, by: 2) }
          answer.new = share { !isMet($0) && !isMoved($0, by: 2) }
          answer.asTable = share(
            { !isMet($0) && !isMoved($0, by: 2) }, isRight: isTables)
        },
        "two numbers in a row say nothing of the rule: the last three have to stand in the training"
      ),
      (
        changed { swap(&$0.met, &$0.new) },
        "met and new have changed places"
      ),
      (
        changed { $0.asTable = share({ !isMet($0) }, isRight: isTables) },
        "`asTable` is of the new sequences alone, and what was met elsewhere is counted"
      ),
      (
        changed { $0.asTable = share({ _ in true }, isRight: isTables) },
        "`asTable` is of the new sequences alone, and all that were asked are counted"
      ),
      (
        changed {
          $0.asTable = share(isNew) { sequence, _ in
            seen.neighbour(of: sequence[2]) == sequence.last
          }
        },
        "this is how often the table is right; `asTable` is how often the model writes what it says"
      ),
      (
        changed {
          $0.asTable = share(isNew) { sequence, written in
            seen.neighbour(of: sequence[2], within: 3) == written
          }
        },
        "the table counts what stands anywhere behind a number; its neighbour alone is meant"
      ),
    ]
  }

  private static let notNew = """
    sequences are counted as new whose last three numbers stand in the training, at another place: \
    what comes fourth can be read off there
    """

  /// How many ways to count give answers of their own.
  var distinctWays: Int {
    let all = ([right] + mistakes.map(\.0)).filter { Self.shares($0).allSatisfy(\.isFinite) }
    return all.indices.count { place in !all[..<place].contains { isClose($0, all[place]) } }
  }

  private func isClose(_ a: CarryOver, _ b: CarryOver) -> Bool {
    zip(Self.shares(a), Self.shares(b)).allSatisfy { abs($0 - $1) < 1e-6 }
  }

  private static func shares(_ answer: CarryOver) -> [Double] {
    [answer.met, answer.moved, answer.new, answer.asTable]
  }

  func verdict(on answer: CarryOver) -> Verdict {
    guard Self.shares(answer).allSatisfy(\.isFinite) else {
      return .invalid("a share is no number: of which sequences was it taken, if of none?")
    }
    let right = right
    if isClose(answer, right) { return .passed() }
    let detail =
      "they should be \(right.met), \(right.moved) and \(right.new), and \(right.asTable) as a table"
    if let mistake = mistakes.first(where: { isClose(answer, $0.0) }) {
      return .failed(mistake.1, detail: detail)
    }
    if Self.shares(answer).contains(where: { $0 > 1 }) {
      return .failed("a share is at most 1; these are counts or per cent", detail: detail)
    }
    let names = ["met", "moved", "new", "asTable"]
    let wrong = zip(names, zip(Self.shares(answer), Self.shares(right)))
      .filter { abs($0.1.0 - $0.1.1) >= 1e-6 }.map { "`\($0.0)`" }
    if wrong == names.dropLast() {
      return .failed(
        "no share is right: is it the row of the third number that is asked what comes fourth?",
        detail: detail)
    }
    return .failed("\(wrong.joined(separator: " and ")) should be another share", detail: detail)
  }
}

/// What stands where in the sequences of a training.
struct SeenSequences {
  let known, triples, pairs: Set<[Int]>
  /// What stands one, two and three places behind a number, how often.
  private var behind: [[Int: [Int: Int]]] = [[:], [:], [:]]

  init(_ training: [[Int]]) {
    func rows(of count: Int) -> Set<[Int]> {
      Set(
        training.flatMap { sequence in
          (0...(sequence.count - count)).map { Array(sequence[$0..<($0 + count)]) }
        })
    }
    known = Set(training)
    (triples, pairs) = (rows(of: 3), rows(of: 2))
    for sequence in training {
      for step in 1...3 {
        for (number, other) in zip(sequence, sequence.dropFirst(step)) {
          behind[step - 1][number, default: [:]][other, default: 0] += 1
        }
      }
    }
  }

  private func counts(of number: Int, within reach: Int) -> [Int: Int] {
    behind[..<reach].reduce(into: [:]) { sum, counts in
      sum.merge(counts[number, default: [:]]) { $0 + $1 }
    }
  }

  /// What most often stands behind a number, the least of equals.
  func neighbour(of number: Int, within reach: Int = 1) -> Int? {
    counts(of: number, within: reach).max { ($0.value, -$0.key) < ($1.value, -$1.key) }?.key
  }

  /// Whether one number stands behind another more often than any other does.
  func isSure(of number: Int) -> Bool {
    let sorted = counts(of: number, within: 1).values.sorted(by: >)
    return sorted.count == 1 || sorted.count > 1 && sorted[0] > sorted[1]
  }
}
