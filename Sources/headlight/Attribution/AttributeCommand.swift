public import ArgumentParser
import Coursework
import Figures
import Foundation
public import Interpretability
import Laboratory
import Synchronization
import Tensors
import Transformers

extension AttributionMethod: ExpressibleByArgument {}
extension AttributionTarget.Measure: ExpressibleByArgument {}
extension GradientReduction: ExpressibleByArgument {}

struct AttributeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attribute",
    abstract: "Say what a model's predictions owe to each token it read.",
    discussion: """
      Without --position every predicted token is explained: a matrix of target by source. With it, \
      one prediction: a line of words on coloured grounds, or with --trace the gradient at every \
      layer and position, or with --curves how the prediction fares as tokens are taken away.

      A position is a token of the target: its number from 0, -1 for the last, or its word, whose \
      last token is meant. A model of one stack has its own text as target, from token 1 on, and the \
      token that would come next.

      A token is its text, with the space before it if it has one, as in " Mary"; or #269, its id. A \
      word that is a token only with its space is taken with it, and that is said.

      Integrated gradients should add up to what the prediction gains over the baseline. What they do add \
      up to, the difference and the gap are always said; a gap above a twentieth means that the sum cannot \
      be trusted, and sometimes more --steps help.

      --foil asks why this token and not that one. Values are of logits unless --measure says \
      otherwise; what speaks for the prediction is positive.

      Examples:
        headlight attribute --source "Translate to French: The dog ran." --output all.png
        headlight attribute --source "Translate to French: The brown dog ran." \\
          --target "Le chien brun a couru." --position brun --foil brune \\
          --method integrated-gradients --baseline "<pad>" --output brun.pdf --json
      """)

  @OptionGroup var model: ModelOption
  @OptionGroup var texts: RunTexts
  @Option(help: "How tokens are given their share of a prediction.")
  var method = AttributionMethod.inputTimesGradient
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The prediction that is explained: a word of the target, or its number; all when left out.",
      valueName: "word-or-index"))
  var position: String?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What is explained at that position in place of the target's own token.", valueName: "token"))
  var token: TokenName?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "A token that might have stood there instead: what is explained is the difference.",
      valueName: "token"))
  var foil: TokenName?
  @Option(help: "What is read from the logits.")
  var measure = AttributionTarget.Measure.logit
  @Flag(help: "Put the model's start token in front of a text that has none.")
  var startToken = false
  @Option(help: ArgumentHelp("The steps of integrated gradients.", valueName: "n"))
  var steps = 50
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Where integrated gradients start, and what replaces an occluded token: zero, mean (of all "
        + "embeddings) or a token.", valueName: "zero|mean|token"))
  var baseline = "zero"
  @Option(
    help: ArgumentHelp("The seed of SmoothGrad's noise and of random scores.", valueName: "n"))
  var seed: UInt64 = 0
  @Flag(help: "Draw the gradient at every layer and position of every stack.")
  var trace = false
  @Flag(help: "Colour all layers of a trace by one scale, instead of each by its greatest value.")
  var commonScale = false
  @Option(help: "What the trace shows of each gradient.")
  var reduction = GradientReduction.norm
  @Flag(
    help: "Draw the prediction as tokens are deleted and inserted in the order of their scores.")
  var curves = false
  @OptionGroup var result: ResultOptions

  func validate() throws {
    guard !(trace && curves) else {
      throw ValidationError("--trace and --curves are two figures: give one of them")
    }
    for (given, name) in [
      (trace, "--trace"), (curves, "--curves"), (token != nil, "--token"), (foil != nil, "--foil"),
    ] where given && position == nil {
      throw ValidationError("\(name) is about one prediction: give --position too")
    }
    guard (1...100_000).contains(steps) else {
      throw ValidationError("--steps is \(steps), and must be from 1 to 100000")
    }
  }

  func run() throws {
    let run = try AttributionRun(
      of: model.load(), source: texts.source, target: texts.target, startToken: startToken)
    let place = try position.map { try run.place(of: $0) }
    try checkFigure(of: run, place: place)
    let steps = RunProgress("Attributing")
    defer { steps.finish() }
    try result.deliver {
      try attributions(of: run, place: place, progress: steps)
    } figure: { result, title in
      result.figure(title: title)
    } report: {
      $0.report
    } remark: {
      $0.completenessRemark(steps: self.steps)
    }
  }

  /// Refuses a figure that is too large before the work.
  private func checkFigure(of run: AttributionRun, place: Int?) throws {
    let content: AttributionResult.Content
    if place == nil {
      let rows = run.predictedTokens.count
      content = .sentence(
        SentenceAttribution(
          positions: Array(0..<rows), source: .zeros([rows, run.sourceTokens.count]),
          decoder: run.readTokens.map { .zeros([rows, $0.count]) }, completeness: nil))
    } else if trace {
      content = .trace(TraceMap.placeholders(in: run), reduction, isShared: commonScale)
    } else {
      return
    }
    let sketch = AttributionResult(run: run, method: method, measure: measure, content: content)
    try result.checkSize(
      of: { sketch.figure(title: $0) },
      advice: place == nil
        ? "Give --position, to explain one prediction, or a shorter text."
        : "Give a shorter text, or --json for the numbers alone.")
  }

  private func attributions(
    of run: AttributionRun, place: Int?, progress: RunProgress
  ) throws -> AttributionResult {
    var settings = try settings(for: run)
    settings.progress = { progress.update(to: $0, of: $1) }
    guard let place else {
      let sentence = try run.sentence(by: method, measure: measure, settings: settings)
      return AttributionResult(
        run: run, method: method, measure: measure, completeness: sentence.completeness ?? [],
        content: .sentence(sentence))
    }
    let target = try run.target(
      at: place, token: token, foil: foil, measure: measure)
    let prediction = try run.prediction(target)
    // A trace shows gradients, whatever the method.
    let found = trace ? nil : try prediction.attribution(by: method, settings: settings)
    let content: AttributionResult.Content
    if trace {
      content = .trace(
        TraceMap.all(of: try prediction.gradientTrace(), by: reduction, in: run), reduction,
        isShared: commonScale)
    } else if curves {
      content = .curves(try run.curves(prediction, scores: found!.scores, settings: settings))
    } else {
      content = .prediction(found!.scores)
    }
    return AttributionResult(
      run: run, method: method, measure: measure,
      question: .init(target: target, value: try prediction.value()),
      completeness: found?.completeness.map { [$0] } ?? [], content: content)
  }

  private func settings(for run: AttributionRun) throws -> AttributionSettings {
    var settings = AttributionSettings()
    settings.steps = steps
    settings.seed = seed
    settings.baseline =
      switch baseline {
      case "zero": .zero
      case "mean": .meanEmbedding
      default: .token(try run.id(of: TokenName(argument: baseline), option: "--baseline"))
      }
    return settings
  }
}

