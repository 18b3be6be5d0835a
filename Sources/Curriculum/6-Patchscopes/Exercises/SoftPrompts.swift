import Coursework
import Laboratory
import PatchscopesVocabulary
import Tensors
import Transformers

extension PatchscopesSheet {
  /// States the student has not seen, what they are to say, and what comes before it.
  struct SoftPromptKey {
    var question: StatesToPrompt
    var fresh: Tensor
    var targets: [Int]
    /// The token right after the state's own, the same in all texts.
    var next: Int
  }

  /// 6.11: a prompt of vectors, trained.
  static let softPrompts = Exercise(
    "6.11", "Soft prompts", points: 4, difficulty: 4, importance: 3, minutes: 40, timeLimit: 30,
    hints: [
      """
      Nothing in the model is trained, and nothing in the states: which numbers are left? Where do they \
      enter the model, and what should the last position say?
      """,
      """
      All rows in one batch: the same `length` vectors in front of every row, and a state of its own at \
      the end. Two interventions: at `HookPoint.embedding` for the vectors, at the layer's residual point \
      for the states.
      """,
      """
      `Tensor.zeros([count, length, width]) + prompt.rows` repeats the vectors for every row and keeps \
      their gradient; join it with the last position by `Tensor.concatenation([…], axis: 1)`. The loss is \
      `crossEntropy(targets:)` of the last position's logits.
      """,
      """
      `var prompt = SoftPrompt(rows: .randomNormal([length, width], standardDeviation: 0.5, using: \
      &generator))`, `var optimiser = AdamW()`, and 40 times: `let (_, gradients) = try prompt.gradients { \
      … }`, `optimiser.update(&prompt, gradients: gradients, rate: 0.1)`.
      """,
    ],
    interpretation: """
      A few vectors are enough: behind them, the state of a country that stood in “The capital of …” says \
      the capital, two tokens before it is due, for countries that the prompt was not trained on. Pal et \
      al. read 48 % of such tokens from GPT-J. But is the capital in the state, or looked up behind it by \
      blocks that are still to come? The prompt cannot tell: it asks a model that knows capitals. And it \
      is trained: hold it against one that was trained on shuffled targets.
      """,
    cases: { generator in
      let choices: [(name: String, template: [String], answer: (ReaderCountry) -> String)] = [
        ("capitals", ["The capital of", "is"], { $0.capital[0] }),
        ("languages", ["People in", "speak"], { $0.language[0] }),
      ]
      let model = ScopeModel.reader
      let made = try model.made()
      return try choices.map { choice in
        let countries = ReaderWorld.standard.plainCountries.filter {
          choice.answer($0) != $0.name[0]
        }.shuffled(using: &generator)
        let layer = Int.random(in: 1...2, using: &generator)
        let states = Tensor.stack(
          try countries.map { country in
            let tokens = readerTokens(
              "\(choice.template[0]) \(country.name[0]) \(choice.template[1])")
            return try made.layers(of: tokens)[layer][at: tokens.count - 2]
          })
        let targets = countries.map { readerToken(choice.answer($0)) }
        let count = 40
        let question = StatesToPrompt(
          model: model, states: states.slice(0..<count), layer: layer,
          targets: Array(targets[..<count]), length: 4, seed: generator.next())
        return Case(
          choice.name, question: question,
          key: SoftPromptKey(
            question: question, fresh: states.slice(count..<countries.count),
            targets: Array(targets[count...]), next: readerToken(choice.template[1])))
      }
    },
    parts: [Part(PatchscopesAsks.softPrompt, judge: SoftPromptJudge.init)])
}

/// Holds a soft prompt against states that it was not trained on.
private struct SoftPromptJudge: Judge {
  private let key: PatchscopesSheet.SoftPromptKey
  private let model: Transformer
  private var layer: Int { key.question.layer }

  init(_ key: PatchscopesSheet.SoftPromptKey) throws {
    self.key = key
    model = try key.question.model.made()
  }

  /// A trained prompt leaves some 0.2 to 0.5 nats; the best answer which knows nothing of the state
  /// leaves more than two, an untrained one eight.
  private static let margin = 1.0

  /// What is said at the states' position, `[state, token]`, and before it.
  private func logits(_ rows: Tensor, _ states: Tensor, at place: Int? = nil) throws -> Tensor {
    let (count, length, width) = (states.shape[0], rows.shape[0], rows.shape[1])
    let vectors = Intervention(at: .embedding) { embeddings in
      .concatenation(
        [
          Tensor.zeros([count, length, width]) + rows,
          embeddings.slice(axis: 1, length..<(length + 1)),
        ], axis: 1)
    }
    let state = Intervention(at: model.points[layer]) { residual in
      .concatenation(
        [residual.slice(axis: 1, 0..<length), states.reshaped(to: [count, 1, width])], axis: 1)
    }
    let tokens = Array(repeating: Array(repeating: 0, count: length + 1), count: count)
    let place = place ?? length
    return try model.run(
      ModelInput(tokens: tokens), intervening: [vectors, state], logitsAt: place..<(place + 1)
    ).logits.reshaped(to: [count, model.configuration.vocabularySize])
  }

  private func loss(_ logits: Tensor, _ targets: [Int]) -> Double {
    let rows = logits.logSoftmax()
    return -targets.enumerated().reduce(0.0) { $0 + Double(rows[$1.offset, $1.element]) }
      / Double(targets.count)
  }

  func verdict(on prompt: SoftPrompt) throws -> Verdict {
    let width = model.configuration.width
    if let problem = Verdict.problem(
      with: prompt.rows, shape: [key.question.length, width], named: "the prompt",
      axes: ["position", "width"])
    {
      return problem
    }
    let said = try logits(prompt.rows, key.fresh)
    let found = loss(said, key.targets)
    if found <= Self.margin { return .passed() }
    guard found.isFinite else {
      return .failed("the prompt gives no numbers: its vectors have grown too large")
    }
    return .failed(try reason(prompt.rows, said))
  }

  private func reason(_ rows: Tensor, _ said: Tensor) throws -> String {
    let choices = said.argmax()
    let count = rows.shape[0]
    if choices.count(where: { $0 == key.next }) * 2 > choices.count {
      return "behind the prompt states say the next token; the one after it is asked for"
    }
    let turned = try logits(rows.gathering((0..<count).reversed()), key.fresh)
    if loss(turned, key.targets) <= Self.margin { return "the vectors stand in the wrong order" }
    if rows.values.allSatisfy({ $0 == 0 }) { return "all vectors are zero: nothing was trained" }
    let targets = Set(key.question.targets + key.targets)
    guard choices.count(where: targets.contains) * 2 > choices.count else {
      return "what is said behind the prompt is hardly better than behind an untrained one"
    }
    if Set(choices).count == 1 {
      return
        "behind the prompt every state says the same: were all rows there while it was trained, each "
        + "with its state?"
    }
    let own = loss(try logits(rows, key.question.states), key.question.targets)
    if own <= Self.margin / 2 {
      return "on the states that it was trained on the prompt is good, and on new ones it is not"
    }
    return own > 3
      ? "behind the prompt states say targets, but other rows' ones: does row i go with target i?"
      : "what is said behind the prompt can be much better: train longer, on all rows, or with another rate"
  }
}
