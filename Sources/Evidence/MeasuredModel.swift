import Interventions
import Laboratory
import Models
import Tensors
import Tokenizers
import Transformers

/// A model that findings are measured on, and how it is spoken to.
package struct MeasuredModel: Sendable {
  /// What can be asked of it.
  package enum Kind: String, Codable, Sendable, CaseIterable {
    /// A decoder over the reader's words, which knows its world.
    case reader
    /// A decoder over the reader's words that has read tours alone.
    case tours
    /// The translator.
    case translator
    /// A sorter of Sheet 4, which is trained when it is measured.
    case sorter
    /// The models whose circuits were written by hand.
    case planted
    /// Any other.
    case other
  }

  /// Its name, without folders.
  package let name: String
  /// What can be asked of it.
  package let kind: Kind
  /// What tells it from others.
  package let fingerprint: String
  /// The seed of a sorter.
  let seed: UInt64
  private let loaded: LoadedModel?
  private let isWanted: @Sendable () -> Bool

  /// The names of all that come with the package.
  package static let embedded =
    EmbeddedModel.all.filter { $0.name != "translator" }.map(\.name) + ["translator"]
    + sorters + [planted]
  private static let sorters = (0..<3).map { "sorter-\($0)" }
  private static let planted = "planted-circuits"

  /// Where a model stands in tables.
  static func rank(_ name: String) -> Int { embedded.firstIndex(of: name) ?? .max }

  /// The model of a name.
  ///
  /// - Parameters:
  ///   - value: One of ``embedded``, or what `--model` takes.
  ///   - goesOn: Whether work is to go on.
  /// - Throws: `ModelError`, `CheckpointError` or `TokenizerError`: one sentence each.
  package init(_ value: String, goesOn: @escaping @Sendable () -> Bool = { true }) throws {
    isWanted = goesOn
    if let seed = Self.sorters.firstIndex(of: value) {
      name = value
      kind = .sorter
      loaded = nil
      fingerprint = "seed \(seed)"
      self.seed = UInt64(seed)
      return
    }
    seed = 0
    if value == Self.planted {
      name = value
      kind = .planted
      loaded = nil
      fingerprint = "by hand"
      return
    }
    let loaded = try LoadedModel(value)
    self.loaded = loaded
    name = loaded.shortName
    kind = Self.kind(of: loaded, value)
    var mark = Fingerprint()
    mark.add(loaded.model)
    fingerprint = String(mark.value, radix: 16)
  }

  private static func kind(of loaded: LoadedModel, _ value: String) -> Kind {
    if value == EmbeddedModel.translator.name { return .translator }
    if value == EmbeddedModel.toursReader.name { return .tours }
    let words = ReaderVocabulary.words
    let isReader =
      loaded.model.configuration.decoder != nil && loaded.model.configuration.encoder == nil
      && loaded.model.configuration.vocabularySize == words.count
      && loaded.tokenizer?.token(words.count - 1) == words[words.count - 1]
    return isReader ? .reader : .other
  }

  /// The transformer; of those that are loaded.
  var model: Transformer { loaded!.model }
  /// Its configuration.
  var configuration: TransformerConfiguration { model.configuration }
  /// The tokenizer.
  ///
  /// - Throws: ``NotAsked`` where there is none.
  var tokenizer: Tokenizer {
    get throws {
      guard let tokenizer = loaded?.tokenizer else {
        throw NotAsked("\(name) has no tokenizer, so it cannot be asked in words")
      }
      return tokenizer
    }
  }

  /// Whether it reads the reader's words.
  var readsWords: Bool { kind == .reader || kind == .tours }
  /// How many blocks the last stack has.
  var layers: Int { configuration.residualPoints.count - 1 }
  /// Whether work on it takes long, so that less is measured.
  var isLarge: Bool { configuration.width * layers > 4_000 }

  /// Ends the work when it is to stop.
  ///
  /// - Throws: `CancellationError`.
  func check() throws { if !isWanted() { throw CancellationError() } }
  /// Whether work is to go on.
  var goesOn: @Sendable () -> Bool { isWanted }

  /// Refuses a model that is no decoder alone.
  ///
  /// - Throws: ``NotAsked``.
  func needsDecoder() throws {
    guard configuration.decoder != nil, configuration.encoder == nil, configuration.head != .none
    else {
      throw NotAsked("\(name) is no decoder that predicts the next token, which is asked for here")
    }
  }

  /// The ids of words, with the special tokens around them.
  ///
  /// Marks stand by themselves among the words; a model of running text reads them behind a word.
  func ids(_ words: [String]) throws -> [Int] {
    if readsWords { return ReaderVocabulary.encode(words) }
    return try tokenizer.encode(Self.running(words), addingSpecialTokens: true)
  }

  /// The same of a text whose words stand between spaces.
  func ids(_ text: String) throws -> [Int] {
    try ids(text.split(separator: " ").map(String.init))
  }

  /// The one token of a word behind a space, if it is one.
  func token(_ word: String) -> Int? {
    if readsWords { return ReaderVocabulary.ids[word] }
    guard let ids = try? tokenizer.encode(" " + word, addingSpecialTokens: false), ids.count == 1
    else { return nil }
    return ids[0]
  }

  /// Words as running text.
  private static func running(_ words: [String]) -> String {
    words.reduce(into: "") { text, word in
      let isMark = [".", ",", ";", ":", ")"].contains(word)
      text += text.isEmpty || isMark || text.hasSuffix("(") ? word : " " + word
    }
  }

  /// Rows as a batch, shorter ones padded behind, where a causal model never looks.
  func batch(_ rows: [[Int]]) -> ModelInput {
    let (tokens, mask) = ModelInput.padding(rows, with: 0)
    return ModelInput(tokens: tokens, mask: mask)
  }

  /// The token of the greatest logit behind some ids, and its log-probability.
  func next(_ ids: [Int]) throws -> (token: Int, probability: Double) {
    let last = ids.count - 1
    let logits = try model.run(ModelInput(ids), logitsAt: last..<ids.count).logits
    let token = logits.argmax()[0]
    return (token, Double(logits.softmax()[0, 0, token]))
  }

  /// An untrained model of the same shape.
  func untrained(seed: UInt64 = 1) -> Transformer {
    var generator = SeededGenerator(seed: seed)
    return Transformer(configuration: configuration, using: &generator)
  }
}
