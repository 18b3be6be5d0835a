import ArgumentParser
import Foundation
import Laboratory
import Models
import Tokenizers
import Transformers

/// One token as it is named on the command line: `" Mary"`, `Mary`, or `#269` for an id.
///
/// An option that names a token is a `TokenName`, declared with `parsing: .unconditional`, and
/// ``TokenNames`` finds the token.
enum TokenName: ExpressibleByArgument, Equatable {
  case text(String)
  case id(Int)

  init(argument: String) {
    if argument.first == "#", argument.dropFirst().allSatisfy(\.isASCII),
      let id = Int(argument.dropFirst()), id >= 0
    {
      self = .id(id)
    } else {
      self = .text(argument)
    }
  }
}

/// Finds the tokens that options name, and says what it took where that was not what was typed.
struct TokenNames {
  /// A token name with the option that held it.
  typealias Named = (option: String, name: TokenName)

  let loaded: LoadedModel

  init(of loaded: LoadedModel) { self.loaded = loaded }

  /// A token that was found.
  private struct Found {
    var id: Int
    /// The id of the same word with a space before it, where the word was typed without one and is
    /// a token both ways.
    var spaced: Int?
    /// Whether the word was typed without its space and is a token only with it.
    var needsSpace = false
    /// What is to be said.
    var remark: String?
  }

  /// The ids of tokens that are set against one another, and what there is to say about them.
  ///
  /// A word that is a token only with a space before it is taken with it. Where that is so of one
  /// word, or the text's own token begins with a space, the others are taken with their space too if
  /// they were typed without: a contrast is of tokens that could stand in the same place.
  ///
  /// - Parameters:
  ///   - names: Each with its option, for messages.
  ///   - own: A token of the text that stands beside them.
  ///   - ownName: What that token is called in remarks.
  /// - Throws: ``CommandError`` when a name is not that of one token.
  func resolve(
    _ names: [Named], beside own: Int? = nil, called ownName: String = "the token at the position,"
  ) throws(CommandError) -> (ids: [Int], remarks: [String]) {
    var found: [Found] = []
    for named in names { found.append(try find(named)) }
    let wantsSpace = found.contains(where: \.needsSpace) || own.map(hasSpace) ?? false
    for index in found.indices where wantsSpace {
      guard let spaced = found[index].spaced, case .text(let text) = names[index].name else {
        continue
      }
      found[index].id = spaced
      found[index].remark =
        "\(names[index].option) “\(text)” is taken with a space before it, “\(shown(spaced))” "
        + "(#\(spaced)), as what it is set against; #\(exact(text)!) is the token without"
    }
    let ids = found.map(\.id)
    var remarks = found.compactMap(\.remark)
    let all =
      zip(names, ids).map { (option: $0.option, id: $1) }
      + (own.map { [(option: ownName, id: $0)] } ?? [])
    let words = all.filter { isWord($0.id) }
    if let with = words.first(where: { hasSpace($0.id) }),
      let without = words.first(where: { !hasSpace($0.id) }), knowsSpaces
    {
      remarks.append(
        "\(with.option) “\(shown(with.id))” (#\(with.id)) begins with a space and "
          + "\(without.option) “\(shown(without.id))” (#\(without.id)) does not: they seldom stand "
          + "in the same place")
    }
    return (ids, remarks)
  }

  /// The ids of tokens that come next behind a text.
  ///
  /// Behind a word that began with a space comes another that does; behind a part of a number, such
  /// as the 17 of 1732, comes what was typed.
  ///
  /// - Throws: ``CommandError`` when a name is not that of one token.
  func resolve(
    _ names: [Named], behind text: [Int]
  ) throws(CommandError) -> (ids: [Int], remarks: [String]) {
    try resolve(
      names, beside: text.last.flatMap { isWord($0) ? $0 : nil }, called: "the text's last token,")
  }

  /// One token, after what there is to say of it has been said.
  ///
  /// - Throws: ``CommandError`` when the name is not that of one token.
  func id(of name: TokenName, option: String) throws(CommandError) -> Int {
    let (id, remarks) = try resolve(name, option: option)
    remarks.forEach(note)
    return id
  }

  /// One token; see ``resolve(_:beside:called:)``.
  func resolve(
    _ name: TokenName, option: String
  ) throws(CommandError) -> (id: Int, remarks: [String]) {
    let found = try resolve([(option, name)])
    return (found.ids[0], found.remarks)
  }

