import Coursework
import ProbingVocabulary

extension ProbingSheet {
  /// 2.12, open: what the accuracy of a probe shows and what it does not.
  static let whatAProbeShows = Exercise(
    open: "2.12", "In words: what a probe shows", points: 2, difficulty: 3, importance: 5,
    minutes: 15,
    hints: [
      "Who could have learned the task: the model, or the probe? How did you tell them apart?",
      """
      Take your control task (2.3) and the untrained model (2.4): how much of the accuracy was left \
      when you took each of them off?
      """,
      """
      In 2.8 the gender could be read at “the”. What happened when you pushed there? What does that \
      say of the sentence “the model knows the gender at *the*”?
      """,
      """
      Three sentences on what an accuracy shows (something can be read off by a classifier of this \
      kind, on words it has not met), three on what it does not (that the model learned it, that the \
      probe did not, that the model uses it), each with a number of yours.
      """,
    ],
    interpretation: """
      A probe answers one question: can this be read off, by this kind of classifier, from these \
      vectors? The control task asks whether the classifier could have learned it alone, the \
      untrained model whether it was there before any training, and the push whether anybody reads \
      it. None of the four stands for another.
      """,
    prompt: """
      What does the accuracy of a probe show, and what does it not show? Use what you measured in 2.3, \
      2.4 and 2.8; about 150 words.
      """,
    rubric: [
      """
      ½ point: says what an accuracy shows: that the property can be read off the vectors by a \
      classifier of this kind, on words kept from training.
      """,
      """
      ½ point: tells what the model holds from what the probe learns by itself, by the control task \
      and its selectivity.
      """,
      """
      ½ point: tells what training put there from what any vectors of this shape give, by the \
      untrained model or the majority class.
      """,
      """
      ½ point: tells “can be read off” from “is used”, by the push or another intervention, with the \
      writer's own numbers from 2.3, 2.4 or 2.8, rightly read.
      """,
    ],
    text: ProbingAsks.whatAProbeShows)

  /// 2.13, open: what to ask of a paper that says a layer encodes syntax.
  static let whatProbingNeeds = Exercise(
    open: "2.13", "In words: layer 8 encodes syntax", points: 2, difficulty: 3, importance: 5,
    minutes: 15,
    hints: [
      "“Layer 8” as against which other layers, and by how much? Who chose it, on which words?",
      "What would the same probe get from an untrained model, from a control task, from the words alone?",
      """
      “Syntax” was some labels of some treebank. Which cue that is no syntax could give them away: \
      the word itself, its neighbours, its place in the sentence?
      """,
      """
      Go through: a layer chosen on development and reported on test (2.2); control task and \
      selectivity (2.3); an untrained model (2.4); intervals over sentences (2.5); a split by lemma \
      (2.7); an intervention (2.8); neighbours joined, as a baseline for trees (2.9).
      """,
    ],
    interpretation: """
      “Encodes” may mean: a probe can read it off; it can be read off more easily than without \
      training; or later layers read it. These are three claims with three kinds of evidence, and \
      most papers bring the first.
      """,
    prompt: """
      A paper trains a probe on every layer and says “layer 8 encodes syntax”. What would you ask its \
      authors? About 150 words.
      """,
    rubric: [
      """
      ½ point: asks how the layer was chosen (on development, not on test) and whether its lead over \
      others is larger than the error bar over sentences.
      """,
      """
      ½ point: asks for baselines: a control task, an untrained model, the word embeddings, and for \
      trees every word joined to the next.
      """,
      """
      ½ point: asks what “syntax” stands for: which labels, and which simpler cue (the word, its \
      neighbours, its place) could give them; or for a split that takes the cue away.
      """,
      """
      ½ point: asks whether the model uses what was found, and names an intervention that would show \
      it, or says that the claim must be weakened to “can be read off”.
      """,
    ],
    text: ProbingAsks.whatProbingNeeds)
}
