import Coursework
import Figures
import Foundation
import Laboratory
import SortingVocabulary
import SheetTools
import Tensors
import Transformers

extension SortingSheet {
  /// The pictures of the sheet, in the order of its text.
  static let figures: [SheetFigure] =
    [trainingFigure, loopsFigure, attentionFigure] + answerFigures

  /// The pictures that show answers, and wait for them.
  static let answerFigures: [SheetFigure] = [
    placesFigure, queryKeyFigure, outputValueFigure, copyingFigure, generalisationFigure,
    carryOverFigure,
  ]

  private static let trainingFigure = SheetFigure(
    "1-training.png", "the sheet's sorter, trained while you waited"
  ) { file in
    let training = try LiveTraining.result.get()
    let steps = training.losses.indices.map { Double($0 + 1) }
    let loss = LinePlot(
      [.init("loss", x: steps, y: training.losses.map { Double($0) })],
      title: "Training lists", x: batches,
      y: Axis("loss", unit: "nats a number", range: 1e-4...10, scale: .logarithmic)
    ).styled { $0.showsMarkers = false }
    let accuracy = LinePlot(
      [
        .init(
          "accuracy", x: training.checkpoints.map { Double($0.step) },
          y: training.checkpoints.map(\.accuracy))
      ], title: "Lists it does not learn from", x: batches,
      y: Axis("share of lists sorted", range: 0...1)
    ).styled { $0.showsMarkers = false }
    try FigureRow([loss, accuracy], columns: 1).write(to: file)
  }

  private static let loopsFigure = SheetFigure(
    "3-loops.png", "the losses of six loops, of which one is sound"
  ) { file in
    let records = try LoopFault.allCases.enumerated().map { index, fault in
      (fault, try RecordedLoop(fault, seed: UInt64(100 + index)).record())
    }.sorted { $0.1.losses[0] < $1.1.losses[0] }
    let names = ["A", "B", "C", "D", "E", "F"]
    let losses = zip(names, records).map { name, record in
      LinePlot.Series(
        name, x: stride(from: 0, to: record.1.losses.count, by: 8).map(Double.init),
        y: smoothed(record.1.losses, over: 8))
    }
    let shares = records.map { record in
      let right = zip(record.1.written, record.1.fresh).count { $0 == $1.sorted() }
      return [Float(record.1.reported), Float(right) / Float(record.1.fresh.count)]
    }
    let said = HeatMap(
      Tensor(rows: shares), rows: names, columns: ["it says", "on fresh lists"],
      title: "What they say, and what they do"
    ).styled {
      $0.valueTitle = "share of lists “right”"
      $0.range = 0...1
      $0.annotationDecimals = 2
    }
    try FigureRow(
      [
        LinePlot(
          losses, title: "What they print", x: Axis("batch", range: 0...160),
          y: Axis("loss (nats a number)")), said,
      ], columns: 1
    ).write(to: file)
  }

  /// Means of so many values in a row.
  private static func smoothed(_ values: [Float], over count: Int) -> [Double] {
    stride(from: 0, to: values.count, by: count).map { start in
      let part = values[start..<min(start + count, values.count)]
      return Double(part.reduce(0, +)) / Double(part.count)
    }
  }

  private static let attentionFigure = SheetFigure(
    "4-attention.png", "where the head looks from each row that predicts a sorted number"
  ) { file in
    let sorter = try LiveTraining.result.get().sorter
    let examples = [[41, 7, 63, 12, 30], [22, 5, 20, 58, 21]]
    let panels = try examples.map { list -> HeatMapGrid.Panel in
      let tokens = sorter.lists.tokens(of: list)
      let run = try sorter.model.run(ModelInput(tokens), capturing: [.pattern(.blocks, 0)])
      let pattern = try run.trace[.pattern(.blocks, 0)][at: 0][at: 0]
      return HeatMapGrid.Panel(
        "sorting \(list.map(String.init).joined(separator: " "))",
        pattern.slice(sorter.lists.sortedRows),
        rows: sorter.lists.sortedRows.map { sorter.lists.name(of: tokens[$0]) },
        columns: tokens.map { sorter.lists.name(of: $0) })
    }
    try HeatMapGrid(panels, columns: 2, title: "The one head").styled {
      $0.rowTitle = "row of"
      $0.columnTitle = "token read"
      $0.valueTitle = "attention"
      $0.range = 0...1
    }.write(to: file)
  }