/// How far a run has come whose total is known once it has begun.
private final class RunProgress: Sendable {
  private let label: String
  private let bar = Mutex<(bar: ProgressBar, total: Int)?>(nil)

  init(_ label: String) { self.label = label }

  func update(to finished: Int, of total: Int) {
    bar.withLock { bar in
      // What comes next has a total of its own, as curves after their scores.
      if bar?.total != total { bar = (ProgressBar(label, total: total), total) }
      bar?.bar.update(to: finished)
    }
  }

  /// Takes the bar off the screen.
  func finish() { bar.withLock { $0?.bar.finish() } }
}

extension AttributionResult {
  /// Whether integrated gradients add up, and what to do where they do not; nil of other methods.
  fileprivate func completenessRemark(steps: Int) -> (text: String, isWarning: Bool)? {
    func number(_ value: Double) -> String { String(format: "%.4g", value) }
    guard let worst = completeness.max(by: { $0.share < $1.share }) else { return nil }
    let wide = completeness.count { !$0.isClose }
    let sums =
      completeness.count == 1
      ? "the scores add up to \(number(worst.sum)), f(x) − f(x′) is \(number(worst.difference)), the gap "
        + number(worst.gap)
      : "of \(completeness.count) predictions \(wide) have a gap above a twentieth; the widest adds up to "
        + "\(number(worst.sum)) where f(x) − f(x′) is \(number(worst.difference))"
    guard wide > 0 else { return (sums, false) }
    return (
      sums
        + ", \(worst.percent) of the difference, so the scores are not to be trusted; try --steps "
        + "\(max(100, steps * 4)) or another --baseline", true
    )
  }
}
