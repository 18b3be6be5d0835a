public import ArgumentParser
public import Circuits
import Coursework
import Figures
import Files
import Foundation
import Interventions
import Laboratory
import Models
import Transformers

extension CircuitMethod: ExpressibleByArgument {}
extension CircuitAblation: ExpressibleByArgument {}
extension CircuitMetric: ExpressibleByArgument {}

struct CircuitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "circuit",
    abstract: "Find the heads, MLPs and edges by which a model does a task.",
    discussion: """
      A task is pairs of texts: a clean one that an answer continues, and a corrupted twin of as many \
      tokens. Every receiver reads a sum of what earlier components write; along an edge that is not \
      in the circuit it reads what the sender writes on the corrupted text, its mean over corrupted \
      texts of one template by position, or nothing.

      Methods:
        nodes        knocks out heads and MLPs from the last to the first and back, while less \
      than a share of the metric is lost, until nothing changes
        edges        the same, then the edges between those that are left
        acdc         goes through all edges from the last; one goes if the metric then rises by \
      less than τ: a loss, so the divergence, or the logit difference with its sign turned
        attribution  foresees every edge's effect by the gradient; edges of at least τ stay, or \
      without a threshold as few as keep four fifths

      Senders are embedding, heads as 4.4 and mlp.3; receivers 7.1.q, 7.1.k, 7.1.v (of key heads \
      where heads share keys), mlp.5 and logits. Faithfulness is (circuit − corrupted) / (clean − \
      corrupted) of the mean metric.

      Example:
        headlight circuit --model reader --task numerals --method edges --output circuit.svg
      """)

  @OptionGroup var model: ModelOption
  @OptionGroup var task: TaskOptions
  @Option(help: "How the circuit is found.")
  var method: CircuitMethod
  @Option(
    help: ArgumentHelp(
      "Of nodes and edges the share of the metric that may be lost (default: 0.2). Of acdc the rise "
        + "of the metric, in its units, below which an edge goes: no default, no percentage. Of "
        + "attribution the least score of an edge, in units of the metric (default: as few edges "
        + "as lose a fifth).", valueName: "τ"))
  var threshold: Double?
  @Option(help: "What everything outside the circuit is replaced by.")
  var ablation = CircuitAblation.corrupted
  @Option(help: "What performance is measured by.")
  var metric = CircuitMetric.logitDifference
  @Option(
    help: ArgumentHelp(
      "How many gradients attribution averages on the way from the corrupted to the clean text; 1 "
        + "takes the clean text's alone."))
  var steps = 1
  @Option(
    help: ArgumentHelp(
      "Where a search is kept that is stopped by Ctrl-C; it is taken up from there.",
      valueName: "file"))
  var state: String?
  @OptionGroup var result: ResultOptions

  func validate() throws {
    do { try threshold.map(method.check) } catch { throw ValidationError("\(error)") }
    guard steps > 0 else { throw ValidationError("--steps is \(steps), and at least 1 is needed") }
    if method == .acdc, threshold == nil {
      throw ValidationError(
        "acdc has no usual threshold: give --threshold in units of the metric, such as 0.05")
    }
    if method == .attribution, metric == .divergence, steps == 1 {
      throw ValidationError(
        "the divergence from the clean run has no gradient at the clean run: give --steps 5, or the "
          + "metric logit-difference")
    }
    if method == .attribution, state != nil {
      throw ValidationError("attribution is one pass, of which there is no state to keep")
    }
    if method != .attribution, steps != 1 {
      throw ValidationError("--steps is of attribution alone")
    }
  }

  func run() throws {
    let kept = try state.map(KeptSearch.init)
    let work = Work(
      "Finding a circuit", unit: "decisions", lack: "what was not decided is still in the circuit")
    let weighing = Work("Weighing edges", unit: "edges", lack: "they are drawn alike")
    try result.deliver(watching: work, then: weighing) {
      try circuit(of: model.load(), kept, work, weighing)
    } figure: {
      try $0.figure(title: $1)
    } report: {
      $0.report
    }
    // Only when all that was found is written.
    kept?.remove()
    if let signal = StopSignals.signal { throw ExitCode(128 + signal) }
  }

  private func circuit(
    of loaded: LoadedModel, _ kept: KeptSearch?, _ work: Work, _ weighing: Work
  ) throws -> CircuitResult {
    _ = try CircuitGraph(loaded.model.configuration)
    let set = try task.taskSet(for: loaded)
    let evaluator = try CircuitEvaluator(
      loaded.model, set, ablation: ablation, metric: metric)
    try evaluator.checkDifference()
    let found =
      method == .attribution
      ? try attributed(evaluator, work) : try searched(evaluator, kept, work)
    return try CircuitResult(
      title: "\(loaded.shortName): \(taskName), by \(method.rawValue)", series: taskName,
      evaluator: evaluator, found: found, isDrawn: result.output != nil, work, weighing)
  }

  private var taskName: String {
    ReaderTask.all.contains { $0.name == task.task }
      ? task.task
      : URL(fileURLWithPath: task.task).deletingPathExtension().lastPathComponent
  }

  private func attributed(_ evaluator: CircuitEvaluator, _ work: Work) throws -> FoundCircuit {
    let attribution = try EdgeAttribution(evaluator, steps: steps)
    guard let threshold else {
      return try attribution.found(losing: 0.2) {
        work.goesOn(finished: $0.decided, of: $0.total)
      }
    }
    return try attribution.found(atLeast: threshold)
  }

  private func searched(
    _ evaluator: CircuitEvaluator, _ kept: KeptSearch?, _ work: Work
  ) throws -> FoundCircuit {
    let search = try CircuitSearch(evaluator, method, threshold: threshold ?? 0.2)
    // Nodes take a round down and one up, and two more that change nothing; often that is all.
    let nodes = 4 * (evaluator.graph.senders.count - 1)
    let edges = evaluator.graph.edgeCount
    let total = method == .acdc ? edges : method == .nodes ? nodes : nodes + edges
    var (finished, last) = (0, CircuitProgress.none)
    let found = try search.run(resuming: kept?.checkpoint) { progress in
      // A new round begins to count anew.
      if progress.decided < last.decided || progress.total != last.total { last = .none }
      finished += progress.decided - last.decided
      last = progress
      return work.goesOn(finished: min(finished, total - 1), of: total)
    }
    if let checkpoint = found.checkpoint {
      try kept?.write(checkpoint)
    } else {
      _ = work.goesOn(finished: total, of: total)
    }
    return found
  }
}

