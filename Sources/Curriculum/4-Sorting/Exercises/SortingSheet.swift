public import Coursework
import SortingVocabulary

/// Sheet 4: log-probabilities, and a model that sorts.
public enum SortingSheet {
  /// The sheet as a value.
  public static let sheet = Sheet(
    number: 4, title: "Sorting",
    summary: """
      You train a transformer of one head until it sorts lists, in seconds, and take it apart \
      until nothing is left to explain. On the way: the few lines in which most training goes \
      wrong.
      """,
    goals: [
      "read log-probabilities off logits, with the shift in its place",
      "take the loss of a batch with padding",
      "split data so that no answer is on both sides",
      "tell from a loop's symptoms what is wrong with it",
      "train a model, and read its one head: pattern, query-key and output-value circuit",
      "tell a rule from a table, and what is new from what was met at another place",
    ],
    asks: SortingAsks.self,
    exercises: [
      gather, sortedHalf, paddedLoss, splitLists, brokenLoops, trainASorter, whatTheHeadReads,
      circuits, tableOrRule, nextElement, whyTheShift, howItSorts,
    ],
    figures: figures,
    otherModels: "headlight figure head-view --model MODEL draws attention of any")
}
