import ArgumentParser
import Interventions
import Laboratory
import Models

/// What is read of every run.
enum MetricName: String, CaseIterable, Codable, ExpressibleByArgument, Sendable {
  case logitDifference = "logit-difference"
  case logProbability = "log-probability"
  case probability
  case kl

  /// Its name and its unit, for figures.
  var caption: String {
    switch self {
    case .logitDifference: "logit difference"
    case .logProbability: "log-probability"
    case .probability: "probability"
    case .kl: "KL from the clean run"
    }
  }
}

/// `--answer`, `--foil`, `--metric` and `--position`.
struct MetricOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The right token: its text with the space before it, as in \" Mary\", or #123 for an id.",
      valueName: "token"))
  var answer: TokenName?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The wrong token, whose logit is taken off in a logit difference.", valueName: "token"))
  var foil: TokenName?
  @Option(help: "What is read of every run; kl needs no answer.")
  var metric = MetricName.logitDifference
  @Option(
    parsing: .unconditional,
    help: .position("Where it is read, which narrows no edit", default: "-1"))
  var position: String?

  func validate() throws {
    guard metric == .kl || answer != nil else {
      throw ValidationError("the \(metric.caption) is of a token: give --answer, or --metric kl")
    }
    guard metric != .logitDifference || foil != nil else {
      throw ValidationError(
        "a logit difference is of two tokens: give --foil, or another --metric, such as "
          + "log-probability")
    }
  }

  /// The metric on a run; what was taken for the tokens is said.
  func measure(on reading: Reading) throws -> Measure {
    let loaded = reading.loaded
    let position = try reading.read.position(self.position ?? "-1", option: "--position")
    guard metric != .kl else {
      return Measure(
        metric: .divergence(at: .at(position)), position: position, caption: metric.caption)
    }
    var names: [TokenNames.Named] = [("--answer", answer!)]
    if metric == .logitDifference { names.append(("--foil", foil!)) }
    let (ids, remarks) = try TokenNames(of: loaded).resolve(names)
    remarks.forEach(note)
    let metric: Metric =
      switch self.metric {
      case .logitDifference: .logitDifference([ids[0]], against: [ids[1]], at: .at(position))
      case .logProbability: .logProbability(of: [ids[0]], at: .at(position))
      case .probability, .kl: .probability(of: [ids[0]], at: .at(position))
      }
    return Measure(
      metric: metric, position: position,
      caption: "\(self.metric.caption) of "
        + loaded.contrast(ids[0], against: ids.count > 1 ? ids[1] : nil))
  }
}

/// A metric with what figures call it.
struct Measure {
  let metric: Metric
  let position: Int
  let caption: String
}

extension LoadedModel {
  /// Two tokens as a figure names them: without the spaces before the words, unless it is a space that
  /// tells them apart.
  func names(_ token: Int, against foil: Int? = nil) -> (token: String, foil: String?) {
    let name = label(of: token)
    guard let foil = foil.map(label) else { return (name.word, nil) }
    guard name.word == foil.word else { return (name.word, foil.word) }
    func marked(_ label: String) -> String {
      label.first == " " ? "␣" + label.dropFirst() : label
    }
    return (marked(name), marked(foil))
  }

  /// A token, or two with a minus sign: “brun − brune”.
  func contrast(_ token: Int, against foil: Int? = nil) -> String {
    let (name, foil) = names(token, against: foil)
    // The marks keep two words that run from right to left on their own sides of the minus sign.
    let isMirrored = (name + (foil ?? "")).unicodeScalars.contains {
      (0x590..<0x900).contains($0.value) || (0xFB1D...0xFEFF).contains($0.value)
    }
    return name + (foil.map { (isMirrored ? "\u{200E} − \u{200E}" : " − ") + $0 } ?? "")
  }
}