  private func find(_ named: Named) throws(CommandError) -> Found {
    let count = loaded.model.configuration.vocabularySize
    let text: String
    switch named.name {
    case .id(let id):
      guard id < count else {
        throw CommandError(
          "\(named.option) is #\(id), and the ids of \(loaded.shortName) go from 0 to \(count - 1)")
      }
      return Found(id: id)
    case .text(let given): text = given
    }
    guard loaded.tokenizer != nil else {
      if let id = Int(text), (0..<count).contains(id) { return Found(id: id) }
      throw CommandError(
        "\(named.option) is “\(text)”, and \(loaded.shortName) has no tokenizer; give a token's id, "
          + "as in #12")
    }
    func taken(_ id: Int, _ remark: String? = nil) -> Found { Found(id: id, remark: remark) }
    let isSpaced = text.first == " "
    if let id = exact(text) {
      return Found(
        id: id, spaced: isSpaced ? nil : exact(" " + text).flatMap { $0 == id ? nil : $0 })
    }
    if !isSpaced, let id = exact(" " + text) {
      return Found(
        id: id, needsSpace: true,
        remark: "\(named.option) “\(text)” is a token only with a space before it, and is taken as "
          + "“\(shown(id))” (#\(id))")
    }
    if isSpaced, !knowsSpaces, let id = exact(String(text.dropFirst())) {
      return taken(
        id,
        "\(named.option) “\(text)” is taken without its space, “\(shown(id))” (#\(id)): the "
          + "tokens of \(loaded.shortName) have none")
    }
    if let id = normalized(text) {
      return taken(id, "\(named.option) “\(text)” is taken as “\(shown(id))” (#\(id))")
    }
    if let id = Int(text), (0..<count).contains(id) {
      return taken(id, "\(named.option) “\(text)” is no token, and is taken as the id #\(id)")
    }
    throw CommandError("\(named.option) is “\(text)”, which is \(description(of: text))")
  }

  /// What a text that is no token is instead, and what to give.
  private func description(of text: String) -> String {
    // A text that the vocabulary cannot say has no tokens at all.
    let labels = ((try? loaded.tokenizer!.encode(text, addingSpecialTokens: false)) ?? [])
      .map { "“\(shown($0))”" }
    let advice = "give one token, with the space before it if it has one, or an id as in #12"
    let other = text.first == " " ? String(text.dropFirst()) : ""
    if !other.isEmpty, let id = exact(other) {
      return "no token of \(loaded.shortName); without the space “\(other)” is #\(id)"
    }
    guard labels.count > 1 else { return "no token of \(loaded.shortName); \(advice)" }
    let list = labels.prefix(8).joined(separator: ", ") + (labels.count > 8 ? ", …" : "")
    return "\(labels.count) tokens of \(loaded.shortName), \(list); \(advice)"
  }

  /// The token that a text is, in either way to write an accent.
  private func exact(_ text: String) -> Int? {
    guard let tokenizer = loaded.tokenizer, !text.isEmpty else { return nil }
    return [
      text, text.precomposedStringWithCanonicalMapping, text.decomposedStringWithCanonicalMapping,
    ].lazy.compactMap { tokenizer.id(ofText: $0) }.first
  }

  /// The one token that a text becomes when it is read, if it says the same but for capitals and
  /// accents, which some tokenizers drop.
  private func normalized(_ text: String) -> Int? {
    func folded(_ text: String) -> String {
      text.filter { $0 != "▁" && !$0.isWhitespace }
        .folding(options: [.caseInsensitive, .diacriticInsensitive], locale: nil)
    }
    guard let tokenizer = loaded.tokenizer,
      let ids = try? tokenizer.encode(text, addingSpecialTokens: false), ids.count == 1,
      let read = try? tokenizer.decode(ids, skippingSpecialTokens: false),
      folded(read) == folded(text)
    else { return nil }
    return ids[0]
  }

  private func shown(_ id: Int) -> String {
    let label = loaded.label(of: id)
    return label.first == "▁" ? " " + label.dropFirst() : label
  }

  private func hasSpace(_ id: Int) -> Bool { shown(id).first == " " }

  private func isWord(_ id: Int) -> Bool {
    let label = shown(id)
    return loaded.tokenizer?.specialTokens[id] == nil && label.contains(where: \.isLetter)
      && !label.contains("<0x")
  }

  /// Whether the vocabulary tells a word after a space from one without.
  private var knowsSpaces: Bool {
    guard let tokenizer = loaded.tokenizer else { return false }
    return (0..<tokenizer.vocabularySize).contains { hasSpace($0) && shown($0).count > 1 }
  }
}
