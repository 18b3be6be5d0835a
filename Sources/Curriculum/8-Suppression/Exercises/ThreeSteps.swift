import Coursework
import Foundation
import SuppressionVocabulary
import Tensors
import Transformers

extension SuppressionSheet {
  /// 8.3: predicted, attended, suppressed.
  static let threeSteps = Exercise(
    "8.3", "Three steps", points: 4, difficulty: 4, importance: 5, minutes: 40,
    hints: [
      """
      One run gives all: the residual stream in front of the head's layer (for the lens), the pattern, \
      the head's values, the scale of the final norm.
      """,
      """
      At position d the candidates are the tokens at positions 1 to d. The lens is \
      `model.logits(ofNormed: model.finalNorm(...))` of `.residualPre(.blocks, head.layer)`; its greatest \
      logit among the candidates decides.
      """,
      """
      The token may stand in the text more than once. Attention is the sum over its places. The effect is \
      the sum over its places s of A_ds · v_s W_O · W_U[:, token], divided by the scale of the final norm \
      at d.
      """,
      """
      `trace[.block(.blocks, layer, .attention(.own, .value))]` is `[batch, position, head, headWidth]`. \
      Before the loop: `let written = values.matmul(matrices.output).matmul(matrices.unembedding)`, \
      `[position, token]`; then `effect += pattern[d, s] * written[s, token] / scale[d]`.
      """,
    ],
    interpretation: """
      Only the three together are copy suppression. A head that writes against what it looks at is \
      negative; one that looks at what is predicted too, and nowhere else, is a check on the model's \
      own guess: “you are about to repeat something; is that what you want?” How strongly attention and \
      effect go together over many positions says how well the steps are joined.
      """,
    cases: { generator in
      try [SuppressionModel.Kind.narrow, .wide, .tours].map { kind in
        while true {
          let model = kind == .tours ? .tours : SuppressionModel(kind, using: &generator)
          // Behind a block the lens has something to say.
          let head = model.head(layers: 1...1, using: &generator)
          let count = kind == .tours ? 2 : 3
          let texts = (0..<count).map { _ in
            model.text(kind == .tours ? 22 : 11, using: &generator)
          }
          let question = HeadOnTexts(model: model, head: head, texts: texts)
          if try StepLoop(question).isClear {
            let name =
              switch kind {
              case .narrow: "random tokens, two layers"
              case .wide: "random tokens, three layers"
              default: "tours"
              }
            return Case(name, question)
          }
        }
      }
    },
    parts: [
      Part(SuppressionAsks.steps) { key in
        let loop = try StepLoop(key)
        return Expected(
          comparing: { Self.compare($0, to: try loop.steps(), texts: key.texts) },
          isSame: { Self.compare($0, to: $1, texts: key.texts).status == .passed },
          mistakes: loop.mistakes)
      }
    ])

  private static func compare(
    _ answer: [[SuppressionStep]], to wanted: [[SuppressionStep]], texts: [[Int]]
  ) -> Verdict {
    for (steps, text) in zip(answer, texts) where steps.count != text.count - 1 {
      return .invalid(
        "a text of \(text.count) tokens has \(steps.count) steps, not \(text.count - 1): one for every "
          + "position but the first")
    }
    guard answer.count == wanted.count else { return .invalid("there are no steps") }
    let (found, right) = (answer.flatMap(\.self), wanted.flatMap(\.self))
    if let place = found.indices.first(where: { found[$0].token != right[$0].token }) {
      return .failed(
        "the likeliest token of the text so far is another at one position or more",
        detail:
          "step \(place) has token \(found[place].token) and should have \(right[place].token)")
    }
    func tensor(_ steps: [SuppressionStep]) -> Tensor {
      Tensor(rows: steps.map { [$0.probability, $0.attention, $0.effect] })
    }
    return .compare(
      tensor(found), to: tensor(right), tolerance: 1e-3,
      named: "probability, attention or effect", axes: ["step", "value"])
  }
}

/// The three steps, one sum at a time, and what becomes of them by mistake.
private struct StepLoop {
  private let question: HeadOnTexts
  private let head: PlainHead
  private let runs: [PlainRun]

  init(_ question: HeadOnTexts) throws {
    self.question = question
    let model = try question.model.made()
    head = PlainHead(HeadMatrices(of: question.head, in: model))
    runs = try question.texts.map { try PlainRun(model, $0) }
  }

  /// How a step is found.
  struct Way {
    /// Blocks passed before the lens.
    var lens: Int?
    var hasFinalNorm = true
    /// How many positions before its own the lens reads.
    var lag = 0
    /// Whether probabilities are shares among the candidates.
    var sharesAmongCandidates = false
    /// The first position whose token is a candidate.
    var first = 1
    /// Whether the position's own token is none.
    var leavesOwnOut = false
    /// Whether every token is a candidate.
    var takesAll = false
    /// Which places of the token count.
    var places: ([Int]) -> [Int] = { $0 }
    var isScaled = true
    /// Whether all that the head writes counts, wherever it comes from.
    var takesAllSources = false
  }

