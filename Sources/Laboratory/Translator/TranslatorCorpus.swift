import Tensors

/// The English–French sentences that the translator learns and is measured on.
///
/// Everything follows from the seed. Which split a sentence belongs to follows from its words alone,
/// so that corpora of different seeds never leak into each other's training.
package struct TranslatorCorpus: Sendable {
  /// A part of the corpus.
  package enum Split: String, Codable, Sendable, Hashable, CaseIterable {
    /// What the model learns from.
    case training
    /// Sentences with a reserved pair in direct relation, for choices.
    case development
    /// Sentences with a reserved pair in direct relation, for the final measure.
    case test
    /// Unseen sentences without reserved pairs.
    case sameDistribution
  }

  /// The seed that the corpus is drawn from.
  package let seed: UInt64

  /// The corpus of a seed.
  package init(seed: UInt64 = 1) { self.seed = seed }

  /// Unique sentences to learn from, none with a reserved pair, even apart.
  package func training(count: Int = 120_000) -> [SentencePair] { pairs(.training, count: count) }

  /// Unique sentences with a reserved pair, for choices such as which head to read.
  package func development(count: Int = 1_000) -> [SentencePair] {
    pairs(.development, count: count)
  }

  /// Unique sentences with a reserved pair, none of them in development.
  package func test(count: Int = 1_000) -> [SentencePair] { pairs(.test, count: count) }

  /// Unique sentences like those of training, none of them in it.
  package func sameDistribution(count: Int = 1_000) -> [SentencePair] {
    pairs(.sameDistribution, count: count)
  }

  private func pairs(_ split: Split, count: Int) -> [SentencePair] {
    var generator = SeededGenerator(seed: fingerprint("\(split.rawValue) \(seed)"))
    return Self.pairs(split, count: count, using: &generator)
  }

  /// Unique sentences of a split, drawn with any generator.
  ///
  /// - Complexity: about 20 µs a sentence of training, a few times as much of the other splits.
  package static func pairs(
    _ split: Split, count: Int, using generator: inout some RandomNumberGenerator
  ) -> [SentencePair] {
    var sentences = SentenceGenerator(random: generator)
    var seen = Set<UInt64>(minimumCapacity: count)
    var pairs: [SentencePair] = []
    pairs.reserveCapacity(count)
    while pairs.count < count {
      let clauses = sentences.clauses()
      let (direct, isClean) = ReservedPairs.standard.occurrences(in: clauses)
      let holdsOut = split == .development || split == .test
      guard holdsOut ? !direct.isEmpty : isClean else { continue }
      var pair = SentencePair(clauses)
      let mark = fingerprint(pair.sourceText)
      guard Self.split(ofMark: mark, hasReservedPair: holdsOut) == split,
        seen.insert(mark).inserted
      else { continue }
      pair.heldOutPairs = direct
      pairs.append(pair)
    }
    generator = sentences.random
    return pairs
  }

  private static func split(ofMark mark: UInt64, hasReservedPair: Bool) -> Split {
    if hasReservedPair { return mark % 2 == 0 ? .development : .test }
    return mark % 40 == 0 ? .sameDistribution : .training
  }
}