  private static let placesFigure = SheetFigure(
    "2-places.png", "how surely each place of the sorted half is predicted, while it learns"
  ) { ask, file in
    let training = try LiveTraining.result.get()
    let lists = training.sorter.lists
    var generator = SeededGenerator(seed: 44)
    let tokens = lists.draw(.development, count: 100, using: &generator).map {
      lists.tokens(of: $0)
    }
    let checkpoints = training.checkpoints.filter { $0.step <= Self.shownBatches }
    let logits = try checkpoints.map { try $0.sorter.model(ModelInput(tokens: tokens)) }
    let halves = try ask.all(
      SortingAsks.sortedHalf,
      logits.map { ListLogits(lists: lists, tokens: tokens, logits: $0, half: Tensor(scalar: 0)) })
    let tables = try ask.all(
      SortingAsks.sortedLogProbabilities,
      halves.map { ListLogits(lists: lists, tokens: tokens, logits: Tensor(scalar: 0), half: $0) })
    let means = try tables.map { table in
      try requireCount(
        table.count, tokens.count * lists.length, of: "table of 4.2", for: "place of a list")
      return table.reshaped(to: [tokens.count, lists.length]).mean(axis: 0).values
    }
    try LinePlot(
      (0..<lists.length).map { place in
        LinePlot.Series(
          "number \(place + 1)", x: checkpoints.map { Double($0.step) },
          y: means.map { Double($0[place]) })
      }, title: "Which place is learned first?",
      x: Axis("batches of 32 lists", range: 0...Double(Self.shownBatches)),
      y: Axis("log-probability of the right number")
    ).styled { $0.showsMarkers = false }.write(to: file)
  }

  /// Where it happens: afterwards all places are known.
  private static let shownBatches = 400

  private static let batches = Axis("batches of 32 lists", range: 0...2_100)

  /// A circuit of the trained head as a student computes it, of numbers alone.
  private static func numbers(of circuit: Tensor, named name: String) throws -> Tensor {
    let lists = try LiveTraining.result.get().sorter.lists
    guard circuit.shape == [lists.vocabularySize, lists.vocabularySize] else {
      throw FigureError("your \(name) circuit has the shape \(circuit.shape), not a row a token")
    }
    return circuit.slice(0..<lists.numbers).slice(axis: 1, 0..<lists.numbers)
  }

  private static let queryKeyFigure = SheetFigure(
    "5-query-key.png", "which numbers each number looks for, by your circuit"
  ) { ask, file in
    let sorter = try LiveTraining.result.get().sorter
    let scores = try numbers(of: ask(SortingAsks.queryKeyCircuit, sorter.head), named: "query-key")
    // What all keys of a row share does not matter to its softmax.
    let centred = scores - scores.mean(axis: 1, keepingAxis: true)
    try HeatMap(centred, title: "W_E W_Q W_Kᵀ W_Eᵀ / √d").styled {
      $0.rowTitle = "number that looks (query)"
      $0.columnTitle = "number looked for (key)"
      $0.valueTitle = "score less its row's mean"
      $0.scale = .diverging
    }.write(to: file)
  }

  private static let outputValueFigure = SheetFigure(
    "6-output-value.png", "what reading a number adds to the logits, by your circuit"
  ) { ask, file in
    let sorter = try LiveTraining.result.get().sorter
    let logits = try numbers(
      of: ask(SortingAsks.outputValueCircuit, sorter.head), named: "output-value")
    try HeatMap(logits, title: "W_E W_V W_O W_U").styled {
      $0.rowTitle = "number read"
      $0.columnTitle = "number written"
      $0.valueTitle = "logit, before the last norm"
      $0.scale = .diverging
    }.write(to: file)
  }

