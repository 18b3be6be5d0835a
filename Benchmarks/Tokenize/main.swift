// A text tokenized paragraph by paragraph, timed; prints the milliseconds and how many ids there are.
//
// usage: Tokenize TOKENIZER.json TEXT [runs]

import Foundation
import Tokenizers

let arguments = CommandLine.arguments
guard arguments.count >= 3 else {
  print("usage: Tokenize TOKENIZER.json TEXT [runs]")
  exit(2)
}
let tokenizer = try Tokenizer(contentsOf: URL(fileURLWithPath: arguments[1]))
let text = try String(contentsOf: URL(fileURLWithPath: arguments[2]), encoding: .utf8)
let paragraphs = text.components(separatedBy: "\n\n")
let runs = arguments.dropFirst(3).first.flatMap { Int($0) } ?? 9
var count = 0
let times = try (0..<max(runs, 1)).map { _ in
  try ContinuousClock().measure {
    count = try paragraphs.reduce(0) {
      try $0 + tokenizer.encode($1, addingSpecialTokens: true).count
    }
  }
}
let sorted = times.map { $0 / .milliseconds(1) }.sorted()
print("tokenize \(text.utf8.count) bytes: median \(sorted[sorted.count / 2]) ms, ids \(count)")
