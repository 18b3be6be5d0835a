import Tensors

/// What the hidden cases of one exercise are drawn from: 256 bits that are the exercise's alone.
///
/// Whoever holds the course's secret makes one for each exercise; a question shows numbers that were
/// drawn from it, and none of them leads back to it or to another number.
package struct CaseKey: Hashable, Sendable {
  fileprivate let words: SIMD8<UInt32>

  /// A key of 32 bytes.
  package init(_ bytes: some Sequence<UInt8>) {
    let bytes = Array(bytes)
    precondition(bytes.count == 32, "a key has 32 bytes, not \(bytes.count)")
    var words = SIMD8<UInt32>()
    for (place, byte) in bytes.enumerated() {
      words[place / 4] |= UInt32(byte) << (8 * UInt32(place % 4))
    }
    self.words = words
  }
}

extension Exercise {
  /// The cases that a key makes: the same key, the same cases.
  package func cases(key: CaseKey) throws -> [ReadyCase] {
    try cases(from: SeededGenerator(key: key.words))
  }
}

/// An exercise shows nothing of itself to `dump` and `Mirror`, which do not ask what is private.
extension Exercise: CustomReflectable {
  /// A mirror without children.
  package var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }
}
