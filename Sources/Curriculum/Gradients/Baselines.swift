import Coursework
import Foundation
import Interpretability
import Laboratory
import Tensors
import Transformers

extension GradientsSheet {
  /// 3.5: baselines, what they say, and which of them can be trusted.
  static let baselinesMatter = Exercise(
    "3.5", "The baseline matters", points: 4, difficulty: 3, importance: 5, minutes: 25,
    timeLimit: 30,
    hints: [
      """
      Every attribution answers “compared with what?”. Copy the embeddings, and put the filler's row \
      where something is to be taken away.
      """,
      """
      For a report, use what you wrote in 3.4: the scores, their greatest place, and the gap. What \
      there was to share out, f(x) − f(x′), does not depend on the scores.
      """,
      """
      The greatest score is not the strongest: −5 is less than 1. A gap is judged by its size, in \
      comparison with the size of f(x) − f(x′).
      """,
      """
      `BaselineReport(top: scores.indices.max { scores[$0] < scores[$1] }!, difference: difference, \
      isComplete: abs(gap) <= 0.05 * abs(difference))`, for every baseline.
      """,
    ],
    interpretation: """
      No baseline is neutral. Zero embeddings are no sentence, and for a model with RMS norm they are the \
      worst of places: the norm divides by a length that goes to 0, so the gradient near zero is \
      enormous, and hundreds of steps may not add up. Padding everywhere takes the instruction away too, \
      so “Translate” is given a share that belongs to no word. Padding between instruction and end asks \
      what you want to know: what do these words do? Say which you took, and show the gap.
      """,
    cases: { generator in
      let translator = try AttentionSheet.translator()
      let pair = translator.pairs(count: 1, using: &generator)[0]
      let prediction = try translator.prediction(of: pair, using: &generator)
      let filler = try translator.filler()
      let embeddings = try prediction.explained().embeddings.source
      let kept = prediction.frame(of: pair)
      let zeros = Tensor.zeros(embeddings.shape)
      var cases = [
        try baselineCase(
          "a word of a translation", .translator(prediction), filler: filler, keeping: kept,
          from: [
            zeros, zeros + filler,
            replaced(embeddings, by: filler, keeping: Set(kept)),
            zeros + translator.model.meanEmbedding,
          ], steps: 10)
      ]
      cases.insert(try saturatingCase(using: &generator), at: 0)
      cases.append(try linearCase(using: &generator))
      return cases
    },
    ask: { answers, question in
      let number = try question.number.number()
      return BaselineAnswer(
        baseline: try unlessUnanswered {
          try answers.baseline(
            for: number.embeddings, filler: question.filler, keeping: question.kept)
        },
        reports: try unlessUnanswered {
          try answers.reports(on: number, from: question.baselines, steps: question.steps)
        })
    },
    verify: { key, answer in
      if answer.baseline == nil && answer.reports == nil { return .unanswered }
      return .combining([
        answer.baseline.map { judgeBaseline($0, key) }
          ?? .failed("`baseline` is not answered yet"),
        answer.reports.map { BaselineJudge(key).verdict(on: $0) }
          ?? .failed("`reports` is not answered yet"),
      ])
    })

  struct BaselineQuestion: Codable, Sendable {
    var number: NumberQuestion
    /// `[width]`.
    var filler: Tensor
    var kept: [Int]
    /// `[position, width]` each.
    var baselines: [Tensor]
    var steps: Int
  }

  struct BaselineAnswer: Codable, Sendable {
    var baseline: Tensor?
    var reports: [BaselineReport]?
  }

  struct BaselineKey: Codable, Sendable {
    var embeddings: Tensor
    var filler: Tensor
    var kept: [Int]
    /// For every baseline, what is attributed to every position.
    var scores: [[Float]]
    /// For every baseline, f(x′).
    var starts: [Float]
    /// f(x).
    var value: Float
  }

  private static func replaced(
    _ embeddings: Tensor, by filler: Tensor, keeping kept: Set<Int>
  ) -> Tensor {
    Tensor(
      rows: (0..<embeddings.shape[0]).map {
        kept.contains($0) ? embeddings[at: $0].values : filler.values
      })
  }

