import AttentionVocabulary
import Coursework
import Foundation
import Interpretability
import Laboratory
import SheetTools
import Tensors
import Transformers

extension AttentionSheet {
  /// What an alignment is held against: the gold links, which the corpus knows because it built the
  /// sentence from them.
  struct AlignmentKey {
    /// For every sentence, the source words of every target word; empty for one that does not count.
    var gold: [[[Int]]] = []
    /// For every sentence, how many words its source has.
    var sourceWords: [Int] = []
    /// For every sentence, with how many words of instruction its source begins.
    var instructionWords: [Int] = []
    /// For every sentence, the source words that are read most by each target word, looking down the
    /// columns: by sums over the pieces of a target word, and by their means.
    var readers: [[[Set<Int>]]] = []
    /// For every sentence, what the greatest or the mean attention of a word's pieces answers where
    /// their sum answers gold; nil for a sentence that was not made to tell them apart.
    var unpooled: [[Int]?] = []
  }

  /// 1.5: word alignments from cross-attention, held against gold.
  static let alignWords = Exercise(
    "1.5", "Align the words", points: 5, difficulty: 3, importance: 4, minutes: 25,
    hints: [
      "Which row of cross-attention predicts the first French word? Look at 1.4 again.",
      """
      A word of several pieces is one word: add what a row gives to the pieces of one source word, \
      and average the rows of the pieces of one target word.
      """,
      """
      No head is perfect. The mean over the heads of the last layer is a good start; the start of \
      the sentence, the end token and the full stop soak up attention that belongs to nobody.
      """,
      """
      For every target word: for every source word, sum `cross[h, t, s]` over all heads h, over \
      the pieces t of the target word and over the pieces s of the source word; answer the source \
      word with the greatest sum. The words of “Translate to French:” are never the answer.
      """,
    ],
    interpretation: """
      Nobody told the model which word translates which. It learned to look them up because that \
      made the next word easier to predict. What remains wrong is instructive: “ne” and “pas” look \
      at the verb, articles look at their noun, for that is where gender and number are. The gold \
      alignment says what a linguist links; attention says what the model needed.
      """,
    cases: { generator in
      let translator = try SheetTranslator.translator()
      let heads = translator.model.configuration.decoder!.headCount
      var cases = try (1...2).map { part in
        var questions: [AttendedPair] = []
        var key = AlignmentKey()
        for pair in translator.pairs(count: 30, using: &generator) {
          let cross = try translator.cross(of: pair)
          let last = cross.slice((cross.shape[0] - heads)..<cross.shape[0])
          questions.append(
            AttendedPair(pair: try translator.pieced(pair), cross: last))
          var gold = Array(repeating: [Int](), count: pair.target.count)
          for link in pair.links where !link.isPunctuation { gold[link.target].append(link.source) }
          key.gold.append(gold)
          key.sourceWords.append(pair.source.count)
          key.instructionWords.append(pair.source.count { $0.isPrefix })
          key.readers.append(readers(of: questions[questions.count - 1]))
          key.unpooled.append(nil)
        }
        return Case("thirty sentences, part \(part)", question: questions, key: key)
      }
      cases.append(plantedCase(heads: heads, using: &generator))
      return cases
    },
    parts: [Part(AttentionAsks.alignment) { key in Judgement { judge($0, key) } }])

  private static func judge(_ answer: [[Int?]], _ key: AlignmentKey) -> Verdict {
    guard answer.count == key.gold.count else {
      return .failed("an alignment is needed for every sentence")
    }
    for (index, alignment) in answer.enumerated() {
      let words = key.gold[index].count
      guard alignment.count == words else {
        return .failed(
          "answer one source word (or nil) for every target word, not for every piece",
          detail: "sentence \(index + 1) has \(words) target words and \(alignment.count) answers")
      }
      for case let source? in alignment where !(0..<key.sourceWords[index]).contains(source) {
        return .failed(
          "answer indices of source words, from 0, not of pieces",
          detail: "sentence \(index + 1) names the source word \(source) and has "
            + "\(key.sourceWords[index])")
      }
    }
    let rate = errorRate(answer, key)
    let percent = String(format: "%.1f", rate * 100)
    if rate <= 0.15 { return .passed("aligned with an error rate of \(percent) %") }
    if let mistake = mistake(in: answer, key, rate: rate) { return .failed(mistake) }
    let message = "the alignment error rate is \(percent) %; 15 % earns all points, 50 % none"
    return .partial((0.5 - rate) / 0.35, message)
  }

