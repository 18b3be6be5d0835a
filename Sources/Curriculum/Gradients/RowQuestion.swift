import Interpretability
import Laboratory
import Tensors
import Tokenizers
import Transformers

/// A row of logits, as it enters the student's process: the translator's, or formulas, one for every
/// token.
enum RowQuestion: Codable, Sendable {
  /// The row in which the translator predicts its target.
  case translator(TranslatorPrediction)
  /// A formula for every token.
  case formulas([Formula], embeddings: Tensor)

  /// The row.
  func row() throws -> PredictedRow {
    switch self {
    case .translator(let prediction): return try prediction.row()
    case .formulas(let formulas, let embeddings):
      return PredictedRow(
        pieces: (0..<embeddings.shape[0]).map { "x\($0)" }, embeddings: embeddings
      ) { x in
        .concatenation(formulas.map { $0(x).reshaped(to: [1]) }, axis: 0)
      }
    }
  }
}

extension TranslatorPrediction {
  /// The logits of all tokens in the target's row, as a function of the embeddings.
  func row() throws -> PredictedRow {
    let explained = try explained()
    let (model, input, row) = (explained.model, explained.input, target.position)
    return PredictedRow(pieces: try pieces(), embeddings: explained.embeddings.source) { x in
      let logits = try model.run(
        input, intervening: [.replace(.embedding, with: x.reshaped(to: [1] + x.shape))],
        logitsAt: row..<(row + 1)
      ).logits
      return logits.reshaped(to: [logits.count])
    }
  }
}

extension SheetTranslator {
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
      let foils = tokenizer.encode(other.targetText, addingSpecialTokens: true)
      guard let row = zip(encoded.target, foils).enumerated().first(where: { $1.0 != $1.1 })?.offset
      else { continue }
      return TranslatorPrediction(
        source: encoded.source,
        decoder: encoded.decoderInput(startToken: model.configuration.startToken),
        words: encoded.sourceWords,
        target: AttributionTarget(encoded.target[row], at: row, against: foils[row]))
    }
    return nil
  }
}
