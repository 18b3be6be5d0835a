import Models
package import Tokenizers
package import Transformers

/// A sentence pair as token ids, with the word that each piece belongs to.
package struct EncodedPair: Sendable {
  /// The source with its end token.
  package let source: [Int]
  /// The target with its end token: what decoder rows should predict.
  package let target: [Int]
  /// The word of every source piece; nil for the end token.
  package let sourceWords: [Int?]
  /// The word of every target piece; nil for the end token.
  package let targetWords: [Int?]

  /// Encodes a pair with the translator's tokenizer, or one that splits text as it does.
  ///
  /// - Throws: ``ModelError`` when the pieces do not spell the words, and `TokenizerError` when the
  ///   vocabulary has no pieces for them.
  package init(_ pair: SentencePair, tokenizer: Tokenizer) throws {
    source = try tokenizer.encode(pair.sourceText, addingSpecialTokens: true)
    target = try tokenizer.encode(pair.targetText, addingSpecialTokens: true)
    func words(_ ids: [Int], _ words: [SentenceWord]) throws -> [Int?] {
      let pieces = try tokenizer.tokens(ids)
      guard let indices = TranslatorVocabulary.wordIndices(ofPieces: pieces, in: words) else {
        throw ModelError(
          "the model's tokenizer splits “\(words.joinedText)” into pieces that do not spell its "
            + "words, so it cannot be said which piece belongs to which word")
      }
      return indices
    }
    sourceWords = try words(source, pair.source)
    targetWords = try words(target, pair.target)
  }

  /// What the decoder reads: the target shifted right, behind the start token.
  package func decoderInput(startToken: Int) -> [Int] { [startToken] + target.dropLast() }
}

/// Pairs of different lengths as one batch.
package struct TranslatorBatch: Sendable {
  package let input: ModelInput
  /// What every decoder row should predict, row after row; nil for padding.
  package let targets: [Int?]

  /// Fills up the rows of a batch.
  package init(_ pairs: [EncodedPair], configuration: TransformerConfiguration) {
    let pad = configuration.padToken
    let (source, mask) = ModelInput.padding(pairs.map(\.source), with: pad)
    // Padding at the end of a causal decoder is seen by no row that counts: it needs no mask.
    let (decoder, _) = ModelInput.padding(
      pairs.map { $0.decoderInput(startToken: configuration.startToken) }, with: pad)
    input = ModelInput(tokens: source, mask: mask, decoderTokens: decoder)
    let length = decoder.first?.count ?? 0
    targets = pairs.flatMap { pair in
      pair.target.map(Optional.some) + Array(repeating: nil, count: length - pair.target.count)
    }
  }
}
