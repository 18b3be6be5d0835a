import Figures
import Foundation
import Interpretability
import Laboratory
import Models
import Tensors
import Transformers

/// Structural probes, held against gold trees.
struct StructuralRun {
  private let command: ProbeCommand
  private let subject: ProbeSubject
  private let quantity: StructuralProbe.Quantity
  private let findings: [Finding]
  private let best: StructuralProbe
  private let bestPlace: Int
  private let testSentences: [Int]
  private let layers: [[StructuralProbe.Example]]

  /// What was found at one layer.
  struct Finding: Encodable {
    var layer: Int
    var scores: StructuralScores
    var randomWeights: StructuralScores?
    /// The correlation on the development sentences, by which a layer is to be chosen.
    var developmentSpearman: Double?
  }

  init(
    _ command: ProbeCommand, _ subject: ProbeSubject, _ quantity: StructuralProbe.Quantity
  ) throws {
    self.command = command
    self.subject = subject
    self.quantity = quantity
    guard command.words.conditions.isEmpty else {
      throw CommandError("a tree needs all words of its sentence: leave --where out")
    }
    guard command.split == .sentence else {
      throw CommandError("trees are kept apart by sentence: leave --split out")
    }
    guard subject.sentences.count >= 5 else {
      throw CommandError(
        "there are \(counted(subject.sentences.count, "sentence")) to share out among training, "
          + "development and test; give at least 5")
    }
    var generator = SeededGenerator(seed: command.seed)
    let order = subject.sentences.indices.shuffled(using: &generator)
    let cuts = (order.count * 3 / 5, order.count * 4 / 5)
    let (training, development, test) = (
      order[..<cuts.0], order[cuts.0..<cuts.1], order[cuts.1...]
    )
    testSentences = Array(test)
    var settings = StructuralProbe.Settings()
    settings.rank = command.rank
    settings.seed = command.seed

    func examples(of model: Transformer) throws -> [[StructuralProbe.Example]] {
      let found = try model.representations(
        of: subject.tokens, layers: command.layers, pooling: command.pooling)
      return found.layers.map { layer in
        zip(subject.sentences, found.sentences).map { sentence, rows in
          StructuralProbe.Example(sentence, vectors: layer.slice(axis: 0, rows))
        }
      }
    }
    func train(_ layer: [StructuralProbe.Example]) throws -> StructuralProbe {
      try StructuralProbe.training(
        quantity, on: training.map { layer[$0] }, development: development.map { layer[$0] },
        settings: settings
      ).probe
    }
    let bootstrap = Bootstrap(seed: command.seed)
    let model = subject.loaded.model
    layers = try examples(of: model)
    let random =
      command.randomWeights
      ? try examples(of: Transformer(configuration: model.configuration, using: &generator)) : nil
    var findings: [Finding] = []
    var probes: [StructuralProbe] = []
    for (index, layer) in layers.enumerated() {
      let probe = try train(layer)
      probes.append(probe)
      findings.append(
        Finding(
          layer: command.layers?[index] ?? index,
          scores: probe.scores(on: test.map { layer[$0] }, bootstrap: bootstrap),
          randomWeights: try random.map { random in
            try train(random[index]).scores(
              on: test.map { random[index][$0] }, bootstrap: bootstrap)
          },
          developmentSpearman: probe.scores(on: development.map { layer[$0] }).spearman))
    }
    self.findings = findings
    let place = findings.indices.max {
      (findings[$0].developmentSpearman ?? -1, $1) < (findings[$1].developmentSpearman ?? -1, $0)
    }!
    best = probes[place]
    bestPlace = place
  }

