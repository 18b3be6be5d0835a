import Foundation
import Transformers

/// The keys of a `config.json`, read with their types.
struct ModelConfigurationFile {
  /// For messages.
  let path: String
  private let values: [String: Any]
  /// What stands before keys in messages: the key of the section they are in.
  private let section: String

  init(contentsOf url: URL) throws(CheckpointError) {
    let data: Data
    do {
      data = try Data(contentsOf: url)
    } catch {
      throw CheckpointError(
        "there is no readable \(url.lastPathComponent) in \(url.deletingLastPathComponent().path); "
          + "a model directory holds config.json, model.safetensors and tokenizer.json.")
    }
    let json = Self.quotingWhatIsNotFinite(data)
    guard let values = try? JSONSerialization.jsonObject(with: json) as? [String: Any] else {
      throw CheckpointError("\(url.path) is not a JSON object; fetch it again.")
    }
    self.init(path: url.path, values: values)
  }

  /// JSON has no word for numbers that are not finite, and Python writes `NaN`, `Infinity` and
  /// `-Infinity`: they become texts, which a key that is read for a number does not take.
  static func quotingWhatIsNotFinite(_ data: Data) -> Data {
    let words = ["NaN", "Infinity", "-Infinity"].map { Array($0.utf8) }
    let bytes = [UInt8](data)
    var result: [UInt8] = []
    var (place, isInText) = (0, false)
    while place < bytes.count {
      let byte = bytes[place]
      if !isInText, let word = words.first(where: { bytes[place...].starts(with: $0) }) {
        result += [UInt8(ascii: "\"")] + word + [UInt8(ascii: "\"")]
        place += word.count
        continue
      }
      if byte == UInt8(ascii: "\"") { isInText.toggle() }
      let isEscape = isInText && byte == UInt8(ascii: "\\") && place + 1 < bytes.count
      result += bytes[place...(isEscape ? place + 1 : place)]
      place += isEscape ? 2 : 1
    }
    return Data(result)
  }

  private init(path: String, values: [String: Any], section: String = "") {
    self.path = path
    self.values = values
    self.section = section
  }

  /// Whether there is a key, and its value is not null.
  func contains(_ key: String) -> Bool { value([key]) != nil }

  /// The value of a key that is an object, or nil when there is none.
  func section(_ keys: String...) throws(CheckpointError) -> ModelConfigurationFile? {
    guard let (key, value) = value(keys) else { return nil }
    guard let values = value as? [String: Any] else {
      throw wrong(key, value, expected: "an object")
    }
    return ModelConfigurationFile(path: path, values: values, section: section + key + ".")
  }

  /// The value of a key that is a list, or nil when there is none.
  func list(_ key: String) throws(CheckpointError) -> [Any]? {
    guard let (key, value) = value([key]) else { return nil }
    guard let list = value as? [Any] else { throw wrong(key, value, expected: "a list") }
    return list
  }

  /// The value of the first key that is there; a key that is null counts as missing.
  private func value(_ keys: [String]) -> (key: String, value: Any)? {
    for key in keys {
      if let value = values[key], !(value is NSNull) { return (key, value) }
    }
    return nil
  }

  func wrong(_ key: String, _ value: Any, expected: String) -> CheckpointError {
    CheckpointError(
      "\(path) has \(section)\(key) = \(Self.shown(value)) where \(expected) is expected.")
  }

  /// A value as the file spells it, cut short when it is long.
  private static func shown(_ value: Any) -> String {
    if let number = value as? NSNumber, isBoolean(number) { return "\(number.boolValue)" }
    let options: JSONSerialization.WritingOptions = [
      .fragmentsAllowed, .sortedKeys, .withoutEscapingSlashes,
    ]
    let data = (try? JSONSerialization.data(withJSONObject: value, options: options)) ?? Data()
    let text = String(decoding: data, as: UTF8.self)
    return text.count <= 60 ? text : text.prefix(60) + "…"
  }

  /// A whole number within bounds; several keys are spellings of one.
  ///
  /// Beyond a thousand million a size is a broken file's, and the product of two would overflow.
  func integer(
    _ keys: String..., default fallback: Int? = nil, minimum: Int = 1, maximum: Int = 1_000_000_000
  ) throws(CheckpointError) -> Int {
    try integer(keys, default: fallback, minimum: minimum, maximum: maximum)
  }

