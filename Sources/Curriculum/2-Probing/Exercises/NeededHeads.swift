import Coursework
import Foundation
import Interpretability
import Laboratory
import ProbingVocabulary
import SheetTools
import Tensors
import Transformers

extension ProbingSheet {
  /// 2.11: which heads are enough for a task, and what the model loses without them.
  static let neededHeads = Exercise(
    "2.11", "Which heads does it need?", points: 4, difficulty: 4, importance: 4, minutes: 50,
    timeLimit: 90,
    hints: [
      """
      Taking heads out one by one does not answer the question: where two heads do the same work, \
      neither is missed alone. What is asked for is a set that is enough when all others are silent.
      """,
      """
      A gate multiplies a head's output at `.block(.blocks, layer, .attention(.own, .mixed))`, \
      `[1, position, head, headWidth]`: times a tensor `[head, 1]`. If gates are numbers between 0 and \
      1 that come from scores by a softmax, the loss of the task has a gradient for every score.
      """,
      """
      In `gates`, K rounds: a softmax of what remains of the scores over τ, added to the gates; then \
      log(1 − what was just chosen + 10⁻⁶) is added to what remains, so that nothing is chosen twice. \
      For the loss of the language model, `zeroHead` silences a head, and the row of a token predicts \
      the next; add up over all texts before you divide.
      """,
      """
      Training: scores at zero, `AdamW()`, some 100 steps at a rate of 0.1 that falls. Each step takes \
      eight of the texts, opens `gates(from: scores, keeping: count, temperature: τ)` with τ falling \
      from 1 to 0.1, and takes the mean cross-entropy of the last row against `label`. At the end the \
      `count` greatest scores are kept; try them, and learn again in another order if they are not \
      enough. Or begin with all heads, and silence again and again the one whose absence costs least.
      """,
    ],
    interpretation: """
      A quarter of the reader's heads is enough for a relation that is shown by three examples, one of \
      layer 0 that reads the token before among them. Without them the reader loses one to four nats a \
      token on ordinary text, on average twice as much as without as many heads drawn at random and more: \
      what the task needs is what the model runs on. Li, Cotterell and Sachan read it so: a property that \
      a model needs for its own work is in heads whose loss hurts. Look at the draws, though: in some \
      kinds of text some random sets hurt as much. And take care with the word “needs”: another set may be \
      as good, and a model of which most heads are silent is one that training never saw.
      """,
    cases: { generator in
      try [
        ("continents, shown by three examples", 24, 6, Float(0.4)),
        ("capitals, shown by three examples", 9, 4, 0.15),
      ].enumerated().map { index, settings in
        let (name, scored, kept, temperature) = settings
        let kind: ShownRelation = index == 0 ? .continents : .capitals
        let model = try PromptedModel.reader.made()
        let heads = model.configuration.heads.map { HeadPlace(layer: $0.layer, head: $0.head) }
        let question = HeadsToPrune(
          scores: .randomNormal([scored], using: &generator), kept: kept, temperature: temperature,
          examples: kind.texts(24, using: &generator), count: ShownRelation.enough,
          heads: Array(heads.shuffled(using: &generator).prefix(3 + 2 * index)),
          texts: ReaderSample.texts(6, using: &generator))
        return Case(
          name, question: question,
          key: PruningKey(question: question, others: kind.texts(48, using: &generator)))
      }
    },
    parts: [
      Part(ProbingAsks.gates, judge: gatesJudge),
      Part(ProbingAsks.neededHeads) { try KeptHeadsJudge($0) },
      Part(ProbingAsks.loss, judge: lossJudge),
    ])

  /// A question, and other texts of its task.
  struct PruningKey: Sendable {
    var question: HeadsToPrune
    var others: [LabelledText]
  }

