import Figures
import Foundation
import Tensors
import XCTest

/// A colour as `0xRRGGBB`.
func hex(_ colour: Colour) -> UInt32 {
  [colour.red, colour.green, colour.blue].reduce(0) { $0 << 8 | UInt32(($1 * 255).rounded()) }
}

/// Attention that sums to one in every row and differs from head to head, `[head, query, key]`.
func attention(heads: Int, queries: Int, keys: Int) -> Tensor {
  var values: [Float] = []
  for head in 0..<heads {
    for query in 0..<queries {
      let row = (0..<keys).map { key in
        exp(2 * sin(Float(head * 31 + query * 7 + key * 3)) + (key == query ? 2 : 0))
      }
      let sum = row.reduce(0, +)
      values += row.map { $0 / sum }
    }
  }
  return Tensor(values, shape: [heads, queries, keys])
}

/// So many different tokens, as T5 spells them.
func tokens(_ count: Int) -> [String] {
  let words = ["▁The", "▁small", "▁brown", "▁dog", "▁ran", "▁under", "▁a", "▁table", "s", "."]
  return (0..<count).map { words[$0 % words.count] }
}

/// So many tokens that are hard to draw.
func hostileTokens(_ count: Int) -> [String] {
  let words = [
    "", " ", "supercalifragilisticexpialidociously", "\u{1B}[31mred\u{7}", "\u{0}", "中国",
    "e\u{301}\n", String(repeating: "W", count: 5000), "👩‍👩‍👧", "\u{202E}evil", "عربى", "\t",
  ]
  return (0..<count).map { words[$0 % words.count] }
}

/// What an expression throws, as a sentence.
func sentence<T>(
  _ body: @autoclosure () throws -> T, file: StaticString = #filePath, line: UInt = #line
) -> String {
  do {
    _ = try body()
  } catch {
    return String(describing: error)
  }
  XCTFail("nothing was thrown", file: file, line: line)
  return ""
}
