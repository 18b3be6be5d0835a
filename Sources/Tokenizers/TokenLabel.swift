/// Tokens as a reader knows them, and back.
extension Tokenizer {
  /// A token with the letters that its bytes spell, for figures and reports; `#19` for an id that
  /// names no token.
  ///
  /// GPT-2's characters for bytes give way to what they stand for: `ĠcafÃ©` is ` café`. Bytes that are
  /// a part of a character are written as in `<0xC3>`, whichever way the vocabulary spells them. Marks
  /// that stand for no bytes stay: SentencePiece's `▁`, WordPiece's `##`.
  public func label(of id: Int) -> String {
    if let added = addedContent(id) { return added }
    guard let form = token(id) else { return "#\(id)" }
    if spellsBytes { return Self.readable(ByteAlphabet.decode(Array(form.utf8))) }
    if let byte = ByteFallback.byte(of: Array(form.utf8)) { return Self.readable([byte]) }
    return form
  }

  /// The labels of ids.
  public func labels(of ids: [Int]) -> [String] { ids.map { label(of: $0) } }

  /// The id of the token that says a text, byte for byte and with its spaces, or nil if none does.
  ///
  /// A token is also found by the form that the vocabulary spells, such as `Ġdog`, if that form is
  /// not what another token says.
  public func id(ofText text: String) -> Int? {
    let spaced = text.replacing(" ", with: "▁")
    let forms =
      spellsBytes
      ? [ByteAlphabet.form(of: text), text]
      : [spaced, text, text.utf8.count == 1 ? ByteFallback.tokens[Int(text.utf8.first!)] : text]
    return forms.lazy.compactMap { form in
      self.id(of: form).flatMap { id in
        // “é” as a form of GPT-2's alphabet is a lone byte, which is no “é”.
        let isPartOfCharacter = form == text && label(of: id).contains("<0x")
        return isPartOfCharacter && !text.contains("<0x") ? nil : id
      }
    }.first
  }

  /// Bytes as text, with the number of every byte that belongs to no whole character.
  private static func readable(_ bytes: [UInt8]) -> String {
    var text = ""
    var rest = bytes[...]
    while let first = rest.first {
      let length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
      if let character = String(validating: rest.prefix(length), as: UTF8.self) {
        text += character
        rest = rest.dropFirst(length)
      } else {
        text += ByteFallback.tokens[Int(first)]
        rest = rest.dropFirst()
      }
    }
    return text
  }
}

extension TokenDecoder {
  /// Whether it reads GPT-2's characters for bytes.
  var spellsBytes: Bool {
    switch self {
    case .byteLevel: true
    case .sequence(let steps): steps.contains(where: \.spellsBytes)
    default: false
    }
  }
}

extension PreTokenizer {
  /// Whether it writes GPT-2's characters for bytes.
  var spellsBytes: Bool {
    switch self {
    case .byteLevel: true
    case .sequence(let steps): steps.contains(where: \.spellsBytes)
    default: false
    }
  }
}
