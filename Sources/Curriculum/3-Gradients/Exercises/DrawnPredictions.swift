import GradientsVocabulary
import Interpretability
import Laboratory
import SheetTools
import Tensors
import Tokenizers
import Transformers

extension SheetTranslator {
  /// A prediction of one of a sentence's words that stand for a word of the source: the sentence, its
  /// words and the row that predicts the first piece of the target word.
  func prediction(
    of pair: SentencePair, word: Int? = nil, measure: AttributionTarget.Measure = .logit,
    using generator: inout SeededGenerator
  ) throws -> TranslatorPrediction {
    let encoded = try encoded(pair)
    let linked = Array(
      Set(pair.links.filter { !$0.isPunctuation }.map(\.target))
    ).sorted()
    let word = word ?? linked.randomElement(using: &generator) ?? 0
    let row = encoded.targetWords.firstIndex(of: word) ?? 0
    return TranslatorPrediction(
      model: value, source: encoded.source,
      decoder: encoded.decoderInput(startToken: model.configuration.startToken),
      words: encoded.sourceWords,
      target: AttributionTarget(encoded.target[row], at: row, measure: measure))
  }

  /// The first adjective of a translation against its form of the other gender: the row in which the
  /// two part, and their pieces there; nil when there is no such adjective.
  func genderContrast(in pair: SentencePair) throws -> TranslatorPrediction? {
    for place in pair.adjectives {
      let word = pair.target[place.targetAdjective]
      guard let gender = word.gender, let number = word.number,
        let adjective = Lexicon.adjectives.first(where: { $0.lemma == word.lemma })
      else { continue }
      var other = pair
      other.target[place.targetAdjective].text = adjective.form(
        gender == .masculine ? .feminine : .masculine, number)
      let encoded = try EncodedPair(pair, tokenizer: tokenizer)
      let foils = try tokenizer.encode(other.targetText, addingSpecialTokens: true)
      guard let row = zip(encoded.target, foils).enumerated().first(where: { $1.0 != $1.1 })?.offset
      else { continue }
      return TranslatorPrediction(
        model: value, source: encoded.source,
        decoder: encoded.decoderInput(startToken: model.configuration.startToken),
        words: encoded.sourceWords,
        target: AttributionTarget(encoded.target[row], at: row, against: foils[row]))
    }
    return nil
  }
}
