import Coursework
import Laboratory
import SheetTools
import SuppressionVocabulary
import Tensors
import Transformers

extension SuppressionSheet {
  /// 8.11: against induction, and over all models.
  static let antiInduction = Exercise(
    "8.11", "Anti-induction", points: 4, difficulty: 3, importance: 3, minutes: 35,
    hints: [
      """
      Random tokens, said twice: nothing but the first half tells what comes in the second. So the direct \
      effect on the next token there is the effect on what induction predicts.
      """,
      """
      The text is [start] + half + half. With n tokens in a half, the second begins at position n + 1. Its \
      first token follows from nothing: the first prediction that counts is made *at* position n + 1, of \
      token n + 2.
      """,
      """
      The survey of 8.4, at positions n + 1 to 2n − 1 of texts of 2n + 1 tokens, with its sign turned.
      """,
      """
      For the correlation: subtract each model's mean from its scores and divide by its standard \
      deviation, x and y each for itself; then join the heads of all models, and take the mean of x · y.
      """,
    ],
    interpretation: """
      In families of published models the two scores go together: heads that lower what induction \
      predicts are heads that suppress copies in texts. In our readers they hardly are. Standardise within a \
      model first. \
      A large model writes larger numbers, and pooled as they are, one outlier of one model makes any \
      correlation one likes. And with a dozen heads a model a correlation is a wide guess: look at the \
      points.
      """,
    cases: { generator in
      [SuppressionModel.Kind.narrow, .wide, .tours].map { kind in
        let model = kind == .tours ? .tours : SuppressionModel(kind, using: &generator)
        let halves = (kind == .tours ? [12, 16, 12] : [6, 9, 4]).map { count in
          kind == .tours
            ? Array(tourTokens.shuffled(using: &generator).prefix(count))
            : model.different(count, using: &generator)
        }
        let models = scores(using: &generator)
        let name =
          switch kind {
          case .narrow: "two layers of two heads"
          case .wide: "three layers of three heads"
          default: "the reader of tours"
          }
        return Case(name, HeadsOfModels(model: model, halves: halves, models: models))
      }
    },
    parts: [
      Part(SuppressionAsks.antiInduction, judge: antiInduction),
      Part(SuppressionAsks.correlation, judge: correlation),
    ])

  /// Scores of heads of three models, of which one writes larger numbers and leans the other way.
  private static func scores(using generator: inout SeededGenerator) -> [[HeadScores]] {
    while true {
      let models = [(5, 1.0, 0.8), (12, 9.0, -0.7), (8, 0.2, 0.5)].map { count, size, slope in
        (0..<count).map { _ in
          let draws = Tensor.randomNormal([2], using: &generator).values.map(Double.init)
          return HeadScores(
            antiInduction: size * (draws[0] + 0.6),
            copySuppression: size * (slope * draws[0] + 0.6 * draws[1] + 1))
        }
      }
      let judged = CorrelationLoop(models)
      // No two mistakes may give the same number.
      let all = [
        judged.within, judged.pooled, judged.meanOfModels, judged.spearman, judged.mixed,
        -judged.within, judged.within * judged.within,
      ].sorted()
      if zip(all, all.dropFirst()).allSatisfy({ $1 - $0 > 0.005 }) { return models }
    }
  }

