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

/// What is kept, one pair of source and destination at a time, and what becomes of it by mistake.
private struct KeptLoop {
  private let question: KeptHead
  private let head: PlainHead
  private let values, pattern, lens: [[Double]]
  private let mean: [Double]
  /// The OV rows of the sources, `[source][token]`.
  private let written: [[Double]]

  init(_ question: KeptHead) {
    self.question = question
    head = PlainHead(question.head)
    (values, pattern, lens) = (
      question.text.values.doubleRows, question.text.pattern.doubleRows,
      question.text.lens.doubleRows
    )
    mean = question.text.mean.values.map(Double.init)
    let embedding = head.embedding
    written = PlainHead(question.head).written(
      reading: question.text.tokens.map { embedding[$0] })
  }

  /// How something is kept.
  struct Way {
    /// The tokens of a pair from those of the source and those of the destination.
    var common: (Set<Int>, Set<Int>) -> Set<Int> = { $0.intersection($1) }
    var takesGreatest = false
    var isOneByOne = false
    var isWeighed = true
    /// Whether the mean is taken off what is moved.
    var leavesMeanOut = true
    /// Whether the mean is written where nothing is kept.
    var writesMean = true
  }

  private func least(_ row: [Double], _ count: Int) -> Set<Int> {
    Set(row.indices.sorted { row[$0] < row[$1] }.prefix(count))
  }

  /// The part of a vector in the span of tokens' directions.
  private func projected(_ x: [Double], on tokens: Set<Int>, oneByOne: Bool) -> [Double] {
    var basis: [[Double]] = []
    for token in tokens.sorted() {
      var rest = head.directions[token]
      let length = Plain.length(rest)
      if !oneByOne {
        for _ in 0..<2 {
          for unit in basis { rest = Plain.sum(rest, unit, factor: -Plain.dot(rest, unit)) }
        }
      }
      let left = Plain.length(rest)
      if left > 1e-6 * length { basis.append(rest.map { $0 / left }) }
    }
    return basis.reduce(x.map { _ in 0 }) { Plain.sum($0, $1, factor: Plain.dot(x, $1)) }
  }

  func kept(_ way: Way = Way()) -> [[Double]] {
    let sources = written.map { row in
      least(way.takesGreatest ? row.map { -$0 } : row, question.keys)
    }
    let predictions = lens.map { least($0.map { -$0 }, question.unembeddings) }
    let bare = Plain.times(mean, head.output)
    return pattern.indices.map { d in
      var sum = way.writesMean ? bare : bare.map { _ in 0 }
      for s in pattern[d].indices where pattern[d][s] != 0 {
        let common = way.common(sources[s], predictions[d])
        if common.isEmpty { continue }
        let moved = way.leavesMeanOut ? Plain.sum(values[s], mean, factor: -1) : values[s]
        let part = projected(
          Plain.times(moved, head.output), on: common, oneByOne: way.isOneByOne)
        sum = Plain.sum(sum, part, factor: way.isWeighed ? pattern[d][s] : 1)
      }
      return sum
    }
  }

  /// Whether the lists end where a clear step is, some pair has several tokens in common that are no
  /// two ways to say one, and mistakes can be seen.
  var isClear: Bool {
    func hasStep(_ row: [Double], _ count: Int) -> Bool {
      let sorted = row.sorted()
      return sorted[count] - sorted[count - 1] > 1e-3 * (sorted[sorted.count - 1] - sorted[0])
    }
    guard written.allSatisfy({ hasStep($0, question.keys) }),
      lens.allSatisfy({ hasStep($0.map { -$0 }, question.unembeddings) })
    else { return false }
    let right = kept()
    func differs(_ way: Way) -> Bool {
      let other = kept(way)
      return zip(right.joined(), other.joined()).contains { abs($0 - $1) > 0.02 }
    }
    return differs(Way(isOneByOne: true)) && differs(Way(leavesMeanOut: false))
      && differs(Way(writesMean: false)) && isSteady
  }

  /// Whether least squares with a small penalty find the same.
  private var isSteady: Bool {
    let sources = written.map { least($0, question.keys) }
    let predictions = lens.map { least($0.map { -$0 }, question.unembeddings) }
    for d in pattern.indices {
      for s in pattern[d].indices where pattern[d][s] != 0 {
        let common = sources[s].intersection(predictions[d]).sorted()
        if common.isEmpty { continue }
        let moved = Plain.times(Plain.sum(values[s], mean, factor: -1), head.output)
        let exact = projected(moved, on: Set(common), oneByOne: false)
        let columns = Tensor(
          rows: Plain.transposed(common.map { head.directions[$0] }).map { $0.map(Float.init) })
        let found = columns.matmul(
          columns.leastSquares(to: Tensor(moved.map(Float.init), shape: [moved.count, 1])))
        if zip(found.values, exact).contains(where: { abs(Double($0) - $1) > 3e-4 }) {
          return false
        }
      }
    }
    return true
  }

  var judge: Expected<Tensor> {
    Expected(
      kept(), tolerance: 2e-3, named: "what is kept", axes: ["destination", "width"]
    ) {
      let whole = Plain.times(mean, head.output)
      return [
        Mistake("nothing is kept: this is the mean-ablated head", pattern.map { _ in whole }),
        Mistake(
          "all is kept: this is the head as it is",
          pattern.map { Plain.times(Plain.times($0, values), head.output) }),
        Mistake(
          "a token counts here that is in one of the lists; it has to be in both",
          kept(Way(common: { $0.union($1) }))),
        Mistake(
          "the predictions were left out: what the source is written against has to be predicted too",
          kept(Way(common: { source, _ in source }))),
        Mistake(
          "the sources' lists were left out: what is predicted has to be what the source is written against",
          kept(Way(common: { $1 }))),
        Mistake(
          "the sources' lists hold what the head writes *for* most", kept(Way(takesGreatest: true))),
        Mistake(
          "the columns of W_U are not perpendicular: projected on one by one, what they share counts twice",
          kept(Way(isOneByOne: true))),
        Mistake(
          "the pattern is missing: what is moved from a source comes as far as it is attended to",
          kept(Way(isWeighed: false))),
        Mistake(
          "the mean was not taken off the values before they were projected",
          kept(Way(leavesMeanOut: false))),
        Mistake(
          "where nothing is kept the mean stands, not zero", kept(Way(writesMean: false))),
      ]
    }
  }
}
