import AttentionVocabulary
import Coursework
import Foundation
import Tensors

/// Attention between words of questions on capitals, read as it should be and as it is often
/// misread, in loops of Double.
struct CapitalReading {
  typealias Pieces = (CapitalQuestion) -> [Int]

  let questions: [CapitalQuestion]

  init(_ questions: [CapitalQuestion]) { self.questions = questions }

  // MARK: Places

  static func source(_ word: @escaping (CapitalQuestion) -> Int) -> Pieces {
    { question in
      let word = word(question)
      return question.pair.wordOfSourcePiece.indices.filter {
        question.pair.wordOfSourcePiece[$0] == word
      }
    }
  }

  static func target(_ word: @escaping (CapitalQuestion) -> Int) -> Pieces {
    { question in
      let word = word(question)
      return question.pair.wordOfTargetPiece.indices.filter {
        question.pair.wordOfTargetPiece[$0] == word
      }
    }
  }

  /// The row that predicts the first piece of a target word.
  static func choice(_ word: @escaping (CapitalQuestion) -> Int) -> Pieces {
    { [target(word)($0)[0]] }
  }

  /// The columns at which the pieces of a target word are read: each a row after its prediction.
  static func written(_ word: @escaping (CapitalQuestion) -> Int) -> Pieces {
    { target(word)($0).map { $0 + 1 } }
  }

  // MARK: Shares

  static func pattern(_ part: MapOrigin) -> (CapitalQuestion) -> Tensor {
    switch part {
    case .encoder: \.encoder
    case .decoder: \.decoder
    case .cross: \.cross
    }
  }

  /// The mean over questions, for every head of a part.
  func shares(
    _ part: MapOrigin, from rows: Pieces, to columns: Pieces,
    pooling pool: ([Double]) -> Double = { $0.reduce(0, +) }, sumsRows: Bool = false
  ) -> [Double] {
    let pattern = Self.pattern(part)
    return (0..<pattern(questions[0]).shape[0]).map { head in
      let values = questions.map { question -> Double in
        let map = pattern(question)
        // A mistake may point past an edge, where there is nothing.
        let rows = rows(question).filter { (0..<map.shape[1]).contains($0) }
        let columns = columns(question).filter { (0..<map.shape[2]).contains($0) }
        guard !rows.isEmpty, !columns.isEmpty else { return 0 }
        let sum = rows.reduce(0.0) { sum, row in
          sum + pool(columns.map { Double(map[head, row, $0]) })
        }
        return sumsRows ? sum : sum / Double(rows.count)
      }
      return values.reduce(0, +) / Double(values.count)
    }
  }

  /// The link of each part that is asked for.
  static func link(_ part: MapOrigin) -> (from: Pieces, to: Pieces) {
    switch part {
    case .encoder: (source(\.topic), source(\.country))
    case .decoder: (choice(\.capital), written(\.answeredTopic))
    case .cross: (choice(\.capital), source(\.country))
    }
  }

  func right(_ part: MapOrigin) -> [Double] {
    let (rows, columns) = Self.link(part)
    return shares(part, from: rows, to: columns)
  }

  // MARK: Mistakes

