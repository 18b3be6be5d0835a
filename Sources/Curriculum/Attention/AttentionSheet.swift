public import Coursework
import Foundation
import Laboratory
import Models
import Synchronization
import Tensors
import Tokenizers
import Transformers

/// Sheet 1: reading the attention of a translation model.
public enum AttentionSheet {
  /// The sheet as a value.
  public static let sheet = Sheet(
    number: 1, title: "Attention",
    summary: """
      A small model translates English into French. You read its attention: what it computes, \
      which words it aligns, which head does what, and how little of that is an explanation.
      """,
    goals: [
      "read a model's layers, heads and widths off the shapes of its activations",
      "compute an attention pattern from queries, keys, bias and mask",
      "tell encoder, decoder and cross-attention apart, and say which token a row belongs to",
      "turn cross-attention into a word alignment and measure its error rate",
      "score heads over a corpus instead of choosing a pretty picture",
      "say what attention shows, and test by intervention whether it matters",
    ],
    exercises: [
      readTheModel, writeAttention, whoseAttention, nameTheRows, alignWords, whoSwaps,
      detectHeads, rolloutAndEntropy, capitalOfFrance, notExplanation, whatAttentionShows,
      whatToCheck,
    ],
    figures: figures, findModel: { try ModelPlace($0, needsWeights: true).shortName })

  /// The embedded translator, loaded once.
  static func translator() throws -> SheetTranslator {
    try loaded(EmbeddedModel.translator.name)
  }

  /// The model that figures are drawn of: the translator, or what `--model` names.
  static func pictured() throws -> SheetTranslator {
    try loaded(FigureModel.current?.value ?? EmbeddedModel.translator.name)
  }

  private static let kept = Mutex<[String: Result<SheetTranslator, any Error>]>([:])

  private static func loaded(_ name: String) throws -> SheetTranslator {
    try kept.withLock { kept in
      let result = kept[name] ?? Result { try SheetTranslator(name) }
      kept[name] = result
      return result
    }.get()
  }
}

/// The translator, or the model that takes its place in figures, with what the sheet needs of it.
struct SheetTranslator: Sendable {
  let name: String
  let model: Transformer
  let tokenizer: Tokenizer

  init(_ value: String) throws {
    let loaded = try LoadedModel(value)
    guard let tokenizer = loaded.tokenizer else {
      throw ModelError("\(value) has no tokenizer, and the sheet's figures are of sentences")
    }
    name = loaded.shortName
    model = loaded.model
    self.tokenizer = tokenizer
  }

  /// The decoder that reads a source across.
  ///
  /// - Throws: `ModelError` when the model has a single stack.
  func decoder() throws -> TransformerConfiguration.Stack {
    guard model.configuration.isEncoderDecoder, let decoder = model.configuration.decoder else {
      throw ModelError("\(name) has a single stack, and this figure needs cross-attention")
    }
    return decoder
  }

  /// Sentences the translator has not seen, from a generator.
  func pairs(count: Int, using generator: inout SeededGenerator) -> [SentencePair] {
    TranslatorCorpus.pairs(.test, count: count, using: &generator)
  }

  /// The pair as pieces, with the word of each.
  ///
  /// - Throws: `ModelError` when there is no decoder for the target, or pieces do not spell words.
  func pieces(of pair: SentencePair) throws -> (pieced: PiecedPair, encoded: EncodedPair) {
    _ = try decoder()
    let encoded = try EncodedPair(pair, tokenizer: tokenizer)
    let pieced = PiecedPair(
      sourceWords: pair.source.map(\.text), targetWords: pair.target.map(\.text),
      sourcePieces: try tokenizer.tokens(encoded.source),
      targetPieces: try tokenizer.tokens(encoded.target),
      wordOfSourcePiece: encoded.sourceWords, wordOfTargetPiece: encoded.targetWords)
    return (pieced, encoded)
  }

  /// Runs a pair through the model, the decoder fed its target.
  func run(_ pair: SentencePair, capturing capture: Capture) throws -> Transformer.Run {
    try model.run(try input(of: pair), capturing: capture)
  }

  /// The pair as the model's input: the decoder reads the target shifted right.
  func input(of pair: SentencePair) throws -> ModelInput {
    let encoded = try EncodedPair(pair, tokenizer: tokenizer)
    return ModelInput(
      encoded.source,
      decoderTokens: encoded.decoderInput(startToken: model.configuration.startToken))
  }

  /// Cross-attention of every layer, the heads in a row: `[layer · head, targetPiece, sourcePiece]`.
  func cross(of pair: SentencePair) throws -> Tensor {
    let layers = try decoder().layerCount
    let points = (0..<layers).map { HookPoint.pattern(.decoder, $0, .cross) }
    let trace = try run(pair, capturing: .points(Set(points))).trace
    return .concatenation(try points.map { try trace[$0][at: 0] }, axis: 0)
  }
}
