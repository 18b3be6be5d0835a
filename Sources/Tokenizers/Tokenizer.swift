import Files
public import Foundation

/// Text to token ids and back, as a `tokenizer.json` of Hugging Face describes it.
///
/// The ids equal those of the `tokenizers` library without truncation and padding, which a file may
/// ask for: a model reads the whole text. ``paddedRow(of:)`` applies them.
///
/// An expression of the file may not refer back to a group, name one as `(?P<n>…)`, or hold `\K`,
/// `\X`, `\k`, `\g`, `\y`, `\c`, `\C` or `\M`: the engine keeps no groups, and the others are not
/// written yet. The error names the place.
public struct Tokenizer: Sendable {
  private let normalizer: Normalizer?
  private let preTokenizer: PreTokenizer?
  private let model: Model
  private let postProcessor: PostProcessor?
  private let decoder: TokenDecoder?
  private let added: AddedTokens
  private let limits: RowLimits
  private let words = SharedWordCache()

  /// Tokenizers in use make a text ten times longer at most, on the way to its ids.
  private static let mostGrowth = 1000.0

  /// Whether tokens are written in GPT-2's alphabet for bytes.
  let spellsBytes: Bool

  /// The number of ids: one more than the largest, added tokens included.
  public let vocabularySize: Int

  /// Reads a `tokenizer.json`.
  ///
  /// - Throws: ``TokenizerError``.
  public init(contentsOf url: URL) throws(TokenizerError) {
    try self.init(file: Part(json: Self.json(Self.bytes(of: url)), place: ""))
  }

  /// Reads the contents of a `tokenizer.json`.
  ///
  /// - Throws: ``TokenizerError``.
  public init(json: Data) throws(TokenizerError) {
    try self.init(file: Part(json: Self.json([UInt8](json)), place: ""))
  }

  /// The bytes of a file.
  static func bytes(of url: URL) throws(TokenizerError) -> [UInt8] {
    do {
      return [UInt8](try Data(contentsOf: url))
    } catch {
      let exists = FileManager.default.fileExists(atPath: url.path)
      throw .unreadable(
        path: url.path, reason: exists ? "it may not be read here" : "there is no such file")
    }
  }

  /// What bytes hold, with the `NaN` and `Infinity` that Python writes, so that a model can say which
  /// of its scores is not a number.
  static func json(_ bytes: [UInt8]) throws(TokenizerError) -> JSON {
    do throws(JSONReader.Problem) { return try JSON(parsing: bytes, .python) } catch {
      throw .notJSON(reason: "it \(error.text)")
    }
  }

  /// Reads a parsed `tokenizer.json`.
  init(file: Part) throws(TokenizerError) {
    guard case .object = file.json else { throw file.mismatch("an object") }
    if let version = file.optional("version") {
      let text = try version.text()
      guard text == "1.0" else {
        throw .malformed(part: "version", expected: "\"1.0\"", found: "\"\(text)\"")
      }
    }
    func optional<T>(
      _ key: String, _ read: (Part) throws(TokenizerError) -> T
    ) throws(TokenizerError) -> T? {
      guard let part = file.optional(key) else { return nil }
      return try read(part)
    }
    normalizer = try optional("normalizer") { part throws(TokenizerError) in
      try Normalizer(part)
    }
    preTokenizer = try optional("pre_tokenizer") { part throws(TokenizerError) in
      try PreTokenizer(part)
    }
    model = try Model(file.required("model"))
    postProcessor = try optional("post_processor") { part throws(TokenizerError) in
      try PostProcessor(part)
    }
    decoder = try optional("decoder") { part throws(TokenizerError) in try TokenDecoder(part) }
    spellsBytes = decoder?.spellsBytes ?? false || preTokenizer?.spellsBytes ?? false
    for growth in [(normalizer?.growth ?? 1) * (preTokenizer?.growth ?? 1), decoder?.growth ?? 1]
    where growth > Self.mostGrowth {
      throw .unusableModel(
        reason: "its steps could make a text more than \(Int(Self.mostGrowth)) times longer")
    }
    var tokens: [AddedToken] = []
    for part in try file.optional("added_tokens")?.elements() ?? [] {
      tokens.append(try AddedToken(part))
    }
    limits = try RowLimits(
      truncation: file.optional("truncation"), padding: file.optional("padding"))
    added = try AddedTokens(
      tokens, model: model, normalizer: normalizer,
      splitsSpecial: file.boolean("split_special_tokens", default: false))
    vocabularySize = max(model.idCount, (added.byID.keys.max() ?? -1) + 1)
    for id in postProcessor?.ids ?? [] where id >= vocabularySize {
      throw .unusableModel(
        reason: "its template adds the id \(id), but ids go from 0 to \(vocabularySize - 1)")
    }
  }

