import Coursework
import Figures
import Foundation
import Interpretability
import Laboratory
import ProbingVocabulary
import SheetTools
import Tensors
import Transformers

extension ProbingSheet {
  /// The pictures of the sheet, in the order of its text.
  static let figures: [SheetFigure] =
    [layersFigure, confusionFigure, projectionFigure] + answerFigures

  /// The pictures that show answers, and wait for them.
  static let answerFigures: [SheetFigure] =
    [controlFigure, randomWeightsFigure, errorBarFigure, linearOrNotFigure] + laterAnswerFigures

  /// The word classes of the figures' sentences, split by sentence.
  static let wordClasses = Result {
    let corpus = try ProbedCorpus.figures.get()
    let task = try WordTask("word-class", in: corpus.sentences)
    var generator = SeededGenerator(seed: 3)
    return (task: task, split: try TaskSplit(task, by: .sentence, using: &generator))
  }

  /// What linear probes find of them at every layer.
  private static let wordClassFindings = Result {
    let (task, split) = try wordClasses.get()
    return try probeLayers(
      task, split: split, representations: ProbedCorpus.figures.get().representations())
  }

  /// A label as it is written in running text: “proper noun” for `properNoun`.
  static func plain(_ label: String) -> String {
    label.map { $0.isUppercase ? " " + $0.lowercased() : String($0) }.joined()
  }

  /// A level that is the same at every layer, to compare with.
  static func level(_ name: String, _ value: Double, layers: Int) -> LinePlot.Series {
    LinePlot.Series(name, Array(repeating: value, count: layers))
  }

  /// Values by layer with their intervals.
  static func series(_ name: String, _ values: [Estimate]) -> LinePlot.Series {
    LinePlot.Series(
      name, values.map(\.value),
      interval: Interval(lower: values.map(\.lower), upper: values.map(\.upper)))
  }

  /// An axis for layers, the embedding first.
  static func layerAxis(_ count: Int) -> Axis {
    Axis("layer", labels: (0..<count).map { $0 == 0 ? "embedding" : String($0) })
  }

  private static let layersFigure = SheetFigure(
    "1-layers.png", "how well a linear probe finds the word class at every layer"
  ) { file in
    let findings = try wordClassFindings.get()
    var plot = LinePlot(
      [series("linear probe", findings.layers.map(\.accuracy))],
      title: "The class of a word, from its vector", x: layerAxis(findings.layers.count),
      y: Axis("accuracy on test words", range: 0...1))
    plot.reference = ("majority class", findings.majority.value)
    try plot.write(to: file)
  }

  private static let confusionFigure = SheetFigure(
    "2-confusion.png", "which classes the probe on the embedding takes for one another"
  ) { file in
    let findings = try wordClassFindings.get()
    let classes = findings.classes.map(plain)
    let shares = findings.layers[0].confusion.map { row in
      let sum = Float(max(row.reduce(0, +), 1))
      return row.map { Float($0) / sum }
    }
    var map = HeatMap(
      Tensor(rows: shares), rows: classes, columns: classes,
      title: "Word classes at the embedding")
    map.rowTitle = "class"
    map.columnTitle = "taken for"
    map.valueTitle = "share of the class"
    map.range = 0...1
    map.annotationDecimals = 2
    try map.write(to: file)
  }

