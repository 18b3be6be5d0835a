import Files

/// The truncation and the padding that a `tokenizer.json` asks for.
///
/// The `tokenizers` library applies them whenever a file states them. Whoever runs a model on one
/// text wants neither, as in `transformers`: see ``Tokenizer/paddedRow(of:)``.
struct RowLimits: Sendable {
  private struct Truncation {
    let length: Int
    let keepsEnd: Bool
  }

  private struct Padding {
    /// The length to fill up to; nil for that of the longest text, here the only one.
    let length: Int?
    let multiple: Int
    let id: Int
    let isOnLeft: Bool
  }

  private let truncation: Truncation?
  private let padding: Padding?
  /// Longer rows are not made: a file of a few bytes could ask for any.
  private static let longest = 1 << 20

  init(truncation: Part?, padding: Part?) throws(TokenizerError) {
    self.truncation = try truncation.map { part throws(TokenizerError) in
      // For one text these two are the same.
      _ = try Self.choice(part, "strategy", ["LongestFirst", "OnlyFirst"])
      let length = try part.required("max_length").count()
      let stride = try part.optional("stride")?.count() ?? 0
      guard length == 0 || stride < length else {
        throw .malformed(
          part: "\(part.place).stride", expected: "less than max_length, \(length)",
          found: "\(stride)")
      }
      return Truncation(
        length: length,
        keepsEnd: try Self.choice(part, "direction", ["Right", "Left"]) == "Left")
    }
    self.padding = try padding.map { part throws(TokenizerError) in
      let strategy = try part.required("strategy")
      var length: Int?
      if case .object = strategy.json {
        length = try strategy.required("Fixed").count()
      } else if try strategy.text() != "BatchLongest" {
        throw .unsupported(
          part: strategy.place, name: "\"\(try strategy.text())\"",
          supported: ["BatchLongest", "Fixed"])
      }
      let multiple = try part.optional("pad_to_multiple_of")?.count() ?? 0
      for number in [length ?? 0, multiple] where number > Self.longest {
        throw .malformed(
          part: part.place, expected: "to rows of at most \(Self.longest) ids",
          found: "to \(number)")
      }
      return Padding(
        length: length, multiple: multiple, id: try part.required("pad_id").count(),
        isOnLeft: try Self.choice(part, "direction", ["Right", "Left"]) == "Left")
    }
  }

  private static func choice(
    _ part: Part, _ key: String, _ names: [String]
  ) throws(TokenizerError) -> String {
    guard let value = part.optional(key) else { return names[0] }
    let name = try value.text()
    guard names.contains(name) else {
      throw .unsupported(part: value.place, name: "\"\(name)\"", supported: names)
    }
    return name
  }

  /// The ids that are kept, with room for the special tokens to come.
  func truncated(_ ids: [Int], specialCount: Int) -> [Int] {
    guard let truncation else { return ids }
    let length = max(truncation.length - specialCount, 0)
    return Array(truncation.keepsEnd ? ids.suffix(length) : ids.prefix(length))
  }

  func padded(_ ids: [Int]) -> [Int] {
    guard let padding else { return ids }
    var length = padding.length ?? ids.count
    if padding.multiple > 0, length % padding.multiple > 0 {
      length += padding.multiple - length % padding.multiple
    }
    let fill = Array(repeating: padding.id, count: max(length - ids.count, 0))
    return padding.isOnLeft ? fill + ids : ids + fill
  }
}
