package import SortingVocabulary
import Tensors
import Transformers

extension Sorter {
  /// What the model writes as the sorted half of each list, each number after the right ones before
  /// it, `[list][place]`; a mark may be among them.
  ///
  /// A list whose numbers are all right is also right when the model reads its own numbers, since
  /// the first that it gets wrong is the same.
  package func predictions(of lists: [[Int]]) throws -> [[Int]] {
    guard !lists.isEmpty else { return [] }
    let input = ModelInput(tokens: lists.map { self.lists.tokens(of: $0) })
    let run = try model.run(input, logitsAt: self.lists.sortedRows)
    let best = run.logits.argmax()
    return lists.indices.map { row in
      Array(best[(row * self.lists.length)..<((row + 1) * self.lists.length)])
    }
  }

  /// The share of lists of which every number is right.
  package func accuracy(on lists: [[Int]]) throws -> Double {
    let right = zip(try predictions(of: lists), lists).count { $0 == $1.sorted() }
    return Double(right) / Double(max(lists.count, 1))
  }
}