  /// The ids of a text, in time linear in its length.
  ///
  /// - Parameters:
  ///   - text: Any text; what the vocabulary does not know becomes bytes or the unknown token.
  ///   - addingSpecialTokens: Whether the tokens that the model expects around a text are added,
  ///     such as T5's `</s>` at its end.
  /// - Throws: ``TokenizerError/unknownText(_:reason:)`` where the text holds what the vocabulary
  ///   does not and there is no unknown token; ``TokenizerError/exhausted`` where an expression of
  ///   the file would take all day.
  public func encode(
    _ text: String, addingSpecialTokens: Bool
  ) throws(TokenizerError) -> [Int] {
    wrapped(try plainIDs(of: text), addingSpecialTokens: addingSpecialTokens)
  }

  /// The ids of two texts as one input, with special tokens around them, and the type of each token:
  /// mostly 0 in the first text and 1 in the second.
  ///
  /// - Throws: As ``encode(_:addingSpecialTokens:)``.
  public func encode(
    _ text: String, pair: String
  ) throws(TokenizerError) -> (ids: [Int], types: [Int]) {
    let (first, second) = (try plainIDs(of: text), try plainIDs(of: pair))
    return postProcessor?.apply(toPair: first, second)
      ?? (first + second, first.map { _ in 0 } + second.map { _ in 1 })
  }

  /// The ids of a text with special tokens, cut off and filled up as the file asks.
  ///
  /// That is what `Tokenizer.encode` of the `tokenizers` library returns for a file with a
  /// `truncation` or a `padding` section; for any other it is ``encode(_:addingSpecialTokens:)``.
  ///
  /// - Throws: As ``encode(_:addingSpecialTokens:)``.
  public func paddedRow(of text: String) throws(TokenizerError) -> [Int] {
    let special = postProcessor?.ids.count ?? 0
    let kept = limits.truncated(try plainIDs(of: text), specialCount: special)
    return limits.padded(wrapped(kept, addingSpecialTokens: true))
  }

  private func wrapped(_ ids: [Int], addingSpecialTokens: Bool) -> [Int] {
    postProcessor?.apply(to: ids, addingSpecialTokens: addingSpecialTokens) ?? ids
  }

  /// The ids of a text before the post-processor.
  private func plainIDs(of text: String) throws(TokenizerError) -> [Int] {
    let bytes = Array(text.utf8)
    var ids: [Int] = []
    ids.reserveCapacity(bytes.count / 4)
    var cache = words.take()
    defer { words.give(cache) }
    for piece in added.splitExact(bytes) {
      if let id = piece.id {
        ids.append(id)
        continue
      }
      var text = NormalizedText(
        bytes: Array(bytes[piece.start..<piece.end]), beginsText: piece.beginsText)
      try normalizer?.apply(to: &text)
      let pieces = added.splitNormalized(text)
      var prepared = PreparedText(bytes: text.bytes, pieces: pieces)
      try preTokenizer?.apply(to: &prepared)
      for piece in prepared.pieces {
        if let id = piece.id {
          ids.append(id)
        } else {
          try cache.encode(
            prepared.bytes.span, piece.start..<piece.end, with: model, into: &ids)
        }
      }
    }
    return ids
  }

  /// The text of ids.
  ///
  /// - Throws: ``TokenizerError/unknownID(_:vocabularySize:)`` for an id that names no token.
  public func decode(
    _ ids: [Int], skippingSpecialTokens: Bool
  ) throws(TokenizerError) -> String {
    let kept = try tokens(ids).filter { !skippingSpecialTokens || !added.isSpecial($0) }
    guard let decoder else { return kept.joined(separator: " ") }
    let bytes = try decoder.decode(kept.map { Array($0.utf8) }).flatMap(\.self)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The token of an id, as in `▁the`, or nil if there is none.
  public func token(_ id: Int) -> String? { added.byID[id]?.form ?? model.token(id) }

  /// The tokens of ids.
  ///
  /// - Throws: ``TokenizerError/unknownID(_:vocabularySize:)`` for an id that names no token.
  public func tokens(_ ids: [Int]) throws(TokenizerError) -> [String] {
    var tokens: [String] = []
    tokens.reserveCapacity(ids.count)
    for id in ids {
      guard let token = token(id) else { throw .unknownID(id, vocabularySize: vocabularySize) }
      tokens.append(token)
    }
    return tokens
  }

  /// The id of a token, compared byte for byte, or nil if there is none.
  public func id(of token: String) -> Int? { added.id(of: token) ?? model.id(of: token) }

  /// A token that is found in a text before the model sees it, as the text has it.
  func addedContent(_ id: Int) -> String? { added.byID[id]?.token.content }

  /// The special tokens by id, such as `</s>`; decoding can leave them out.
  public var specialTokens: [Int: String] {
    added.byID.filter { $1.token.isSpecial }.mapValues(\.token.content)
  }
}
