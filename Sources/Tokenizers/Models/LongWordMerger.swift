/// Merges the tokens of a long word, best pair first, in time n log n.
struct LongWordMerger {
  private var tokens: [Int]
  private var next: [Int]
  private var previous: [Int]
  private let merges: MergeTable
  /// Pairs that may merge, in a heap: the rank, then the position of the left token.
  private var queue: [(rank: UInt64, position: Int, id: Int)] = []

  init(_ ids: ArraySlice<Int>, _ merges: MergeTable) {
    tokens = Array(ids)
    next = Array(1...ids.count)
    previous = Array(-1..<(ids.count - 1))
    self.merges = merges
  }

  /// What is left of the tokens.
  var ids: [Int] { tokens.filter { $0 >= 0 } }

  mutating func run() {
    for position in 0..<(tokens.count - 1) { offer(position) }
    while let (_, position, id) = pop() {
      // An entry is out of date when either token has merged since.
      guard tokens[position] >= 0, next[position] < tokens.count else { continue }
      let right = next[position]
      let merge = merges.merge(tokens[position], tokens[right])
      guard merge != .max, Int(merge & 0xFFFF_FFFF) == id else { continue }
      tokens[position] = id
      tokens[right] = -1
      next[position] = next[right]
      if next[right] < tokens.count { previous[next[right]] = position }
      if previous[position] >= 0 { offer(previous[position]) }
      offer(position)
    }
  }

  private mutating func offer(_ position: Int) {
    guard next[position] < tokens.count else { return }
    let merge = merges.merge(tokens[position], tokens[next[position]])
    guard merge != .max else { return }
    var child = queue.count
    queue.append((merge >> 32, position, Int(merge & 0xFFFF_FFFF)))
    while child > 0, isBefore(child, (child - 1) / 2) {
      queue.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  private mutating func pop() -> (rank: UInt64, position: Int, id: Int)? {
    guard let last = queue.popLast() else { return nil }
    guard let first = queue.first else { return last }
    queue[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in (2 * parent + 1)...(2 * parent + 2)
      where child < queue.count && isBefore(child, least) {
        least = child
      }
      guard least != parent else { return first }
      queue.swapAt(least, parent)
      parent = least
    }
  }

  private func isBefore(_ first: Int, _ second: Int) -> Bool {
    (queue[first].rank, queue[first].position) < (queue[second].rank, queue[second].position)
  }
}
