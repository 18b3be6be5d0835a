public import Tensors

/// Attention between words, from attention between the pieces they were cut into.
///
/// A target word's pieces are averaged, for each is a row of its own that sums to 1; a source
/// word's pieces are added, for what a row gives to a word is what it gives to all of its pieces.
///
/// - Parameters:
///   - attention: `[head, targetPiece, sourcePiece]`.
///   - targetWords: The word of every target piece, or nil for a piece of none.
///   - sourceWords: The word of every source piece, or nil for a piece of none, whose attention
///     belongs to no word.
/// - Returns: `[head, targetWord, sourceWord]`.
public func poolingPieces(
  _ attention: Tensor, targetWords: [Int?], sourceWords: [Int?]
) -> Tensor {
  precondition(
    attention.rank == 3 && attention.shape[1] == targetWords.count
      && attention.shape[2] == sourceWords.count,
    "attention \(attention.shape) is not [head, \(targetWords.count), \(sourceWords.count)]")
  let heads = attention.shape[0]
  let targets = (targetWords.compactMap { $0 }.max() ?? -1) + 1
  let sources = (sourceWords.compactMap { $0 }.max() ?? -1) + 1
  var pieces = Array(repeating: Float(0), count: targets)
  for case let word? in targetWords { pieces[word] += 1 }
  var pooled = Tensor.zeros([heads, targets, sources])
  pooled.withUnsafeMutableValues { out in
    attention.withUnsafeValues { values in
      for head in 0..<heads {
        for (row, target) in targetWords.enumerated() {
          guard let target else { continue }
          for (column, source) in sourceWords.enumerated() {
            guard let source else { continue }
            let value = values[(head * targetWords.count + row) * sourceWords.count + column]
            out[(head * targets + target) * sources + source] += value / pieces[target]
          }
        }
      }
    }
  }
  return pooled
}

/// A link from a target word to a source word, by their indices.
public struct WordLink: Hashable, Sendable, Codable {
  /// The index of the target word.
  public let target: Int
  /// The index of the source word.
  public let source: Int

  /// A link.
  public init(target: Int, source: Int) {
    self.target = target
    self.source = source
  }
}

/// The alignment error rate: 1 − (|A ∩ S| + |A ∩ P|) / (|A| + |S|); 0 is perfect.
///
/// Och and Ney, "A Systematic Comparison of Various Statistical Alignment Models", 2003.
///
/// - Parameters:
///   - proposed: A, the links to be judged.
///   - sure: S, links that must be there.
///   - possible: P, links that may be there; the sure ones count among them.
/// - Returns: The rate, or 0 when there is nothing to propose and nothing proposed.
public func alignmentErrorRate(
  _ proposed: Set<WordLink>, sure: Set<WordLink>, possible: Set<WordLink>? = nil
) -> Double {
  let possible = (possible ?? []).union(sure)
  let total = proposed.count + sure.count
  guard total > 0 else { return 0 }
  let found = proposed.intersection(sure).count + proposed.intersection(possible).count
  return 1 - Double(found) / Double(total)
}
