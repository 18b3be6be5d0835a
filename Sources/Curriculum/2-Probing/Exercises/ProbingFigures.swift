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
    [layersFigure, confusionFigure, projectionFigure] + answerFigures + [promptFigure]

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
    let shares = findings.layers[0].confusion.map { row in
      let sum = Float(max(row.reduce(0, +), 1))
      return row.map { Float($0) / sum }
    }
    var map = HeatMap(
      Tensor(rows: shares), rows: findings.classes, columns: findings.classes,
      title: "Word classes at the embedding")
    map.rowTitle = "class"
    map.columnTitle = "taken for"
    map.valueTitle = "share of the class"
    map.range = 0...1
    try map.write(to: file)
  }

  private static let projectionFigure = SheetFigure(
    "3-projection.png", "“the” by the gender of its noun: where vectors spread, and where gender is"
  ) { file in
    let corpus = try ProbedCorpus.figures.get()
    let task = try WordTask("gender", in: corpus.sentences) { $0.text == "the" }
    var generator = SeededGenerator(seed: 4)
    let split = try TaskSplit(task, by: .head, using: &generator)
    let layer = try corpus.representations().layers[2]
    func vectors(_ places: [Int]) -> Tensor { layer.gathering(places.map { task.rows[$0] }) }
    let shown = split.development + split.test
    let means = try DifferenceOfMeans(
      vectors(split.training),
      isPositive: split.training.map { task.classes[task.labels[$0]] == "feminine" })
    let width = means.direction.count
    let length = (means.direction * means.direction).sum().scalar.squareRoot()
    let along = vectors(shown).matmul(means.direction.reshaped(to: [width, 1]) / length)
    let plane = try PrincipalComponents(vectors(shown))
    func plot(_ title: String, _ x: String, _ place: (Int) -> (Float, Float)) -> ScatterPlot {
      let series = task.classes.indices.map { label in
        ScatterPlot.Series(
          task.classes[label],
          shown.indices.filter { task.labels[shown[$0]] == label }.map {
            ScatterPlot.Datum(Double(place($0).0), Double(place($0).1))
          })
      }
      return ScatterPlot(
        series, title: title, x: Axis(x),
        y: x.hasPrefix("first") ? "second component" : "first component")
    }
    try FigureRow([
      plot("Where “the” spreads most", "first component") {
        (plane.places[$0, 0], plane.places[$0, 1])
      },
      plot("Along the difference of means", "from masculine to feminine") {
        (along[$0, 0], plane.places[$0, 0])
      },
    ]).write(to: file)
  }

  private static let controlFigure = SheetFigure(
    "4-control.png", "accuracy, your control task, and the selectivity between them"
  ) { ask, file in
    let (task, split) = try wordClasses.get()
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
}
