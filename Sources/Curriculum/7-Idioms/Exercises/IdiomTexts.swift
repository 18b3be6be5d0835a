import IdiomsVocabulary
import Laboratory
import Tensors

extension IdiomsSheet {
  /// What a sentence of the reader's world has where it could have an idiom.
  enum SpanKind: String, CaseIterable {
    /// The idiom.
    case formal
    /// A literal use that begins alike.
    case literal
    /// What the idiom means.
    case meaning
  }

  /// An idiom in its situation, as in “Anna was very old and sick , and she kicked the bucket .”.
  static func idiomText(_ idiom: ReaderIdiom, _ kind: SpanKind, name: String) -> IdiomSentence {
    let person = name == "Anna" || name == "Maria" ? "she" : "he"
    let situation = idiom.situation.enumerated().map { place, word in
      word == "{n}" ? name : place == 0 ? word.prefix(1).uppercased() + word.dropFirst() : word
    }
    let span: [String]
    var before = situation + [",", "and", idiom.isAboutThings ? "it" : person]
    switch kind {
    case .formal:
      before += idiom.lead
      span = idiom.words
    case .literal:
      before += idiom.lead
      span = Array(idiom.literal.dropFirst(idiom.lead.count))
    case .meaning: span = idiom.meaning
    }
    let start = before.count + 1
    return IdiomSentence(
      tokens: ReaderVocabulary.encode(before + span + ["."]),
      span: Array(start..<(start + span.count)), lastWord: [start + span.count - 1])
  }

  static let names = ["Anna", "Paul", "Maria", "Thomas"]

  /// Idioms of several words, each in its situation.
  static let phrases = ReaderIdiom.all.filter {
    $0.words.count > 1 && $0.literal.count > $0.lead.count
  }

  /// Sentences of idioms that were drawn.
  static func idiomTexts(
    _ kind: SpanKind, count: Int, using generator: inout SeededGenerator
  ) -> [IdiomSentence] {
    phrases.shuffled(using: &generator).prefix(count).map {
      idiomText($0, kind, name: names.randomElement(using: &generator)!)
    }
  }

  /// The words of tokens.
  static func words(_ tokens: [Int]) -> [String] { tokens.map { ReaderVocabulary.words[$0] } }
}
