import ArgumentParser
import Foundation
import Interpretability
import Laboratory
import Models
import Transformers

/// What of the generated corpus can be asked for.
enum CorpusTask: String, CaseIterable, ExpressibleByArgument, Codable, Sendable {
  case wordClass = "word-class"
  case number, gender, depth, distance
}

/// Which words are probed, and for what.
struct ProbeWords: ParsableArguments {
  @Option(
    help: """
      A label of the generated corpus; gender is that of the French translation, and English does \
      not show it.
      """)
  var task: CorpusTask?
  @Option(
    help: ArgumentHelp("Words from a treebank instead.", valueName: "file.conllu"))
  var treebank: String?
  @Option(
    help: ArgumentHelp(
      "A label of the treebank's words: upos, xpos, deprel, feats.NAME, depth or distance.",
      valueName: "name"))
  var label: String?
  @Option(
    name: .customLong("where"),
    help: ArgumentHelp(
      "Only words with this label, such as upos=NOUN or word-class=noun; form and lemma count as "
        + "labels. May be repeated.", valueName: "label=value"))
  var conditions: [String] = []
  @Option(
    help: ArgumentHelp("How many sentences; 1000, or all of a treebank, when left out."))
  var sentences: Int?

  func validate() throws {
    guard (task == nil) != (treebank == nil) else {
      throw ValidationError("say what to probe for: either --task or --treebank with --label")
    }
    guard (treebank == nil) == (label == nil) else {
      throw ValidationError("--treebank and --label go together")
    }
    if let condition = conditions.first(where: { $0.split(separator: "=").count != 2 }) {
      throw ValidationError("--where is “\(condition)”; write it as in upos=NOUN")
    }
    if let sentences, sentences < 1 {
      throw ValidationError("--sentences is \(sentences); give at least 1")
    }
  }

  /// The label's name.
  var labelName: String { task?.rawValue ?? label ?? "" }

  /// What a structural probe is to measure, or nil for labels that make classes.
  var quantity: StructuralProbe.Quantity? { .init(rawValue: labelName) }

  /// Whether a word takes part.
  func include(_ word: AnnotatedWord) -> Bool {
    conditions.allSatisfy { condition in
      let parts = condition.split(separator: "=").map(String.init)
      let found =
        switch parts[0] {
        case "form": word.text.lowercased()
        case "lemma": word.lemma
        default: word.labels[parts[0]] ?? ""
        }
      return found == parts[1]
    }
  }

  func load(for model: LoadedModel, seed: UInt64 = 1) throws -> [AnnotatedSentence] {
    if let treebank {
      let all = try Treebank(
        contentsOf: URL(fileURLWithPath: treebank), needsTrees: quantity != nil
      ).sentences
      return Array(all.prefix(sentences ?? all.count))
    }
    // The translator was taught with its instruction; to any other model that is noise.
    let isTranslator = model.name == EmbeddedModel.translator.name
    return TranslatorCorpus(seed: seed).sameDistribution(count: sentences ?? 1_000).map {
      $0.annotated(withInstruction: isTranslator)
    }
  }
}

/// A model and the sentences it is probed with.
struct ProbeSubject {
  let loaded: LoadedModel
  let sentences: [AnnotatedSentence]
  let tokens: [WordTokens]
  let words: ProbeWords

  init(model: LoadedModel, words: ProbeWords) throws {
    guard let tokenizer = model.tokenizer else {
      throw CommandError(
        "\(model.shortName) has no tokenizer.json, and probing needs words; give a model with one")
    }
    var sentences = try words.load(for: model)
    var tokens = try sentences.map { try WordTokens($0, tokenizer: tokenizer) }
    if let limit = model.model.configuration.maximumLength {
      let fits = tokens.indices.filter { tokens[$0].tokens.count <= limit }
      guard !fits.isEmpty else {
        throw CommandError(
          "no sentence fits \(model.shortName), which reads \(limit) tokens; give shorter ones")
      }
      (sentences, tokens) = (fits.map { sentences[$0] }, fits.map { tokens[$0] })
    }
    loaded = model
    self.sentences = sentences
    self.tokens = tokens
    self.words = words
  }
}
