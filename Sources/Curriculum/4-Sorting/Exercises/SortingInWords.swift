import Coursework
import SortingVocabulary

extension SortingSheet {
  /// 4.11, open: the shift.
  static let whyTheShift = Exercise(
    open: "4.11", "In words: why one line shifts", points: 2, difficulty: 2, importance: 4,
    minutes: 15,
    hints: [
      "What has the row at position p read, and what is it asked for?",
      "Write both gathers as pairs of indices, row and token, for a sequence of your own.",
      """
      In both the row at p is asked for the token at p + 1. In 4.1 you say so; in 4.2 the cut \
      begins at MID, one before the first sorted number. And a loop without a shift learns to \
      copy: in 4.5, what did its loss do?
      """,
    ],
    interpretation: """
      The rule is one: a row is asked for what comes after what it has read. Everything else is \
      bookkeeping, which is where it goes wrong.
      """,
    prompt: """
      Why does the line of 4.1 shift and that of 4.2 not? What would a model learn from each \
      without its shift, and what would its loss look like? About 120 words.
      """,
    rubric: [
      "½ point: says that the row at position p has read up to p and predicts the token at p + 1.",
      """
      ½ point: says that the cut to the sorted half begins one row early, at MID, so that rows and \
      targets are aligned already.
      """,
      """
      ½ point: says that without the shift each row is asked for what it reads, which even a model \
      without attention can copy.
      """,
      """
      ½ point: says that the loss then falls fast and low, so that the loss does not show the \
      fault; or refers to the records of 4.5 in this sense.
      """,
    ],
    text: SortingAsks.whyTheShift)

  /// 4.12, open: the explanation of a whole model.
  static let howItSorts = Exercise(
    open: "4.12", "In words: how it sorts", points: 3, difficulty: 3, importance: 5, minutes: 20,
    hints: [
      "One sentence for where the head looks, one for what it writes, one for how you know.",
      """
      On some rows the head looks at another number than the next, and the list is sorted all the \
      same. What do the stripes beside the diagonal of the output-value picture do?
      """,
      """
      Which of your pictures would look otherwise if the model were a table of lists? And what is \
      not explained: what do the pictures leave out?
      """,
    ],
    interpretation: """
      A good explanation says what would refute it. “It attends to the next number and copies it” \
      is refuted by one list on which it looks elsewhere and is right, and the sheet's sorter has \
      some.
      """,
    prompt: """
      Explain how the trained model sorts a list it has never met. Say what you measured for each \
      part of the explanation, what does not fit, and whether the head copies or suppresses what \
      it reads. About 200 words.
      """,
    rubric: [
      """
      1 point: where it looks: at each row the least number greater than the row's own, with the \
      writer's share from 4.7 or the query-key picture.
      """,
      """
      1 point: what it writes: what is read is raised, by the diagonal of the output-value \
      picture; so it copies and does not suppress.
      """,
      "½ point: why it is a rule and no table: unmet lists or steps of two, with numbers from 4.9.",
      """
      ½ point: names something that does not fit the simple story or is left out: rows that look \
      at another number, most where two are close, and what the output-value circuit makes of \
      them; norms; positions.
      """,
    ],
    text: SortingAsks.howItSorts)
}
