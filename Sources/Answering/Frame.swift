package import Foundation

/// What goes between the process that checks and the one that answers.
///
/// A question is a nonce, a length and that many bytes. The answer is the same nonce, a kind, a
/// length and that many bytes. Numbers are little-endian. The nonce is drawn afresh for every
/// question, so what was written beforehand, or by code that never read the question, is not taken
/// for its answer.
package enum Frame {
  package static let nonceCount = 16
  package static let questionHeaderCount = nonceCount + 4
  package static let replyHeaderCount = nonceCount + 5

  /// What an answering process has to say.
  package enum Kind: UInt8 {
    /// The payload is the encoded answer.
    case answered = 0
    /// The code threw ``Unanswered``.
    case unanswered = 1
    /// The code threw; the payload is the error's text.
    case threw = 2
  }

  package static func makeNonce() -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<nonceCount).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }

  package static func question(_ payload: Data, nonce: [UInt8]) -> [UInt8] {
    nonce + bytes(of: payload.count) + payload
  }

  package static func reply(_ kind: Kind, _ payload: Data, nonce: [UInt8]) -> [UInt8] {
    nonce + [kind.rawValue] + bytes(of: payload.count) + payload
  }

  /// The number in the four bytes that end a header.
  package static func length(endOf header: [UInt8]) -> Int {
    header.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  private static func bytes(of count: Int) -> [UInt8] {
    withUnsafeBytes(of: UInt32(count).littleEndian) { Array($0) }
  }
}
