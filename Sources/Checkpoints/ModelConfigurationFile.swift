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
    guard let values = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else {
      throw CheckpointError("\(url.path) is not a JSON object; fetch it again.")
    }
    self.init(path: url.path, values: values)
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

  /// A token id, or the first of a list of them, as newer configurations may have.
  func token(_ keys: String..., of vocabularySize: Int) throws(CheckpointError) -> Int? {
    guard let (key, value) = value(keys) else { return nil }
    let first = (value as? [Any])?.first ?? value
    guard let number = first as? NSNumber, !Self.isBoolean(number),
      let id = Int(exactly: number.doubleValue), id >= 0, id < vocabularySize
    else { throw wrong(key, value, expected: "a token id from 0 to \(vocabularySize - 1)") }
    return id
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
