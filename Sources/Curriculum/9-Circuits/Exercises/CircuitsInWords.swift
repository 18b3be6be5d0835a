import CircuitsVocabulary
import Coursework

extension CircuitsSheet {
  /// 9.13, open: what a circuit explains.
  static let byAccident = Exercise(
    open: "9.13", "In words: by accident", points: 4, difficulty: 3, importance: 5, minutes: 25,
    hints: [
      "What was measured: a sum over pairs. What would you have to see pair by pair?",
      """
      Three things outside the circuit are never seen: what says the same in the clean and the corrupted \
      text, what has a substitute, and what harms the task.
      """,
      """
      Think of the complement's faithfulness (9.5), of the order (9.4), of the replacement and the \
      threshold (9.9), of other pairs (9.1) and of circuits drawn at random (9.12).
      """,
      """
      Say of each check what you would conclude if it failed: a circuit that fails on another template \
      may still be the circuit of this one.
      """,
    ],
    interpretation: """
      A circuit is a claim about a model, a set of texts, a replacement, a measure and a threshold. \
      Faithfulness is one number about that claim. It is necessary, cheap to get, and says least about \
      what we want to know most: whether the parts do what we say they do.
      """,
    prompt: """
      A friend shows you a circuit of ten nodes and writes: “It keeps 81 % of the logit difference on 64 \
      pairs, so this is how the model counts.” What does the circuit explain? How could it be so faithful \
      by accident, and what would you run to find out? About 200 words.
      """,
    rubric: [
      """
      1 point: says what was measured: the mean logit difference on these texts when everything outside \
      is replaced in one particular way; what is alike in both texts and what is outside stays unseen.
      """,
      """
      1 point: names two ways to be faithful by accident, such as pairs above 100 % that hide pairs at 0, \
      nodes left out that harm the task, a foil that falls, a set that one token gives away, a \
      substitute inside the circuit.
      """,
      """
      1 point: names two checks with what each would tell: the complement, each node in the circuit and \
      in the model, another replacement, order, threshold or seed, other templates, random circuits of \
      the same size.
      """,
      """
      1 point: tells faithful from explained: which node does what (paths, attention, what it writes) is \
      a further claim with tests of its own.
      """,
    ],
    text: CircuitsAsks.whatACircuitExplains)
}
