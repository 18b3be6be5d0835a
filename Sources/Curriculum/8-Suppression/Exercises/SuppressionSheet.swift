public import Coursework
import SuppressionVocabulary

/// Sheet 8: a head that lowers what the model is about to say, and what the rest makes of its absence.
public enum SuppressionSheet {
  /// The sheet as a value.
  public static let sheet = Sheet(
    number: 8, title: "Suppression",
    summary: """
      Some heads make the right answer less likely. You find them by their weights and by what they do, \
      follow one through its three steps, take it away, keep only what you think it is, and see the rest \
      of the model answer.
      """,
    goals: [
      "read a head's OV and QK circuit over a vocabulary, and say which embedding belongs into them",
      "count predicted, attended, suppressed over a corpus, and survey every head's direct effect",
      "ablate a head, and tell its direct effect from what is lost",
      "keep only an explanation of a head, and say in one number how much of the head that is",
      "measure self-repair so that its parts add up",
      "test what a head rests on, and what else than its prediction makes it look",
    ],
    asks: SuppressionAsks.self,
    exercises: [
      outputCircuit, queryCircuit, threeSteps, survey, takeItAway, readAnExample, keepOnlyThat,
      selfRepair, startOfTheText, besideThePrediction, antiInduction, inWords,
    ],
    figures: figures,
    otherModels: "headlight heads --model MODEL and headlight browse --model MODEL show "
      + "the like of any decoder")
}
