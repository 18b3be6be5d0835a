import Coursework
import IdiomsVocabulary

extension IdiomsSheet {
  /// 7.12, open: the design of a study, and what its title may say.
  static let theTitleInWords = Exercise(
    open: "7.12", "In words: what may the title say?", points: 4, difficulty: 4, importance: 5,
    minutes: 25,
    hints: [
      """
      “Idiom heads” says two things: that these heads do something, and that they do it for idioms. \
      Which number of this sheet speaks of the first, which of the second?
      """,
      """
      What would another explanation predict? A head that attends to the sentence's end, a head that \
      serves all sentences, a table of frequent triples.
      """,
      """
      Think of the order in which things were done: a score was made, heads were chosen by it, then \
      ablated. What should be chosen first, and on which sentences?
      """,
      """
      Go through: controls (literal uses, random spans of the same length and place), an intervention as \
      the measure, heads chosen on one half of the idioms and tested on the other, intervals over \
      sentences and over heads, a second model, and what the reader shows against the thesis.
      """,
    ],
    interpretation: """
      A score is a proposal. What makes it an importance is an intervention, and what makes it one \
      *for idioms* is a control that has everything but the idiom. The title may say what both of them \
      have shown, and in which model.
      """,
    prompt: """
      A thesis scores heads by attention to idioms, calls the best three “idiom heads”, and finds that \
      ablating them changes accuracy from 55.49 to 55.63 %, while its score on idioms and on literal \
      paraphrases correlates with 0.96. In the reader the three best-scored heads are as needed as any, \
      on literal sentences too. How would you have designed the thesis, and what may its title say? \
      About 200 words.
      """,
    rubric: [
      """
      1 point: says that a score of attention is no importance, and that the thesis's own ablation \
      speaks against its heads; importance has to be measured by an intervention.
      """,
      """
      1 point: says that specificity needs a control that lacks only the idiom (literal uses, random \
      spans of the same length and place), and that 0.96 means the score does not separate them.
      """,
      """
      1 point: designs: heads chosen on some idioms and tested on others, groups and pairs as well as \
      single heads, zero and mean, intervals over sentences and heads, more than one model or seed.
      """,
      """
      1 point: does not take the reader as proof of the opposite (one head, used by all sentences, in \
      one small model), and gives a title that claims no more than was shown.
      """,
    ],
    text: IdiomsAsks.whatTheTitleMaySay)
}
