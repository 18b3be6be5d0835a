import Coursework
import Foundation
import GradientsVocabulary
import Interpretability
import Laboratory
import SheetTools
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
      let translator = try SheetTranslator.translator()
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
    parts: [
      Part(GradientsAsks.baseline, judge: filledBaseline),
      Part(GradientsAsks.reports) { BaselineJudge($0) },
    ])

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
  ) throws -> Case<BaselineChoices, BaselineWork> {
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
  ) throws -> Case<BaselineChoices, BaselineWork> {
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
    _ name: String, _ number: NumberSource, filler: Tensor, keeping kept: [Int],
    from baselines: [Tensor], steps: Int
  ) throws -> Case<BaselineChoices, BaselineWork> {
    var work = try BaselineWork(
      BaselineChoices(
        number: number, filler: filler, kept: kept, baselines: baselines, steps: steps))
    work.removeUnclearBaselines()
    return Case(name, question: work.choices, key: work)
  }

  private static func filledBaseline(_ work: BaselineWork) -> Expected<Tensor> {
    let (embeddings, filler) = (work.embeddings, work.choices.filler)
    let (kept, all) = (Set(work.choices.kept), Set(0..<embeddings.shape[0]))
    let wanted = replaced(embeddings, by: filler, keeping: kept)
    return Expected(
      wanted, tolerance: 1e-5, named: "the baseline", axes: ["position", "column"]
    ) {
      [
        Mistake("nothing was replaced: the filler stands where nothing is kept", embeddings),
        Mistake(
          "kept and replaced are exchanged: `kept` are the positions that stay as they are",
          replaced(embeddings, by: filler, keeping: all.subtracting(kept))),
        Mistake(
          "the positions to be kept are replaced too", replaced(embeddings, by: filler, keeping: [])
        ),
        Mistake(
          "zeros stand where the filler should: it is an embedding too",
          replaced(embeddings, by: .zeros(filler.shape), keeping: kept)),
        Mistake(
          "the kept positions are zeros; they keep their embeddings",
          replaced(.zeros(wanted.shape), by: filler, keeping: kept)),
      ]
    }
  }
}

extension Transformer {
  /// The mean of all tokens' embeddings, `[width]`.
  fileprivate var meanEmbedding: Tensor { embedding.mean(axis: 0) }
}