  private static func antiInduction(_ key: HeadsOfModels) throws -> Expected<Tensor> {
    let model = try key.model.made()
    let head = PlainHead(HeadMatrices(of: HeadPlace(layer: 0, head: 0), in: model))
    let start = model.configuration.startToken
    /// The mean effect of every head over positions and their tokens.
    func table(
      sign: Double = -1, isScaled: Bool = true, _ text: ([Int]) -> [Int] = { _ in [] },
      at places: (_ count: Int) -> Range<Int> = { ($0 + 1)..<(2 * $0) }, next: Int = 1,
      weighsHalves: Bool = false
    ) throws -> [[Double]] {
      // By sequence and position.
      var effects: [[[[Double]]]] = []
      for half in key.halves {
        let changed = text(half)
        let tokens = changed.isEmpty ? [start] + half + half : changed
        let run = try PlainRun(model, tokens)
        let targets = Dictionary(
          uniqueKeysWithValues: places(half.count).map { ($0, tokens[$0 + next]) })
        let found = try run.headEffects(
          on: targets, along: head.directions, scales: isScaled ? run.scales() : nil)
        effects = run.indicesOfHeads {
          (effects.isEmpty ? [] : effects[$0][$1]) + [found[$0][$1]]
        }
      }
      return effects.map {
        $0.map { halves in
          sign * Plain.mean(weighsHalves ? halves.map { Plain.mean($0) } : halves.flatMap(\.self))
        }
      }
    }
    let right = try table()
    return Expected(right, tolerance: 1e-3, named: "the scores", axes: ["layer", "head"]) {
      [
        Mistake(
          "the sign is not turned: above 0 lowers what induction predicts", try table(sign: 1)),
        Mistake(
          "the first half counts too; nothing predicts that", try table(at: { 0..<(2 * $0) })),
        Mistake(
          "only the first half counts here; what induction predicts is the second",
          try table(at: { 0..<$0 })),
        Mistake(
          "the first token of the second half counts too: it follows from nothing",
          try table(at: { $0..<(2 * $0) })),
        Mistake(
          "the start token is missing: the text is [start] + half + half",
          try table(sign: -1, { $0 + $0 }, at: { $0..<(2 * $0 - 1) })),
        Mistake(
          "these are effects on the token that stands there; position i predicts token i + 1",
          try table(next: 0)),
        Mistake(
          "these are effects on the token that stands there; position i predicts token i + 1",
          try table(at: { ($0 + 1)..<(2 * $0 + 1) }, next: 0)),
        Mistake(
          "the scale of the final norm is missing", try table(isScaled: false)),
        Mistake(
          "each sequence has the same weight here, however long it is: the mean is over positions",
          try table(weighsHalves: true)),
        Mistake("rows are heads here; layers come first", Plain.transposed(right)),
        Mistake(
          "the second half is the first one backwards here; it is said again as it was",
          try table(sign: -1, { [start] + $0 + $0.reversed() })),
      ]
    }
  }

  private static func correlation(_ key: HeadsOfModels) -> Expected<Double> {
    let judged = CorrelationLoop(key.models)
    return number(judged.within, named: "the correlation") {
      [
        (
          "models are pooled as they are, or standardised over all heads at once: what one writes larger "
            + "decides; standardise within each first",
          judged.pooled
        ),
        (
          "each model has the same weight here, however many heads it has; each head has",
          judged.meanOfModels
        ),
        ("this is a correlation of ranks", judged.spearman),
        ("the sign is turned", -judged.within),
        (
          "the scores have been standardised by a sample's deviation, and averaged over all: divide both by "
            + "the same count",
          judged.mixed
        ),
        ("this is r²", judged.within * judged.within),
      ]
    }
  }
}

/// Correlations over models, and others that one might take for it.
private struct CorrelationLoop {
  private let models: [[(x: Double, y: Double)]]

  init(_ models: [[HeadScores]]) {
    self.models = models.map { $0.map { ($0.antiInduction, $0.copySuppression) } }
  }

  private static func r(_ heads: [(x: Double, y: Double)]) -> Double {
    DoubleCorrelation.pearson(heads.map(\.x), heads.map(\.y))
  }

  private var standardised: [[(x: Double, y: Double)]] {
    models.map { heads in
      Array(
        zip(
          DoubleCorrelation.standardScores(heads.map(\.x)),
          DoubleCorrelation.standardScores(heads.map(\.y)))
      ).map { (x: $0.0, y: $0.1) }
    }
  }

  var within: Double { Self.r(standardised.flatMap(\.self)) }
  var pooled: Double { Self.r(models.flatMap(\.self)) }
  var meanOfModels: Double { Plain.mean(models.map(Self.r)) }

  /// Standard scores by n − 1, and a mean by n.
  var mixed: Double {
    let parts = models.map { heads in
      Self.r(heads) * Double(heads.count - 1)
    }
    return parts.reduce(0, +) / Double(models.reduce(0) { $0 + $1.count })
  }

  var spearman: Double {
    func ranks(_ values: [Double]) -> [Double] {
      values.map { value in Double(values.count { $0 < value }) }
    }
    let all = models.flatMap(\.self)
    return DoubleCorrelation.pearson(ranks(all.map(\.x)), ranks(all.map(\.y)))
  }
}
