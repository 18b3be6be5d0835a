import AttentionVocabulary
public import Coursework
import Models

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
      "detect what heads look for over a corpus, instead of choosing a pretty picture",
      "say what attention shows, and test by intervention whether it matters",
    ],
    asks: AttentionAsks.self,
    exercises: [
      readTheModel, writeAttention, whoseAttention, nameTheRows, alignWords, whoSwaps,
      detectHeads, rolloutAndEntropy, capitalOfFrance, notExplanation, whatAttentionShows,
      whatToCheck, patternsSeen,
    ],
    figures: figures, findModel: { try ModelPlace($0, needsWeights: true).shortName })
}
