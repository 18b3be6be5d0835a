import Files

/// A piece of the tokenizer file that knows where it stands, so that errors can name the place.
struct Part {
  let json: JSON
  /// Where it stands, as in `pre_tokenizer.pretokenizers[1]`.
  let place: String

  var isNull: Bool { if case .null = json { true } else { false } }

  /// The member of that name, unless it is missing or null.
  func optional(_ key: String) -> Part? {
    guard let value = json[key] else { return nil }
    let part = Part(json: value, place: place.isEmpty ? key : "\(place).\(key)")
    return part.isNull ? nil : part
  }

  func required(_ key: String) throws(TokenizerError) -> Part {
    guard case .object = json else { throw mismatch("an object") }
    guard let part = optional(key) else {
      throw .malformed(
        part: place.isEmpty ? key : "\(place).\(key)", expected: "given", found: "missing")
    }
    return part
  }

  func text() throws(TokenizerError) -> String {
    guard case .string(let text) = json else { throw mismatch("a text") }
    return text
  }

  func boolean() throws(TokenizerError) -> Bool {
    guard case .boolean(let value) = json else { throw mismatch("true or false") }
    return value
  }

  func number() throws(TokenizerError) -> Double {
    guard case .number(let value) = json else { throw mismatch("a number") }
    return value
  }

  /// A whole number that is not negative and small enough for an id.
  func count() throws(TokenizerError) -> Int {
    let value = try number()
    guard let whole = Int32(exactly: value), whole >= 0 else {
      throw .malformed(
        part: place, expected: "a whole number from 0 to \(Int32.max)", found: "\(value)")
    }
    return Int(whole)
  }

  func scalar() throws(TokenizerError) -> Unicode.Scalar {
    let text = try text()
    guard let scalar = text.unicodeScalars.first, text.unicodeScalars.count == 1 else {
      throw .malformed(part: place, expected: "one character", found: "\"\(text)\"")
    }
    return scalar
  }

  func elements() throws(TokenizerError) -> [Part] {
    guard case .array(let elements) = json else { throw mismatch("a list") }
    return elements.enumerated().map { Part(json: $1, place: "\(place)[\($0)]") }
  }

  func boolean(_ key: String, default value: Bool) throws(TokenizerError) -> Bool {
    guard let part = optional(key) else { return value }
    return try part.boolean()
  }

  /// The members of a list, each made into something.
  func map<T>(
    _ key: String, _ transform: (Part) throws(TokenizerError) -> T
  ) throws(TokenizerError) -> [T] {
    var results: [T] = []
    for element in try required(key).elements() { results.append(try transform(element)) }
    return results
  }

  func mismatch(_ expected: String) -> TokenizerError {
    .malformed(part: place.isEmpty ? "the whole" : place, expected: expected, found: json.kind)
  }
}
