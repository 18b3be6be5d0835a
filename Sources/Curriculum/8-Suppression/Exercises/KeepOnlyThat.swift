import Coursework
import Foundation
import SheetTools
import SuppressionVocabulary
import Tensors
import Transformers

extension SuppressionSheet {
  /// 8.7: the copy-suppression-preserving ablation.
  static let keepOnlyThat = Exercise(
    "8.7", "Keep only that", points: 4, difficulty: 5, importance: 5, minutes: 60,
    hints: [
      """
      Three things are kept apart: for every source the tokens that the head writes against most when it \
      reads that source; for every destination the likeliest predictions; and for a pair of both what the \
      two lists have in common.
      """,
      """
      The OV row of a source is its token's row of `embedding`, through W_V, W_O and W_U: the `keys` least \
      entries are its list. What is moved from s beyond the mean is (v_s − mean) W_O; of it the part in \
      the span of the common tokens' columns of W_U stays.
      """,
      """
      Columns of W_U are not perpendicular: projecting on each by itself counts what they share twice. \
      With the columns in a matrix C, `[width, count]`, `C.leastSquares(to: x)` says how much of each \
      makes the nearest vector to x in their span; C times that is the projection.
      """,
      """
      For every destination start with the mean through W_O; then for s in 0...d with anything in common \
      add `pattern[d, s]` times the projection. For the second part: `let p = kept.logSoftmax(), q = \
      model.logSoftmax()`; the KL of a row is `(p.exp() * (p − q)).sum()`, of which \
      `kept.softmax() * (p − q)` is the same.
      """,
    ],
    interpretation: """
      76.9 % of head 10.7 in GPT-2 small survive: with nothing but “write against what is predicted \
      where it stands”, the model's predictions move by a quarter of the KL that the head's absence \
      moves them. The number depends on two K's, on what stands for the tokens, and on the corpus. With large \
      K's nearly any vector lies in the span, and an untrained head is explained as well as yours. So a high \
      number at small K's is evidence, beside the low one of other heads at the same K's; and a number below 0 \
      says that what was kept does harm without what was left out.
      """,
    cases: { generator in
      var cases: [Case<KeptHead, KeptHead>] = []
      for (name, keys, unembeddings) in [("a few of each", 4, 6), ("many predictions", 3, 11)] {
        while true {
          let question = random(keys: keys, unembeddings: unembeddings, using: &generator)
          if KeptLoop(question).isClear {
            cases.append(Case(name, question))
            break
          }
        }
      }
      while true {
        let question = try onATour(using: &generator)
        if KeptLoop(question).isClear {
          cases.append(Case("a head of the reader of tours", question))
          return cases
        }
      }
    },
    parts: [
      Part(SuppressionAsks.kept) { KeptLoop($0).judge },
      Part(SuppressionAsks.recovered, judge: recovered),
    ])

  private static func random(
    keys: Int, unembeddings: Int, using generator: inout SeededGenerator
  ) -> KeptHead {
    let (tokens, width, inner, length) = (14, 9, 4, 7)
    func matrix(_ rows: Int, _ columns: Int, _ deviation: Float = 1) -> Tensor {
      .randomNormal(
        [rows, columns], standardDeviation: deviation / Float(rows).squareRoot(),
        using: &generator)
    }
    let head = HeadMatrices(
      embedding: matrix(tokens, width) * Float(tokens).squareRoot(), query: matrix(width, inner),
      queryBias: .zeros([inner]), key: matrix(width, inner), value: matrix(width, inner),
      output: matrix(inner, width, 2), unembedding: matrix(width, tokens, 2))
    let text = (0..<length).map { _ in Int.random(in: 0..<tokens, using: &generator) }
    let noise = Tensor.randomNormal(
      [length, inner], standardDeviation: 0.5, using: &generator)
    let pattern = Tensor(
      rows: (0..<length).map { d in
        let scores = (0...d).map { _ in exp(Float.random(in: -1.5..<1.5, using: &generator)) }
        let total = scores.reduce(0, +)
        return scores.map { $0 / total } + Array(repeating: 0, count: length - d - 1)
      })
    return KeptHead(
      head: head,
      text: HeadText(
        tokens: text, values: head.embedding.gathering(text).matmul(head.value) + noise,
        mean: .randomNormal([inner], standardDeviation: 0.6, using: &generator),
        pattern: pattern,
        lens: .randomNormal([length, tokens], standardDeviation: 2, using: &generator)),
      keys: keys, unembeddings: unembeddings, using: &generator)
  }

