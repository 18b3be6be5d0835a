public import Coursework
import IdiomsVocabulary

/// Sheet 7: heads that attend to idioms, and whether they matter.
public enum IdiomsSheet {
  /// The sheet as a value.
  public static let sheet = Sheet(
    number: 7, title: "Idioms",
    summary: """
      Some heads attend to idioms. Are they heads *for* idioms, and does the model need them? You score \
      heads by attention, by what they write and by what their loss costs, and find out which of \
      these numbers foresees another.
      """,
    goals: [
      "find the tokens of a span, whatever a tokenizer makes of its words",
      "keep activations so that later scores read them, and never the wrong ones",
      "take a score apart, and say what each of its components measures",
      "attribute the logit of a token to the position that predicts it",
      "ablate heads, alone and together, by zeros and means, and read loss and words apart",
      "tell a similarity from what random pairs have, and a cluster from a cloud",
      "say when a score of attention may be called an importance",
    ],
    asks: IdiomsAsks.self,
    exercises: [
      whereIsTheIdiom, cageIt, theIdiomScore, theLiteralScore, attribution, ablateAHead,
      ablateTogether, awareness, exchangeTheLastWord, similarPatterns, scoreAgainstImportance,
      theTitleInWords,
    ],
    figures: figures,
    otherModels: "headlight idioms --model MODEL --sentences FILE draws the like of any "
      + "decoder")
}
