import Coursework
import Foundation
import Interpretability
import Laboratory
import ProbingVocabulary
import SheetTools
import Tensors
import Transformers

extension ProbingSheet {
  /// 2.2: softmax regression with a penalty, and a layer chosen on development words.
  static let trainAProbe = Exercise(
    "2.2", "Train a probe, choose a layer", points: 5, difficulty: 3, importance: 5, minutes: 35,
    timeLimit: 30,
    hints: [
      """
      A probe is softmax regression. Start with W and b at zero, and walk against the gradient of \
      the objective until it no longer falls. For the second half: whose words must not decide \
      anything?
      """,
      """
      The gradient of the mean cross-entropy with respect to the scores is (p − y) / n, with p the \
      softmax and y 1 for the right class. Tensors can find it for you: `gradient(of:withRespectTo:)`. \
      Add λ W to the gradient of W, and nothing to that of b.
      """,
      """
      The objective has one valley, so any descent ends in the same place if it goes on long enough: \
      some thousand full steps, or AdamW with a rate that falls to zero. The layer is the one best on \
      development; what is *reported* is its accuracy on test.
      """,
      """
      In a loop: `let w = W.requiringGradient(), c = b.requiringGradient()`; \
      `let loss = (x.matmul(transposing: w) + c).crossEntropy(targets: labels)`; \
      `let g = gradient(of: loss, withRespectTo: [w, c])`; `W = W - (g[0] + W * l2) * rate`; \
      `b = b - g[1] * rate`. A rate of 0.3 and 4,000 steps are enough here.
      """,
    ],
    interpretation: """
      The penalty is not decoration. Without it a probe on wide vectors learns the training words by \
      heart, and how good it looks depends on when you stop. And choosing the best of many layers on \
      the test words makes the best of many lucky numbers your result: the more layers, the better \
      you look.
      """,
    cases: { generator in
      var cases: [Case<VectorsAndScores, VectorsAndScores>] = []
      for (name, count, width, classes, l2) in [
        ("three overlapping classes", 60, 5, 3, Float(0.02)),
        ("two classes, one of them rare", 54, 3, 2, Float(0.1)),
      ] {
        let question = VectorsAndScores(
          data: overlapping(
            count: count, width: width, classes: classes, rareFirst: classes == 2,
            using: &generator), l2: l2, scores: scores(layers: 7, using: &generator))
        cases.append(Case(name, question))
      }
      cases.append(try genderCase(using: &generator))
      return cases
    },
    parts: [
      Part(ProbingAsks.probe) { ProbeJudge($0) },
      Part(ProbingAsks.report, judge: reportJudge),
    ])

  private static func reportJudge(_ question: VectorsAndScores) -> ReportJudge {
    ReportJudge(question.scores)
  }

  /// Clouds that overlap, so that no probe is without fault and weights stay finite.
  private static func overlapping(
    count: Int, width: Int, classes: Int, rareFirst: Bool, using generator: inout SeededGenerator
  ) -> LabelledVectors {
    var vectors = Tensor.randomNormal([count, width], using: &generator)
    let labels = (0..<count).map { row in
      rareFirst ? (row % 6 == 0 ? 0 : 1) : row % classes
    }
    for (row, label) in labels.enumerated() {
      for column in 0..<width {
        // Off centre, so that a bias is needed.
        vectors[row, column] += 0.8 + (column % classes == label ? 1.2 : 0)
      }
    }
    return LabelledVectors(vectors: vectors, labels: labels, classes: classes)
  }

  /// The gender of nouns, in a few directions of the translator's own vectors.
  private static func genderCase(
    using generator: inout SeededGenerator
  ) throws -> Case<VectorsAndScores, VectorsAndScores> {
    let corpus = try ProbedCorpus(count: 40, using: &generator)
    let task = try WordTask("gender", in: corpus.sentences) { $0.labels["word-class"] == "noun" }
    // Few enough for plain loops to go over some thousand times.
    let (rows, labels) = (Array(task.rows.prefix(60)), Array(task.labels.prefix(60)))
    let vectors = try corpus.representations().layers[1].gathering(rows)
    // Six random directions keep the question small and the classes apart but not wholly.
    let directions = Tensor.randomNormal([vectors.shape[1], 6], using: &generator)
    let projected = vectors.matmul(directions)
    let size = (projected * projected).mean().scalar.squareRoot()
    let question = VectorsAndScores(
      data: LabelledVectors(
        vectors: projected / size, labels: labels, classes: task.classes.count),
      l2: 0.05, scores: scores(layers: 4, using: &generator))
    return Case("the gender of nouns", question)
  }

  /// Scores in which the layer best on test is another than the one best on development, and in
  /// which two layers are best on development.
  static func scores(layers: Int, using generator: inout SeededGenerator) -> [LayerScore] {
    var scores = (0..<layers).map { _ in
      LayerScore(
        development: Double(Int.random(in: 600...850, using: &generator)) / 1_000,
        test: Double(Int.random(in: 600...850, using: &generator)) / 1_000)
    }
    let places = Array(0..<layers).shuffled(using: &generator)
    let best = places[0..<2].sorted()
    for place in best { scores[place].development = 0.9 }
    scores[best[0]].test = 0.861
    scores[best[1]].test = 0.871
    scores[places[2]].test = 0.912
    return scores
  }
}

