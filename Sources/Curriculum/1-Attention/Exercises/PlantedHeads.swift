import AttentionVocabulary
import Tensors

/// Heads whose scores are known without adding up attention: every row shares its attention evenly
/// over keys that are listed.
struct PlantedHeads {
  private struct Text {
    var tokens: [Int]
    var isRead: [Bool]
    var object: Int?
    /// The keys that every row reads, `[head][query]`.
    var reads: [[[Int]]]
  }

  private let planted: [Text]

  init(using generator: inout SeededGenerator) {
    let length = Int.random(in: 13...15, using: &generator)
    // Filled up in front, behind and not at all; the second text is the shortest.
    let room = [(0, 0), (4, 0), (0, 3), (2, 0)]
    planted = room.enumerated().map { number, room in
      let places = room.0..<(length - room.1)
      var tokens = [Int](repeating: 1, count: length)
      // More than twice as many places as tokens: one of them stands there three times at least.
      for place in places { tokens[place] = Int.random(in: 20..<24, using: &generator) }
      let last = places.upperBound - 1
      let object = number == 0 ? nil : Int.random(in: places.dropLast(2), using: &generator)
      func rows(_ keys: (Int) -> [Int]) -> [[Int]] {
        tokens.indices.map { row in
          // What padding reads is nobody's attention.
          guard places.contains(row) else { return [max(row - 1, 0), row] }
          let keys = keys(row).filter { places.contains($0) && $0 <= row }
          return keys.isEmpty ? [row] : keys
        }
      }
      func copies(_ row: Int) -> [Int] { (0..<row).filter { tokens[$0] == tokens[row] } }
      let reads = [
        rows { [$0 - 1] },
        rows(copies),
        rows { row in copies(row).map { $0 + 1 } },
        rows { row in row == last ? object.map { [$0] } ?? [] : [places.lowerBound] },
        rows { Array(places.lowerBound...$0) },
        rows { _ in
          Array(places.shuffled(using: &generator).prefix(Int.random(in: 2...5, using: &generator)))
        },
      ]
      return Text(
        tokens: tokens, isRead: tokens.indices.map(places.contains), object: object, reads: reads)
    }
  }

  /// The texts as they are asked about.
  var texts: [ReadText] {
    planted.map { text in
      let length = text.tokens.count
      var pattern = Tensor.zeros([text.reads.count, length, length])
      for (head, rows) in text.reads.enumerated() {
        for (query, keys) in rows.enumerated() {
          for key in Set(keys) { pattern[head, query, key] = 1 / Float(Set(keys).count) }
        }
      }
      return ReadText(
        pattern: pattern, tokens: text.tokens, isRead: text.isRead, indirectObject: text.object)
    }
  }

  var scores: HeadScores {
    /// Over the rows with something to find: the mean share of the row's keys that are among it.
    func score(_ wanted: (Text, Int) -> Set<Int>) -> [Float] {
      planted[0].reads.indices.map { head in
        var shares: [Double] = []
        for text in planted {
          for row in text.tokens.indices where text.isRead[row] {
            let wanted = wanted(text, row).filter { text.isRead[$0] }
            let keys = Set(text.reads[head][row])
            guard !wanted.isEmpty else { continue }
            shares.append(Double(wanted.intersection(keys).count) / Double(keys.count))
          }
        }
        return shares.isEmpty ? 0 : Float(shares.reduce(0, +) / Double(shares.count))
      }
    }
    func copies(_ text: Text, _ row: Int) -> [Int] {
      (0..<row).filter { text.isRead[$0] && text.tokens[$0] == text.tokens[row] }
    }
    return HeadScores(
      previousToken: score { $1 > 0 ? [$1 - 1] : [] },
      duplicateToken: score { Set(copies($0, $1)) },
      induction: score { text, row in Set(copies(text, row).map { $0 + 1 }) },
      indirectObject: score { text, row in
        row == text.isRead.lastIndex(of: true) ? Set([text.object].compactMap { $0 }) : []
      })
  }
}
