import Coursework
import Foundation
import Interpretability
import Laboratory
import ProbingVocabulary
import SheetTools
import Tensors
import Transformers

extension ProbingSheet {
  /// 2.10: a prompt is trained, with the model frozen, and held against what it has to beat.
  static let promptAnswers = Exercise(
    "2.10", "Let the model answer", points: 5, difficulty: 5, importance: 4, minutes: 60,
    timeLimit: 60,
    hints: [
      """
      No classifier this time. The vectors stand in front of the text, at the embedding, as if they \
      were words; the model reads them with the text, and what it would write next is the answer. \
      What is learned is the prefix alone, the same for every text.
      """,
      """
      Make room: let the model read `length` padding tokens before the text, and put the prefix in \
      their place with an `Intervention(at: .embedding)`, whose activation is \
      `[1, position, width]`. There is no mask: the room is to be read. Which row of the logits has \
      read the whole text?
      """,
      """
      Scores of the classes are the logits of their tokens in the last row; the softmax is over \
      those alone. `prefix.requiringGradient()` before the run and `gradient(of:withRespectTo:)` \
      after it are all that training needs; the model's weights are not asked for.
      """,
      """
      Inside the intervention: `.concatenation([watched.reshaped(to: [1, length, width]), \
      embedded.slice(axis: 1, length..<embedded.shape[1])], axis: 1)`. Then the last row of \
      `logits[at: 0]` as `[1, token]`, \
      `.transposed().gathering(answers).transposed().crossEntropy(targets: [label])` for each text; \
      add the losses up and divide by how many texts there are.
      """,
      """
      To train: a struct that is `Parameterized` and holds the prefix, an `AdamW()`, and for each of \
      some 60 steps eight texts drawn from `task.training`, your `promptStep`, and `update` with its \
      gradient at a rate of 0.2 that falls to zero. If the loss ends high, begin again at half the \
      rate. The probe is your own of 2.2 on `.residualPost(.blocks, last)` at the text's last \
      token, without a prompt.
      """,
    ],
    interpretation: """
      Li, Cotterell and Sachan let the model answer because a prompt has so little to learn with: it \
      is the same for every text. Here a few vectors, learned from some thirty countries, make the \
      reader say the continent of those it was not trained on, as well as a linear probe reads it where \
      the text ends, or better: behind “France ->” the reader has little reason to fetch a continent \
      until something asks for it. A probe reads what is there; a prompt can make the model compute it. The \
      same training on random weights ends at the majority class, so it is not the prompt that knows. \
      And the words of the answer matter less than one might think: a prompt can be trained to have \
      “bread” said for “She”, only not quite as well.
      """,
    cases: { generator in
      try [
        ("continents of countries", PromptTexts.arrow, 3, 3),
        ("continents, any vectors", .isIn, 2, 4),
        ("women and men, one text a step", .slept, 2, 1),
      ].map { name, texts, length, count in
        // Where the answer is certain already, the loss is flat, and rounding decides its slope.
        while true {
          let question = try promptQuestion(
            texts, length: length, isOfWords: texts != .isIn, texts: count, using: &generator)
          if try PromptJudge.loss(question) > 0.05 { return Case(name, question) }
        }
      }
    },
    parts: [
      Part(ProbingAsks.promptStep) { try PromptJudge($0) },
      Part(ProbingAsks.comparePrompts) { try PromptComparisonJudge($0) },
    ])

  private static func promptQuestion(
    _ kind: PromptTexts, length: Int, isOfWords: Bool, texts count: Int,
    using generator: inout SeededGenerator
  ) throws -> PrefixedTexts {
    let task = try kind.task(length: length, isOfWords: isOfWords, using: &generator)
    let step = try kind.prefix(length: length, isOfWords: isOfWords, using: &generator)
    var examples = Array(task.training.shuffled(using: &generator).prefix(count))
    // Classes by turns, right or not: a step that knew the answers would not see a wrong softmax.
    for place in examples.indices { examples[place].label = (place + 1) % task.answers.count }
    return PrefixedTexts(prefix: step, examples: examples, task: task)
  }
}

/// Texts about which the reader knows something that they do not say.
enum PromptTexts: Sendable {
  /// “France ->”, and the continent.
  case arrow
  /// “France is in”, and the continent.
  case isIn
  /// “Anna slept .”, and “She” or “He”.
  case slept

  /// The words that stand for the classes.
  var answers: [String] { self == .slept ? ["She", "He"] : ["Europe", "Asia", "Africa"] }

  /// Every thing that is asked about, with its class.
  private var things: [(name: String, label: Int)] {
    if self == .slept {
      return ReaderNames.women.map { ($0, 0) } + ReaderNames.men.map { ($0, 1) }
    }
    return ReaderCountry.all.filter { $0.name.count == 1 && $0.continent.count == 1 }
      .compactMap { country in
        answers.firstIndex(of: country.continent[0]).map { (country.name[0], $0) }
      }
  }

  private func words(_ name: String) -> [String] {
    switch self {
    case .arrow: [name, "->"]
    case .isIn: [name, "is", "in"]
    case .slept: [name, "slept", "."]
    }
  }

