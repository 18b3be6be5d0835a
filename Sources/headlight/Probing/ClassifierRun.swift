import Figures
import Foundation
import Interpretability
import Laboratory
import Models
import Tensors
import Transformers

/// Probes that choose a class for each word.
struct ClassifierRun {
  private let command: ProbeCommand
  private let subject: ProbeSubject
  private let task: WordTask
  private let split: TaskSplit
  private let representations: Representations
  private let findings: LayerFindings

  init(_ command: ProbeCommand, _ subject: ProbeSubject) throws {
    self.command = command
    self.subject = subject
    task = try WordTask(
      command.words.labelName, in: subject.sentences, where: command.words.include)
    var generator = SeededGenerator(seed: command.seed)
    split = try TaskSplit(task, by: command.split, using: &generator)
    let control = command.control ? task.control(using: &generator) : nil
    let model = subject.loaded.model
    representations = try model.representations(
      of: subject.tokens, layers: command.layers, pooling: command.pooling)
    let random =
      command.randomWeights
      ? try Transformer(configuration: model.configuration, using: &generator)
        .representations(
          of: subject.tokens, layers: command.layers, pooling: command.pooling) : nil
    var settings = ProbeSettings()
    settings.kind = command.probe == .linear ? .linear : .mlp(hidden: command.hidden)
    settings.l2 = command.l2
    settings.seed = command.seed
    findings = try probeLayers(
      task, split: split, representations: representations, layerNumbers: command.layers,
      randomWeights: random, control: control, settings: settings,
      bootstrap: Bootstrap(seed: command.seed))
  }

  func report() throws {
    var written: [String] = []
    func write(_ figure: any Figure, to path: String?) throws {
      guard let path else { return }
      try figure.write(to: URL(fileURLWithPath: path))
      written.append(path)
    }
    try write(accuracyPlot, to: command.output)
    try write(confusionMap, to: command.confusion)
    if let projection = command.projection { try write(self.projection(), to: projection) }
    if command.json {
      print(
        try jsonText(
          ProbeReport(
            model: subject.loaded.shortName, label: task.name, probe: command.probe,
            split: command.split, seed: command.seed, sentences: subject.sentences.count,
            findings: findings)))
      return
    }
    printTable()
    for path in written { print("Wrote \(path).") }
  }

  private func printTable() {
    let words = findings.words
    print(
      "\(subject.loaded.shortName), “\(task.name)”, \(task.classes.count) classes: "
        + "\(grouped(words[0])) words to train on, \(grouped(words[1])) to choose by, "
        + "\(grouped(words[2])) to test on")
    var header = ["layer", "accuracy", "95 %", "on dev"]
    let first = findings.layers[0]
    if first.control != nil { header += ["control", "selectivity", "95 %"] }
    if first.randomWeights != nil { header.append("random weights") }
    let rows = findings.layers.map { finding in
      var row = [
        String(finding.layer), share(finding.accuracy.value), finding.accuracy.range,
        share(finding.developmentAccuracy),
      ]
      if let control = finding.control, let selectivity = finding.selectivity {
        row += [share(control.value), share(selectivity.value), selectivity.range]
      }
      if let random = finding.randomWeights { row.append(share(random.value)) }
      return row
    }
    printColumns([header] + rows)
    print(
      "majority class \(share(findings.majority.value)); best layer on dev \(findings.best.layer)")
  }

  private var title: String { "\(subject.loaded.shortName): \(task.name)" }

  private var accuracyPlot: LinePlot {
    let x = findings.layers.indices.map { Double($0) }
    func series(_ name: String, _ values: [Estimate]) -> LinePlot.Series {
      LinePlot.Series(
        name, x: x, y: values.map(\.value),
        interval: Interval(lower: values.map(\.lower), upper: values.map(\.upper)))
    }
    var lines = [series("accuracy", findings.layers.map(\.accuracy))]
    let controls = findings.layers.compactMap(\.control)
    let selectivities = findings.layers.compactMap(\.selectivity)
    let random = findings.layers.compactMap(\.randomWeights)
    if !controls.isEmpty { lines.append(series("control task", controls)) }
    if !selectivities.isEmpty { lines.append(series("selectivity", selectivities)) }
    if !random.isEmpty { lines.append(series("random weights", random)) }
    var plot = LinePlot(
      lines, title: title, x: layerAxis(findings.layers.map(\.layer)), y: "share of words")
    plot.reference = ("majority class", findings.majority.value)
    return plot
  }

  private var confusionMap: HeatMap {
    let counts = findings.best.confusion
    let shares = counts.map { row in
      let sum = Float(row.reduce(0, +))
      return row.map { sum > 0 ? Float($0) / sum : 0 }
    }
    var map = HeatMap(
      Tensor(rows: shares), rows: findings.classes, columns: findings.classes,
      title: "\(title), layer \(findings.best.layer)")
    map.rowTitle = "class"
    map.columnTitle = "taken for"
    map.valueTitle = "share of the class"
    map.range = 0...1
    if findings.classes.count <= 8 { map.annotationDecimals = 2 }
    return map
  }

  private func projection() throws -> ScatterPlot {
    let best = findings.best.layer
    let index = command.layers?.firstIndex(of: best) ?? best
    let test = Array(split.test.prefix(400))
    let plane = try PrincipalComponents(
      representations.layers[index].gathering(test.map { task.rows[$0] }))
    let series = task.classes.indices.map { label in
      ScatterPlot.Series(
        task.classes[label],
        test.indices.filter { task.labels[test[$0]] == label }.map {
          ScatterPlot.Datum(Double(plane.places[$0, 0]), Double(plane.places[$0, 1]))
        })
    }.filter { !$0.points.isEmpty }
    func name(_ place: Int) -> Axis {
      Axis("component \(place + 1), \(Int((plane.shares[place] * 100).rounded())) % of the spread")
    }
    return ScatterPlot(series, title: "\(title), layer \(best)", x: name(0), y: name(1))
  }
}

/// What `--json` prints of classifiers.
struct ProbeReport: Encodable {
  var model: String
  var label: String
  var probe: ProbeChoice
  var split: SplitUnit
  var seed: UInt64
  var sentences: Int
  var findings: LayerFindings
}

extension Estimate {
  /// The interval as it stands in a table.
  var range: String { "\(share(lower))–\(share(upper))" }
}

/// An axis of layers by their numbers.
func layerAxis(_ layers: [Int]) -> Axis {
  Axis("layer (0 is the embedding)", labels: layers.map(String.init))
}

/// A share with three decimals.
func share(_ value: Double) -> String { String(format: "%.3f", value) }

/// Rows of cells, each column as wide as its widest cell.
func printColumns(_ rows: [[String]]) {
  let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
  for row in rows {
    let cells = zip(row, widths).map { cell, width in
      String(repeating: " ", count: width - cell.count) + cell
    }
    print(cells.joined(separator: "  "))
  }
}
