import Interpretability
import Laboratory
import Tokenizers
import Transformers

/// A text whose tokens stand in a row, so that a word of several tokens can be found among them.
struct WordPlaces {
  /// What was encoded, or what the row decodes to.
  let text: String
  /// The row.
  let ids: [Int]
  let tokenizer: Tokenizer

  /// The place of the last token of a word, for each time that the word stands in the text.
  func lastTokens(of word: String) -> [Int] { tokens(of: word).map { $0.upperBound - 1 } }

  /// The places of all tokens of a word, for each time that the word stands in the text.
  func tokens(of word: String) -> [Range<Int>] { places(of: word).map(\.tokens) }

  /// Where a word stands in the text and among the tokens, for each time that it does.
  func places(of word: String) -> [(text: Range<String.Index>, tokens: Range<Int>)] {
    let places = occurrences(of: word)
    guard !places.isEmpty else { return [] }
    let sentence = AnnotatedSentence(
      id: "", text: text,
      words: places.map {
        AnnotatedWord(word, lemma: word, labels: [:], head: nil, place: $0, isPunctuation: false)
      })
    guard let found = try? WordTokens(sentence, tokenizer: tokenizer),
      let shift = shift(from: found.tokens)
    else { return [] }
    func index(_ offset: Int) -> String.Index {
      text.utf8.index(text.startIndex, offsetBy: offset)
    }
    return zip(places, found.words).compactMap { place, tokens in
      let (start, end) = (tokens.lowerBound + shift, tokens.upperBound + shift)
      guard ids.indices.contains(end - 1) else { return nil }
      return (index(place.lowerBound)..<index(place.upperBound), max(0, start)..<end)
    }
  }

  /// Where the tokens of the text begin in the row, which may have a start token more in front, or
  /// have its first taken away.
  private func shift(from tokens: [Int]) -> Int? {
    [0, 1, -1].first { shift in
      let shared = max(0, shift)..<max(max(0, shift), min(ids.count, tokens.count + shift))
      return !shared.isEmpty && shared.allSatisfy { ids[$0] == tokens[$0 - shift] }
    }
  }

  /// Where a word stands by itself in the text, in UTF-8 bytes; letters that are written in two ways
  /// are one letter.
  private func occurrences(of word: String) -> [Range<Int>] {
    let (text, word) = (Array(text), Array(word))
    guard !word.isEmpty, word.count <= text.count else { return [] }
    var offsets = [0]
    for character in text { offsets.append(offsets.last! + character.utf8.count) }
    return (0...(text.count - word.count)).compactMap { start in
      let end = start + word.count
      guard text[start..<end].elementsEqual(word),
        start == 0 || !(Self.joins(text[start - 1]) && Self.joins(word[0])),
        end == text.count || !(Self.joins(text[end]) && Self.joins(word[word.count - 1]))
      else { return nil }
      return offsets[start]..<offsets[end]
    }
  }

  /// Whether a letter makes one word with its neighbour; in scripts without spaces none does.
  private static func joins(_ character: Character) -> Bool {
    guard let scalar = character.unicodeScalars.first else { return false }
    switch scalar.value {
    // Thai and Lao, Burmese, Khmer, kana, Han.
    case 0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x3040...0x30FF, 0x3400...0x9FFF,
      0xF900...0xFAFF, 0x20000...0x3FFFF:
      return false
    default: return character.isLetter || character.isNumber
    }
  }
}