  private static func onATour(using generator: inout SeededGenerator) throws -> KeptHead {
    let place = suppressors[0]
    let text = tours(1, length: 16, seed: generator.next())[0]
    return KeptHead(
      head: try tourHead(place), text: try headText(place, text, mean: tourMean.get()), keys: 8,
      unembeddings: 10, using: &generator)
  }

  /// The mean of what a suppressor of the reader of tours mixes over some tours, `[headWidth]`.
  static let tourMean = Result {
    let model = try SuppressionModel.tours.made()
    let rows = try tours(12, seed: 8).flatMap { text in
      try PlainRun(model, text).rows(suppressors[0], .mixed)
    }
    return Tensor(Plain.mean(rows).map(Float.init))
  }

  /// What a head of the reader of tours did on a tour, over the tokens of tours; what stands in front of
  /// them is left out.
  static func headText(_ place: HeadPlace, _ text: [Int], mean: Tensor) throws -> HeadText {
    let run = try PlainRun(SuppressionModel.tours.made(), text)
    let lens = try run.lens(before: place.layer)
    let there = text.indices.filter { tourTokens.contains(text[$0]) }
    func rows(_ values: [[Double]]) -> Tensor {
      Tensor(rows: there.map { values[$0].map(Float.init) })
    }
    let pattern = try run.pattern(place)
    return HeadText(
      tokens: there.map { tourTokens.firstIndex(of: text[$0])! },
      values: rows(try run.rows(place, .value)), mean: mean,
      pattern: Tensor(rows: there.map { d in there.map { Float(pattern[d][$0]) } }),
      lens: Tensor(rows: there.map { d in tourTokens.map { Float(lens[d][$0]) } }))
  }

  private static func recovered(_ key: KeptHead) -> Expected<Double> {
    let (kept, ablated, model) = (
      key.kept.doubleRows.map { Plain.logSoftmax($0) },
      key.ablated.doubleRows.map { Plain.logSoftmax($0) },
      key.model.doubleRows.map { Plain.logSoftmax($0) }
    )
    /// KL(p ‖ q) at every position.
    func divergences(_ p: [[Double]], _ q: [[Double]]) -> [Double] {
      zip(p, q).map { p, q in zip(p, q).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) } }
    }
    let (preserved, bare) = (divergences(kept, model), divergences(ablated, model))
    let ratio = Plain.mean(preserved) / Plain.mean(bare)
    return number(1 - ratio, named: "what is recovered") {
      [
        ("this is what is lost; what is recovered is the rest of 1", ratio),
        (
          "KL is taken the other way round: it is KL(kept ‖ model), weighted by what was changed",
          1 - Plain.mean(divergences(model, kept)) / Plain.mean(divergences(model, ablated))
        ),
        (
          "this is a mean of ratios, in which a position where hardly anything is lost counts most; it is the "
            + "ratio of the means",
          1 - Plain.mean(zip(preserved, bare).map { $0 / $1 })
        ),
        (
          "kept and ablated have changed places", 1 - 1 / ratio
        ),
        (
          "what is kept is held against the ablated head; both are held against the model",
          1 - Plain.mean(divergences(kept, ablated)) / Plain.mean(bare)
        ),
      ]
    }
  }

  /// The judge of one number.
  static func number(
    _ right: Double, named name: String, mistakes: @escaping () -> [(String, Double)]
  ) -> Expected<Double> {
    Expected(
      comparing: { .compare(Float($0), to: Float(right), tolerance: 1e-3, named: name) },
      isSame: { abs($0 - $1) <= 1e-3 * max(1, abs($1)) },
      mistakes: { mistakes().map { Mistake($0.0, $0.1) } })
  }
}

extension KeptHead {
  /// A question with logits that are drawn for its second part.
  fileprivate init(
    head: HeadMatrices, text: HeadText, keys: Int, unembeddings: Int,
    using generator: inout SeededGenerator
  ) {
    let model = Tensor.randomNormal([6, 11], standardDeviation: 1.5, using: &generator)
    func moved(_ deviation: Float) -> Tensor {
      // Each position is moved by another amount.
      let amounts = Tensor(
        (1...6).map { deviation * Float($0) / 4 }, shape: [6, 1])
      return model + amounts * Tensor.randomNormal([6, 11], using: &generator)
    }
    self.init(
      head: head, text: text, keys: keys, unembeddings: unembeddings, kept: moved(0.4),
      ablated: moved(1), model: model)
  }
}
