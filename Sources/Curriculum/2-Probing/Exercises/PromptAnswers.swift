import Coursework
import Foundation
import Interpretability
import ProbingVocabulary
import SheetTools
import Tensors
import Tokenizers
import Transformers

extension ProbingSheet {
  /// 2.10: one step of training a prompt, with the model frozen.
  static let promptAnswers = Exercise(
    "2.10", "Let the model answer", points: 5, difficulty: 5, importance: 3, minutes: 45,
    hints: [
      """
      No classifier this time. The vectors stand in front of the text, at the embedding, as if they \
      were words; the model reads them with the text, and its decoder answers with a token. What is \
      learned is the prefix alone.
      """,
      """
      Make room: let the encoder read `length` padding tokens before the text, and put the prefix in \
      their place with an `Intervention(at: .embedding)`, whose activation is \
      `[1, position, width]`. There is no mask: the room is to be read.
      """,
      """
      Scores of the classes are the logits of their tokens in the decoder's first row; the softmax \
      is over those alone. `prefix.requiringGradient()` before the run and `gradient(of:withRespectTo:)` \
      after it are all that training needs; the model's weights are not asked for.
      """,
      """
      Inside the intervention: `.concatenation([watched.reshaped(to: [1, length, width]), \
      embedded.slice(axis: 1, length..<embedded.shape[1])], axis: 1)`. Then \
      `logits[at: 0].transposed().gathering(answers).transposed().crossEntropy(targets: [label])` \
      for each text; add the losses up and divide by how many texts there are.
      """,
    ],
    interpretation: """
      Li, Cotterell and Sachan let the model answer because a prompt has so little to learn with: it \
      is the same for every text. Here the translator tells one from many in the words that it writes \
      for them anyhow, and does so behind any prefix: training adds little. In words that it never \
      writes for them it stays near chance, as an untrained model does, although a linear probe reads \
      the number without trouble. A prompt can only ask for what the model is able to say; when it \
      fails, that does not show that the vectors hold nothing.
      """,
    cases: { generator in
      try [
        ("words as a prefix", 3, 3, 2), ("any vectors, three classes", 2, 4, 3),
        ("one vector, one text", 1, 1, 2),
      ].map { name, length, texts, classes in
        try promptCase(
          name, length: length, texts: texts, classes: classes, using: &generator)
      }
    },
    parts: [Part(ProbingAsks.promptStep) { try PromptJudge($0) }])

  private static func promptCase(
    _ name: String, length: Int, texts: Int, classes: Int,
    using generator: inout SeededGenerator
  ) throws -> Case<PrefixedTexts, PrefixedTexts> {
    // Where the answer is certain already, the loss is flat, and rounding decides its slope.
    while true {
      let question = try promptDraw(
        isOfWords: name.hasPrefix("words"), length: length, texts: texts, classes: classes,
        using: &generator)
      if try PromptJudge.loss(question) > 0.05 { return Case(name, question) }
    }
  }

  private static func promptDraw(
    isOfWords: Bool, length: Int, texts: Int, classes: Int, using generator: inout SeededGenerator
  ) throws -> PrefixedTexts {
    let translator = try SheetTranslator.translator()
    let (model, width) = (translator.model, translator.model.configuration.width)
    let corpus = try ProbedCorpus(count: texts, using: &generator)
    let examples = corpus.tokens.enumerated().map { index, sentence in
      LabelledText(tokens: sentence.tokens, label: (index + 1) % classes)
    }
    // Words the decoder begins with, so that no answer is out of the question.
    let answers = try Array(
      ["Le", "La", "Les", "Un", "Une"].map {
        try translator.tokenizer.encode($0, addingSpecialTokens: false)[0]
      }.shuffled(using: &generator).prefix(classes))
    let words = model.embedding.gathering(
      (0..<length).map { _ in examples[0].tokens.randomElement(using: &generator)! })
    // Vectors of a word's size, but of no word.
    let size = (words * words).mean().scalar.squareRoot()
    let noise = Tensor.randomNormal([length, width], standardDeviation: size, using: &generator)
    return PrefixedTexts(prefix: isOfWords ? words : noise, examples: examples, answers: answers)
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
    runs = PromptRuns(model: try SheetTranslator.translator().model)
    loss = try Self.loss(question, .front, runs)
    gradient = try runs.gradient(
      of: question.prefix, on: question.examples.map(\.tokens),
      labels: question.examples.map(\.label), answers: question.answers)
  }

  /// The right loss of a question.
  static func loss(_ question: PrefixedTexts) throws -> Double {
    try loss(question, .front, PromptRuns(model: try SheetTranslator.translator().model))
  }

  private static func loss(
    _ question: PrefixedTexts, _ placing: PromptRuns.Placing, overAll: Bool = false,
    _ runs: PromptRuns
  ) throws -> Double {
    let shape = question.prefix.shape
    let values = question.prefix.values
    let own = (0..<shape[0]).map { Array(values[($0 * shape[1])..<(($0 + 1) * shape[1])]) }
    let logits = try runs.logits(
      question.examples.map { _ in own }, on: question.examples.map(\.tokens), placing: placing)
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
      [
        Mistake(
          "the loss has the wrong sign: it is the negative logarithm of a probability", -loss),
        Mistake(
          "the softmax is over all tokens; only those in `answers` compete",
          try Self.loss(question, .front, overAll: true, runs)),
        Mistake(
          "the prefix stands behind the text, not in front of it",
          try Self.loss(question, .behind, runs)),
        Mistake(
          "the prefix takes the place of the text's first tokens; make room in front",
          try Self.loss(question, .over, runs)),
        Mistake(
          "the prefix is added to what stood in its room; it is to take the place of it",
          try Self.loss(question, .added, runs)),
        Mistake(
          "the prefix changes nothing: the model does not read it",
          try Self.loss(question, .nowhere, runs)),
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