  /// Two steps along a sum that is no more than 1: from the first baseline they find a quarter too
  /// much, from the second an eighth too little, and from the third just what there is.
  private static func saturatingCase(
    using generator: inout SeededGenerator
  ) throws -> Case<BaselineQuestion, BaselineKey> {
    while true {
      let (weights, tokens) = saturatedTokens(using: &generator)
      let drawn = try baselineCase(
        "a sum that is no more than 1, in two steps",
        .formula(Formula(kind: .saturating, weights: weights), embeddings: tokens),
        filler: .randomNormal([3], using: &generator), keeping: [2],
        from: [.zeros(tokens.shape), tokens * -0.4, tokens * -0.2], steps: 2)
      guard drawn.question.baselines.count == 3 else { continue }
      // All three share out alike. Were the least after the greatest, two mistakes would look alike.
      let scores = drawn.key.scores[0]
      let top = scores.firstIndex(of: scores.max()!)!
      if scores.firstIndex(of: scores.min()!) != top + 1 { return drawn }
    }
  }

  /// Three baselines of a plane, from which everything adds up, and of whose scores the strongest is
  /// not the greatest.
  private static func linearCase(
    using generator: inout SeededGenerator
  ) throws -> Case<BaselineQuestion, BaselineKey> {
    while true {
      let weights = Tensor.randomNormal([5, 3], using: &generator)
      let embeddings = Tensor.randomNormal([5, 3], using: &generator)
      let drawn = try baselineCase(
        "a plane", .formula(Formula(kind: .linear, weights: weights), embeddings: embeddings),
        filler: .randomNormal([3], using: &generator), keeping: [1, 3],
        from: (0..<3).map { _ in .randomNormal([5, 3], using: &generator) }, steps: 3)
      let isTelling = drawn.key.scores.contains { scores in
        scores.map(abs).max()! > scores.max()! + 0.1
      }
      if isTelling, drawn.question.baselines.count == 3 { return drawn }
    }
  }

  /// A case of those baselines whose report does not hang on the last digit.
  private static func baselineCase(
    _ name: String, _ number: NumberQuestion, filler: Tensor, keeping kept: [Int],
    from baselines: [Tensor], steps: Int
  ) throws -> Case<BaselineQuestion, BaselineKey> {
    let function = try number.number()
    let value = try function(function.embeddings).scalar
    var telling: [Tensor] = []
    var key = BaselineKey(
      embeddings: function.embeddings, filler: filler, kept: kept, scores: [], starts: [],
      value: value)
    for baseline in baselines {
      let scores = try PathWork(function, from: baseline, steps: steps).expected
      let start = try function(baseline).scalar
      let difference = value - start
      let share = abs(scores.reduce(0, +) - difference) / abs(difference)
      let sorted = scores.sorted(by: >)
      let isClear = sorted.count < 2 || sorted[0] - sorted[1] > 0.02 * max(abs(sorted[0]), 1)
      guard abs(difference) > 0.05, isClear, share < 0.035 || share > 0.07,
        scores.allSatisfy(\.isFinite)
      else { continue }
      telling.append(baseline)
      key.scores.append(scores)
      key.starts.append(start)
    }
    return Case(
      name,
      question: BaselineQuestion(
        number: number, filler: filler, kept: kept, baselines: telling, steps: steps), key: key)
  }

  private static func judgeBaseline(_ answer: Tensor, _ key: BaselineKey) -> Verdict {
    let (kept, all) = (Set(key.kept), Set(0..<key.embeddings.shape[0]))
    let wanted = replaced(key.embeddings, by: key.filler, keeping: kept)
    let verdict = Verdict.compare(
      answer, to: wanted, tolerance: 1e-5, named: "the baseline", axes: ["position", "column"])
    guard verdict.status != .passed, answer.shape == wanted.shape else { return verdict }
    func isNear(_ other: Tensor) -> Bool {
      Verdict.compare(answer, to: other, tolerance: 1e-5, named: "").status == .passed
    }
    let zero = Tensor.zeros(key.filler.shape)
    let reasons: [(Tensor, String)] = [
      (key.embeddings, "nothing was replaced: the filler stands where nothing is kept"),
      (
        replaced(key.embeddings, by: key.filler, keeping: all.subtracting(kept)),
        "kept and replaced are exchanged: `kept` are the positions that stay as they are"
      ),
      (
        replaced(key.embeddings, by: key.filler, keeping: []),
        "the positions to be kept are replaced too"
      ),
      (
        replaced(key.embeddings, by: zero, keeping: kept),
        "zeros stand where the filler should: it is an embedding too"
      ),
      (
        replaced(
          zero.reshaped(to: [1, zero.count]) + Tensor.zeros(wanted.shape), by: key.filler,
          keeping: kept),
        "the kept positions are zeros; they keep their embeddings"
      ),
    ]
    return reasons.first { isNear($0.0) && !isNear(wanted) }.map {
      .failed($0.1, detail: verdict.detail)
    } ?? verdict
  }
}

extension Transformer {
  /// The mean of all tokens' embeddings, `[width]`.
  fileprivate var meanEmbedding: Tensor { embedding.mean(axis: 0) }
}
