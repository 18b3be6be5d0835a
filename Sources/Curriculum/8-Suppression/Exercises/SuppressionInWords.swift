import Coursework
import SuppressionVocabulary

extension SuppressionSheet {
  /// 8.12, open: what a negative head is for, and how one would know.
  static let inWords = Exercise(
    open: "8.12", "In words: is a negative head bad?", points: 4, difficulty: 3, importance: 5,
    minutes: 20,
    hints: [
      """
      “On the average it lowers the right token.” What else does it lower at the same time, and when the \
      loss is asked, which of the two counts?
      """,
      """
      A head can be useful for itself (8.5), or as a counterweight that others have learned to reckon \
      with (8.8). Which experiment tells the two apart?
      """,
      """
      “This is all it does” is a claim about what is left. Which of your numbers is about what is left, \
      on which texts, at which K's, against which other heads?
      """,
    ],
    interpretation: """
      A negative direct effect on the true token is compatible with a lower loss, for the head lowers \
      wrong candidates too: calibration is paid for in logits. And no single number shows that a head \
      does nothing else. What convinces is a claim that could have failed: few tokens kept and most of the \
      head recovered, other heads not, on texts that were not chosen for it, and what is left over looked at \
      and found to be nothing in particular.
      """,
    prompt: """
      Your survey finds a head whose mean direct effect on the true next token is clearly negative. A friend \
      wants to prune it: “It only makes the model worse.” Is a negative head bad? And if you claim that \
      copy suppression is all it does, what would convince you, and what would prove you wrong? About 200 \
      words, with numbers of your own from this sheet.
      """,
    rubric: [
      """
      1 point: says why a negative mean effect on the true token is no harm by itself: the head lowers \
      what is over-predicted, true and wrong tokens alike, and the loss (or calibration) can be better with it; a \
      loss change by token or over a corpus is named.
      """,
      """
      1 point: says that the direct effect is not what is lost: later parts answer to the head's absence, so \
      that neither a small nor a large loss under ablation measures the head by itself.
      """,
      """
      1 point: names evidence for “this is all it does”: what is recovered when only copy suppression is kept, \
      with its K's, beside other heads and over texts not chosen for it; and the circuits with the \
      effective embedding.
      """,
      """
      1 point: names what would refute it: a behaviour on other texts, a remainder with structure, \
      attention that the prediction does not explain (the start, the perpendicular query), with a \
      number of one's own.
      """,
    ],
    text: SuppressionAsks.isANegativeHeadBad)
}
