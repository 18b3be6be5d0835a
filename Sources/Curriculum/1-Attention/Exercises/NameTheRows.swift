import AttentionVocabulary
import Coursework
import Foundation
import Laboratory
import SheetTools
import Tensors
import Tokenizers
import Transformers

extension AttentionSheet {
  /// 1.4: what every decoder row reads and predicts.
  static let nameTheRows = Exercise(
    "1.4", "Name the rows", points: 4, difficulty: 3, importance: 5, minutes: 25,
    hints: [
      """
      Before the decoder writes its first piece, nothing is written yet. What can it read in its \
      first row?
      """,
      """
      A row never reads the piece that it has to predict, or there would be nothing to predict. It \
      reads the piece before.
      """,
      """
      The target is shifted right by one place: the start token moves in at the front, and the end \
      token falls out at the back, for nothing comes after it. So there are as many rows as \
      pieces.
      """,
      """
      What is read is `[startToken] + target.dropLast()`; what is predicted is `target`. Go \
      through both together with `zip`.
      """,
      """
      A picture: a French word is predicted from the word that it translates. If its label stands on \
      the row that predicts it, that row looks there; if it stands on the row that reads it, the row \
      *above* does. Add up over all rows what the one and the other give, for single rows mislead.
      """,
    ],
    interpretation: """
      It is easy to be off by one here, and the picture looks as good. A map of cross-attention whose rows carry the \
      target as it stands says what row t *predicts*; the piece at its entrance is the one before. \
      Both names are right, each for another question: name the rows by what they read when you \
      ask where information comes in, and by what they predict when you ask which source word a \
      target word was taken from. Decide before you look, and write it on the axis.
      """,
    cases: { generator in
      let translator = try SheetTranslator.translator()
      let pairs = translator.pairs(count: 4, using: &generator)
      var cut: [SentencePair] = []
      while cut.count < 2 {
        cut += try translator.pairs(count: 20, using: &generator).filter { pair in
          let words = try translator.pieced(pair).wordOfTargetPiece.compactMap { $0 }
          return Set(words).count < words.count
        }
      }
      let start = try translator.tokenizer.tokens([translator.model.configuration.startToken])[0]
      let short: [(TargetRows, [[String]])] = [
        (TargetRows(target: ["</s>"], startToken: start), [[start, "</s>"]]),
        (
          TargetRows(target: ["▁Oslo", "</s>"], startToken: start),
          [[start, "▁Oslo"], ["▁Oslo", "</s>"]]
        ),
      ]
      return [
        try rowsCase("sentences of the corpus", pairs, translator, using: &generator),
        try rowsCase(
          "words of several pieces", Array(cut.prefix(2)), translator, using: &generator),
        try withPictures(
          "targets of one or two pieces", short.map(\.0),
          short.map { $0.1.map { RowTokens(reads: $0[0], predicts: $0[1]) } }, translator,
          using: &generator),
        try repeatedPieces(translator, using: &generator),
      ]
    },
    parts: [
      Part(AttentionAsks.rows) { key in
        Judgement { answer in
          guard answer.count == key.rows.count else {
            return .invalid("an answer is needed for every target")
          }
          return zip(answer, key.rows).lazy.compactMap(fault).first
            ?? .passed("every row reads and predicts what you say")
        }
      },
      Part(AttentionAsks.labelling) { key in Judgement { judge($0, key.labellings) } },
    ])

  /// What rows read and predict, and what the words on pictures are.
  struct RowsKey {
    var rows: [[RowTokens]]
    var labellings: [RowLabelling]
  }

  private static func judge(_ answer: [RowLabelling], _ key: [RowLabelling]) -> Verdict {
    guard answer.count == key.count else {
      return .invalid("an answer is needed for every picture")
    }
    let wrong = answer.indices.filter { answer[$0] != key[$0] }
    guard let first = wrong.first else { return .passed() }
    let detail =
      "on picture \(first + 1) stands what its rows "
      + (key[first] == .reads ? "read" : "predict")
    if Set(answer).count == 1 {
      return .failed(
        "every picture has the same answer, and they are not all alike", detail: detail)
    }
    if wrong.count == key.count {
      return .failed(
        "the two are exchanged: where a label's own row looks at what the label translates, the row "
          + "*predicts* it", detail: detail)
    }
    return .failed(
      "\(wrong.count) of \(key.count) pictures are named wrong: single rows look elsewhere, articles "
        + "at nouns; ask all rows of a picture together", detail: detail)
  }

