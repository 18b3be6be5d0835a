import Coursework
import PatchscopesVocabulary

extension PatchscopesSheet {
  /// 6.12, open: what a patch shows and what it can invent.
  static let whatPatchesShow = Exercise(
    open: "6.12", "In words: what a patch can invent", points: 4, difficulty: 3, importance: 5,
    minutes: 20,
    hints: [
      "A fact is held at two places. What does restoring one show, and what does corrupting one?",
      """
      A prompt about capitals is given the state of a chair. It answers with a capital. Where does that \
      come from?
      """,
      """
      Go through who could know the answer besides the state: the prompt, the target model, the map, the \
      blocks that still follow. For each there is a control.
      """,
      """
      Controls: the prompt without a patch; states of other subjects; shuffled labels; a map fitted on \
      shuffled pairs; an intervention in the source run that takes away what was read.
      """,
    ],
    interpretation: """
      A patch is an experiment on the target run. What it says of the source state is an inference, and \
      its weakest link is everything between the state and the answer.
      """,
    prompt: """
      A report says: “Restoring the state of ‘France’ at layer 1 brings back 80 % of the answer, and a \
      Patchscope reads ‘Paris’ out of it there. So the model has computed the capital at layer 1.” Explain \
      why restoring is not corrupting, what the Patchscope may have invented, and what you would run to \
      find out. About 200 words.
      """,
    rubric: [
      """
      1 point: says that restoring shows what suffices and corrupting what is needed, with a case in \
      which they differ (two copies; two states that have to come together).
      """,
      """
      1 point: says that a restored state of the subject may suffice because later blocks look the \
      capital up: that the answer comes back does not say where it was computed.
      """,
      """
      1 point: names where a Patchscope's answer may come from besides the state: the prompt's own \
      expectation, the target model's knowledge or later blocks, a trained map.
      """,
      """
      1 point: names two controls with what each would tell, such as no patch, other subjects, shuffled \
      labels, a map of shuffled pairs, corrupting as well as restoring, several seeds of noise.
      """,
    ],
    text: PatchscopesAsks.whatPatchesShow)
}
