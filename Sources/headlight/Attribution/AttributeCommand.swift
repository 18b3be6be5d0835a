public import ArgumentParser
import Figures
import Foundation
public import Interpretability
import Laboratory
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
    try result.deliver {
      try attributions(
        of: AttributionRun(of: model.load(), source: texts.source, target: texts.target))
    } figure: { result, title in
      result.figure(title: title)
    } report: {
      $0.report
    }
  }

  private func attributions(of run: AttributionRun) throws -> AttributionResult {
    let settings = try settings(for: run)
    guard let position else {
      return AttributionResult(
        run: run, method: method, measure: measure,
        content: .sentence(
          try run.sentence(by: method, measure: measure, settings: settings)))
    }
    let place = try run.place(of: position)
    let target = try run.target(
      at: place, token: token, foil: foil, measure: measure)
    let prediction = try run.prediction(target)
    let scores = try prediction.scores(by: method, settings: settings)
    var content = AttributionResult.Content.prediction(scores)
    if trace { content = .trace(try prediction.gradientTrace(), reduction) }
    if curves {
      content = .curves(try run.curves(prediction, scores: scores, settings: settings))
    }
    return AttributionResult(
      run: run, method: method, measure: measure,
      question: .init(target: target, value: try prediction.value()), content: content)
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
