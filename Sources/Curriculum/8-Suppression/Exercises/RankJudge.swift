import Coursework

/// The judge of places in rows: how many entries of each row lie beyond the row's own.
///
/// Entries that rounding cannot tell from a row's own may be counted or not.
struct RankJudge: Judge {
  /// A matrix whose diagonal is looked at, and on which side of it.
  struct Ranking {
    let rows: [[Double]]
    var countsGreater = false

    /// How many entries of every row lie beyond its own by more than some slack.
    func ranks(slack: Double = 0) -> [Int] {
      rows.enumerated().map { index, row in
        let sign: Double = countsGreater ? 1 : -1
        let reach = row.map { abs($0) }.max() ?? 0
        return row.indices.count { other in
          other != index && sign * (row[other] - row[index]) > slack * reach
        }
      }
    }
  }

  let right: Ranking
  let name: String
  let mistakes: () -> [(String, [Int])]

  func verdict(on answer: [Int]) -> Verdict {
    let least = right.ranks(slack: 1e-5)
    let most = right.ranks(slack: -1e-5)
    guard answer.count == least.count else {
      return .invalid(
        "\(name) are \(answer.count), not \(least.count): there is one for every token")
    }
    guard
      let wrong = answer.indices.first(where: { !(least[$0]...most[$0]).contains(answer[$0]) })
    else { return .passed() }
    let detail =
      "at token \(wrong) the rank is \(answer[wrong]) and should be \(least[wrong])"
    for (sentence, ranks) in mistakes()
    where zip(answer, ranks).count(where: { $0 == $1 }) * 50 >= answer.count * 49 {
      return .failed(sentence, detail: detail)
    }
    let count = answer.indices.count { !(least[$0]...most[$0]).contains(answer[$0]) }
    return .failed("\(count) of \(answer.count) of \(name) are wrong", detail: detail)
  }
}
