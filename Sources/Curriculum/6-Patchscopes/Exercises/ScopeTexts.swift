import Laboratory
import PatchscopesVocabulary
import Tensors
import Transformers

extension ScopeModel {
  /// A text of random tokens for a small model.
  static func text(_ count: Int, using generator: inout SeededGenerator) -> [Int] {
    (0..<count).map { _ in Int.random(in: 0..<vocabulary, using: &generator) }
  }
}

/// Words of the reader's world as its tokens, the start token before them.
func readerTokens(_ text: String) -> [Int] {
  ReaderVocabulary.encode(text.split(separator: " ").map(String.init))
}

/// The reader's word for a token.
func readerWord(_ token: Int) -> String { ReaderVocabulary.words[token] }

/// The reader's token for a word.
func readerToken(_ word: String) -> Int { ReaderVocabulary.ids[word]! }

extension ReaderWorld {
  /// Countries whose names and capitals are one word each, and no other's.
  var plainCountries: [ReaderCountry] {
    countries.filter { $0.name.count == 1 && $0.capital.count == 1 }
  }
}

extension SubjectFact {
  /// What someone does: `Anna Weber works as a`.
  static func profession(of person: ReaderPerson) -> SubjectFact {
    SubjectFact(
      tokens: readerTokens(person.name.joined(separator: " ") + " works as a"),
      subject: 1..<(1 + person.name.count), answer: readerToken(person.profession))
  }

  /// Random tokens, of which some are the subject, for a small model; the answer is what it says.
  static func random(
    of model: ScopeModel, length: Int, subject: Range<Int>, using generator: inout SeededGenerator
  ) throws -> SubjectFact {
    let tokens = ScopeModel.text(length, using: &generator)
    let answer = try model.made().logits(of: tokens)[at: length - 1].argmax()[0]
    return SubjectFact(tokens: tokens, subject: subject, answer: answer)
  }

  /// The same fact with the answer that noise `[sample, subject token, width]` changes most, among those
  /// that keep some probability; nil where it changes none by much.
  func spoilt(by noise: Tensor, in model: Transformer) throws -> SubjectFact? {
    func said(_ changes: [Intervention]) throws -> [Double] {
      probabilities(try model.logits(of: tokens, changes)[at: tokens.count - 1])
    }
    let clean = try said([])
    let runs = try (0..<noise.shape[0]).map { try said([.noise(noise[at: $0], at: subject)]) }
    let low = clean.indices.map { token in
      runs.reduce(0) { $0 + $1[token] } / Double(runs.count)
    }
    let best = clean.indices.filter { low[$0] > 0.04 && clean[$0] > 0.04 }
      .max { abs(clean[$0] - low[$0]) < abs(clean[$1] - low[$1]) }
    guard let best, abs(clean[best] - low[best]) > 0.12 else { return nil }
    return SubjectFact(tokens: tokens, subject: subject, answer: best)
  }
}