  /// A case with pictures of its own beside its targets.
  private static func withPictures(
    _ name: String, _ targets: [TargetRows], _ rows: [[RowTokens]], _ translator: SheetTranslator,
    using generator: inout SeededGenerator
  ) throws -> Case<RowsAndPictures, RowsKey> {
    var pictures: [LabelledMap] = []
    var labellings: [RowLabelling] = []
    while pictures.count < 8 {
      let labelling: RowLabelling = pictures.count % 2 == 0 ? .reads : .predicts
      let pair = translator.pairs(count: 1, using: &generator)[0]
      guard let picture = try translator.picture(of: pair, labelling),
        // One is among them whose first row would be taken for the other kind.
        pictures.count != 1 || !picture.firstRowLooksAtItsLabel
      else { continue }
      pictures.append(picture)
      labellings.append(labelling)
    }
    let order = pictures.indices.shuffled(using: &generator)
    return Case(
      name,
      question: RowsAndPictures(targets: targets, pictures: order.map { pictures[$0] }),
      key: RowsKey(rows: rows, labellings: order.map { labellings[$0] }))
  }

  /// The key is what the model is fed and trained on, not the shift written once more.
  private static func rowsCase(
    _ name: String, _ pairs: [SentencePair], _ translator: SheetTranslator,
    using generator: inout SeededGenerator
  ) throws -> Case<RowsAndPictures, RowsKey> {
    var questions: [TargetRows] = []
    var key: [[RowTokens]] = []
    let start = translator.model.configuration.startToken
    for pair in pairs {
      let encoded = try EncodedPair(pair, tokenizer: translator.tokenizer)
      let read = try translator.tokenizer.tokens(encoded.decoderInput(startToken: start))
      let predicted = try translator.tokenizer.tokens(encoded.target)
      questions.append(TargetRows(target: predicted, startToken: read[0]))
      key.append(zip(read, predicted).map { RowTokens(reads: $0, predicts: $1) })
    }
    return try withPictures(name, questions, key, translator, using: &generator)
  }

  /// Pieces that come more than once, and a start token of another name.
  private static func repeatedPieces(
    _ translator: SheetTranslator, using generator: inout SeededGenerator
  ) throws -> Case<RowsAndPictures, RowsKey> {
    // Four of a kind at most: neighbours are never all alike.
    let pieces =
      ["▁de", "▁de", "▁la", "▁la", "▁le", "s"].shuffled(using: &generator) + ["▁de", "</s>"]
    var key: [RowTokens] = []
    var last = "<s>"
    for piece in pieces {
      key.append(RowTokens(reads: last, predicts: piece))
      last = piece
    }
    return try withPictures(
      "another start token, and pieces that come twice",
      [TargetRows(target: pieces, startToken: "<s>")], [key], translator, using: &generator)
  }

