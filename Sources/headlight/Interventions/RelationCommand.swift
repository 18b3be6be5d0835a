import ArgumentParser
import Figures
import Foundation
import Interventions
import Laboratory
import Models
import Tensors
import Transformers

struct RelationCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "relation",
    abstract: "Take a relation for an affine map of its subject, and see what it says of another.",
    discussion: """
      A linear relation: o ≈ β J s + b, where s is the state of the subject's last token after --layer \
      blocks, o the last state at the last position, J the mean Jacobian over prompts and b the mean \
      of o − J s. What the map makes of another subject's state goes through the final norm and the \
      unembedding.

      --prompts is a file of JSON lines, each a text up to where the object is to come, with the \
      subject in it: {"text": "The capital of Italy is", "subject": "Italy"}, or \
      {"text-ids": [5, 6, 7], "subject-ids": [6]}. The state of --subject is taken from the first \
      prompt with its subject exchanged for this one.

      The rank is that of the model's own next token there among the map's logits: 0 where the map \
      says what the model says. --answer asks for another token's.

      Example:
        headlight relation --model reader --prompts capitals.jsonl --subject France --json
      """)

  @OptionGroup var model: ModelOption
  @Option(
    help: ArgumentHelp(
      "Prompts of the relation and their subjects, a JSON line each.", valueName: "file"))
  var prompts: String
  @Option(parsing: .unconditional, help: "A subject that the map is asked about.")
  var subject: String?
  @Option(help: .ids(insteadOf: "--subject"), transform: tokenIDs)
  var subjectIds: [Int]?
  @Option(
    help: ArgumentHelp(
      "After how many blocks the subject's state is taken. (default: half of them)",
      valueName: "n"))
  var layer: Int?
  @Option(help: ArgumentHelp("β, which makes up for what gradients lose to norms.", valueName: "x"))
  var beta: Float = 1
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The token whose rank is printed. (default: the model's own next token)",
      valueName: "token"))
  var answer: TokenName?
  @OptionGroup var result: ResultOptions

  /// How many tokens are printed.
  static let count = 10

  private var choice: TextChoice {
    TextChoice(option: "--subject", name: "the subject", text: subject, ids: subjectIds)
  }

  func validate() throws {
    try choice.check()
    guard beta.isFinite else { throw ValidationError("--beta is \(beta), and must be a number") }
  }

  func run() throws {
    try result.deliver {
      try relation(of: model.load())
    } figure: {
      $0.figure(title: $1)
    } report: {
      $0.report
    }
  }

  private func relation(of loaded: LoadedModel) throws -> RelationResult {
    let model = loaded.model
    let layers = model.configuration.stacks[0].stack.layerCount
    let layer = self.layer ?? layers / 2
    let examples = try RelationPrompts(prompts).examples(for: loaded)
    let asked = try examples[0].exchanging(subject: choice, for: loaded)
    let relation = try LinearRelation(
      model, prompts: examples.map { .init($0.tokens.ids, subject: $0.subject.upperBound - 1) },
      layer: layer)
    let source = Patchscope.Source(
      model, asked.ids, position: asked.position, layer: layer)
    let logits = relation.logits(of: try source.state(), beta: beta, in: model)[at: 0]
    try CommandError.check(logits.values, "a logit of the relation")
    var token = try model.run(
      ModelInput(asked.ids), logitsAt: (asked.ids.count - 1)..<asked.ids.count
    )
    .logits.argmax()[0]
    if let answer {
      let (id, remarks) = try TokenNames(of: loaded).resolve(answer, option: "--answer")
      remarks.forEach(note)
      token = id
    }
    let (values, probabilities) = (logits.values, logits.softmax().values)
    let best = values.indices.sorted { (-values[$0], $0) < (-values[$1], $1) }.prefix(Self.count)
    return RelationResult(
      title:
        "\(loaded.shortName): the relation's map on \(asked.name), layer \(layer), β = \(beta.formatted())",
      report: RelationReport(
        layer: layer, beta: beta,
        predictions: best.map {
          .init(token: loaded.label(of: $0), probability: probabilities[$0])
        },
        answer: loaded.label(of: token), rank: values.count { $0 > values[token] }))
  }
}

