/// Any JSON, to compare two of them.
enum JSONValue: Decodable {
  case number(Double)
  case text(String)
  case list([JSONValue])
  case object([String: JSONValue])
  case other

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else if let text = try? value.decode(String.self) {
      self = .text(text)
    } else if let list = try? value.decode([JSONValue].self) {
      self = .list(list)
    } else if let object = try? value.decode([String: JSONValue].self) {
      self = .object(object)
    } else {
      self = .other
    }
  }

  /// Where this differs from what is expected, or nil; it may hold keys that nothing is said of.
  ///
  /// Numbers may differ by 2e-4 of themselves, or of 1: effects are divided by small differences.
  func difference(from expected: JSONValue) -> String? {
    switch (self, expected) {
    case (.number(let own), .number(let other)):
      return abs(own - other) <= 2e-4 * max(1, abs(other)) ? nil : "\(own) and not \(other)"
    case (.text(let own), .text(let other)): return own == other ? nil : "\(own) and not \(other)"
    case (.list(let own), .list(let other)):
      guard own.count == other.count else { return "\(own.count) values and not \(other.count)" }
      return zip(own, other).enumerated().lazy.compactMap { place, pair in
        pair.0.difference(from: pair.1).map { "\(place): \($0)" }
      }.first
    case (.object(let own), .object(let other)):
      return other.sorted { $0.key < $1.key }.lazy.compactMap { key, value in
        guard let found = own[key] else { return "\(key) is missing" }
        return found.difference(from: value).map { "\(key): \($0)" }
      }.first
    default: return "another kind of value"
    }
  }
}
