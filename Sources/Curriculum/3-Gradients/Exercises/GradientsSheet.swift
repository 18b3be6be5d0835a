public import Coursework
import GradientsVocabulary
import Models

/// Sheet 3: what a prediction owes to what was read.
public enum GradientsSheet {
  /// The sheet as a value.
  public static let sheet = Sheet(
    number: 3, title: "Gradients",
    summary: """
      Attention says where a model looks. A gradient says what would change. You compute gradients by \
      hand and by machine, share a prediction out among the words that were read, and find out whether \
      to believe the result.
      """,
    goals: [
      "take a gradient through a small model by hand, and check any gradient by small steps",
      "compute saliency, input × gradient and integrated gradients, and say in which units they are",
      "choose a baseline, and tell from the completeness gap whether a sum can be trusted",
      "ask why this word and not that one",
      "follow a gradient through every layer, and from the decoder into the encoder",
      "measure whether an attribution is faithful, against random scores and against occlusion",
    ],
    asks: GradientsAsks.self,
    exercises: [
      gradientByHand, saliency, inputTimesGradient, integratedGradients, baselinesMatter, contrast,
      traceTheGradient, isItFaithful, attentionAgainstGradients, whatAnAttributionSays, whichMethod,
    ],
    figures: figures, findModel: { try ModelPlace($0, needsWeights: true).shortName })
}