/// A file of prompts of one relation.
struct RelationPrompts {
  private let file: JSONLines

  init(_ path: String) throws(CommandError) { file = try JSONLines(path) }

  private struct Line: Decodable {
    var text: String?
    var ids: [Int]?
    var subject: String?
    var subjectIDs: [Int]?

    enum CodingKeys: String, CodingKey {
      case text, subject
      case ids = "text-ids"
      case subjectIDs = "subject-ids"
    }
  }

  /// A prompt and where its subject stands.
  struct Example {
    let text: TextChoice
    let tokens: TokenizedText
    let subject: Range<Int>
    let subjectText: TextChoice
  }

  /// - Throws: ``CommandError`` that names the line.
  func examples(for loaded: LoadedModel) throws -> [Example] {
    try file.lines.map { line in
      let value = try file.value(
        Line.self, of: line, expected: "an object with \"text\" and \"subject\"")
      let text = TextChoice(option: "text", name: "the text", text: value.text, ids: value.ids)
      let subject = TextChoice(
        option: "subject", name: "the subject", text: value.subject, ids: value.subjectIDs)
      for choice in [text, subject] where (choice.text == nil) == (choice.ids == nil) {
        throw file.fault(
          line.number,
          "should hold one of \"\(choice.option)\" and \"\(choice.option)-ids\"")
      }
      do {
        let tokens = try text.tokens(for: loaded)
        return Example(
          text: text, tokens: tokens, subject: try tokens.span(of: subject), subjectText: subject)
      } catch {
        throw file.fault(line.number, "cannot be read: \(error)")
      }
    }
  }
}

extension RelationPrompts.Example {
  /// The prompt with another subject, and where that one ends.
  func exchanging(
    subject other: TextChoice, for loaded: LoadedModel
  ) throws -> (ids: [Int], position: Int, name: String) {
    let tail = tokens.ids.count - subject.upperBound
    if let ids = other.ids {
      let all =
        try TokenizedText(ids: ids, named: other.name, for: loaded).ids
      guard !all.isEmpty else { throw CommandError("\(other.name) is empty; give an id") }
      let row =
        tokens.ids[..<subject.lowerBound] + all + tokens.ids[subject.upperBound...]
      return (Array(row), subject.lowerBound + all.count - 1, loaded.labels(of: all).joined())
    }
    let name = other.text!.trimmingCharacters(in: .whitespaces)
    guard let text = text.text, let old = subjectText.text, !name.isEmpty,
      let place = text.range(of: old.trimmingCharacters(in: .whitespaces))
    else {
      throw CommandError(
        "--subject is a text, and the first prompt gives ids: give --subject-ids, or prompts as text"
      )
    }
    let changed = text.replacingCharacters(in: place, with: name)
    let ids = try loaded.encodeText(changed, named: "the prompt")
    guard ids.count > tail, ids.suffix(tail).elementsEqual(tokens.ids.suffix(tail)) else {
      throw CommandError(
        "“\(name)” changes how the rest of the first prompt is read; put a space between the subject "
          + "and what follows it")
    }
    return (ids, ids.count - tail - 1, name)
  }
}

/// What a relation says of a subject.
struct RelationResult {
  let title: String
  let report: RelationReport

  func figure(title: String?) -> any Figure {
    BarPlot(
      groups: report.predictions.map(\.token.word),
      [.init("probability", report.predictions.map { Double($0.probability) })],
      title: title ?? self.title,
      groupTitle: "object (\(report.answer.word) has rank \(report.rank))",
      y: Axis("probability"))
  }
}

/// What a relation says of a subject, as it is printed.
struct RelationReport: Codable, Equatable {
  struct Prediction: Codable, Equatable {
    var token: String
    var probability: Float
  }

  var layer: Int
  var beta: Float
  /// The likeliest objects by the map.
  var predictions: [Prediction]
  /// The token whose rank is given.
  var answer: String
  /// How many tokens the map puts before it.
  var rank: Int
}