  func steps(_ way: Way = Way()) throws -> [[SuppressionStep]] {
    let place = question.head
    return try runs.map { run in
      let lens = try run.lens(before: way.lens ?? place.layer, isNormed: way.hasFinalNorm)
      let (pattern, values) = (try run.pattern(place), try run.rows(place, .value))
      let scales = try run.scales()
      return run.tokens.indices.dropFirst().map { d in
        let logits = lens[d - way.lag]
        let end = way.leavesOwnOut && d > way.first ? d - 1 : d
        let candidates = way.takesAll ? Array(logits.indices) : Array(run.tokens[way.first...end])
        let token = candidates.max { logits[$0] < logits[$1] }!
        let among = way.sharesAmongCandidates ? Array(Set(candidates)) : Array(logits.indices)
        let total = among.reduce(0) { $0 + exp(logits[$1] - logits[token]) }
        let places = way.places((way.first...end).filter { run.tokens[$0] == token })
        let sources = way.takesAllSources ? Array(0...d) : places
        let effect = sources.reduce(0.0) { sum, s in
          let wrote = Plain.times(values[s], head.output)
          return sum + pattern[d][s] * Plain.dot(wrote, head.directions[token])
        }
        return SuppressionStep(
          token: token, probability: Float(1 / total),
          attention: Float(places.reduce(0) { $0 + pattern[d][$1] }),
          effect: Float(way.isScaled ? effect / scales[d] : effect))
      }
    }
  }

  /// Whether no two candidates are too near to be told apart, and the usual mistakes can be seen.
  var isClear: Bool {
    get throws {
      for run in runs {
        let lens = try run.lens(before: question.head.layer)
        for d in run.tokens.indices.dropFirst() {
          let logits = Set(run.tokens[1...d]).map { lens[d][$0] }.sorted()
          if logits.count > 1, logits[logits.count - 1] - logits[logits.count - 2] < 2e-3 {
            return false
          }
        }
      }
      if question.model.kind == .tours { return true }
      // A token that is picked where it stands twice, with something to look at in both places.
      func effects(_ way: Way = Way()) throws -> [Float] {
        try steps(way).flatMap(\.self).map(\.effect)
      }
      let (right, first) = (try effects(), try effects(Way(places: { Array($0.prefix(1)) })))
      let last = try effects(Way(places: { Array($0.suffix(1)) }))
      return zip(right, first).contains { abs($0 - $1) > 0.05 }
        && zip(right, last).contains { abs($0 - $1) > 0.05 }
    }
  }

  func mistakes() throws -> [Mistake<[[SuppressionStep]]>] {
    let right = try steps()
    func changed(_ change: (inout SuppressionStep) -> Void) -> [[SuppressionStep]] {
      right.map {
        $0.map { step in
          var step = step
          change(&step)
          return step
        }
      }
    }
    let last = runs[0].layers
    return [
      Mistake(
        "the start token is a candidate here; heads rest there, whatever is predicted",
        try steps(Way(first: 0))),
      Mistake(
        "the lens reads behind the head's layer, where the head has written already",
        try steps(Way(lens: question.head.layer + 1))),
      Mistake(
        "this is the model's own prediction, with the head's work in it; the lens reads in front of the head",
        try steps(Way(lens: last))),
      Mistake(
        "the lens went to the unembedding without the final norm",
        try steps(Way(hasFinalNorm: false))),
      Mistake(
        "the lens is of the position before; what is predicted at d is read at d",
        try steps(Way(lag: 1))),
      Mistake(
        "the probability is a share among the tokens of the text; it is the lens's, among all tokens",
        try steps(Way(sharesAmongCandidates: true))),
      Mistake(
        "the probability is a logarithm here", changed { $0.probability = log($0.probability) }),
      Mistake(
        "the likeliest of all tokens was taken; it is the likeliest of those in the text so far",
        try steps(Way(takesAll: true))),
      Mistake(
        "the position's own token was left out: it is in the text so far",
        try steps(Way(leavesOwnOut: true))),
      Mistake(
        "one place of the token counts here; it may stand in the text more than once",
        try steps(Way(places: { Array($0.prefix(1)) }))),
      Mistake(
        "one place of the token counts here; it may stand in the text more than once",
        try steps(Way(places: { Array($0.suffix(1)) }))),
      Mistake(
        "the effect is not divided by the scale of the final norm",
        try steps(Way(isScaled: false))),
      Mistake(
        "the effect is of all that the head writes; only what it moves from where the token stands counts",
        try steps(Way(takesAllSources: true))),
      Mistake(
        "the effect has the wrong sign: below 0 is suppressed", changed { $0.effect = -$0.effect }),
    ]
  }
}
