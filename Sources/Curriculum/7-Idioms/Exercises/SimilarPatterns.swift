import Coursework
import Foundation
import IdiomsVocabulary
import SheetTools
import Tensors

extension IdiomsSheet {
  /// 7.10: patterns that are alike, and clusters that are none.
  static let similarPatterns = Exercise(
    "7.10", "Similar patterns?", points: 4, difficulty: 3, importance: 4, minutes: 30,
    hints: [
      """
      Alike compared with what? Two patterns of one causal head are alike anyway. Pairs of two kinds say \
      how much.
      """,
      """
      Only pairs of one length can be compared entry by entry. Go over all pairs a < b, skip those whose \
      shapes differ, and put the cosine of each head into one of two means.
      """,
      """
      Silhouette of a point: a is its mean distance to the *others* of its cluster; b the mean distance \
      to the points of another cluster, of that one for which it is least. Alone in a cluster: 0.
      """,
      """
      cosine = Σ x y / √(Σ x² Σ y²) over all entries of `patterns[a][at: head]` and \
      `patterns[b][at: head]`. Silhouette: (b − a) / max(a, b); distances are roots of sums of squares.
      """,
    ],
    interpretation: """
      A cosine of 0.9 between the patterns of idioms looks like a finding until random pairs of the same \
      length show 0.9 too: every causal head has zeros above its diagonal and often a sink in its first \
      column. Clusters need a number as well. t-SNE draws clouds of pure noise as islands; silhouettes \
      around 0 say that the islands are none.
      """,
    cases: { generator in
      func question(
        _ lengths: [Int], _ kinds: [Int], _ clusters: [Int],
        using generator: inout SeededGenerator
      ) -> KindsOfPatterns {
        func pattern(_ length: Int, heads: Int, around centre: Tensor?) -> Tensor {
          .stack(
            (0..<heads).map { _ in randomHead(length, span: [0], using: &generator).pattern })
            * 0.5 + (centre.map { $0 * 0.5 } ?? .zeros([heads, length, length]))
        }
        var centres: [String: Tensor] = [:]
        let patterns = zip(lengths, kinds).map { length, kind in
          let name = "\(length) \(kind)"
          let centre = centres[name] ?? pattern(length, heads: 3, around: nil)
          centres[name] = centre
          return pattern(length, heads: 3, around: centre)
        }
        let points = clusters.map { cluster in
          Tensor.randomNormal([4], using: &generator) + Float(cluster) * 0.7
        }
        return KindsOfPatterns(
          patterns: patterns, kinds: kinds, points: .stack(points), clusters: clusters)
      }
      let forms: [(String, [Int], [Int], [Int])] = [
        (
          "two lengths, two clusters", [5, 5, 5, 5, 7, 7, 7], [0, 0, 1, 1, 0, 0, 1],
          [0, 0, 0, 1, 1, 1, 1]
        ),
        (
          "three kinds, a point alone", [6, 6, 6, 6, 6], [0, 1, 2, 0, 1], [0, 0, 1, 1, 2, 1, 0]
        ),
        (
          "a length that is alone, three clusters", [4, 6, 6, 6, 8], [1, 1, 0, 1, 0],
          [2, 0, 1, 2, 0, 1, 2, 0, 1]
        ),
      ]
      return try forms.map { name, lengths, kinds, clusters in
        let question = try drawn(
          using: &generator,
          { question(lengths, kinds, clusters, using: &$0) },
          // With one length nothing is cut, with two clusters the farthest is the nearest.
          until: {
            try likenessKey($0).isDecided(allowsSame: name != forms[0].0)
              && silhouettesKey($0).isDecided(allowsSame: name != forms[1].0)
          })
        return Case(name, question)
      }
    },
    parts: [
      Part(IdiomsAsks.likeness) { likenessKey($0).judge },
      Part(IdiomsAsks.silhouettes) { question in
        let judge = silhouettesKey(question).judge
        return Judgement { (found: [Double]) in
          try judge.verdict(on: Tensor(found.map { Float($0) }))
        }
      },
    ])

