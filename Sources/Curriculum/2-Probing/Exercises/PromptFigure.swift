import Coursework
import Figures
import Interpretability
import Laboratory
import ProbingVocabulary
import SheetTools
import Tensors
import Transformers

extension ProbingSheet {
  static let promptFigure = SheetFigure(
    "12-prompt.png", "what your prompts make the reader say, and what they have to beat"
  ) { ask, file in
    func question(
      _ texts: PromptTexts, saying answers: [String]? = nil, in model: PromptedModel = .reader
    ) throws -> PrefixedTexts {
      // The same countries for every model and every words.
      var generator = SeededGenerator(seed: 6)
      let task = try texts.task(length: 3, answers: answers, using: &generator)
      return PrefixedTexts(
        prefix: task.prefix, examples: Array(task.training.prefix(1)), task: task, model: model)
    }
    let rows: [(name: String, question: PrefixedTexts)] = [
      ("continents", try question(.arrow)),
      ("she or he", try question(.slept)),
      ("bread or window", try question(.slept, saying: ["bread", "window"])),
      ("untrained reader", try question(.arrow, in: .untrained(seed: 3))),
    ]
    let found = try ask.all(ProbingAsks.comparePrompts, rows.map(\.question))
    func bars(_ name: String, _ share: KeyPath<PromptComparison, Double>) throws -> BarPlot.Series {
      let estimates = try zip(found, rows).map { found, row in
        let (count, value) = (row.question.task.test.count, found[keyPath: share])
        guard value.isFinite, (0...1).contains(value) else {
          throw FigureError("one of your accuracies is \(value), and a share is needed")
        }
        // Every text is about another thing, so texts are drawn one by one.
        let right = Int((value * Double(count)).rounded())
        return Bootstrap().mean(
          of: (0..<count).map { $0 < right ? 1 : 0 }, groups: Array(0..<count))
      }
      return BarPlot.Series(
        name, estimates.map(\.value),
        interval: Interval(lower: estimates.map(\.lower), upper: estimates.map(\.upper)))
    }
    var plot = BarPlot(
      groups: rows.map(\.name),
      [
        try bars("majority class", \.majority), try bars("untrained prompt", \.untrained),
        try bars("trained prompt", \.trained), try bars("linear probe", \.probe),
      ], title: "What a prompt can ask for", y: Axis("accuracy on unseen things", range: 0...1))
    plot.marksZeros = true
    plot.plotSize = FigureSize(width: 310, height: 150)
    try plot.write(to: file)
  }

  static let headsFigure = SheetFigure(
    "13-heads.png", "the heads that you keep for a task, and what the reader loses without them"
  ) { ask, file in
    var generator = SeededGenerator(seed: 8)
    let model = try PromptedModel.reader.made()
    let stack = model.configuration.stacks[0].stack
    let all = model.configuration.heads.map { HeadPlace(layer: $0.layer, head: $0.head) }
    var question = HeadsToPrune(
      scores: .zeros([all.count]), kept: 1, temperature: 1,
      examples: ShownRelation.continents.texts(24, using: &generator), count: ShownRelation.enough,
      heads: [], texts: [])
    let kept = try ask(ProbingAsks.neededHeads, question)
    guard Set(kept).isSubset(of: all), !kept.isEmpty else {
      throw FigureError("your list of heads is empty, or has a head that the reader does not have")
    }
    let kinds: [(name: String, kind: ReaderKind)] = [
      ("few-shot", .fewShot), ("sequences", .sequences), ("repeats", .repeats),
      ("gifts", .indirectObjects), ("facts", .facts), ("stories", .narrative),
    ]
    let texts = kinds.map { kind in
      var writer = ReaderWriter(split: .test, seed: 21)
      return (0..<12).map { _ in
        Array(ReaderVocabulary.encode(writer.text(kind.kind).words).prefix(40))
      }
    }
    let random = (0..<10).map { _ in Array(all.shuffled(using: &generator).prefix(kept.count)) }
    let questions = texts.flatMap { texts in
      ([kept] + random).map { heads in
        (question.heads, question.texts) = (heads, texts)
        return question
      }
    }
    let losses = try ask.all(ProbingAsks.loss, questions)
    let rows = kinds.indices.map { kind in
      Array(losses[(kind * (random.count + 1))..<((kind + 1) * (random.count + 1))])
    }
    let others = rows.map { $0.dropFirst() }
    var map = HeatMap(
      Tensor(
        all.map { kept.contains($0) ? 1 : 0 }, shape: [stack.layerCount, stack.headCount]),
      title: "Heads kept")
    map.rowTitle = "layer"
    map.columnTitle = "head"
    map.range = 0...1
    map.showsColourBar = false
    var bars = BarPlot(
      groups: kinds.map(\.name),
      [
        .init("without these heads", rows.map { $0[0] }),
        .init(
          "without as many at random", others.map { $0.reduce(0, +) / Double($0.count) },
          interval: Interval(lower: others.map { $0.min()! }, upper: others.map { $0.max()! })),
      ], title: "What the language model loses", groupTitle: "kind of text",
      y: Axis("loss added", unit: "nats a token"))
    bars.plotSize = FigureSize(width: 240, height: 150)
    try FigureRow([map, bars]).write(to: file)
  }
}