  private static let projectionFigure = SheetFigure(
    "3-projection.png",
    "“the” by the gender of its noun: where vectors spread, and along two directions"
  ) { file in
    let corpus = try ProbedCorpus.figures.get()
    let task = try WordTask("gender", in: corpus.sentences) { $0.text == "the" }
    var generator = SeededGenerator(seed: 4)
    let split = try TaskSplit(task, by: .head, using: &generator)
    let layer = try corpus.representations().layers[2]
    func vectors(_ places: [Int]) -> Tensor { layer.gathering(places.map { task.rows[$0] }) }
    let shown = split.development + split.test
    let labels = shown.map { task.labels[$0] }
    let feminine = task.classes.firstIndex(of: "feminine")!
    let means = try DifferenceOfMeans(
      vectors(split.training), isPositive: split.training.map { task.labels[$0] == feminine })
    let probe = try Probe.training(
      on: vectors(split.training), labels: split.training.map { task.labels[$0] },
      classes: task.classes.count
    ).probe
    let scores = probe(vectors(shown))
    let plane = try PrincipalComponents(vectors(shown))
    let series = task.classes.indices.map { label in
      ScatterPlot.Series(
        task.classes[label],
        shown.indices.filter { labels[$0] == label }.map {
          ScatterPlot.Datum(Double(plane.places[$0, 0]), Double(plane.places[$0, 1]))
        })
    }
    var scatter = ScatterPlot(
      series, title: "Where “the” spreads most", x: "first component", y: "second component")
    scatter.plotSize = FigureSize(width: 140, height: 120)
    /// Both classes along a direction, with the threshold half-way between their means in training.
    func histogram(
      _ title: String, _ heights: [Double], threshold: Double
    ) -> HistogramPlot {
      let centred = heights.map { $0 - threshold }
      let reach = centred.map(abs).max()! * 1.001
      let right = zip(centred, labels).count { ($0 > 0) == ($1 == feminine) }
      let share = Double(right) / Double(labels.count)
      var plot = HistogramPlot(
        task.classes.indices.map { label in
          .init(task.classes[label], zip(centred, labels).filter { $1 == label }.map(\.0))
        }, title: "\(title): \(Int((100 * share).rounded())) % right",
        x: Axis("towards feminine", range: -reach...reach), y: "words")
      plot.reference = ("threshold", 0)
      plot.plotSize = FigureSize(width: 140, height: 120)
      return plot
    }
    let length = (means.direction * means.direction).sum().scalar.squareRoot()
    let direction = means.direction / length
    let along = vectors(shown).matmul(direction.reshaped(to: [direction.count, 1])).values
    // Where a line cuts best among the words it was taken from.
    let known = vectors(split.training).matmul(direction.reshaped(to: [direction.count, 1])).values
    func mean(_ label: Int) -> Double {
      let own = zip(known, split.training).filter { task.labels[$1] == label }.map { Double($0.0) }
      return own.reduce(0, +) / Double(own.count)
    }
    try FigureRow(
      [
        scatter,
        histogram(
          "Difference of means", along.map(Double.init),
          threshold: (mean(0) + mean(1)) / 2),
        histogram(
          "A probe's direction",
          shown.indices.map { Double(scores[$0, feminine] - scores[$0, 1 - feminine]) },
          threshold: 0),
      ], columns: 2
    ).write(to: file)
  }

  private static let controlFigure = SheetFigure(
    "4-control.png", "accuracy, your control task, and the selectivity between them"
  ) { ask, file in
    let (task, split) = try wordClasses.get()
    let control = try controlTask(task, ask)
    let findings = try probeLayers(
      task, split: split, representations: ProbedCorpus.figures.get().representations(),
      control: control)
    try LinePlot(
      [
        series("word class", findings.layers.map(\.accuracy)),
        series("control task", findings.layers.compactMap(\.control)),
        series("selectivity", findings.layers.compactMap(\.selectivity)),
      ], title: "What the probe knows by heart", x: layerAxis(findings.layers.count),
      y: Axis("share of test words", range: 0...1)
    ).write(to: file)
  }

  /// The control task of figures, with the classes that are yours.
  static func controlTask(_ task: WordTask, _ ask: Asking) throws -> WordTask {
    var control = task
    control.labels = try ask(
      ProbingAsks.controlLabels,
      ControlWords(
        words: task.types, classes: task.classes.count, seed: 5,
        task: ProbeOutcome(predictions: [], labels: []),
        control: ProbeOutcome(predictions: [], labels: [])))[0]
    try requireCount(control.labels.count, task.count, of: "control task", for: "word")
    if let wrong = control.labels.first(where: { !task.classes.indices.contains($0) }) {
      throw FigureError("your control task has the class \(wrong), which is none of its classes")
    }
    return control
  }
}
