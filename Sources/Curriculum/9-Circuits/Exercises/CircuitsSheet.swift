public import Coursework
import CircuitsVocabulary

/// Sheet 9: which parts of a model do a task, who tells whom, and how to know.
public enum CircuitsSheet {
  /// The sheet as a value.
  public static let sheet = Sheet(
    number: 9, title: "Circuits",
    summary: """
      Which heads and MLPs do a task, and who tells whom? You make a set of texts, take a model apart \
      until only a circuit is left, follow single paths, prune edges, and find out what a faithful \
      circuit does and does not explain.
      """,
    goals: [
      "make a task set that asks what you mean to ask",
      "split a logit difference into parts that add up",
      "replace a node by a mean, and say of which texts and positions",
      "prune nodes and edges, write ACDC, and say what order, threshold and replacement decided",
      "patch a single path, to the logits or to the queries, keys or values of a head",
      "foresee edges by a gradient, and name where it deceives",
      "hold circuits against one another, against chance and against the whole model",
    ],
    asks: CircuitsAsks.self,
    exercises: [
      makeASet, partsOfADifference, meanOfATemplate, untilAFifthIsLost, circuitOrModel,
      pathToTheLogits, whoTellsItWhereToLook, fromNodesToEdges, acdc, theFastWay, whatAHeadWrites,
      sharedCircuits, byAccident,
    ],
    figures: figures,
    otherModels: "headlight circuit --model MODEL --task FILE draws a circuit of any decoder")
}
