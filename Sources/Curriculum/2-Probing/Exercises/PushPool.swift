import Interpretability
import Laboratory
import Models
import ProbingVocabulary
import SheetTools
import Tensors
import Tokenizers
import Transformers

/// Sentences that begin with “The” and a noun in the singular, so that the first French word shows
/// the noun's gender.
struct PushPool: Sendable {
  /// One sentence and where its article and noun stand.
  struct Member: Sendable {
    var words: WordTokens
    /// The position of “The”.
    var article: Int
    /// The position of its noun's last token.
    var noun: Int
    var isFeminine: Bool
  }

  let members: [Member]
  /// The tokens “Le” and “La”.
  let choices: [Int]

  /// Draws sentences, as many of each gender.
  init(ofEach count: Int, using generator: inout SeededGenerator) throws {
    let tokenizer = try SheetTranslator.translator().tokenizer
    choices = try ["Le", "La"].map { article in
      let tokens = try tokenizer.encode(article, addingSpecialTokens: false)
      guard tokens.count == 1 else {
        throw ModelError("“\(article)” is not one token of the model's; this exercise needs it so")
      }
      return tokens[0]
    }
    var byGender: [Bool: [Member]] = [:]
    while byGender.count < 2 || byGender.values.contains(where: { $0.count < count }) {
      for pair in TranslatorCorpus.pairs(.training, count: 100, using: &generator) {
        guard ["Le", "La"].contains(pair.target[0].text) else { continue }
        let sentence = pair.annotated
        guard sentence.words[0].text == "The", let head = sentence.words[0].head else { continue }
        let words = try WordTokens(sentence, tokenizer: tokenizer)
        let isFeminine = pair.target[0].text == "La"
        guard byGender[isFeminine, default: []].count < count else { continue }
        byGender[isFeminine, default: []].append(
          Member(
            words: words, article: words.words[0].upperBound - 1,
            noun: words.words[head].upperBound - 1, isFeminine: isFeminine))
      }
    }
    members = byGender[false]! + byGender[true]!
  }

  /// The members of one gender.
  func members(feminine: Bool) -> [Member] { members.filter { $0.isFeminine == feminine } }

  /// The vectors of some members at a position after a block, `[member, width]`.
  func vectors(
    of members: [Member], afterBlock layer: Int, at position: (Member) -> Int
  ) throws -> Tensor {
    let residuals = try SheetTranslator.translator().model.representations(
      of: members.map {
        WordTokens(tokens: $0.words.tokens, words: [position($0)..<position($0) + 1])
      },
      layers: [layer + 1])
    return residuals.layers[0]
  }
}

/// The sentences of a question as one padded batch, to see what a push does to all of them.
struct PushedBatch {
  private let sentences: [PushedSentence]
  private let model: Transformer
  private let input: ModelInput

  init(_ sentences: [PushedSentence], in model: Transformer) {
    self.sentences = sentences
    self.model = model
    let configuration = model.configuration
    let (tokens, mask) = ModelInput.padding(
      sentences.map(\.tokens), with: configuration.padToken)
    input = ModelInput(
      tokens: tokens, mask: mask,
      decoderTokens: sentences.map { _ in [configuration.startToken] })
  }

  /// The decoder's logits in its first row, `[sentence][token]`, after a change at some positions.
  ///
  /// - Parameter change: What becomes of the activation, given a 1 at every place of the positions,
  ///   `[sentence, position, 1]`.
  func logits(
    at point: HookPoint? = nil, positions: (PushedSentence) -> [Int] = { $0.positions },
    _ change: @escaping @Sendable (_ activation: Tensor, _ places: Tensor) -> Tensor = {
      $1 * 0 + $0
    }
  ) throws -> [[Float]] {
    var places = Tensor.zeros([sentences.count, input.tokens[0].count, 1])
    for (row, sentence) in sentences.enumerated() {
      for position in positions(sentence) { places[row, position, 0] = 1 }
    }
    let marked = places
    let changes = point.map { [Intervention(at: $0) { change($0, marked) }] } ?? []
    let logits = try model.run(input, intervening: changes).logits
    let vocabulary = logits.shape[2]
    let values = logits.values
    return sentences.indices.map {
      Array(values[($0 * vocabulary)..<(($0 + 1) * vocabulary)])
    }
  }
}