/// `--state`: a file in which a search that was stopped is kept.
struct KeptSearch {
  private let file: URL
  /// The search that it holds, if it is there.
  let checkpoint: CircuitCheckpoint?

  /// Looks at the file before any work.
  ///
  /// - Throws: ``CommandError`` for a place where no file can be, and a file that holds no search.
  init(_ path: String) throws(CommandError) {
    file = try OutputFile.url(path, option: "--state")
    guard FileManager.default.fileExists(atPath: file.path) else {
      checkpoint = nil
      return
    }
    guard let data = FileManager.default.contents(atPath: file.path),
      let found = try? JSONDecoder().decode(CircuitCheckpoint.self, from: data)
    else { throw CommandError("\(path) holds no search; give --state another file") }
    checkpoint = found
    note("taken up after \(counted(found.runs, "run"))")
  }

  func write(_ checkpoint: CircuitCheckpoint) throws {
    try AtomicFile.write(try JSONEncoder().encode(checkpoint), to: file)
    note("the search is kept in \(file.path); the same command takes it up")
  }

  /// Removes what has come to its end.
  func remove() { try? FileManager.default.removeItem(at: file) }
}

extension CircuitProgress {
  fileprivate static let none = CircuitProgress(decided: 0, total: 0)
}

/// A circuit and what is drawn of it.
struct CircuitResult {
  let title: String
  let report: CircuitReport
  private let series: CircuitGraphFigure.Series

  init(
    title: String, series name: String, evaluator: CircuitEvaluator, found: FoundCircuit,
    isDrawn: Bool, _ work: Work, _ weighing: Work
  ) throws {
    self.title = title
    report = CircuitReport(
      nodes: found.circuit.nodes.map(\.name), edges: found.circuit.edges,
      faithfulness: found.faithfulness, runs: found.runs, partial: work.partial)
    // What is stopped ends here: the edges are drawn alike. A signal that comes from now on is heard by
    // the weighing.
    let weighed =
      isDrawn && work.partial == nil && StopSignals.signal == nil
      ? try evaluator.weighed(found.circuit, weighing) : nil
    let drawn = weighed ?? found.circuit.edges.map { ($0, 1) }
    series = CircuitGraphFigure.Series(
      name, drawn.map { CircuitGraphFigure.Edge($0.edge, weight: abs($0.worth)) })
  }

  func figure(title: String?) throws -> any Figure {
    var figure = CircuitGraphFigure(
      [series],
      title: title
        ?? "\(self.title): \(counted(report.nodes.count, "node")), "
        + "\(counted(report.edges.count, "edge")), "
        + "faithfulness \(String(format: "%.2f", report.faithfulness))\(report.partial.mark)")
    // What a model reads and says is drawn where nothing is left between them, too.
    figure.nodes = [.embedding, .logits]
    return figure
  }
}

extension CircuitEvaluator {
  /// The edges that carry anything, and what each is worth; nil when it was stopped.
  ///
  /// What carries nothing, since nothing reaches it or hears it, is left out of the picture.
  fileprivate func weighed(
    _ circuit: Circuit, _ work: Work
  ) throws -> [(edge: CircuitEdge, worth: Double)]? {
    let all = circuit.edges.count
    guard all > 0, work.goesOn(finished: 0, of: 2 * all),
      let drawn = try carrying(circuit, progress: { work.goesOn(finished: $0, of: 2 * all) }),
      let worth = try edgeWorth(
        of: drawn,
        progress: { work.goesOn(finished: 2 * all - drawn.edges.count + $0, of: 2 * all) })
    else { return nil }
    // Where nothing carries anything there was nothing to weigh.
    _ = work.goesOn(finished: 2 * all, of: 2 * all)
    return Array(zip(drawn.edges, worth)).map { (edge: $0, worth: $1) }
  }
}

extension CircuitGraphFigure.Edge {
  /// An edge as it is drawn.
  init(_ edge: CircuitEdge, weight: Double) {
    let from: CircuitGraphFigure.Node =
      switch edge.sender {
      case .embedding: .embedding
      case .head(let layer, let head): .head(layer: layer, head: head)
      case .mlp(let layer): .mlp(layer: layer)
      }
    let to: (CircuitGraphFigure.Node, CircuitGraphFigure.Port) =
      switch edge.receiver {
      case .logits: (.logits, .input)
      case .query(let layer, let head): (.head(layer: layer, head: head), .query)
      case .key(let layer, let head): (.head(layer: layer, head: head), .key)
      case .value(let layer, let head): (.head(layer: layer, head: head), .value)
      case .mlp(let layer): (.mlp(layer: layer), .input)
      }
    self.init(from, to.0, to.1, weight: weight)
  }
}

/// A circuit as it is printed.
struct CircuitReport: Codable, Equatable {
  var nodes: [String]
  var edges: [CircuitEdge]
  var faithfulness: Double
  var runs: Int
  var partial: Partial?
}
