import AttentionVocabulary
import Coursework
import Tensors

extension AttentionSheet {
  /// For every head, the attention on the country where the capital is predicted, in loops of
  /// Double.
  static func countryShare(of questions: [CapitalQuestion]) -> [Float] {
    CapitalReading(questions).shares().map(Float.init)
  }

  /// What usual mistakes give.
  static func countryMistakes(in questions: [CapitalQuestion]) -> [Mistake<[Float]>] {
    CapitalReading(questions).mistakes
  }

  /// How the row that predicts the capital shares its attention among words, averaged over heads
  /// and questions, the greatest share first.
  static func wordShares(in questions: [CapitalQuestion]) -> [WordShare] {
    var shares: [String: Double] = [:]
    for question in questions {
      let (row, heads) = (CapitalReading.row(of: question), question.cross.shape[0])
      for (piece, word) in question.pair.wordOfSourcePiece.enumerated() {
        let name =
          word.map { $0 == question.country ? "the country" : "“\(question.pair.sourceWords[$0])”" }
          ?? "the end token"
        for head in 0..<heads {
          shares[name, default: 0] +=
            Double(question.cross[head, row, piece]) / Double(heads * questions.count)
        }
      }
    }
    return shares.map { WordShare(word: $0.key, share: $0.value) }
      .sorted { ($1.share, $0.word) < ($0.share, $1.word) }
  }
}

/// Attention to countries, read as it should be and as it is often misread.
private struct CapitalReading {
  private let questions: [CapitalQuestion]

  init(_ questions: [CapitalQuestion]) { self.questions = questions }

  /// The row that predicts the capital's first piece.
  static func row(of question: CapitalQuestion) -> Int {
    question.pair.wordOfTargetPiece.firstIndex(of: question.capital)!
  }

  private static func pieces(of question: CapitalQuestion) -> [Int] {
    question.pair.wordOfSourcePiece.indices.filter {
      question.pair.wordOfSourcePiece[$0] == question.country
    }
  }

  /// The mean over questions, for every head.
  func shares(
    rows: (CapitalQuestion) -> [Int] = { [row(of: $0)] },
    pieces: (CapitalQuestion) -> [Int] = pieces,
    pooling pool: ([Double]) -> Double = { $0.reduce(0, +) }
  ) -> [Double] {
    (0..<questions[0].cross.shape[0]).map { head in
      let values = questions.map { question in
        let rows = rows(question)
        let pooled = rows.map { row in
          pool(pieces(question).map { Double(question.cross[head, row, $0]) })
        }
        return pooled.reduce(0, +) / Double(rows.count)
      }
      return values.reduce(0, +) / Double(values.count)
    }
  }

  var mistakes: [Mistake<[Float]>] {
    let row = Self.row
    let right = shares()
    let last = { (question: CapitalQuestion) -> Int in
      question.pair.wordOfTargetPiece.lastIndex(of: question.capital)!
    }
    let mean = right.reduce(0, +) / Double(right.count)
    return [
      Mistake(
        """
        this is the row that *reads* the capital's first piece; the row that predicts it stands \
        one above, because the decoder's input is shifted right
        """, shares(rows: { [row($0) + 1] })),
      Mistake(
        """
        this is one row too early: row t already predicts target piece t
        """, shares(rows: { [max(row($0) - 1, 0)] })),
      Mistake(
        """
        this is the row of the capital's last piece; the choice is made where its first piece is \
        predicted
        """, shares(rows: { [last($0)] })),
      Mistake(
        """
        the rows of all pieces of the capital are averaged here; the choice is made in one, where \
        the first piece is predicted
        """, shares(rows: { Array(row($0)...last($0)) })),
      Mistake(
        "this is the row of the start token, which predicts the first word of the answer",
        shares(rows: { _ in [0] })),
      Mistake(
        "this is the last row, which predicts the end token",
        shares(rows: { [$0.cross.shape[1] - 1] })),
      Mistake(
        "all rows are averaged here; one row predicts the capital's first piece",
        shares(rows: { Array(0..<$0.cross.shape[1]) })),
      Mistake(
        "only the country's first piece is counted; a word has the attention of all its pieces",
        shares(pieces: { [Self.pieces(of: $0)[0]] })),
      Mistake(
        "only the country's last piece is counted; a word has the attention of all its pieces",
        shares(pieces: { [Self.pieces(of: $0).last!] })),
      Mistake(
        "what a row gives to a word is the sum over its pieces, and this takes the greatest",
        shares(pooling: { $0.max()! })),
      Mistake(
        "what a row gives to a word is the sum over its pieces, and this takes their mean",
        shares(pooling: { $0.reduce(0, +) / Double($0.count) })),
      Mistake(
        """
        `country` and `capital` are indices of words; `wordOfSourcePiece` and `wordOfTargetPiece` \
        say which pieces are theirs
        """, shares(rows: { [$0.capital] }, pieces: { [$0.country] })),
      Mistake(
        "`country` is the index of a word; `wordOfSourcePiece` says which pieces are its own",
        shares(pieces: { [$0.country] })),
      Mistake(
        "`capital` is the index of a word; `wordOfTargetPiece` says which rows are its own",
        shares(rows: { [$0.capital] })),
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
}

/// What there is to say when the measurement is right: the numbers beside the guess.
struct CapitalReport {
  private let heads: [String]
  private let measured: [Float]
  private let shares: [AttentionSheet.WordShare]

  init(_ key: AttentionSheet.CapitalKey) {
    heads = key.heads
    measured = AttentionSheet.countryShare(of: key.sets.measured)
    shares = AttentionSheet.wordShares(in: key.sets.measured)
  }

  /// The guess is repeated only when it is a word of the question: a message holds no text of the
  /// student's making.
  func sentence(guess: String) -> String {
    let most = measured.indices.max { measured[$0] < measured[$1] } ?? 0
    let least = measured.indices.min { measured[$0] < measured[$1] } ?? 0
    var sentence = "you guessed \(Self.quoted(guess)); "
    if let first = shares.first {
      sentence += "over all heads most attention, \(percent(first.share)), goes to \(first.word)"
    }
    if let second = shares.dropFirst().first {
      sentence += ", then \(percent(second.share)) to \(second.word)"
    }
    guard heads.indices.contains(most), heads.indices.contains(least) else {
      return sentence
    }
    return sentence
      + ". The head that looks most at the country is \(heads[most]) with "
      + "\(percent(Double(measured[most]))), the one that looks least \(heads[least]) with "
      + percent(Double(measured[least]))
  }

  static func quoted(_ guess: String) -> String {
    let known = [
      "What", "Which", "city", "is", "the", "capital", "of", "France", "?", "country",
      "the country",
      "question mark", "the question mark", "the end token",
    ]
    let trimmed = guess.lowercased().trimming { $0.isWhitespace || "“”\"'.".contains($0) }
    return known.first { $0.lowercased() == trimmed }.map { "“\($0)”" } ?? "another word"
  }

  private func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }
}

extension String {
  fileprivate func trimming(_ isDropped: (Character) -> Bool) -> String {
    var text = self[...]
    while let first = text.first, isDropped(first) { text.removeFirst() }
    while let last = text.last, isDropped(last) { text.removeLast() }
    return String(text)
  }
}
