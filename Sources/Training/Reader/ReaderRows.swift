package import Laboratory
package import Tensors
package import Transformers

/// Texts packed into rows of one length, a start token before each.
///
/// A text that does not fit is cut at the end of its row; a later text sees the earlier ones of its
/// row, as in most trainings of language models.
package struct ReaderRows: Sendable {
  /// `[row][position]`, one more than the model reads: each token's target is its successor.
  package private(set) var tokens: [[Int]] = []
  /// Whether a token is part of a planted answer, `[row][position]`.
  package private(set) var isAnswer: [[Bool]] = []
  /// Where names of several words stand, by row.
  package private(set) var names: [[Range<Int>]] = []
  /// The kind of the text that a token belongs to, `[row][position]`.
  package private(set) var kinds: [[ReaderKind]] = []

  /// Packs texts until all rows are full.
  ///
  /// - Parameter next: Makes the next text.
  package init(count: Int, length: Int, next: () -> ReaderText) {
    while tokens.count < count {
      var (row, answers, spans, kinds): ([Int], [Bool], [Range<Int>], [ReaderKind]) =
        ([], [], [], [])
      while row.count <= length {
        let text = next()
        let first = row.count + 1
        row += ReaderVocabulary.encode(text.words)
        answers += Array(repeating: false, count: text.words.count + 1)
        kinds += Array(repeating: text.kind, count: text.words.count + 1)
        for plant in text.plants { for place in plant.answer { answers[first + place] = true } }
        spans += text.names.map { ($0.lowerBound + first)..<($0.upperBound + first) }
      }
      tokens.append(Array(row[...length]))
      isAnswer.append(Array(answers[...length]))
      self.kinds.append(Array(kinds[...length]))
      names.append(spans.filter { $0.upperBound <= length + 1 })
    }
  }

  /// What the model reads.
  package func input(rows: [Int]) -> ModelInput {
    ModelInput(tokens: rows.map { Array(tokens[$0].dropLast()) })
  }

  /// What each position should predict, row after row.
  package func targets(rows: [Int], where counts: (_ row: Int, _ position: Int) -> Bool) -> [Int?] {
    rows.flatMap { row in
      tokens[row].indices.dropFirst().map { counts(row, $0) ? tokens[row][$0] : nil }
    }
  }

  /// What to add to scores so that positions after a name see only its last word,
  /// `[row, 1, query, key]`.
  ///
  /// It is −∞ where a query may not see a key, and 0 elsewhere, as in all of a row that is not hidden.
  package func hidingNames(rows: [Int], in isHidden: (Int) -> Bool) -> Tensor {
    let length = tokens[0].count - 1
    var mask = Tensor.zeros([rows.count, 1, length, length])
    mask.withUnsafeMutableValues { values in
      for (index, row) in rows.enumerated() where isHidden(row) {
        for name in names[row] {
          for query in name.upperBound..<max(length, name.upperBound) {
            for key in name.dropLast() {
              values[(index * length + query) * length + key] = -.infinity
            }
          }
        }
      }
    }
    return mask
  }
}

/// Draws kinds of text so that each has its share of the tokens.
package struct ReaderMixture: Sendable {
  private let odds: [(element: ReaderKind, weight: Int)]

  /// A mixture by shares of tokens: short kinds are drawn more often.
  package init(_ shares: [ReaderKind: Double]) {
    odds = ReaderKind.allCases.compactMap { kind in
      guard let share = shares[kind], share > 0 else { return nil }
      return (kind, Int(share / Self.meanLengths[kind]! * 1e6))
    }
  }

  /// The kinds there are.
  package var kinds: [ReaderKind] { odds.map(\.element) }

  package func next(using generator: inout SeededGenerator) -> ReaderKind {
    generator.pick(weighted: odds)
  }

  /// How many tokens a text has on average, its start token counted.
  private static let meanLengths: [ReaderKind: Double] = {
    var writer = ReaderWriter(split: .training, seed: 0)
    return Dictionary(
      uniqueKeysWithValues: ReaderKind.allCases.map { kind in
        let total = (0..<400).reduce(0) { sum, _ in sum + writer.text(kind).words.count + 1 }
        return (kind, Double(total) / 400)
      })
  }()
}