  private static func likenessKey(_ key: KindsOfPatterns) -> TensorKey {
    let cosine = DoubleCorrelation.cosine
    let heads = key.patterns[0].shape[0]
    /// By sentence and head, the rows.
    let rows = key.patterns.map { pattern in (0..<heads).map { pattern[at: $0].doubleRows } }
    func means(
      equal: Bool = true, itself: Bool = false, random: (Bool) -> Bool = { !$0 },
      _ value: ([[Double]], [[Double]]) -> Double
    ) -> [Double] {
      (0..<heads).flatMap { head -> [Double] in
        var values: (alike: [Double], random: [Double]) = ([], [])
        for a in rows.indices {
          for b in rows.indices where b < a || itself && b == a {
            guard !equal || rows[a][head].count == rows[b][head].count else { continue }
            let found = value(rows[a][head], rows[b][head])
            let isAlike = key.kinds[a] == key.kinds[b]
            if isAlike { values.alike.append(found) }
            if random(isAlike) { values.random.append(found) }
          }
        }
        return [values.alike, values.random].map { $0.reduce(0, +) / Double($0.count) }
      }
    }
    func flat(_ rows: [[Double]]) -> [Double] { rows.flatMap { $0 } }
    let right = means { cosine(flat($0), flat($1)) }
    return TensorKey(
      right, shape: [heads, 2], named: "the likeness", axes: ["head", "alike or random"],
      tolerance: 1e-4
    ) {
      func swapped(_ values: [Double]) -> [Double] {
        stride(from: 0, to: values.count, by: 2).flatMap { [values[$0 + 1], values[$0]] }
      }
      return [
        Mistake("pairs of one kind and of two are exchanged", swapped(right)),
        Mistake(
          "sentences were paired with themselves, which are alike without fail",
          means(itself: true) { cosine(flat($0), flat($1)) }
        ),
        Mistake(
          "random pairs are all pairs; leave out those of one kind",
          means(random: { _ in true }) { cosine(flat($0), flat($1)) }
        ),
        Mistake(
          "sentences of different lengths were compared, cut to the shorter; only equals are",
          means(equal: false) { x, y in
            let count = min(x.count, y.count)
            func cut(_ rows: [[Double]]) -> [Double] {
              rows.prefix(count).flatMap { $0.prefix(count) }
            }
            return cosine(cut(x), cut(y))
          }
        ),
        Mistake(
          "only the last queries were compared; whole patterns are asked for",
          means { cosine($0[$0.count - 1], $1[$1.count - 1]) }
        ),
        Mistake(
          "cosines of single queries were averaged; take one cosine of the whole pattern",
          means { x, y in zip(x, y).reduce(0) { $0 + cosine($1.0, $1.1) } / Double(x.count) }
        ),
        Mistake(
          "these are products that were not divided by lengths; a cosine is",
          means { x, y in zip(flat(x), flat(y)).reduce(0) { $0 + $1.0 * $1.1 } }
        ),
        Mistake(
          "the mean was taken off first: this is a correlation, not a cosine",
          means { DoubleCorrelation.pearson(flat($0), flat($1)) }
        ),
        Mistake(
          "these are distances, 1 − cosine", right.map { 1 - $0 }),
      ]
    }
  }

  private static func silhouettesKey(_ key: KindsOfPatterns) -> TensorKey {
    let (points, clusters) = (key.points.doubleRows, key.clusters)
    let names = Set(clusters).sorted()
    func distance(_ a: [Double], _ b: [Double], root: Bool = true) -> Double {
      let square = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      return root ? square.squareRoot() : square
    }
    func values(
      root: Bool = true, countsItself: Bool = false,
      other: ([(mean: Double, count: Int)]) -> Double,
      divide: (Double, Double) -> Double = { ($1 - $0) / max($0, $1) }, alone: Double = 0
    ) -> [Double] {
      points.indices.map { point in
        let groups = names.map { name in
          points.indices.filter { clusters[$0] == name && (countsItself || $0 != point) }
        }
        let means = groups.map { group in
          (
            mean: group.reduce(0) { $0 + distance(points[point], points[$1], root: root) }
              / Double(group.count), count: group.count
          )
        }
        let own = names.firstIndex(of: clusters[point])!
        if clusters.count(where: { $0 == clusters[point] }) == 1 { return alone }
        return divide(means[own].mean, other(means.indices.filter { $0 != own }.map { means[$0] }))
      }
    }
    func nearest(_ means: [(mean: Double, count: Int)]) -> Double { means.map(\.mean).min()! }
    let right = values(other: nearest)
    return TensorKey(
      right, shape: [right.count], named: "the silhouettes", axes: ["point"], tolerance: 1e-4
    ) {
      [
        Mistake(
          "the sign is wrong: the other cluster's distance less the own",
          right.map { -$0 }
        ),
        Mistake(
          "a point alone in its cluster has the silhouette 0", values(other: nearest, alone: 1)),
        Mistake(
          "distances are squared; take roots", values(root: false, other: nearest)),
        Mistake(
          "a point was counted among the others of its own cluster, at distance 0",
          values(countsItself: true, other: nearest)
        ),
        Mistake(
          "b is over all other clusters together; it is of the nearest one",
          values(other: { all in
            all.reduce(0) { $0 + $1.mean * Double($1.count) }
              / Double(all.reduce(0) { $0 + $1.count })
          })
        ),
        Mistake(
          "b is of the farthest cluster; the nearest one competes",
          values(other: { $0.map(\.mean).max()! })
        ),
        Mistake(
          "the difference was not divided by the greater of the two",
          values(other: nearest, divide: { $1 - $0 })
        ),
        Mistake(
          "the difference was divided by b; the greater of the two divides",
          values(other: nearest, divide: { ($1 - $0) / $1 })
        ),
        Mistake(
          "the difference was divided by the sum; the greater of the two divides",
          values(other: nearest, divide: { ($1 - $0) / ($0 + $1) })
        ),
      ]
    }
  }
}
