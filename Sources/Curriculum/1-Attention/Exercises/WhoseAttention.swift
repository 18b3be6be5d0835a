import AttentionVocabulary
import Coursework
import Foundation
import Laboratory
import SheetTools
import Tensors
import Transformers

extension AttentionSheet {
  /// Whose a map is, and what makes it hard to tell.
  struct MapKey {
    /// What an encoder's map has that invites a wrong answer.
    enum Trap {
      case none, padded, hardlyLooksAhead, oneHeadLooksAhead
    }
    var origin: MapOrigin
    var trap = Trap.none
  }

  /// 1.3: maps without names, told apart by their numbers.
  static let whoseAttention = Exercise(
    "1.3", "Whose attention is this?", points: 3, difficulty: 2, importance: 4, minutes: 15,
    hints: [
      """
      Rows ask, columns are looked at. In which of the three kinds do rows and columns stand for \
      different sentences?
      """,
      """
      A map that is not square can only be cross-attention. It may be higher than wide or wider \
      than high. In the cases here, no cross-attention is square.
      """,
      """
      The decoder may not look ahead: the score of a later position is −∞ before the softmax, and \
      e^−∞ is 0, exactly, in every head. The encoder may look ahead. It may do so hardly at all, or \
      in one head only, and a column of 0 may be mere padding.
      """,
      """
      Take `map.shape[1]` rows and `map.shape[2]` columns. If they differ, it is `.cross`. Else \
      look at `map[h, i, j]` for all heads h, all i and all j > i: if every one of them equals 0 it \
      is `.decoder`, and if a single one does not, `.encoder`.
      """,
    ],
    interpretation: """
      You have told the three apart by what they may see, not by what they look like. The shape \
      alone settles little: when source and target happen to have the same length, \
      cross-attention is as square as the encoder's, and no number in it says so. Then you need \
      more: the name of the hook, or a second sentence of another length. And “almost zero” is \
      another thing than zero: one is a habit that the model learned, the other a rule that it \
      cannot break.
      """,
    cases: { generator in
      [
        try translatorMaps(using: &generator), try longTargetMaps(using: &generator),
        try paddedMaps(using: &generator), plantedMaps(using: &generator),
        tinyMaps(using: &generator),
      ]
    },
    parts: [Part(AttentionAsks.origin) { key in Judgement { judge($0, key) } }])

  private static func judge(_ answer: [MapOrigin], _ key: [MapKey]) -> Verdict {
    guard answer.count == key.count else {
      return .invalid("an answer is needed for every map")
    }
    let wrong = answer.indices.filter { answer[$0] != key[$0].origin }
    guard let first = wrong.first else { return .passed("every map is named right") }
    let detail = "map \(first + 1) is \(key[first].origin), not \(answer[first])"
    let extent =
      Set(answer).count == 1
      ? "every map has the same answer" : "\(wrong.count) of \(key.count) maps are named wrong"
    return .failed(
      "\(extent): \(reason(answer[first], instead: key[first]))",
      detail: detail)
  }

  private static func reason(_ answer: MapOrigin, instead key: MapKey) -> String {
    switch (key.origin, key.trap, answer) {
    case (.cross, _, _):
      """
      a map whose rows and columns differ in number is cross-attention, whichever is longer and \
      whatever lies above the diagonal
      """
    case (_, _, .cross):
      """
      a square map is called cross-attention; compare rows with columns, the last two axes, for \
      the first axis counts heads
      """
    case (.decoder, _, _):
      """
      a decoder's map is called an encoder's; column j of row i lies above the diagonal when \
      j > i, and there a decoder has 0 in every head and every row
      """
    case (.encoder, .padded, _):
      """
      an encoder's map with padding is called a decoder's; columns of 0 are padding, so one corner \
      proves nothing: look at everything above the diagonal
      """
    case (.encoder, .hardlyLooksAhead, _):
      """
      a map that hardly looks ahead is called a decoder's; a mask leaves exactly 0, so small is \
      not enough
      """
    case (.encoder, .oneHeadLooksAhead, _):
      """
      a map in which only some heads look ahead is called a decoder's; a mask binds every head of \
      a layer, so look at all of them
      """
    case (.encoder, .none, _):
      """
      an encoder's map is called a decoder's; a decoder has 0 everywhere above the diagonal, and \
      not only in places
      """
    }
  }
}