  func mistakes(_ part: MapOrigin) -> [Mistake<[Float]>] {
    let (rows, columns) = Self.link(part)
    let right = right(part)
    func moved(_ pieces: @escaping Pieces, _ step: Int) -> Pieces {
      { pieces($0).map { $0 + step } }
    }
    func with(
      from otherRows: Pieces? = nil, to otherColumns: Pieces? = nil,
      pooling pool: ([Double]) -> Double = { $0.reduce(0, +) }, sumsRows: Bool = false
    ) -> [Double] {
      shares(
        part, from: otherRows ?? rows, to: otherColumns ?? columns, pooling: pool,
        sumsRows: sumsRows)
    }
    let mean = right.reduce(0, +) / Double(right.count)
    let own: [Mistake<[Float]>] =
      switch part {
      case .encoder:
        [
          Mistake(
            "this goes from the country to “capital”; rows look, columns are looked at",
            with(from: columns, to: rows)),
          Mistake(
            "the rows of “capital” are added up; a word of several pieces has the mean of its rows",
            with(sumsRows: true)),
          Mistake(
            "`topic` and `country` are indices of words; `wordOfSourcePiece` says which pieces are "
              + "theirs", with(from: { [$0.topic] }, to: { [$0.country] })),
        ]
      case .decoder:
        [
          Mistake(
            "column t holds what row t *reads*, so that piece t of the target stands at column t + 1",
            with(to: moved(columns, -1))),
          Mistake(
            "the answer's “capital” is looked at as a word of the question; in the decoder rows and "
              + "columns are the target's", with(to: Self.source(\.topic))),
        ] + choiceMistakes(with: { with(from: $0) })
      case .cross:
        choiceMistakes(with: { with(from: $0) }) + [
          Mistake(
            "`country` and `capital` are indices of words; `wordOfSourcePiece` and "
              + "`wordOfTargetPiece` say which pieces are theirs",
            with(from: { [$0.capital] }, to: { [$0.country] })),
          Mistake(
            "`country` is the index of a word; `wordOfSourcePiece` says which pieces are its own",
            with(to: { [$0.country] })),
          Mistake(
            "`capital` is the index of a word; `wordOfTargetPiece` says which rows are its own",
            with(from: { [$0.capital] })),
        ]
      }
    return own + [
      Mistake(
        "this looks at the piece behind the word, in a question on a capital at its question mark",
        with(to: { [columns($0).last! + 1] })),
      Mistake("columns are counted from 0 here, not from 1", with(to: moved(columns, 1))),
      Mistake(
        "only the first piece of the word that is looked at is counted; a word has the attention of "
          + "all its pieces", with(to: { [columns($0)[0]] })),
      Mistake(
        "only the last piece of the word that is looked at is counted; a word has the attention of "
          + "all its pieces", with(to: { [columns($0).last!] })),
      Mistake(
        "what a row gives to a word is the sum over its pieces, and this takes the greatest",
        with(pooling: { $0.max()! })),
      Mistake(
        "what a row gives to a word is the sum over its pieces, and this takes their mean",
        with(pooling: { $0.reduce(0, +) / Double($0.count) })),
      Mistake(
        "the questions are added up here; average them, so that a share stays a share",
        right.map { $0 * Double(questions.count) }),
      Mistake(
        "the heads are averaged here; every head has a number of its own, for they differ", [mean]),
      Mistake(
        "the heads are averaged here; every head has a number of its own, for they differ",
        right.map { _ in mean }),
    ]
  }

  /// Other rows than the one that predicts the capital's first piece.
  private func choiceMistakes(with shares: (@escaping Pieces) -> [Double]) -> [Mistake<[Float]>] {
    let pieces = Self.target(\.capital)
    return [
      Mistake(
        """
        this is the row that *reads* the capital's first piece; the row that predicts it stands one \
        above, because the decoder's input is shifted right
        """, shares { [pieces($0)[0] + 1] }),
      Mistake(
        "this is one row too early: row t already predicts target piece t",
        shares { [max(pieces($0)[0] - 1, 0)] }),
      Mistake(
        "this is the row of the capital's last piece; the choice is made where its first piece is "
          + "predicted", shares { [pieces($0).last!] }),
      Mistake(
        "the rows of all pieces of the capital are averaged here; the choice is made in one, where "
          + "the first piece is predicted", shares(pieces)),
      Mistake(
        "this is the row of the start token, which predicts the first word of the answer",
        shares { _ in [0] }),
      Mistake(
        "this is the last row, which predicts the end token",
        shares { [$0.cross.shape[1] - 1] }),
      Mistake(
        "all rows are averaged here; one row predicts the capital's first piece",
        shares { Array(0..<$0.cross.shape[1]) }),
    ]
  }
}
