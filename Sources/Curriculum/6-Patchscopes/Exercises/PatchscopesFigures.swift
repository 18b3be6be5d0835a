import Coursework
import Figures
import Foundation
import Laboratory
import PatchscopesVocabulary
import Tensors
import Transformers

extension PatchscopesSheet {
  /// The pictures of the sheet, in the order of its text; all of them show answers.
  static let figures: [SheetFigure] = [
    patchingFigure, tracingFigure, knockoutFigure, identityFigure, relationFigure,
    extractionFigure, descriptionFigure, acrossFigure,
  ]

  private static func words(_ tokens: [Int]) -> [String] { tokens.map(readerWord) }

  private static func layers(_ count: Int) -> [String] { (0..<count).map { String($0) } }

  private static let patchingFigure = SheetFigure(
    "1-patching.png", "restoring and corrupting one state of two namesakes' texts"
  ) { ask, file in
    let measures = PatchMeasures(ask: ask)
    let (one, _) = PatchMeasures.namesakes
    let columns = words(SubjectFact.profession(of: one).tokens)
    let panels = try PatchDirection.allCases.map { direction in
      let effects = try measures.effects(direction)
      return HeatMapGrid.Panel(
        direction == .restoring ? "restoring" : "corrupting",
        effects, rows: layers(effects.shape[0]), columns: columns)
    }
    try HeatMapGrid(
      panels, columns: 2, title: "Two people of one surname: where is it known who is who?"
    ).styled {
      $0.rowTitle = "layer"
      $0.valueTitle = "normalised effect"
      $0.scale = .diverging
      $0.range = -1...1
    }.write(to: file)
  }

  private static let tracingFigure = SheetFigure(
    "2-tracing.png", "causal tracing of people's professions: states, MLPs, attention"
  ) { ask, file in
    let measures = PatchMeasures(ask: ask)
    let columns = ["start", "name", "surname", "works", "as", "a"]
    func panel(_ title: String, _ part: BlockPart?) throws -> HeatMapGrid.Panel {
      let gains = try measures.gains(part, window: part == nil ? 1 : 3, people: 4, samples: 3)
      return HeatMapGrid.Panel(
        title, gains, rows: layers(gains.shape[0]), columns: columns)
    }
    try HeatMapGrid(
      [
        try panel("one state", nil), try panel("MLPs, three blocks", .mlp),
        try panel("attention, three", .attention),
      ], columns: 3, title: "What one clean state, or window, brings back"
    ).styled {
      $0.rowTitle = "layer, or block"
      $0.valueTitle = "gain of probability"
      $0.scale = .diverging
      $0.range = -1...1
    }.write(to: file)
  }

  private static let knockoutFigure = SheetFigure(
    "3-knockout.png", "what a profession loses when a way of attention is cut, by window"
  ) { ask, file in
    let measures = PatchMeasures(ask: ask)
    let people = 10
    func plot(_ title: String, from query: Int, to keys: [Int]) throws -> LinePlot {
      let series = try [1, 2, 3].map { window in
        let losses = try measures.losses(from: query, to: keys, window: window, people: people)
        let mean = losses.mean(axis: 0)
        let distance = losses - mean
        let error = ((distance * distance).mean(axis: 0) / Float(people)).squareRoot()
        return LinePlot.Series(
          window == 1 ? "one block" : "\(window) blocks", mean.values.map { Double($0) },
          interval: Interval(
            around: mean.values.map { Double($0) },
            plusMinus: error.values.map { 2 * Double($0) }))
      }
      return LinePlot(
        series, title: title, x: Axis("first block that is cut", labels: layers(6)),
        y: Axis("loss of probability", range: -0.1...1.1))
    }
    try FigureRow(
      [
        try plot("From the surname to the name", from: 2, to: [1]),
        try plot("From the end to the surname", from: 5, to: [2]),
      ], columns: 1
    ).write(to: file)
  }

