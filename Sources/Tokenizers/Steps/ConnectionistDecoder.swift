/// Joins the tokens of speech models: repetitions fall together, then the blanks go.
///
/// Graves and others, "Connectionist Temporal Classification" (2006).
struct ConnectionistDecoder: Sendable {
  private let blank: [UInt8]
  private let wordDelimiter: [UInt8]
  private let cleansUp: Bool

  init(_ part: Part) throws(TokenizerError) {
    blank = Array(try part.optional("pad_token")?.text().utf8 ?? "<pad>".utf8)
    wordDelimiter = Array(try part.optional("word_delimiter_token")?.text().utf8 ?? "|".utf8)
    cleansUp = try part.boolean("cleanup", default: true)
  }

  func decode(_ tokens: [[UInt8]]) -> [[UInt8]] {
    var result: [[UInt8]] = []
    for (index, token) in tokens.enumerated() where index == 0 || token != tokens[index - 1] {
      var text = blank.isEmpty ? token : Literal(bytes: blank).replace(in: token, with: [])
      if cleansUp {
        text = TokenDecoder.cleanedUp(text)
        if !wordDelimiter.isEmpty {
          text = Literal(bytes: wordDelimiter).replace(in: text, with: [0x20])
        }
      }
      if !text.isEmpty { result.append(text) }
    }
    return result
  }
}
