public import Coursework
import Foundation
import Laboratory
import Tensors
import Tokenizers
import Transformers

/// Sheet 1: reading the attention of a translation model.
public enum AttentionSheet {
  /// The sheet as a value.
  public static let sheet = Sheet<any AttentionAnswers>(
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
    figures: figures)

  /// The embedded translator, loaded once.
  static func translator() throws -> SheetTranslator { try loaded.get() }

  private static let loaded = Result { try SheetTranslator() }
}

/// The translator with what the sheet's cases and figures need of it.
struct SheetTranslator: Sendable {
  let model: Transformer
  let tokenizer: Tokenizer

  init() throws {
    let loaded = try LoadedModel(EmbeddedModel.translator.name)
    guard let tokenizer = loaded.tokenizer else {
      throw ModelError("the translator's tokenizer.json is missing from the package")
    }
    model = loaded.model
    self.tokenizer = tokenizer
  }

  /// Sentences the translator has not seen, from a generator.
  func pairs(count: Int, using generator: inout SeededGenerator) -> [SentencePair] {
    TranslatorCorpus.pairs(.test, count: count, using: &generator)
  }

  /// The pair as pieces, with the word of each.
  func pieces(of pair: SentencePair) throws -> (pieced: PiecedPair, encoded: EncodedPair) {
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
    let layers = model.configuration.decoder!.layerCount
    let points = (0..<layers).map { HookPoint.pattern(.decoder, $0, .cross) }
    let trace = try run(pair, capturing: .points(Set(points))).trace
    return .concatenation(try points.map { try trace[$0][at: 0] }, axis: 0)
  }
}