  private static let identityFigure = SheetFigure(
    "4-layers.png", "how often an identity prompt gives a word back, by l and l*"
  ) { ask, file in
    let shares = try PatchMeasures(ask: ask).identities(
      words: ["river", "hammer", "France", "apple", "Vienna"])
    try HeatMap(
      shares, rows: layers(shares.shape[0]), columns: layers(shares.shape[1]),
      title: "Which word was it?"
    ).styled {
      $0.rowTitle = "taken after l blocks"
      $0.columnTitle = "put after l* blocks"
      $0.valueTitle = "share of words given back"
      $0.range = 0...1
      $0.annotationDecimals = 1
    }.write(to: file)
  }

  private static let relationFigure = SheetFigure(
    "5-relations.png", "how often a linear relation says what the model says, by layer and β"
  ) { ask, file in
    let measures = PatchMeasures(ask: ask)
    let (layers, betas) = ([1, 2, 3], [1, 2, 3, 4, 6, 8] as [Float])
    let panels = try PatchMeasures.mappedRelations.map { relation in
      HeatMapGrid.Panel(
        relation.name,
        try measures.faithfulness(
          of: relation, layers: layers, betas: betas, prompts: 3, subjects: 24),
        rows: layers.map { String($0) }, columns: betas.map { String(Int($0)) })
    }
    try HeatMapGrid(panels, columns: 2, title: "Is the relation linear?").styled {
      $0.rowTitle = "layer of the subject"
      $0.columnTitle = "β"
      $0.valueTitle = "share of faithful objects"
      $0.range = 0...1
    }.write(to: file)
  }

  private static let extractionFigure = SheetFigure(
    "6-extraction.png", "twelve tasks by feature extraction and by a linear probe"
  ) { ask, file in
    let measures = PatchMeasures(ask: ask)
    let tasks = try PatchMeasures.tasks.map { try measures.task($0, layer: 1, items: 24) }
    func series(_ name: String, _ hits: (PatchMeasures.Task) -> [Bool]) -> BarPlot.Series {
      let shares = tasks.map { task in
        Double(hits(task).count { $0 }) / Double(hits(task).count)
      }
      // Two standard errors, kept within what a share can be.
      let errors = zip(shares, tasks).map { share, task in
        2 * (share * (1 - share) / Double(hits(task).count)).squareRoot()
      }
      return BarPlot.Series(
        name, shares,
        interval: Interval(
          lower: zip(shares, errors).map { max($0 - $1, 0) },
          upper: zip(shares, errors).map { min($0 + $1, 1) }))
    }
    try BarPlot(
      groups: tasks.map { $0.relation.rawValue },
      [series("feature extraction", \.extraction), series("linear probe", \.probe)],
      title: "A prompt and a probe, asked about the same states",
      y: Axis("accuracy", range: 0...1)
    ).write(to: file)
  }

  private static let descriptionFigure = SheetFigure(
    "7-descriptions.png", "what the model writes about a state of each layer"
  ) { ask, file in
    let measures = PatchMeasures(ask: ask)
    let person = PatchMeasures.people(5)[2].name
    let tables = try [["Japan"], person].map { name in
      TextTable(
        try measures.descriptions(of: name, count: 5).enumerated().map {
          (name: String($0.offset), text: $0.element)
        }, title: name.joined(separator: " "), rowTitle: "layer", textTitle: "description"
      ).styled { $0.textWidth = 190 }
    }
    try FigureRow(tables).write(to: file)
  }

  private static let acrossFigure = SheetFigure(
    "8-across.png", "the reader's states read by itself and by other readers"
  ) { ask, file in
    let measures = PatchMeasures(ask: ask)
    let targets: [(String, ScopeModel)] = [
      ("itself", .reader), ("the wide reader", ScopeModel(.wideReader)),
      ("the early reader", ScopeModel(.earlyReader)),
    ]
    try LinePlot(
      try targets.map { name, target in
        LinePlot.Series(name, try measures.explained(by: target, places: 20))
      }, title: "Who reads the reader best?", x: Axis("layer", labels: layers(7)),
      y: Axis("prec@1 against the reader", range: 0...1)
    ).write(to: file)
  }
}
