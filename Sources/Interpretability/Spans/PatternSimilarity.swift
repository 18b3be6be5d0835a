public import Interpretability
import Interventions
import Tensors
public import Transformers

/// How alike a head's patterns are on sentences of equal length.
public struct PatternSimilarity: Sendable {
  /// What of a pattern is compared.
  public enum Part: String, Sendable, Codable, CaseIterable {
    /// All of it.
    case whole
    /// What the last token attends to.
    case lastQuery = "last-query"
    /// What the span's last token attends to.
    case lastSpanQuery = "last-span-query"
  }

  /// The mean cosine of pairs.
  public struct Similarity: Sendable, Codable, Hashable {
    /// Of pairs of sentences of one kind; nil where there are none.
    public var alike: Float?
    /// Of pairs of two kinds, which the former has to exceed; nil where there are none.
    public var random: Float?
  }

  /// The heads, in the order of similarities.
  public let heads: [HeadAddress]
  /// The similarity of each head's patterns.
  public let similarities: [Similarity]
  /// How many pairs of one kind were compared, and how many of two.
  public let pairs: (alike: Int, random: Int)

  /// What has to be kept of runs.
  public static func points(in configuration: TransformerConfiguration) -> Set<HookPoint> {
    let (name, stack) = configuration.stacks[0]
    return Set((0..<stack.layerCount).map { .pattern(name, $0) })
  }

  /// Compares patterns.
  ///
  /// - Parameters:
  ///   - groups: A group for each sentence, such as its kind; sentences of group `baseline` are drawn
  ///     at random and make random pairs with each other too.
  ///   - limit: How many sentences of one length are compared with each other, drawn by `seed`; memory
  ///     grows with it, and not with the number of sentences.
  /// - Throws: ``SpanError`` when no two sentences are of one length, or patterns were not kept.
  public init(
    _ source: some SpanSource, of configuration: TransformerConfiguration, groups: [Int],
    baseline: Int? = nil, part: Part, limit: Int = 32, seed: UInt64 = 0
  ) throws {
    precondition(groups.count == source.sentences.count, "a group for each sentence")
    let (name, stack) = configuration.stacks[0]
    heads = (0..<stack.layerCount).flatMap { layer in
      (0..<stack.headCount).map { HeadAddress(name, layer: layer, head: $0) }
    }
    var generator = SeededGenerator(seed: seed)
    let lengths = Dictionary(grouping: source.sentences.indices) {
      source.sentences[$0].tokens.count
    }.sorted { $0.key < $1.key }.map(\.value)
    let chosen = Set(
      lengths.filter { $0.count > 1 }.flatMap {
        $0.shuffled(using: &generator).prefix(max(limit, 2))
      })
    guard !chosen.isEmpty else {
      throw SpanError(
        "no two sentences have the same number of tokens; patterns are compared between equals")
    }
    /// By sentence, for each head what is compared.
    var rows: [Int: [[Float]]] = [:]
    try source.forEachBatch { batch in
      for (row, place) in batch.places.enumerated() where chosen.contains(place) {
        var own: [[Float]] = []
        for layer in 0..<stack.layerCount {
          let pattern = try batch[.pattern(name, layer)][at: row]
          for head in 0..<stack.headCount {
            let matrix = pattern[at: head]
            own.append(Self.values(matrix, batch.sentences[row], part))
          }
        }
        rows[place] = own
      }
    }
    var sums = heads.map { _ in (alike: 0.0, random: 0.0) }
    var counts = (alike: 0, random: 0)
    for places in lengths {
      let present = places.filter(chosen.contains)
      for (index, first) in present.enumerated() {
        for second in present[..<index] {
          let isAlike = groups[first] == groups[second] && groups[first] != baseline
          if isAlike { counts.alike += 1 } else { counts.random += 1 }
          for head in heads.indices {
            let value = Double(cosine(rows[first]![head], rows[second]![head]))
            if isAlike { sums[head].alike += value } else { sums[head].random += value }
          }
        }
      }
    }
    pairs = counts
    similarities = sums.map {
      Similarity(
        alike: counts.alike == 0 ? nil : Float($0.alike / Double(counts.alike)),
        random: counts.random == 0 ? nil : Float($0.random / Double(counts.random)))
    }
  }

  private static func values(_ matrix: Tensor, _ sentence: SpanTokens, _ part: Part) -> [Float] {
    switch part {
    case .whole: matrix.values
    case .lastQuery: matrix[at: matrix.shape[0] - 1].values
    case .lastSpanQuery: matrix[at: sentence.span[sentence.span.count - 1]].values
    }
  }
}