  /// A task: half of the things to train on, half to test on, forty of each at most.
  ///
  /// - Parameter answers: The words that stand for classes, where not the usual.
  func task(
    length: Int, isOfWords: Bool = true, answers: [String]? = nil,
    using generator: inout SeededGenerator
  ) throws -> PromptTask {
    let texts = things.shuffled(using: &generator).map { thing in
      // Without the start token: the prompt stands where it would.
      LabelledText(
        tokens: Array(ReaderVocabulary.encode(words(thing.name)).dropFirst()), label: thing.label)
    }
    let half = min(texts.count / 2, 40)
    return PromptTask(
      training: Array(texts.prefix(half)), test: Array(texts.dropFirst(half).prefix(half)),
      answers: (answers ?? self.answers).map { ReaderVocabulary.ids[$0]! },
      prefix: try prefix(length: length, isOfWords: isOfWords, using: &generator))
  }

  /// A prompt to begin with: words drawn from the reader's, or vectors of a word's size.
  func prefix(
    length: Int, isOfWords: Bool, using generator: inout SeededGenerator
  ) throws -> Tensor {
    let embedding = try PromptedModel.reader.made().embedding
    let words = embedding.gathering(
      (0..<length).map { _ in Int.random(in: 20..<embedding.shape[0], using: &generator) })
    guard !isOfWords else { return words }
    let size = (words * words).mean().scalar.squareRoot()
    return .randomNormal(words.shape, standardDeviation: size, using: &generator)
  }
}

/// Holds loss and gradient against other runs of the model.
private struct PromptJudge: Judge {
  private let question: PrefixedTexts
  private let runs: PromptRuns
  private let loss: Double
  /// How the loss changes with the prefix, `[vector, width]`.
  private let gradient: Tensor

  init(_ question: PrefixedTexts) throws {
    self.question = question
    runs = PromptRuns(model: try question.model.made())
    loss = try Self.loss(question, .front, runs)
    gradient = try runs.gradient(
      of: question.prefix, on: question.examples.map(\.tokens),
      labels: question.examples.map(\.label), answers: question.answers)
  }

  /// The right loss of a question.
  static func loss(_ question: PrefixedTexts) throws -> Double {
    try loss(question, .front, PromptRuns(model: try question.model.made()))
  }

  private static func loss(
    _ question: PrefixedTexts, _ placing: PromptRuns.Placing, row: PromptRuns.Row = .last,
    overAll: Bool = false, _ runs: PromptRuns
  ) throws -> Double {
    let logits = try runs.logits(
      question.prefix, on: question.examples.map(\.tokens), placing: placing, row: row)
    return PromptRuns.loss(
      logits, labels: question.examples.map(\.label), answers: question.answers, overAll: overAll)
  }

  func verdict(on answer: PromptStep) throws -> Verdict {
    .combining([try expectedLoss.verdict(on: answer.loss), gradientVerdict(answer.gradient)])
  }

  private var expectedLoss: Expected<Float> {
    func isNear(_ answer: Float, _ value: Double) -> Bool {
      abs(Double(answer) - value) <= 2e-3 * max(1, abs(value))
    }
    return Expected(
      comparing: { answer in
        guard answer.isFinite else { return .invalid("the loss is not a finite number") }
        return isNear(answer, loss)
          ? .passed() : .failed("the loss is not the mean cross-entropy of the answers")
      },
      isSame: { isNear($0, Double($1)) }
    ) {
      let over = try Self.loss(question, .over, runs)
      let early = try Self.loss(question, .front, row: .early, runs)
      return [
        Mistake(
          "the loss has the wrong sign: it is the negative logarithm of a probability", -loss),
        Mistake(
          "the softmax is over all tokens; only those in `answers` compete",
          try Self.loss(question, .front, overAll: true, runs)),
        Mistake(
          "the prefix stands behind the text, not in front of it",
          try Self.loss(question, .behind, runs)),
        // Behind as many vectors as a text has tokens, or more, both read nothing but vectors.
        isNear(Float(over), early)
          ? Mistake(
            "the prefix takes the place of the text's first tokens, or the answer is read before the "
              + "text ends: make room in front, and rows begin behind it", over)
          : Mistake(
            "the prefix takes the place of the text's first tokens; make room in front", over),
        Mistake(
          "the prefix is added to what stood in its room; it is to take the place of it",
          try Self.loss(question, .added, runs)),
        Mistake(
          "the prefix changes nothing: the model does not read it",
          try Self.loss(question, .nowhere, runs)),
        Mistake(
          "the answer is read in the first row, which has read no text; the last row has read all",
          try Self.loss(question, .front, row: .first, runs)),
        Mistake(
          "the answer is read before the text ends: its rows begin behind the prefix", early),
        Mistake(
          "the losses of the texts are added up; take their mean",
          loss * Double(question.examples.count)),
        Mistake("the loss is in bits; nats are asked for", loss / log(2.0)),
      ]
    }
  }

  private func gradientVerdict(_ answer: Tensor) -> Verdict {
    if let problem = Verdict.problem(
      with: answer, shape: gradient.shape, named: "the gradient", axes: ["vector", "width"])
    {
      return problem
    }
    let values = answer.values.map(Double.init)
    let right = gradient.values.map(Double.init)
    func length(_ numbers: some Sequence<Double>) -> Double {
      numbers.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
    func equals(_ factor: Double) -> Bool {
      length(zip(values, right).map { $0 - factor * $1 }) <= 0.02 * length(right) * abs(factor)
    }
    if equals(1) { return .passed() }
    if values.allSatisfy({ $0 == 0 }) {
      return .failed("the gradient is zero: the run has to read the prefix that is being watched")
    }
    if equals(-1) {
      return .failed("the gradient has the wrong sign: it points to where the loss grows")
    }
    let count = question.examples.count
    if count > 1, equals(Double(count)) {
      return .failed("the gradient is of the sum over texts; that of the mean is asked for")
    }
    return .failed("the loss does not change with the prefix as the gradient says")
  }
}
