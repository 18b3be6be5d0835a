import AttentionVocabulary
import Figures
import Interpretability
import Laboratory
import SheetTools
import Tensors
import Tokenizers
import Transformers

extension SheetTranslator {
  /// The pair as a student's method is given it, with the word of each piece.
  ///
  /// - Throws: `ModelError` when there is no decoder for the target, or pieces do not spell words.
  func pieced(_ pair: SentencePair) throws -> PiecedPair {
    let encoded = try encoded(pair)
    return PiecedPair(
      sourceWords: pair.source.map(\.text), targetWords: pair.target.map(\.text),
      sourcePieces: try tokenizer.tokens(encoded.source),
      targetPieces: try tokenizer.tokens(encoded.target),
      wordOfSourcePiece: encoded.sourceWords, wordOfTargetPiece: encoded.targetWords)
  }

  /// Cross-attention between words, `[layer · head, targetWord, sourceWord]`.
  func crossBetweenWords(of pair: SentencePair) throws -> Tensor {
    let encoded = try encoded(pair)
    return poolingPieces(
      try cross(of: pair), targetWords: encoded.targetWords, sourceWords: encoded.sourceWords)
  }

  /// For every head, the mean attention of a word to the words it is a translation of,
  /// `[layer · head]`.
  func goldAttention(of pair: SentencePair) throws -> [Double] {
    let cross = try crossBetweenWords(of: pair)
    let links = pair.links.filter { !$0.isPunctuation }
    let words = Set(links.map(\.target)).count
    return (0..<cross.shape[0]).map { head in
      links.reduce(0) { $0 + Double(cross[head, $1.target, $1.source]) } / Double(max(words, 1))
    }
  }

  /// The head of the last layer that looks most at what is being translated.
  func bestHead() throws -> Int {
    let heads = try decoder().headCount
    var sums = [Double](repeating: 0, count: heads)
    for pair in Self.sentences(12) {
      for (head, value) in try goldAttention(of: pair).suffix(heads).enumerated() {
        sums[head] += value
      }
    }
    return sums.indices.max { sums[$0] < sums[$1] } ?? 0
  }
}
