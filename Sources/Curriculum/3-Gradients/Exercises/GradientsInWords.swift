import Coursework
import GradientsVocabulary
import SheetTools

extension GradientsSheet {
  /// 3.10, open: what an attribution says and what it does not.
  static let whatAnAttributionSays = Exercise(
    open: "3.10", "In words: what an attribution says", points: 2, difficulty: 3, importance: 5,
    minutes: 15,
    hints: [
      "Finish the sentence “this word has 3.2” with a unit, and with “compared with …”.",
      """
      Two people explain the same prediction, both complete to the last digit, and disagree. What did \
      they choose differently? You met two such choices.
      """,
      """
      A method can be right about the model and useless to you: for instance when it answers “why \
      brun?” and you wanted to know why not “brune”. What else was never asked?
      """,
      """
      Three sentences on what it says (of this number, against this baseline, so much for each piece; \
      how a small step, or the whole way, changes it), three on what it does not (other words, other \
      sentences, how the model computes it, what a person would call a reason), each with a number of \
      yours.
      """,
    ],
    interpretation: """
      An attribution answers an exact question: this number, this point, that baseline. Most quarrels \
      about heat maps are between people who asked different questions and did not say so.
      """,
    prompt: """
      What does an attribution say, and what does it not say? Use what you measured in this sheet; \
      about 150 words.
      """,
    rubric: [
      """
      ½ point: says of which number it speaks (a logit, a log-probability, a difference of two) and in \
      which unit, and that another number or foil gives another picture.
      """,
      """
      ½ point: says that it is relative to a baseline, or for a plain gradient to a small step, and what \
      saturation does to the latter.
      """,
      """
      ½ point: says what it does not show: how the model computes, what holds for other sentences, or \
      that pieces work together so that no sharing out is the only one.
      """,
      "½ point: rests on the writer's own numbers from 3.3 to 3.9, rightly read.",
    ],
    text: GradientsAsks.whatAnAttributionSays)

  /// 3.11, open: a method and a baseline, and their defence.
  static let whichMethod = Exercise(
    open: "3.11", "In words: which would you report?", points: 2, difficulty: 4, importance: 4,
    minutes: 15,
    hints: [
      "Who reads the report, and what will they do if you are wrong?",
      "Which of your checks could your favourite have failed? One that it could not fail is no check.",
      """
      Name the gap (3.4), the baseline and what it keeps (3.5), the foil (3.6), the distance from random \
      scores (3.8) and the agreement with occlusion (3.9). For which of them do you have numbers?
      """,
      """
      “I report … of …, from …, because …. Its gap is …. On … sentences its deletion curve has the area \
      …, random scores have …. It would mislead where …. I would give it up if ….”
      """,
    ],
    interpretation: """
      There is no method that wins everywhere. What can be had is a choice made before the picture was \
      seen, a gap, a control and a sentence on where it fails. Few papers have all four.
      """,
    prompt: """
      Which method and which baseline would you report for this translator, and how would you defend \
      them against a reader who prefers attention? About 150 words.
      """,
    rubric: [
      """
      ½ point: names a method, a number that is explained and a baseline (or what is put in the place of \
      a deleted piece), and says why this baseline.
      """,
      """
      ½ point: gives evidence that could have gone against the choice: a completeness gap, curves or \
      rank correlations over several sentences.
      """,
      "½ point: compares with a control, such as random scores, and with attention, fairly.",
      "½ point: says where the choice misleads, and what would make the writer give it up.",
    ],
    text: GradientsAsks.whichMethod)
}
