import Answering
import ArgumentParser
import Coursework
import Foundation
import Laboratory
import Models
import Tokenizers
import Transformers

/// A text as an option `--x` gives it, or its token ids as the option's twin `--x-ids` does.
///
/// A command declares both, the text with `parsing: .unconditional` and the ids with
/// `transform: tokenIDs`.
struct TextChoice {
  /// The text's option, such as `--clean`.
  let option: String
  /// What the text is called in messages, such as "the clean text".
  let name: String
  let text: String?
  let ids: [Int]?

  /// The option of the ids.
  var twin: String { "\(option)-ids" }

  /// Whether either is given.
  var isGiven: Bool { text != nil || ids != nil }

  /// - Throws: `ValidationError` unless the text or its ids are given, and not both.
  func check() throws {
    guard isGiven else {
      throw ValidationError(
        "\(name) is missing: give \(option), or \(twin) for a model without a "
          + "tokenizer")
    }
    try checkOnce()
  }

  /// - Throws: `ValidationError` when both are given.
  func checkOnce() throws {
    guard text == nil || ids == nil else {
      throw ValidationError("\(name) is given twice: give either \(option) or \(twin)")
    }
  }

  /// The tokens of the text; ids stand as they are given, and no start token is added.
  ///
  /// - Throws: ``CommandError`` for a text without a word or without a tokenizer, and for an id that
  ///   the model does not have.
  func tokens(for loaded: LoadedModel) throws -> TokenizedText {
    guard let text else { return try TokenizedText(ids: ids ?? [], named: name, for: loaded) }
    guard loaded.tokenizer != nil else {
      throw CommandError(
        "\(loaded.shortName) has no tokenizer, so it takes token ids and no text; give \(twin), as in "
          + "5,6,7")
    }
    return TokenizedText(text, ids: try loaded.encodeText(text, named: name), for: loaded)
  }
}

/// The ids of one text as they are written on the command line: `5,6,7`.
func tokenIDs(_ text: String) throws -> [Int] {
  let rows = try TokenRows(text).rows
  guard rows.count == 1 else { throw CommandError("these are the ids of one text, as in 5,6,7") }
  return rows[0]
}

extension ArgumentHelp {
  /// What the twin of a text option says of itself.
  static func ids(insteadOf option: String) -> ArgumentHelp {
    ArgumentHelp(
      "Token ids instead of \(option), as in 5,6,7, for a model without a tokenizer; no start token "
        + "is added.", valueName: "ids")
  }
}

/// The tokens of a text in a run, among which words and numbers name positions.
struct TokenizedText: Sendable {
  let ids: [Int]
  /// A label for each: its text, or `#5` where an id has none.
  let labels: [String]
  /// The tokens as places of a text, where there is a tokenizer.
  private let words: WordPlaces?

  /// Ids with the text they were encoded from.
  init(_ text: String, ids: [Int], for loaded: LoadedModel) {
    self.ids = ids
    labels = loaded.labels(of: ids)
    words = loaded.tokenizer.map { WordPlaces(text: text, ids: ids, tokenizer: $0) }
  }

  /// Ids as they were given.
  init(ids: [Int], named name: String, for loaded: LoadedModel) throws {
    let count = loaded.model.configuration.vocabularySize
    if let id = ids.first(where: { !(0..<count).contains($0) }) {
      throw CommandError(
        "\(name) holds the id \(id), and the ids of \(loaded.shortName) go from 0 to \(count - 1)")
    }
    let text = loaded.tokenizer == nil ? "" : (try? loaded.text(of: ids)) ?? ""
    self.init(text, ids: ids, for: loaded)
  }

  /// The position that a number from 0, a number from the end, or a word names; of a word's tokens
  /// the last.
  ///
  /// - Parameter option: The option that holds it, for messages.
  /// - Throws: ``CommandError`` that lists the positions when it is none of them, or several.
  func position(_ text: String, option: String) throws(CommandError) -> Int {
    do throws(CommandError) {
      return try place(of: text, among: labels, in: words, called: "position")
    } catch {
      throw CommandError("\(option): \(error.description)")
    }
  }

  /// The positions of all tokens of a word or words that stand once in the text.
  ///
  /// - Throws: ``CommandError`` that lists the positions when they stand nowhere, or several times.
  func span(of choice: TextChoice) throws(CommandError) -> Range<Int> {
    let found: [Range<Int>]
    let shown: String
    if let ids = choice.ids {
      shown = ids.idText
      found = ids.isEmpty ? [] : places(of: ids)
    } else {
      shown = choice.text ?? ""
      let text = String(shown.trimmingPrefix(while: \.isWhitespace))
      var ranges = words?.tokens(of: text) ?? []
      if ranges.isEmpty {
        ranges = labels.indices.filter { labels[$0] == shown || labels[$0].word == text }
          .map { $0..<($0 + 1) }
      }
      found = ranges
    }
    let list = labels.enumerated().map { "\($0) \(visible($1))" }.joined(separator: ", ")
    guard let first = found.first else {
      throw CommandError(
        "\(choice.name), “\(shown)”, does not stand in the text, whose tokens are: \(list)")
    }
    guard found.count == 1 else {
      let places = found.map { String($0.lowerBound) }.joined(separator: " and ")
      throw CommandError(
        "\(choice.name), “\(shown)”, stands \(found.count) times in the text, at \(places); give more "
          + "of what surrounds it, or a text in which it stands once")
    }
    return first
  }

  /// The text with a word that stands once in it exchanged for another; nil where it does not.
  func text(exchanging word: String, for other: String) -> String? {
    guard let words, let place = words.places(of: word).only?.text ?? words.text.onlyRange(of: word)
    else { return nil }
    return words.text.replacingCharacters(in: place, with: other)
  }

  private func places(of part: [Int]) -> [Range<Int>] {
    guard part.count <= ids.count else { return [] }
    return (0...(ids.count - part.count)).filter { ids[$0..<($0 + part.count)].elementsEqual(part) }
      .map { $0..<($0 + part.count) }
  }
}

extension Array {
  /// The element, where there is one and no other.
  fileprivate var only: Element? { count == 1 ? self[0] : nil }
}

extension String {
  /// Where a text stands, if it does once: a part of a word that is a token by itself.
  fileprivate func onlyRange(of part: String) -> Range<Index>? { ranges(of: part).only }
}

/// A token's label on one line, its leading space marked.
func visible(_ label: String) -> String {
  printable(label.first == " " ? "␣" + label.dropFirst() : label)
}