  private static func fault(in rows: [RowTokens], _ wanted: [RowTokens]) -> Verdict? {
    guard rows != wanted else { return nil }
    let (reads, predicts) = (wanted.map(\.reads), wanted.map(\.predicts))
    let (saysRead, saysPredicted) = (rows.map(\.reads), rows.map(\.predicts))
    if rows.count != wanted.count {
      let detail = "there are \(wanted.count) rows, and \(rows.count) in your answer"
      if rows.count == wanted.count - 1 {
        return saysRead == Array(predicts.dropLast())
          ? .failed(
            "the first row is missing: it reads the start token and predicts the first piece",
            detail: detail)
          : .failed(
            "a row is missing: every piece is predicted by a row, the end token too",
            detail: detail)
      }
      if rows.count == wanted.count + 1 {
        return .failed(
          "a row too many: the end token is predicted and never read, for nothing follows it",
          detail: detail)
      }
      return .failed("there is one row for every piece of the target", detail: detail)
    }
    let wrong = rows.indices.filter { rows[$0] != wanted[$0] }
    let place = wrong[0]
    let detail = """
      row \(place) reads “\(reads[place])” and predicts “\(predicts[place])”; you say it reads \
      “\(saysRead[place])” and predicts “\(saysPredicted[place])”
      """
    if let reason = reason(saysRead, saysPredicted, reads: reads, predicts: predicts) {
      return .failed(reason, detail: detail)
    }
    if rows == wanted.reversed() {
      return .failed(
        "the rows stand in reverse order: row 0 is the first that the decoder computes",
        detail: detail)
    }
    if wanted.count > 1, wrong == [wanted.count - 1] {
      return .failed(
        "only the last row is wrong: it reads the last piece before the end token, and predicts "
          + "the end token", detail: detail)
    }
    let isTwice = { (row: Int) in
      predicts.count { $0 == predicts[row] } > 1 || reads.count { $0 == reads[row] } > 1
    }
    if wrong.allSatisfy(isTwice) {
      return .failed(
        "go by a piece's place and not by its text: the same piece may come twice", detail: detail)
    }
    return .failed(
      "\(wrong.count) of \(rows.count) rows are wrong: row t predicts piece t of the target, and "
        + "reads the piece before it", detail: detail)
  }

  private static func reason(
    _ saysRead: [String], _ saysPredicted: [String], reads: [String], predicts: [String]
  ) -> String? {
    if saysRead == predicts, saysPredicted == reads {
      return "what is read and what is predicted are exchanged"
    }
    if saysRead == predicts, saysPredicted == predicts {
      return """
        every row reads the piece that it predicts; the decoder's input is the target shifted \
        right, behind the start token
        """
    }
    if saysRead == reads, saysPredicted == reads {
      return "every row predicts the piece that it has just read; it predicts the one after"
    }
    if saysRead == predicts {
      return "row 0 reads the start token; the first piece of the target is read in row 1"
    }
    if saysPredicted == predicts, saysRead.dropFirst() == reads.dropFirst() {
      return "the first row reads the start token that is given, whatever it is called"
    }
    if reads.count > 2, saysPredicted == predicts,
      saysRead.dropFirst(2) == reads.dropFirst().dropLast()
    {
      return "what is read is shifted by two places; the target moves right by one place only"
    }
    if saysRead == reads, saysPredicted.dropLast() == predicts.dropFirst() {
      return "row t predicts piece t itself; you look one piece too far ahead"
    }
    if zip(saysRead, reads).allSatisfy({ $0.hasSuffix($1) }), saysPredicted == predicts {
      return "a row reads one piece; the pieces before it belong to the rows before"
    }
    return nil
  }
}

extension SheetTranslator {
  /// The last layer's mean attention between words as a picture, without its first and last row; nil
  /// where the rows do not tell clearly what their labels are.
  fileprivate func picture(of pair: SentencePair, _ labelling: RowLabelling) throws -> LabelledMap?
  {
    let heads = try decoder().headCount
    let all = try crossBetweenWords(of: pair)
    let cross = all.slice((all.shape[0] - heads)..<all.shape[0]).mean(axis: 0)
    let rows = 1..<(pair.target.count - 1)
    guard rows.count > 3 else { return nil }
    let words = rows.map { labelling == .predicts ? $0 : $0 - 1 }
    let translates = words.map { word in pair.links.first { $0.target == word }?.source }
    let map = cross.slice(rows)
    func attention(rowsAbove step: Int) -> Float {
      translates.enumerated().reduce(0) { sum, label in
        guard label.offset >= step, let source = label.element else { return sum }
        return sum + map[label.offset - step, source]
      }
    }
    let (own, above) = (attention(rowsAbove: 0), attention(rowsAbove: 1))
    guard abs(own - above) > 0.25 * Float(rows.count), (own > above) == (labelling == .predicts)
    else { return nil }
    return LabelledMap(
      cross: map, labels: words.map { pair.target[$0].text }, translates: translates)
  }
}

extension LabelledMap {
  /// Whether the first row whose label translates a word gives most to that word.
  fileprivate var firstRowLooksAtItsLabel: Bool {
    guard let row = translates.indices.first(where: { translates[$0] != nil }) else { return true }
    return cross[at: row].argmax()[0] == translates[row]
  }
}