  private static func gatesJudge(_ key: PruningKey) -> Expected<Tensor> {
    let question = key.question
    let scores = question.scores.values.map(Double.init)
    let temperature = Double(question.temperature)
    func softmax(_ values: [Double], over temperature: Double) -> [Double] {
      let greatest = values.max() ?? 0
      let powers = values.map { exp(($0 - greatest) / temperature) }
      let sum = powers.reduce(0, +)
      return powers.map { $0 / sum }
    }
    /// The gates after K rounds, and what the last round chose.
    func rounds(
      over temperature: Double,
      next: (_ rest: Double, _ chosen: Double, _ sum: Double) -> Double = {
        $0 + log(1 - $1 + 1e-6) + 0 * $2
      }
    ) -> (sum: [Double], last: [Double]) {
      var (rest, sum) = (scores, scores.map { _ in 0.0 })
      var chosen = sum
      for _ in 0..<question.kept {
        chosen = softmax(rest, over: temperature)
        sum = zip(sum, chosen).map(+)
        rest = rest.indices.map { next(rest[$0], chosen[$0], sum[$0]) }
      }
      return (sum, chosen)
    }
    let right = rounds(over: temperature).sum
    return Expected(
      right, shape: [scores.count], tolerance: 2e-3, named: "the gates", axes: ["head"],
      revealing: false
    ) {
      let order = scores.indices.sorted { scores[$0] > scores[$1] }
      let best = Set(order.prefix(question.kept))
      return [
        Mistake(
          "what was chosen is not taken off what remains: a head is chosen K times over",
          softmax(scores, over: temperature).map { Double(question.kept) * $0 }),
        Mistake(
          "these gates are open or shut, and have no slope to learn by: choose softly",
          scores.indices.map { best.contains($0) ? 1 : 0 }),
        Mistake(
          "the temperature is not used: the scores are divided by τ", rounds(over: 1).sum),
        Mistake(
          "the scores are multiplied by τ; divide, so that a low temperature decides",
          rounds(over: 1 / temperature).sum),
        Mistake(
          "that is the choice of the last round alone; add the rounds up",
          rounds(over: temperature).last),
        Mistake(
          "one head is chosen; K rounds choose K", softmax(scores, over: temperature)),
        Mistake(
          "what all rounds chose is taken off again in each; take off what the last one chose",
          rounds(over: temperature) { $0 + log(max(1 - $2, 0) + 1e-6) + 0 * $1 }.sum),
        Mistake(
          "what was chosen is subtracted from the scores; log(1 − it) is to be added",
          rounds(over: temperature) { $0 - $1 + 0 * $2 }.sum),
        Mistake(
          "each gate is opened by itself; K of them share K openings",
          scores.map { 1 / (1 + exp(-$0 / temperature)) }),
      ]
    }
  }

  private static func lossJudge(_ key: PruningKey) throws -> Expected<Double> {
    let question = key.question
    let model = try PromptedModel.reader.made()
    let heads = Set(question.heads)
    let all = model.configuration.heads
    /// The loss of every token that is predicted, by text, when some heads are silent.
    func losses(
      without isSilent: (HeadAddress) -> Bool = { _ in false }, ahead: Int = 1
    ) throws -> [[Double]] {
      try question.texts.map { text in
        let logits = try model.run(
          ModelInput(text), intervening: all.filter(isSilent).map(\.knockout)
        ).logits[at: 0].doubleRows
        return (0..<(text.count - ahead)).map { row in
          let greatest = logits[row].max()!
          let sum = logits[row].reduce(0) { $0 + exp($1 - greatest) }
          return greatest + log(sum) - logits[row][text[row + ahead]]
        }
      }
    }
    func isNamed(_ head: HeadAddress) -> Bool {
      heads.contains(HeadPlace(layer: head.layer, head: head.head))
    }
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    let (clean, cut) = (try losses(), try losses(without: isNamed))
    let differences = zip(clean, cut).map { zip($1, $0).map(-) }
    let right = mean(Array(differences.joined()))
    func isNear(_ answer: Double, _ value: Double) -> Bool {
      abs(answer - value) <= 2e-3 * max(1, abs(value))
    }
    return Expected(
      comparing: { answer in
        guard answer.isFinite else { return .invalid("the loss is not a finite number") }
        return isNear(answer, right)
          ? .passed()
          : .failed(
            "that is not what the model loses, in nats a token, when these heads are silent")
      },
      isSame: isNear
    ) {
      [
        Mistake("the sign is wrong: the loss without the heads, less the loss with them", -right),
        Mistake(
          "that is the loss without the heads; take off what it is with them",
          mean(Array(cut.joined()))),
        Mistake(
          "a mean of texts is taken; long texts have more tokens, so add all up before dividing",
          mean(differences.map(mean))),
        Mistake(
          "losses are added up; divide by how many tokens are predicted",
          Array(differences.joined()).reduce(0, +)),
        Mistake("the loss is in bits; nats are asked for", right / log(2.0)),
        Mistake(
          "all heads but the named are silent; it is the other way round",
          mean(Array(zip(clean, try losses { !isNamed($0) }).flatMap { zip($1, $0).map(-) }))),
        Mistake(
          "a token's own row is asked for it; it is predicted by the row before",
          mean(
            Array(
              zip(try losses(ahead: 0), try losses(without: isNamed, ahead: 0))
                .flatMap { zip($1, $0).map(-) }))),
        Mistake(
          "one head is silent at a time, and the losses are added up; silence all of them at once",
          try question.heads.reduce(0) { sum, place in
            let one = try losses { HeadPlace(layer: $0.layer, head: $0.head) == place }
            return sum + mean(Array(zip(clean, one).flatMap { zip($1, $0).map(-) }))
          }),
      ]
    }
  }
}
