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
    "1.4", "Name the rows", points: 3, difficulty: 2, importance: 5, minutes: 15,
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
      let short = [
        (TargetRows(target: ["</s>"], startToken: start), [[start, "</s>"]]),
        (
          TargetRows(target: ["▁Oslo", "</s>"], startToken: start),
          [[start, "▁Oslo"], ["▁Oslo", "</s>"]]
        ),
      ]
      return [
        try rowsCase("sentences of the corpus", pairs, translator),
        try rowsCase("words of several pieces", Array(cut.prefix(2)), translator),
        Case(
          "targets of one or two pieces", question: short.map(\.0),
          key: short.map { $0.1.map { RowTokens(reads: $0[0], predicts: $0[1]) } }),
        repeatedPieces(using: &generator),
      ]
    },
    parts: [
      Part(AttentionAsks.rows) { key in
        Judgement { answer in
          guard answer.count == key.count else {
            return .invalid("an answer is needed for every target")
          }
          return zip(answer, key).lazy.compactMap(fault).first
            ?? .passed("every row reads and predicts what you say")
        }
      }
    ])

  /// The key is what the model is fed and trained on, not the shift written once more.
  private static func rowsCase(
    _ name: String, _ pairs: [SentencePair], _ translator: SheetTranslator
  ) throws -> Case<[TargetRows], [[RowTokens]]> {
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
    return Case(name, question: questions, key: key)
  }

  /// Pieces that come more than once, and a start token of another name.
  private static func repeatedPieces(
    using generator: inout SeededGenerator
  ) -> Case<[TargetRows], [[RowTokens]]> {
    // Four of a kind at most: neighbours are never all alike.
    let pieces =
      ["▁de", "▁de", "▁la", "▁la", "▁le", "s"].shuffled(using: &generator) + ["▁de", "</s>"]
    var key: [RowTokens] = []
    var last = "<s>"
    for piece in pieces {
      key.append(RowTokens(reads: last, predicts: piece))
      last = piece
    }
    return Case(
      "another start token, and pieces that come twice",
      question: [TargetRows(target: pieces, startToken: "<s>")], key: [key])
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
    let place = rows.indices.first { rows[$0] != wanted[$0] }!
    let detail = """
      row \(place) reads “\(reads[place])” and predicts “\(predicts[place])”; you say it reads \
      “\(saysRead[place])” and predicts “\(saysPredicted[place])”
      """
    return .failed(
      reason(saysRead, saysPredicted, reads: reads, predicts: predicts), detail: detail)
  }

  private static func reason(
    _ saysRead: [String], _ saysPredicted: [String], reads: [String], predicts: [String]
  ) -> String {
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
    return "go by a piece's place and not by its text: the same piece may come twice"
  }
}