  private func integer(
    _ keys: [String], default fallback: Int?, minimum: Int, maximum: Int
  ) throws(CheckpointError) -> Int {
    guard let (key, value) = value(keys) else {
      if let fallback { return fallback }
      throw CheckpointError(
        "\(path) has no key \(section)\(keys.joined(separator: " or ")); fetch the file again.")
    }
    guard let number = value as? NSNumber, !(Self.isBoolean(number)),
      let integer = Int(exactly: number.doubleValue), integer >= minimum,
      integer <= maximum
    else { throw wrong(key, value, expected: "a whole number from \(minimum) to \(maximum)") }
    return integer
  }

  /// A number of layers, so few that a model of that many can be put together.
  func layerCount(_ keys: String..., default fallback: Int? = nil) throws(CheckpointError) -> Int {
    try integer(keys, default: fallback, minimum: 1, maximum: 10_000)
  }

  /// A positive number; several keys are spellings of one.
  func number(
    _ keys: String..., default fallback: Float? = nil
  ) throws(CheckpointError) -> Float {
    guard let (key, value) = value(keys) else {
      if let fallback { return fallback }
      throw CheckpointError(
        "\(path) has no key \(section)\(keys.joined(separator: " or ")); fetch the file again.")
    }
    guard let number = value as? NSNumber, !Self.isBoolean(number),
      number.floatValue.isFinite, number.floatValue > 0
    else { throw wrong(key, value, expected: "a positive number") }
    return number.floatValue
  }

  func flag(_ key: String) throws(CheckpointError) -> Bool? {
    guard let (key, value) = value([key]) else { return nil }
    guard let number = value as? NSNumber, Self.isBoolean(number) else {
      throw wrong(key, value, expected: "true or false")
    }
    return number.boolValue
  }

  func string(_ keys: String...) throws(CheckpointError) -> String? {
    guard let (key, value) = value(keys) else { return nil }
    guard let text = value as? String else { throw wrong(key, value, expected: "a text") }
    return text
  }

  /// A finite number of any sign, or nil when there is none.
  func anyNumber(_ key: String) throws(CheckpointError) -> Float? {
    guard let (key, value) = value([key]) else { return nil }
    guard let number = value as? NSNumber, !Self.isBoolean(number), number.floatValue.isFinite
    else { throw wrong(key, value, expected: "a number") }
    return number.floatValue
  }

  /// Token ids, one or a list of them; those without a row in the vocabulary never come, and are left
  /// out.
  func tokens(_ keys: String..., of vocabularySize: Int) throws(CheckpointError) -> [Int] {
    try tokens(keys, of: vocabularySize)
  }

  /// The token id, or the first of a list of them, of the first key that is there.
  func token(_ keys: String..., of vocabularySize: Int) throws(CheckpointError) -> Int? {
    try tokens(keys, of: vocabularySize).first
  }

  private func tokens(_ keys: [String], of vocabularySize: Int) throws(CheckpointError) -> [Int] {
    guard let (key, value) = value(keys) else { return [] }
    guard let ids = Self.wholeNumbers(value as? [Any] ?? [value]) else {
      throw wrong(key, value, expected: "a token id or a list of them")
    }
    return ids.filter { 0..<vocabularySize ~= $0 }
  }

  /// The whole numbers in a list, or nil when it holds anything else.
  static func wholeNumbers(_ values: [Any]) -> [Int]? {
    var numbers: [Int] = []
    for value in values {
      guard let number = value as? NSNumber, !isBoolean(number),
        let integer = Int(exactly: number.doubleValue)
      else { return nil }
      numbers.append(integer)
    }
    return numbers
  }

  private static func isBoolean(_ number: NSNumber) -> Bool {
    // JSONSerialization gives true and false the C type of a character.
    String(cString: number.objCType) == "c"
  }

  /// Complains when two keys say different things.
  func contradiction(_ what: String) -> CheckpointError {
    CheckpointError("\(path) contradicts itself: \(what).")
  }
}
