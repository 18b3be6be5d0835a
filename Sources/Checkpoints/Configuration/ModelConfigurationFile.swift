import Files
import Foundation
import Transformers

/// The keys of a `config.json`, read with their types.
struct ModelConfigurationFile {
  /// For messages.
  let path: String
  private let values: JSON
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
    let values: JSON
    do throws(JSONReader.Problem) { values = try JSON(parsing: [UInt8](data), .python) } catch {
      throw CheckpointError("\(url.path) is not a JSON object: it \(error.text); fetch it again.")
    }
    guard case .object = values else {
      throw CheckpointError("\(url.path) is not a JSON object but \(values.kind); fetch it again.")
    }
    self.init(path: url.path, values: values)
  }

  private init(path: String, values: JSON, section: String = "") {
    self.path = path
    self.values = values
    self.section = section
  }

  /// Whether there is a key, and its value is not null.
  func contains(_ key: String) -> Bool { value([key]) != nil }

  /// The value of a key that is an object, or nil when there is none.
  func section(_ keys: String...) throws(CheckpointError) -> ModelConfigurationFile? {
    guard let (key, value) = value(keys) else { return nil }
    guard case .object = value else { throw wrong(key, value, expected: "an object") }
    return ModelConfigurationFile(path: path, values: value, section: section + key + ".")
  }

  /// The value of a key that is a list, or nil when there is none.
  func list(_ key: String) throws(CheckpointError) -> [JSON]? {
    guard let (key, value) = value([key]) else { return nil }
    guard case .array(let list) = value else { throw wrong(key, value, expected: "a list") }
    return list
  }

  /// The value of the first key that is there; a key that is null counts as missing.
  private func value(_ keys: [String]) -> (key: String, value: JSON)? {
    for key in keys {
      guard let value = values[key] else { continue }
      if case .null = value { continue }
      return (key, value)
    }
    return nil
  }

  func wrong(_ key: String, _ value: JSON, expected: String) -> CheckpointError {
    CheckpointError(
      "\(path) has \(section)\(key) = \(Self.shown(value)) where \(expected) is expected.")
  }

  /// A value as the file spells it, cut short when it is long.
  private static func shown(_ value: JSON) -> String {
    let text = "\(value)"
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
    guard case .number(let number) = value, let integer = Int(exactly: number),
      integer >= minimum, integer <= maximum
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
    guard case .number(let double) = value, case let number = Float(double), number.isFinite,
      number > 0
    else { throw wrong(key, value, expected: "a positive number") }
    return number
  }

  func flag(_ key: String) throws(CheckpointError) -> Bool? {
    guard let (key, value) = value([key]) else { return nil }
    guard case .boolean(let flag) = value else {
      throw wrong(key, value, expected: "true or false")
    }
    return flag
  }

  func string(_ keys: String...) throws(CheckpointError) -> String? {
    guard let (key, value) = value(keys) else { return nil }
    guard case .string(let text) = value else { throw wrong(key, value, expected: "a text") }
    return text
  }

  /// A finite number of any sign, or nil when there is none.
  func anyNumber(_ key: String) throws(CheckpointError) -> Float? {
    guard let (key, value) = value([key]) else { return nil }
    guard case .number(let double) = value, case let number = Float(double), number.isFinite
    else { throw wrong(key, value, expected: "a number") }
    return number
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
    let list = if case .array(let list) = value { list } else { [value] }
    guard let ids = Self.wholeNumbers(list) else {
      throw wrong(key, value, expected: "a token id or a list of them")
    }
    return ids.filter { 0..<vocabularySize ~= $0 }
  }

  /// The whole numbers in a list, or nil when it holds anything else.
  static func wholeNumbers(_ values: [JSON]) -> [Int]? {
    var numbers: [Int] = []
    for value in values {
      guard case .number(let number) = value, let integer = Int(exactly: number) else { return nil }
      numbers.append(integer)
    }
    return numbers
  }

  /// Complains when two keys say different things.
  func contradiction(_ what: String) -> CheckpointError {
    CheckpointError("\(path) contradicts itself: \(what).")
  }
}