  /// A way to go wrong that explains an answer, in a sentence, or nil.
  private static func mistake(
    in answer: [[Int?]], _ key: AlignmentKey, rate: Double
  ) -> String? {
    func errors(shift: Int = 0, _ repaired: (_ sentence: Int, _ source: Int) -> Int = { $1 })
      -> Double
    {
      let answer = answer.enumerated().map { sentence, words in
        words.map { $0.map { repaired(sentence, $0) } }
      }
      return errorRate(answer, key, shiftedBy: shift)
    }
    let explanations = [
      (
        errors(shift: 1),
        """
        every word has the source of the word before it: row t predicts target piece t, because \
        the decoder's input is shifted right
        """
      ),
      (
        errors(shift: -1),
        """
        every word has the source of the word after it: row t already predicts target piece t; \
        do not move it on
        """
      ),
      (
        errors { $1 + key.instructionWords[$0] },
        "source words are counted from the first word of all, “Translate”, which is word 0"
      ),
      (errors { $1 - 1 }, "source words are counted from 0, not from 1"),
    ]
    // What explains an answer leaves less than half of its errors; similar orders of words make
    // a shift of rows and one of words look alike, and the better explanation counts.
    if let best = explanations.min(by: { $0.0 < $1.0 }), best.0 < rate / 2 { return best.1 }

    if isByColumns(answer, key) {
      return """
        this asks, for every source word, which target word reads it most; ask, for every target \
        word, which source word it reads most: the greatest of its row
        """
    }
    var words = 0
    var counts = (nothing: 0, instruction: 0, place: 0)
    var unpooled = (same: 0, all: 0)
    for (sentence, alignment) in answer.enumerated() {
      let first = key.instructionWords[sentence]
      for (word, source) in alignment.enumerated() where !key.gold[sentence][word].isEmpty {
        words += 1
        if source == nil { counts.nothing += 1 }
        if let source, source < first { counts.instruction += 1 }
        if source == word + first { counts.place += 1 }
        if let others = key.unpooled[sentence], key.gold[sentence][word] != [others[word]] {
          unpooled.all += 1
          if source == others[word] { unpooled.same += 1 }
        }
      }
    }
    if unpooled.same * 4 > unpooled.all * 3, unpooled.all > 0 {
      return """
        a source word of several pieces has the sum of what its pieces get, neither the greatest \
        nor the mean
        """
    }
    if counts.place * 10 > words * 9 {
      return """
        every word has the source word at its own place: read the attention, for French changes \
        the order
        """
    }
    if counts.instruction * 2 > words {
      return """
        most words are aligned with the instruction “Translate to French:”, which soaks up \
        attention: choose among the words behind it
        """
    }
    if counts.nothing * 2 > words {
      return "most words are left without a source: nil is for a word that translates nothing"
    }
    return nil
  }

  /// The source words of which each target word is the greatest reader, once by the sum over its
  /// pieces and once by their mean.
  static func readers(of question: AttendedPair) -> [[Set<Int>]] {
    let (pair, cross) = (question.pair, question.cross)
    var sums = [[Double]](
      repeating: .init(repeating: 0, count: pair.sourceWords.count), count: pair.targetWords.count)
    var pieces = [Double](repeating: 0, count: pair.targetWords.count)
    for (row, target) in pair.wordOfTargetPiece.enumerated() {
      guard let target else { continue }
      pieces[target] += 1
      for (column, source) in pair.wordOfSourcePiece.enumerated() {
        guard let source else { continue }
        for head in 0..<cross.shape[0] { sums[target][source] += Double(cross[head, row, column]) }
      }
    }
    return [false, true].map { areMeans in
      var read = [Set<Int>](repeating: [], count: pair.targetWords.count)
      for source in pair.sourceWords.indices {
        let greatest = pair.targetWords.indices.max { a, b in
          areMeans
            ? sums[a][source] / pieces[a] < sums[b][source] / pieces[b]
            : sums[a][source] < sums[b][source]
        }
        if let greatest { read[greatest].insert(source) }
      }
      return read
    }
  }

  /// Whether nearly all links are to a source word that no other target word reads more.
  ///
  /// Words that are nobody's greatest reader then have no link.
  private static func isByColumns(_ answer: [[Int?]], _ key: AlignmentKey) -> Bool {
    (0..<2).contains { pooling in
      var (linked, alike, missing) = (0, 0, 0)
      for (alignment, readers) in zip(answer, key.readers) {
        for (source, read) in zip(alignment, readers[pooling]) {
          if let source {
            linked += 1
            alike += read.contains(source) ? 1 : 0
          } else {
            missing += 1
          }
        }
      }
      return missing * 10 > linked && alike * 20 >= linked * 19 && linked > missing
    }
  }

  /// The error rate over all sentences, when every word is judged by the gold of the word `shift`
  /// places before it.
  private static func errorRate(
    _ answer: [[Int?]], _ key: AlignmentKey, shiftedBy shift: Int = 0
  ) -> Double {
    var proposed: Set<WordLink> = []
    var gold: Set<WordLink> = []
    // Sentences are laid end to end, so that one rate is taken over all links.
    var offset = 0
    for (alignment, sources) in zip(answer, key.gold) {
      for (word, source) in alignment.enumerated() {
        let judged = word - shift
        // What the gold does not link, such as punctuation, does not count either way.
        guard sources.indices.contains(judged), !sources[judged].isEmpty, let source else {
          continue
        }
        proposed.insert(WordLink(target: offset + judged, source: source))
      }
      for (word, links) in sources.enumerated() {
        for source in links { gold.insert(WordLink(target: offset + word, source: source)) }
      }
      offset += sources.count
    }
    return alignmentErrorRate(proposed, sure: gold)
  }
}
