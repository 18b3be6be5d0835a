import Coursework
import IdiomsVocabulary
import Tensors

extension IdiomsSheet {
  /// 7.1: from tags of words to positions of tokens.
  static let whereIsTheIdiom = Exercise(
    "7.1", "Where is the idiom?", points: 4, difficulty: 2, importance: 4, minutes: 20,
    hints: [
      "Tags belong to words, positions to tokens. What have both in common? The characters.",
      """
      Word w begins where the words before it end, each with its space: lay the words out once and \
      keep a range of characters each. Those tagged B or I are the span.
      """,
      """
      A token belongs to a word when their ranges *overlap*. It need not lie inside: many tokenizers \
      begin a token with the space before its word. A start token covers nothing.
      """,
      """
      `sentence.offsets.indices.filter { index in inside.contains { $0.overlaps(\
      sentence.offsets[index]) } }`, with `inside` the ranges of the words whose tag is not O.
      """,
    ],
    interpretation: """
      Every number of this sheet hangs on these positions, and none of them warns you. A span that is \
      one token too short loses the word that makes it an idiom; one that runs from the first token to \
      the last takes in what stands between. Print a few spans as text before you measure anything.
      """,
    cases: { generator in
      [
        Case("pieces of words", taggedSentence(span: [2, 3, 4], of: 7, using: &generator)),
        Case("an idiom of one word", taggedSentence(span: [3], of: 6, using: &generator)),
        Case("an idiom at the end", taggedSentence(span: [4, 5, 6], of: 7, using: &generator)),
        Case(
          "an idiom broken up by other words",
          taggedSentence(span: [1, 2, 5], of: 8, using: &generator)),
        Case(
          "a start token, no spaces in tokens",
          taggedSentence(
            span: [2, 3], of: 6, startToken: true, takesSpaces: false, using: &generator)),
        Case(
          "a start token", taggedSentence(span: [2, 4], of: 7, startToken: true, using: &generator)
        ),
      ]
    },
    parts: [Part(IdiomsAsks.spanPositions) { positions($0) }])

  /// Words of random letters, the first and the last of the span and one more cut into pieces.
  private static func taggedSentence(
    span: [Int], of count: Int, startToken: Bool = false, takesSpaces: Bool = true,
    using generator: inout SeededGenerator
  ) -> TaggedSentence {
    var (words, tags, offsets): ([String], [String], [Range<Int>]) = ([], [], [])
    if startToken { offsets.append(0..<0) }
    var place = 0
    for index in 0..<count {
      let length = Int.random(in: 4...8, using: &generator)
      words.append(
        String(
          (0..<length).map { _ in "abcdefghijklmnopqrstuvwxyz".randomElement(using: &generator)! })
      )
      tags.append(span.contains(index) ? index == span[0] ? "B" : "I" : "O")
      let cut =
        index == span[0] || index == span[span.count - 1] || index == 0
        ? Int.random(in: 1..<length, using: &generator) : 0
      let begin = index > 0 && takesSpaces ? place - 1 : place
      if cut > 0 {
        offsets += [begin..<(place + cut), (place + cut)..<(place + length)]
      } else {
        offsets.append(begin..<(place + length))
      }
      place += length + 1
    }
    return TaggedSentence(words: words, tags: tags, offsets: offsets)
  }

  private static func positions(_ key: TaggedSentence) -> Expected<[Int]> {
    /// The tokens of each word, in a walk over characters.
    var tokens = key.words.map { _ in [Int]() }
    var place = 0
    for (word, text) in key.words.enumerated() {
      for letter in place..<(place + text.count) {
        for (token, range) in key.offsets.enumerated()
        where range.contains(letter) && !tokens[word].contains(token) {
          tokens[word].append(token)
        }
      }
      place += text.count + 1
    }
    let span = key.tags.indices.filter { key.tags[$0] != "O" }
    let expected = span.flatMap { tokens[$0] }
    return Expected(expected, named: "the span", of: "position in it") {
      let begin = key.tags.firstIndex(of: "B") ?? 0
      let shift = key.offsets.first?.isEmpty == true ? 1 : 0
      return [
        Mistake("these are places of words; a word may be several tokens", span),
        Mistake(
          "these are places of words, moved by the start token; a word may be several tokens",
          span.map { $0 + 1 }
        ),
        Mistake(
          "a word's first piece stands for all of it; take every token of it",
          span.map { tokens[$0][0] }
        ),
        Mistake(
          "a word's last piece stands for all of it; take every token of it",
          span.map { tokens[$0][tokens[$0].count - 1] }
        ),
        Mistake(
          "the word tagged B alone was found; I goes on with the span", tokens[begin]),
        Mistake(
          "only what is tagged I was found; B is the span's first word",
          span.dropFirst().flatMap { tokens[$0] }
        ),
        Mistake(
          "words between the parts of a span that is broken up were taken too",
          Array((expected.first ?? 0)...(expected.last ?? 0))
        ),
        Mistake(
          "the span ends at the first O; an I behind it goes on",
          (begin..<(key.tags[begin...].firstIndex(of: "O") ?? key.tags.count)).flatMap {
            tokens[$0]
          }
        ),
        Mistake(
          "the start token was not counted: it is position 0", expected.map { $0 - shift }),
        Mistake(
          "a token with the space before its word was left out; it overlaps the word and does not lie "
            + "inside it",
          expected.filter { token in
            var begin = 0
            for text in key.words {
              let word = begin..<(begin + text.count)
              let own = key.offsets[token]
              if own.lowerBound >= word.lowerBound, own.upperBound <= word.upperBound {
                return true
              }
              begin += text.count + 1
            }
            return false
          }
        ),
      ]
    }
  }
}