/// Tells the probe that was asked for from those of other objectives.
private struct ProbeJudge: Judge {
  private let question: VectorsAndScores

  init(_ question: VectorsAndScores) { self.question = question }

  func verdict(on answer: LinearProbe) -> Verdict {
    let data = question.data
    let width = data.vectors.shape[1]
    if let problem = Verdict.problem(
      with: answer.weight, shape: [data.classes, width], named: "the weight",
      axes: ["class", "width"])
    {
      return problem
    }
    if let problem = Verdict.problem(
      with: answer.bias, shape: [data.classes], named: "the bias", axes: ["class"])
    {
      return problem
    }
    let (x, labels, l2) = (data.vectors.doubleRows, data.labels, Double(question.l2))
    let found: SoftmaxRegression.Parameters = (
      answer.weight.doubleRows, answer.bias.values.map(Double.init)
    )
    func fit(_ change: (inout SoftmaxRegression) -> Void) -> SoftmaxRegression.Parameters {
      var regression = SoftmaxRegression(l2: l2)
      change(&regression)
      return regression.fit(x, labels, classes: data.classes)
    }
    func objective(_ p: SoftmaxRegression.Parameters) -> Double {
      SoftmaxRegression.objective(p, x, labels, l2: l2)
    }
    let best = fit { _ in }
    let excess = objective(found) - objective(best)
    if excess <= 1e-3 { return .passed() }
    if found.weight.flatMap(\.self).allSatisfy({ $0 == 0 }) {
      return .failed("the weights are all zero: nothing was learned yet")
    }
    let n = Double(x.count)
    let mistakes: [(SoftmaxRegression.Parameters, String)] = [
      (fit { $0.l2 = 0 }, "the penalty is missing: add λ W to the gradient of W"),
      (
        fit { $0.l2 = l2 / n },
        "the penalty is n times too weak: the cross-entropy is a mean over words, not a sum"
      ),
      (
        fit { $0.l2 = 2 * l2 },
        "the penalty is λ ‖W‖², twice what it should be: its gradient is λ W"
      ),
      (fit { $0.penalisesBias = true }, "the bias is penalised too; λ is for the weights alone"),
      (fit { $0.hasBias = false }, "the bias stays at zero; train it like the weights"),
    ]
    let own = SoftmaxRegression.probabilities(found, x)
    func distance(_ p: SoftmaxRegression.Parameters) -> Double {
      zip(own, SoftmaxRegression.probabilities(p, x)).reduce(0.0) { most, pair in
        zip(pair.0, pair.1).reduce(most) { max($0, abs($1.0 - $1.1)) }
      }
    }
    let nearest = mistakes.map { (distance($0.0), $0.1) }.min { $0.0 < $1.0 }!
    if nearest.0 < 0.02, nearest.0 < distance(best) { return .failed(nearest.1) }
    let flipped: SoftmaxRegression.Parameters = (
      found.weight.map { $0.map(-) }, found.bias.map(-)
    )
    if objective(flipped) < objective(found) {
      return .failed(
        "the probe prefers the wrong classes: step against the gradient, not along it")
    }
    return .failed(
      "the objective is still above its least value: train longer, or with another rate",
      detail: "it is \(objective(found)), and the least is \(objective(best))")
  }
}

/// Tells a layer chosen on development words from one chosen otherwise.
private struct ReportJudge: Judge {
  private let scores: [LayerScore]

  init(_ scores: [LayerScore]) { self.scores = scores }

  func verdict(on answer: LayerReport) -> Verdict {
    func first(_ value: (LayerScore) -> Double) -> Int {
      let best = scores.map(value).max()!
      return scores.firstIndex { value($0) == best }!
    }
    let layer = first(\.development)
    guard scores.indices.contains(answer.layer) else {
      return .invalid("there is no layer \(answer.layer): layers count from 0")
    }
    if answer.layer == layer {
      if answer.accuracy == scores[layer].test { return .passed() }
      if answer.accuracy == scores[layer].development {
        return .failed(
          "the layer is right, but the accuracy is the one it was chosen by: report the test words'"
        )
      }
      return .failed("the layer is right, but the accuracy is not its accuracy on the test words")
    }
    if answer.layer == layer + 1, answer.accuracy == scores[layer].test {
      return .failed("your layer is one too high: layers count from 0, which is the embedding")
    }
    if answer.layer == first(\.test) {
      return .failed("the layer is the best on the test words, which must not choose")
    }
    if scores[answer.layer].development == scores[layer].development {
      return .failed("two layers are equally good on development: the earliest is asked for")
    }
    if answer.layer == first({ $0.development + $0.test }) {
      return .failed("the test words had a say: choose on the development words alone")
    }
    if answer.layer == scores.count - 1 {
      return .failed("the last layer is not always the best: compare accuracies on development")
    }
    return .failed("another layer is better on the development words")
  }
}
