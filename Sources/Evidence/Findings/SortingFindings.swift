import Interpretability
import SortingExercises
import SortingVocabulary
import Tensors
import Transformers

extension Finding {
  static let sortingFindings = [sorts, sorterSuppresses]

  private static let shape = "one layer of one head, width 128"

  /// A head that sorts.
  private static let sorts = Finding(
    name: "sorting-head", title: "One head learns to sort by looking at the next number", sheet: 4,
    paper: Paper(
      "Bagiński and Kolly", "One Attention Head Is All You Need for Sorting Fixed-Length Lists",
      2023,
      "alignmentjam.com/project/one-attention-head-is-all-you-need-for-sorting-fixed-length-lists"),
    published: [
      PublishedFigure("100 % of held-out lists after 2,100 batches of 128", of: shape, level: 1),
      PublishedFigure(
        "the head almost always attends to the smallest number greater than the current one",
        of: shape),
    ],
    measured: "The share of 1,000 lists whose numbers were never learned together that are sorted "
      + "without a mistake, and of their rows in which the greatest weight is on the next number.",
    rule: Rule(.above(0.99, "lists sorted"), .above(0.5, "rows that look at the next number")),
    version: 1, asks: [.sorter], needs: "a model that sorts"
  ) { subject in
    let sorter = try subject.trainedSorter()
    var generator = SeededGenerator(seed: 77)
    let lists = sorter.lists.draw(.test, count: 1_000, using: &generator)
    let right = zip(try sorter.predictions(of: lists), lists).map { $0 == $1.sorted() }
    let reads = try sorter.readings(of: lists)
    return [
      try .share("lists sorted", of: right, "lists"),
      try .mean("rows that look at the next number", of: reads, "lists"),
    ]
  }

  /// Whether the sorting head suppresses.
  private static let sorterSuppresses = Finding(
    name: "sorting-suppression", title: "Copy suppression emerges in sorters", sheet: 4,
    paper: Paper(
      "Urdshals and Urdshals", "Structure Development in List-Sorting Transformers", 2025,
      "arXiv:2501.18666"),
    published: [
      PublishedFigure(
        "heads split the vocabulary, or one of them suppresses what another copies",
        of: "one layer of attention alone, several heads")
    ],
    measured: "The share of the 64 numbers whose own entry of the OV circuit is negative.",
    rule: Rule(.above(0.5, "own entry negative")), version: 1, asks: [.sorter],
    needs: "a model that sorts"
  ) { subject in
    let head = try subject.trainedSorter().head
    let circuit = head.embedding.matmul(head.value).matmul(head.output).matmul(head.unembedding)
    return [
      try .share("own entry negative", of: (0..<64).map { circuit[$0, $0] < 0 }, "numbers")
    ]
  }
}

extension MeasuredModel {
  /// The sorter of the seed, trained by the sheet's recipe.
  func trainedSorter() throws -> Sorter {
    var trainer = SorterTrainer(recipe: SorterRecipe(seed: seed))
    while !trainer.isFinished {
      if trainer.step % 50 == 0 { try check() }
      trainer.advance()
    }
    return trainer.sorter
  }
}

extension Sorter {
  /// For each list the share of rows that predict a number in which the greatest weight is on it.
  fileprivate func readings(of lists: [[Int]]) throws -> [Double] {
    let tokens = lists.map { self.lists.tokens(of: $0) }
    let point = HookPoint.pattern(.blocks, 0)
    let pattern = try model.run(ModelInput(tokens: tokens), capturing: [point], logitsAt: 0..<1)
      .trace[point]
    return lists.indices.map { row in
      let sorted = lists[row].sorted()
      let rows = Array(self.lists.sortedRows)
      let hits = rows.indices.count { place in
        let weights = (0...rows[place]).map { pattern[row, 0, rows[place], $0] }
        let key = weights.indices.max { weights[$0] < weights[$1] }!
        return tokens[row][key] == sorted[place]
      }
      return Double(hits) / Double(rows.count)
    }
  }
}
