/// The token for what is not in a vocabulary; it may itself be missing there until it is needed.
struct UnknownToken: Sendable {
  private let id: Int?
  private let token: String

  init(_ token: String, in vocabulary: Vocabulary) {
    self.token = token
    id = vocabulary.ids[token]
  }

  @inline(__always)
  func id(for word: borrowing Span<UInt8>) throws(TokenizerError) -> Int {
    guard let id else {
      throw .unknownText(
        Self.text(word), reason: "its unknown token \"\(token)\" is missing there as well")
    }
    return id
  }

  static func text(_ word: borrowing Span<UInt8>) -> String {
    var bytes: [UInt8] = []
    for index in 0..<word.count { bytes.append(word[index]) }
    return String(decoding: bytes, as: UTF8.self)
  }
}
