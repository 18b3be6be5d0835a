import Coursework
import LensesVocabulary

extension LensSheet {
  /// 5.11, open: what may be concluded from an early answer.
  static let whatALensShows = Exercise(
    open: "5.11", "In words: the answer at layer 2", points: 3, difficulty: 3, importance: 5,
    minutes: 15,
    hints: [
      "Which of “is there”, “can be read off” and “is used” does the picture show?",
      """
      The logit lens says nothing at layer 1. Does the layer know nothing, or does the lens not speak \
      its language? What would a tuned lens tell, and what would it leave open?
      """,
      """
      Would another token have been read there too? Think of the frequent ones, of ties, of positions \
      that are all of one kind, of one example against many.
      """,
      """
      Go through: own statistics of the norm and the last layer against the model's own logits (5.2); \
      prec@1 and surprisal over a fair sample (5.3 to 5.5); a trained lens (5.7); an intervention, \
      such as a patch, to see whether later blocks use what is there (5.8).
      """,
    ],
    interpretation: """
      A lens is a measurement of agreement: between a layer, read in one particular way, and the last \
      one. Agreement early says that the last layer's answer can be read there in that way. No \
      agreement says nothing by itself. And neither says what the blocks in between are doing.
      """,
    prompt: """
      A logit lens shows “Paris” as the top token from layer 2 of 6 on, and nothing but commas before. A \
      friend writes: “The model looks the capital up in block 2, and is idle afterwards.” What does the \
      lens show, what does it not, and what would you run next? About 150 words.
      """,
    rubric: [
      """
      1 point: says what is shown: from layer 2 on the final answer can be read off with the model's own \
      norm and unembedding, at this position of this text.
      """,
      """
      1 point: says that commas at layers 0 and 1 are no evidence of ignorance, because the lens may not \
      fit early layers, and that agreement from layer 2 on does not make later blocks idle (they may \
      write other things, sharpen or correct).
      """,
      """
      1 point: names two next steps with what each would tell, such as a tuned lens, surprisal or KL over \
      many random positions, a patch or an ablation of block 2, a check of the norm against the model's \
      own logits.
      """,
    ],
    text: LensAsks.whatALensShows)
}