  private static let copyingFigure = SheetFigure(
    "7-copying.png", "whether the head raises or lowers what it reads, by your circuit"
  ) { ask, file in
    let sorter = try LiveTraining.result.get().sorter
    let circuit = try numbers(
      of: ask(SortingAsks.outputValueCircuit, sorter.head), named: "output-value")
    let rows = (0..<sorter.lists.numbers).map { circuit[at: $0].values.map(Double.init) }
    let places = rows.indices.map(Double.init)
    try LinePlot(
      [
        .init("the number read", x: places, y: rows.indices.map { rows[$0][$0] }),
        .init(
          "the greatest other", x: places,
          y: rows.indices.map { row in
            rows.indices.filter { $0 != row }.map { rows[row][$0] }.max() ?? 0
          }),
        .init(
          "mean of all", x: places, y: rows.map { $0.reduce(0, +) / Double($0.count) }),
      ], title: "What reading a number does to its own logit",
      x: Axis("number read", range: 0...63),
      y: Axis("logit, before the last norm")
    ).styled { $0.showsMarkers = false }.write(to: file)
  }

  private static let generalisationFigure = SheetFigure(
    "8-table-or-rule.png", "lists met, lists not met, and steps of two, by your measure"
  ) { ask, file in
    let training = try LiveTraining.result.get()
    var generator = SeededGenerator(seed: 8)
    func question(_ sorter: Sorter, _ training: [[Int]]) -> MetAndUnmet {
      let lists = sorter.lists
      let measured =
        training.shuffled(using: &generator).prefix(200).map { $0.shuffled(using: &generator) }
        + lists.draw(.test, count: 400, using: &generator)
        + lists.draw(.stepsOfTwo, count: 200, using: &generator)
      return MetAndUnmet(sorter: sorter, training: training, lists: measured)
    }
    let (few, many) = (try TrainedSorters.few.get(), try TrainedSorters.many.get())
    let questions = [
      question(few.sorter, few.training), question(many.sorter, many.training),
      question(training.sorter, training.learned),
    ]
    let learned = try questions.map { try $0.sorter.accuracy(on: $0.training) }
    let found = try ask.all(SortingAsks.generalisation, questions)
    try BarPlot(
      groups: ["thirty", "4,000", "67,200"],
      [
        .init("learned, as they came", learned),
        .init("learned, shuffled", found.map(\.seen)),
        .init("not met", found.map(\.unseen)),
        .init("steps of two, not met", found.map(\.stepsOfTwo)),
      ], title: "Learned by heart, or a rule?", y: Axis("share of lists sorted", range: 0...1)
    ).styled { $0.groupTitle = "lists that the sorter has learned from" }.write(to: file)
  }
}

extension SortingSheet {
  private static let carryOverFigure = SheetFigure(
    "9-carry-over.png", "sequences met, met at another place, and new, by your measure"
  ) { ask, file in
    let trained = try TrainedSequences.Objective.allCases.map { try TrainedSequences.kept($0) }
    let found = try ask.all(
      SortingAsks.carryOver,
      trained.map { trained in
        ContinuedSequences(
          given: [], logits: Tensor(scalar: 0), model: trained.model, training: trained.training,
          asked: trained.training + trained.leftOut)
      })
    let shares = found.map { [$0.met, $0.moved, $0.new, $0.asTable].map { Float($0) } }
    try HeatMap(
      Tensor(rows: shares), rows: ["the fourth number", "every number"],
      columns: ["met", "met elsewhere", "new", "new, as a table"],
      title: "Does it carry over?"
    ).styled {
      $0.rowTitle = "loss of"
      $0.valueTitle = "share of sequences"
      $0.range = 0...1
      $0.annotationDecimals = 2
    }.write(to: file)
  }
}

extension SortingLists {
  /// A token for a reader.
  func name(of token: Int) -> String {
    switch token {
    case startToken: "START"
    case middleToken: "MID"
    default: String(token)
    }
  }
}
