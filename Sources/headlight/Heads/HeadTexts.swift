import Foundation
import Heads
import Interpretability
import Interventions
import Laboratory
import Models
import Tokenizers
import Transformers

/// Texts that heads are measured on, filled up to one length.
struct HeadTexts {
  let input: ModelInput
  /// The tokens of each text.
  let texts: [TokenizedText]

  /// - Parameter minimum: How many tokens a text has at least.
  /// - Throws: ``CommandError`` that names the line of a text that the model cannot read.
  init(_ path: String, for loaded: LoadedModel, minimum: Int = 2) throws {
    try Self.checkStacks(of: loaded)
    let lines = try TextsFile(path).texts(for: loaded, minimum: minimum)
    if let limit = loaded.model.configuration.maximumLength,
      let long = lines.first(where: { $0.tokens.ids.count > limit })
    {
      throw CommandError(
        "line \(long.line) of \(path) has \(long.tokens.ids.count) tokens, and \(loaded.shortName) "
          + "reads \(limit) at most; shorten it")
    }
    try self.init(lines.map(\.tokens), for: loaded)
  }

  init(_ texts: [TokenizedText], for loaded: LoadedModel) throws {
    try Self.checkStacks(of: loaded)
    self.texts = texts
    let rows = ModelInput.padding(
      texts.map(\.ids), with: loaded.model.configuration.padToken)
    input = ModelInput(tokens: rows.tokens, mask: rows.mask)
    try input.validate(for: loaded.model.configuration)
    // Texts go through some at a time.
    var part = input
    part.tokens = Array(input.tokens.prefix(64))
    try part.checkSize(for: loaded.model.configuration, keepsEverything: true)
  }

  private static func checkStacks(of loaded: LoadedModel) throws {
    guard !loaded.model.configuration.isEncoderDecoder else { throw HeadError.isEncoderDecoder }
  }
}

extension HeadName {
  /// The head of a model of one stack.
  ///
  /// - Throws: ``HeadError`` when the model does not have it.
  func address(in loaded: LoadedModel) throws -> HeadAddress {
    let configuration = loaded.model.configuration
    guard !configuration.isEncoderDecoder, let (name, stack) = configuration.stacks.first else {
      throw HeadError.isEncoderDecoder
    }
    let address = HeadAddress(name, layer: layer, head: head)
    guard layer < stack.layerCount, head < stack.headCount else {
      throw HeadError.noHead(address, layers: stack.layerCount, heads: stack.headCount)
    }
    return address
  }

  /// The name of a head.
  init(_ address: HeadAddress) { self.init(layer: address.layer, head: address.head) }
}

extension LoadedModel {
  /// Neighbours in the sequences that every reader knows, where both are tokens: numerals, number words,
  /// months, weekdays.
  var successions: [Succession] {
    guard let tokenizer else { return [] }
    let english = Locale(identifier: "en_US_POSIX")
    var calendar = Calendar(identifier: .gregorian)
    calendar.locale = english
    let formatter = NumberFormatter()
    formatter.locale = english
    formatter.numberStyle = .spellOut
    let words = (1...20).compactMap { formatter.string(from: NSNumber(value: $0)) }
    let sequences: [(members: [String], isCyclic: Bool)] = [
      ((1...99).map(String.init), false), (words, false), (calendar.monthSymbols, true),
      (Array(calendar.weekdaySymbols.dropFirst()) + calendar.weekdaySymbols.prefix(1), true),
    ]
    func token(_ word: String) -> Int? {
      tokenizer.id(ofText: " " + word) ?? tokenizer.id(ofText: word)
    }
    var found: [Succession] = []
    for sequence in sequences {
      let last = sequence.isCyclic ? Array(sequence.members.prefix(1)) : []
      let ids = (sequence.members + last).map(token)
      for case (let first?, let second?) in zip(ids, ids.dropFirst()) {
        found.append(Succession(token: first, next: second))
      }
    }
    return found
  }

  /// Random tokens said twice, behind the start token where texts have one.
  var repeatedTokens: RepeatedTokens {
    let special = Set(tokenizer.map { Array($0.specialTokens.keys) } ?? [])
    let count = tokenizer?.vocabularySize ?? model.configuration.vocabularySize
    let tokens = (0..<min(count, model.configuration.vocabularySize)).filter {
      !special.contains($0)
    }
    let first = tokenizer.flatMap { try? $0.encode("1", addingSpecialTokens: true).first }
    let start = first.flatMap { special.contains($0) ? $0 : nil }
    let longest = model.configuration.maximumLength ?? .max
    return RepeatedTokens(
      of: tokens, start: start, length: max(2, min(24, (longest - 1) / 2)))
  }
}
