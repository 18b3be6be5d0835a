public import Coursework
import LensesVocabulary

/// Sheet 5: reading the layers between with the model's own last layer.
public enum LensSheet {
  /// The sheet as a value.
  public static let sheet = Sheet(
    number: 5, title: "Lenses",
    summary: """
      What would the model say if it had to stop here? You read every layer with the model's own \
      unembedding, train a better lens, and put a state from one text into another to see what comes \
      of it.
      """,
    goals: [
      "read any layer with the logit lens, and name the two ways to get its norm wrong",
      "measure prec@1 and surprisal, and say whose distribution each of them asks",
      "sample positions so that a mean over them means something, and batch prompts of any length",
      "train a tuned lens, and say what its lower divergence does and does not show",
      "write a Patchscope, and every lens of this sheet as one",
      "hold a prompt beside its control, and a look ahead beside counting",
    ],
    asks: LensAsks.self,
    exercises: [
      logitLens, normTrap, precisionAtOne, whoseSurprise, fairSample, leftPadding, tunedLens,
      onePatch, tokenIdentity, lensRecipes, whatALensShows,
    ],
    figures: figures,
    otherModels: "headlight lens --model MODEL --text \"…\" draws the lens of any decoder")
}
