import Foundation
import Interpretability
import Tensors
import Tokenizers
import Transformers
import XCTest

final class RepresentationTests: XCTestCase {
  private let sentences = [
    WordTokens(tokens: [3, 4, 5, 1], words: [0..<1, 1..<3], source: [7, 8, 1]),
    WordTokens(tokens: [9, 10, 11, 12, 13, 14, 1], words: [2..<6, 0..<1, 5..<6], source: [2, 1]),
    WordTokens(tokens: [6, 1], words: [0..<1], source: [3, 4, 5, 6, 7, 1]),
  ]

  /// Every sentence run by itself, without padding, pooled by a plain loop.
  private func naive(
    _ model: Transformer, _ stack: StackName, _ pooling: WordPooling
  ) throws -> [[[Float]]] {
    let layers = model.configuration.stacks.first { $0.name == stack }!.stack.layerCount
    let points = (0...layers).map {
      $0 == 0 ? HookPoint.residualPre(stack, 0) : .residualPost(stack, $0 - 1)
    }
    return try points.map { point in
      try sentences.flatMap { sentence in
        var input = ModelInput(sentence.tokens)
        if stack == .decoder {
          input = ModelInput(sentence.source!, decoderTokens: sentence.tokens)
        }
        if stack == .encoder { input.decoderTokens = [[0]] }
        let vectors = try model.run(input, capturing: [point]).trace[point][at: 0]
        return sentence.words.map { word in
          (0..<vectors.shape[1]).map { column in
            pooling == .last
              ? vectors[word.upperBound - 1, column]
              : word.map { vectors[$0, column] }.reduce(0, +) / Float(word.count)
          }
        }
      }
    }
  }

  func testBatchesGiveWhatSingleSentencesGive() throws {
    var generator = SeededGenerator(seed: 3)
    let stack = TransformerConfiguration.Stack(
      layerCount: 3, headCount: 2, headWidth: 4, feedForwardWidth: 16)
    let causal = Transformer(
      configuration: .gpt2(
        vocabularySize: 20, width: 8, decoder: stack, positions: 10, startToken: 0, endToken: 1),
      using: &generator)
    let cases: [(Transformer, StackName)] = [
      (tinyTranslator, .encoder), (tinyTranslator, .decoder), (causal, .blocks),
    ]
    for (model, stack) in cases {
      for pooling in WordPooling.allCases {
        for batchTokens in [1, 12, 1_000] {
          let found = try model.representations(
            of: sentences, in: stack, pooling: pooling, batchTokens: batchTokens)
          XCTAssertEqual(found.sentences, [0..<2, 2..<5, 5..<6])
          for (layer, rows) in try naive(model, stack, pooling).enumerated() {
            let expected = Tensor(rows: rows).values
            for (a, b) in zip(found.layers[layer].values, expected) {
              XCTAssertEqual(a, b, accuracy: 1e-4, "\(stack) \(layer) \(pooling)")
            }
          }
        }
      }
    }
  }

  func testChosenLayersAreThoseOfAll() throws {
    let all = try tinyTranslator.representations(of: sentences)
    let some = try tinyTranslator.representations(of: sentences, layers: [2, 0])
    XCTAssertEqual(some.layers, [all.layers[2], all.layers[0]])
    XCTAssertEqual(all.layers.map(\.shape), [[6, 12], [6, 12], [6, 12]])
  }

  func testErrorsSayWhatToDo() {
    func assertFault(_ sentence: String, _ body: () throws -> Representations) {
      XCTAssertThrowsError(try body()) { XCTAssertEqual("\($0)", sentence) }
    }
    assertFault(
      "there is no layer 7: this stack has the embedding, 0, and the outputs of its 2 layers, 1 to 2"
    ) { try tinyTranslator.representations(of: sentences, layers: [7]) }
    assertFault("this model has no stack “blocks”; it has encoder and decoder") {
      try tinyTranslator.representations(of: sentences, in: .blocks)
    }
    assertFault("there is no word to represent; give at least one sentence with words") {
      try tinyTranslator.representations(of: [])
    }
    assertFault(
      "sentence 1 has 2 tokens and a word at 1 to 3; a word is at least one token of its sentence"
    ) {
      try tinyTranslator.representations(of: [WordTokens(tokens: [1, 2], words: [1..<3])])
    }
    assertFault(
      "sentence 1 has no source, and a decoder reads one; give the encoder's tokens"
    ) {
      try tinyTranslator.representations(
        of: [WordTokens(tokens: [1, 2], words: [0..<1])], in: .decoder)
    }
  }

  /// Words and marks of a vocabulary, cut at white space and at punctuation.
  func testWordsFindTheirTokens() throws {
    let vocabulary = ["[UNK]", "the", "dog", "ca", "n't", ".", "new", "york", "can't"]
    let json: [String: Any] = [
      "version": "1.0", "added_tokens": [[String: Any]](), "normalizer": NSNull(),
      "pre_tokenizer": ["type": "WhitespaceSplit"], "post_processor": NSNull(),
      "decoder": NSNull(),
      "model": [
        "type": "WordLevel", "unk_token": "[UNK]",
        "vocab": Dictionary(uniqueKeysWithValues: vocabulary.enumerated().map { ($1, $0) }),
      ] as [String: Any],
    ]
    let tokenizer = try Tokenizer(json: JSONSerialization.data(withJSONObject: json))
    func word(_ text: String, _ place: Range<Int>) -> AnnotatedWord {
      AnnotatedWord(
        text, lemma: text, labels: [:], head: nil, place: place, isPunctuation: false)
    }
    // “ca” and “n't” share the token “can't”; “new york” is one word of two tokens.
    let sentence = AnnotatedSentence(
      id: "1", text: "the dog can't new york",
      words: [
        word("the", 0..<3), word("dog", 4..<7), word("ca", 8..<10), word("n't", 10..<13),
        word("new york", 14..<22),
      ])
    let found = try WordTokens(sentence, tokenizer: tokenizer)
    XCTAssertEqual(found.tokens, [1, 2, 8, 6, 7])
    XCTAssertEqual(found.words, [0..<1, 1..<2, 2..<3, 2..<3, 3..<5])
  }
}
