import AttentionVocabulary
import Coursework
import Tensors

extension AttentionSheet {
  /// Sentences of invented words in one to three pieces, with attention made by hand: a row gives
  /// its source word more than any other word, and another word the piece with the most.
  static func plantedCase(
    heads: Int, using generator: inout SeededGenerator
  ) -> Case<[AttendedPair], AlignmentKey> {
    var questions: [AttendedPair] = []
    var key = AlignmentKey()
    for _ in 0..<6 {
      let planted = plantedSentence(heads: heads, using: &generator)
      questions.append(planted.question)
      key.gold.append(planted.sources.map { $0.map { [$0] } ?? [] })
      key.sourceWords.append(planted.question.pair.sourceWords.count)
      key.instructionWords.append(4)
      key.readers.append(readers(of: planted.question))
      key.unpooled.append(planted.decoys)
    }
    return Case("invented words of several pieces", question: questions, key: key)
  }

  private static func plantedSentence(
    heads: Int, using generator: inout SeededGenerator
  ) -> (question: AttendedPair, sources: [Int?], decoys: [Int]) {
    let length = Int.random(in: 5...8, using: &generator)
    var source = PiecedText(["Translate", "to", "French", ":"])
    var target = PiecedText([])
    // Words of one piece draw the eye, words of three hold the truth.
    for word in 0..<length {
      source.add(pieces: word % 2 == 0 ? 3 : 1, using: &generator)
      target.add(pieces: Int.random(in: 1...3, using: &generator), using: &generator)
    }
    source.finish()
    target.finish()
    let manyPieced = (0..<length).filter { $0 % 2 == 0 }.map { $0 + 4 }
    let onePieced = (0..<length).filter { $0 % 2 == 1 }.map { $0 + 4 }
    var sources: [Int?] = (0..<length).map { _ in manyPieced.randomElement(using: &generator)! }
    var decoys = (0..<length).map { _ in onePieced.randomElement(using: &generator)! }
    // The full stop does not count.
    sources.append(nil)
    decoys.append(length + 4)

    var row = Tensor.zeros([target.pieces.count, source.pieces.count])
    for (piece, word) in target.words.enumerated() {
      let gold = word.flatMap { sources[$0] }
      let decoy = word.map { decoys[$0] }
      for (column, sourceWord) in source.words.enumerated() {
        guard let sourceWord else {
          row[piece, column] = 0.5
          continue
        }
        let pieces = Float(source.words.count { $0 == sourceWord })
        let share: Float = sourceWord == gold ? 1.2 : sourceWord == decoy ? 0.8 : 0.1
        row[piece, column] = share / pieces * Float.random(in: 0.95...1.05, using: &generator)
      }
    }
    row = row / row.sum(axis: 1, keepingAxis: true)
    let pair = PiecedPair(
      sourceWords: source.texts, targetWords: target.texts, sourcePieces: source.pieces,
      targetPieces: target.pieces, wordOfSourcePiece: source.words, wordOfTargetPiece: target.words)
    let cross = Tensor.stack(Array(repeating: row, count: heads))
    return (AttendedPair(pair: pair, cross: cross), sources, decoys)
  }
}

/// A text that grows word by word, in pieces.
private struct PiecedText {
  private(set) var texts: [String]
  private(set) var pieces: [String]
  private(set) var words: [Int?]

  /// Begins with words of one piece each.
  init(_ texts: [String]) {
    self.texts = texts
    pieces = texts.map { $0 == ":" ? $0 : "▁" + $0 }
    words = Array(texts.indices)
  }

  /// Adds an invented word of so many syllables, each a piece.
  mutating func add(pieces count: Int, using generator: inout SeededGenerator) {
    let syllables = (0..<count).map { _ in
      String("bdfgklmnprstvz".randomElement(using: &generator)!)
        + String("aeiou".randomElement(using: &generator)!)
    }
    for (index, syllable) in syllables.enumerated() {
      pieces.append(index == 0 ? "▁" + syllable : syllable)
      words.append(texts.count)
    }
    texts.append(syllables.joined())
  }

  /// Adds the full stop and the end token.
  mutating func finish() {
    pieces += [".", "</s>"]
    words += [texts.count, nil]
    texts.append(".")
  }
}
