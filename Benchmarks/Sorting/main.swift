// Trains sorters that differ in their seed alone, and measures what the sheet on them says: how many lists
// they sort, how often the head reads the next number, and what its output-value circuit does.
//
//     swift run -c release Sorting [number of seeds]

import Foundation
import SortingExercises
import SortingVocabulary
import Tensors
import Transformers

let seeds = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 8
print(
  "| seed | seconds | lists | steps of two | next number read | one apart | six or more apart |")
print("|---|---|---|---|---|---|---|")
var circuits: [String] = []
for seed in 0..<seeds {
  var trainer = SorterTrainer(recipe: SorterRecipe(seed: UInt64(seed)))
  let start = ContinuousClock.now
  while !trainer.isFinished { trainer.advance() }
  let seconds = (ContinuousClock.now - start) / .seconds(1)
  let sorter = trainer.sorter
  var generator = SeededGenerator(seed: 99)
  let test = sorter.lists.draw(.test, count: 5_000, using: &generator)
  let steps = sorter.lists.draw(.stepsOfTwo, count: 1_000, using: &generator)
  let reads = try readings(of: sorter, sorting: Array(test.prefix(1_000)))
  func share(_ gaps: ClosedRange<Int>) -> Double {
    let rows = reads.filter { gaps.contains($0.gap) }
    return Double(rows.count(where: \.isNext)) / Double(rows.count)
  }
  print(
    String(
      format: "| %d | %.1f | %.2f %% | %.1f %% | %.3f | %.2f | %.2f |", seed, seconds,
      100 * (try sorter.accuracy(on: test)), 100 * (try sorter.accuracy(on: steps)),
      share(1...1_000), share(1...1), share(6...999)))
  circuits.append(copying(in: sorter, seed: seed))
}
print("\n| seed | own logit raised | raised most | mean of 5 below | mean of 5 above |")
print("|---|---|---|---|---|")
print(circuits.joined(separator: "\n"))

/// Whether each row reads the next number, and how far above that the one after it is; 1,000 where there
/// is none.
func readings(
  of sorter: Sorter, sorting lists: [[Int]]
) throws -> [(isNext: Bool, gap: Int)] {
  let tokens = lists.map { sorter.lists.tokens(of: $0) }
  let pattern = try sorter.model.run(
    ModelInput(tokens: tokens), capturing: [.pattern(.blocks, 0)]
  ).trace[.pattern(.blocks, 0)]
  return lists.indices.flatMap { list in
    let sorted = lists[list].sorted()
    return sorted.indices.map { place in
      let row = sorter.lists.sortedRows.lowerBound + place
      let most = (0...row).max { pattern[list, 0, row, $0] < pattern[list, 0, row, $1] }!
      let gap = place + 1 < sorted.count ? sorted[place + 1] - sorted[place] : 1_000
      return (tokens[list][most] == sorted[place], gap)
    }
  }
}

/// A line on the output-value circuit: for how many numbers reading one raises it, for how many most of
/// all, and what it adds to the logits of its neighbours.
func copying(in sorter: Sorter, seed: Int) -> String {
  let head = sorter.head
  let circuit = head.embedding.matmul(head.value).matmul(head.output).matmul(head.unembedding)
  let numbers = 0..<sorter.lists.numbers
  let rows = numbers.map { row in numbers.map { circuit[row, $0] } }
  func mean(_ distances: ClosedRange<Int>) -> Float {
    let values = numbers.flatMap { row in
      distances.filter { numbers.contains(row + $0) }.map { rows[row][row + $0] }
    }
    return values.reduce(0, +) / Float(values.count)
  }
  return String(
    format: "| %d | %d of %d | %d | %.1f | %.1f |", seed, numbers.count { rows[$0][$0] > 0 },
    numbers.count, numbers.count { rows[$0][$0] == rows[$0].max() }, mean(-5...(-1)), mean(1...5))
}
