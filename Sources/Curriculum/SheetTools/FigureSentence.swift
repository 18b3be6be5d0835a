import Figures
package import Laboratory
package import Tensors
import Tokenizers
package import Transformers

/// A sentence that figures show, run through the translator once.
///
/// A model of a single stack reads the source alone.
package struct FigureSentence: Sendable {
  package let pair: SentencePair
  package let trace: Trace
  /// What every stack reads.
  package let input: ModelInput
  private let sourcePieces: [String]
  private let targetPieces: [String]
  private let translator: SheetTranslator

  package init(_ pair: SentencePair, _ translator: SheetTranslator) throws {
    self.pair = pair
    self.translator = translator
    let configuration = translator.model.configuration
    func encode(_ text: String) throws -> [Int] {
      try translator.tokenizer.encode(text, addingSpecialTokens: true)
    }
    let source = try encode(pair.sourceText)
    let target = configuration.isEncoderDecoder ? try encode(pair.targetText) : []
    input = ModelInput(
      source,
      decoderTokens: target.isEmpty ? nil : [configuration.startToken] + target.dropLast())
    sourcePieces = translator.tokenizer.labels(of: source)
    targetPieces = translator.tokenizer.labels(of: target)
    trace = try translator.model.run(input, capturing: .everything).trace
  }

  /// The pair's pieces, with the word of each.
  ///
  /// - Throws: `ModelError` when the model's pieces do not spell the words.
  package func encoded() throws -> EncodedPair { try translator.encoded(pair) }

  /// The ids that a stack reads.
  package func tokens(_ stack: StackName) -> [Int] {
    stack == .decoder ? input.decoderTokens![0] : input.tokens[0]
  }

  /// The pieces that a stack reads, as labels.
  package func labels(_ stack: StackName) -> [String] { stack == .decoder ? read : sourceLabels }

  /// The short sentence of most figures, “The brown dog ran.”, and its translation.
  package static func brownDog() throws -> FigureSentence {
    try FigureSentence(
      SentencePair(
        Clause(
          noun(.the, "brown", "dog"), .past, .verb(Lexicon.verb("run")))),
      .pictured())
  }

  /// A longer sentence, with a negation and two adjectives that change places.
  ///
  /// “The brown dog did not eat the red apples.” becomes “Le chien brun n'a pas mangé les pommes
  /// rouges.”
  package static func redApples() throws -> FigureSentence {
    try FigureSentence(
      SentencePair(
        Clause(
          noun(.the, "brown", "dog"), .past,
          .verb(Lexicon.verb("eat"), object: noun(.the, "red", "apple", .plural)),
          isNegated: true)), .pictured())
  }

  private static func noun(
    _ determiner: Determiner, _ adjective: String, _ noun: String,
    _ number: GrammaticalNumber = .singular
  ) -> Participant {
    .noun(
      NounPhrase(determiner, [Lexicon.adjective(adjective)], Lexicon.noun(noun), number))
  }

  /// A layer's attention, `[head, query, key]`.
  package func pattern(_ stack: StackName, _ layer: Int, _ kind: AttentionKind = .own) throws
    -> Tensor
  {
    try trace[.pattern(stack, layer, kind)][at: 0]
  }

  /// The source's pieces as labels.
  package var sourceLabels: [String] { sourcePieces.map(Self.label) }
  /// What each decoder row predicts.
  package var predicted: [String] { targetPieces.map(Self.label) }
  /// What each decoder row reads.
  package var read: [String] { ["start"] + predicted.dropLast() }

  /// A piece without the space before it, or its mark, which would stand before every word.
  private static func label(_ piece: String) -> String {
    "▁ ".contains(piece.prefix(1)) && piece.count > 1 ? String(piece.dropFirst()) : piece
  }
}

extension SheetTranslator {
  /// Sentences for averages: the corpus's own choice, none of them in training.
  package static func sentences(_ count: Int) -> [SentencePair] {
    TranslatorCorpus().development(count: count)
  }
}

/// Stops a figure whose data, a student's answer, has not one entry each.
///
/// - Throws: `FigureError` with the sentence the student reads.
package func requireCount(_ found: Int, _ expected: Int, of name: String, for element: String)
  throws
{
  guard found == expected else {
    throw FigureError(
      "your \(name) has \(found) entries and needs one for every \(element), which are \(expected)"
    )
  }
}
