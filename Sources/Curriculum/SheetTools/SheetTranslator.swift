import Coursework
package import Laboratory
import Models
package import Tensors
package import Tokenizers
package import Transformers

/// The translator, or the model that takes its place in figures, with what the sheet needs of it.
package struct SheetTranslator: Sendable {
  /// What a `--model` value names.
  package let value: String
  package let name: String
  package let model: Transformer
  package let tokenizer: Tokenizer

  package init(_ value: String) throws {
    let loaded = try LoadedModel.kept(value)
    guard let tokenizer = loaded.tokenizer else {
      throw ModelError("\(value) has no tokenizer, and the sheet's figures are of sentences")
    }
    self.value = value
    name = loaded.shortName
    model = loaded.model
    self.tokenizer = tokenizer
  }

  /// The embedded translator.
  package static func translator() throws -> SheetTranslator {
    try SheetTranslator(EmbeddedModel.translator.name)
  }

  /// The model that figures are drawn of: the translator, or what `--model` names.
  package static func pictured() throws -> SheetTranslator {
    try SheetTranslator(FigureModel.current?.value ?? EmbeddedModel.translator.name)
  }

  /// The decoder that reads a source across.
  ///
  /// - Throws: `ModelError` when the model has a single stack.
  package func decoder() throws -> TransformerConfiguration.Stack {
    guard model.configuration.isEncoderDecoder, let decoder = model.configuration.decoder else {
      throw ModelError("\(name) has a single stack, and this figure needs cross-attention")
    }
    return decoder
  }

  /// Sentences the translator has not seen, from a generator.
  package func pairs(count: Int, using generator: inout SeededGenerator) -> [SentencePair] {
    TranslatorCorpus.pairs(.test, count: count, using: &generator)
  }

  /// The pair as pieces, with the word of each.
  ///
  /// - Throws: `ModelError` when there is no decoder for the target, or pieces do not spell words.
  package func encoded(_ pair: SentencePair) throws -> EncodedPair {
    _ = try decoder()
    return try EncodedPair(pair, tokenizer: tokenizer)
  }

  /// Runs a pair through the model, the decoder fed its target.
  package func run(_ pair: SentencePair, capturing capture: Capture) throws -> Transformer.Run {
    try model.run(try input(of: pair), capturing: capture)
  }

  /// The pair as the model's input: the decoder reads the target shifted right.
  package func input(of pair: SentencePair) throws -> ModelInput {
    let encoded = try EncodedPair(pair, tokenizer: tokenizer)
    return ModelInput(
      encoded.source,
      decoderTokens: encoded.decoderInput(startToken: model.configuration.startToken))
  }

  /// Cross-attention of every layer, the heads in a row: `[layer · head, targetPiece, sourcePiece]`.
  package func cross(of pair: SentencePair) throws -> Tensor {
    let layers = try decoder().layerCount
    let points = (0..<layers).map { HookPoint.pattern(.decoder, $0, .cross) }
    let trace = try run(pair, capturing: .points(Set(points))).trace
    return .concatenation(try points.map { try trace[$0][at: 0] }, axis: 0)
  }
}