  func report() throws {
    var written: [String] = []
    if let output = command.output {
      try plot.write(to: URL(fileURLWithPath: output))
      written.append(output)
    }
    if let trees = command.trees {
      try drawnTrees.write(to: URL(fileURLWithPath: trees))
      written.append(trees)
    }
    if command.json {
      print(
        try jsonText(
          StructuralReport(
            model: subject.loaded.shortName, quantity: quantity, seed: command.seed,
            sentences: subject.sentences.count, layers: findings)))
      return
    }
    print(
      "\(subject.loaded.shortName), structural probe for \(quantity.rawValue), "
        + "\(grouped(subject.sentences.count)) sentences, \(grouped(testSentences.count)) of them to "
        + "test on")
    let name = quantity == .distance ? "edges found" : "root found"
    var header = ["layer", name, "95 %", "Spearman"]
    if command.randomWeights { header += ["random: \(name)", "Spearman"] }
    let rows = findings.map { finding in
      var row = [
        String(finding.layer), text(finding.scores.share?.value),
        finding.scores.share?.range ?? "–", text(finding.scores.spearman),
      ]
      if let random = finding.randomWeights {
        row += [text(random.share?.value), text(random.spearman)]
      }
      return row
    }
    printColumns([header] + rows)
    print("best layer on dev \(findings[bestPlace].layer)")
    for path in written { print("Wrote \(path).") }
  }

  private func text(_ value: Double?) -> String { value.map(share) ?? "–" }

  private var plot: LinePlot {
    let x = findings.indices.map { Double($0) }
    let shares = findings.compactMap(\.scores.share)
    var lines = [
      LinePlot.Series(
        quantity == .distance ? "edges found" : "root found", x: x, y: shares.map(\.value),
        interval: Interval(lower: shares.map(\.lower), upper: shares.map(\.upper))),
      LinePlot.Series(
        "Spearman", x: x, y: findings.map { $0.scores.spearman ?? .nan }),
    ]
    let random = findings.compactMap(\.randomWeights?.share)
    if !random.isEmpty {
      lines.append(
        LinePlot.Series(
          "random weights", x: x, y: random.map(\.value),
          interval: Interval(lower: random.map(\.lower), upper: random.map(\.upper))))
    }
    return LinePlot(
      lines, title: "\(subject.loaded.shortName): \(quantity.rawValue) in the tree",
      x: layerAxis(findings.map(\.layer)), y: "score")
  }

  /// The test sentence of 6 to 14 words whose share of edges found is the median: neither the best
  /// nor the worst.
  private var drawnTrees: TreeArcs {
    let layer = layers[bestPlace]
    func goldEdges(_ sentence: Int) -> [WordEdge] {
      subject.sentences[sentence].words.enumerated().compactMap { index, word in
        word.head.map { WordEdge(index, $0) }
      }.filter { layer[sentence].isCounted[$0.first] && layer[sentence].isCounted[$0.second] }
    }
    let fitting = testSentences.filter { (6...14).contains(layer[$0].depths.count) }
    let scored = (fitting.isEmpty ? testSentences : fitting).map { sentence in
      (
        sentence: sentence,
        score: undirectedAttachment(best.edges(of: layer[sentence]), gold: goldEdges(sentence)) ?? 0
      )
    }.sorted { ($0.score, $0.sentence) < ($1.score, $1.sentence) }
    let sentence = scored[scored.count / 2].sentence
    func arcs(_ edges: [WordEdge]) -> [TreeArcs.Edge] { edges.map { .init($0.first, $0.second) } }
    return TreeArcs(
      subject.sentences[sentence].words.map(\.text), gold: arcs(goldEdges(sentence)),
      predicted: arcs(best.edges(of: layer[sentence])),
      title: "\(subject.loaded.shortName), layer \(findings[bestPlace].layer): trees")
  }
}

/// What `--json` prints of structural probes.
private struct StructuralReport: Encodable {
  var model: String
  var quantity: StructuralProbe.Quantity
  var seed: UInt64
  var sentences: Int
  var layers: [StructuralRun.Finding]
}

extension StructuralScores {
  /// The share of edges or of roots found.
  fileprivate var share: Estimate? { undirectedAttachment ?? rootAccuracy }
}
