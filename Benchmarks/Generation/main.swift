// A model of a directory, timed: 40 tokens after a prompt, each the most probable, with the keys and
// values of earlier ones kept. Loading is not timed; `headlight generate` shows the time from process
// start to the first token.
//
// usage: Generation DIR ID,ID,… [runs]

import Checkpoints
import Foundation
import Tensors
import Transformers

let arguments = Array(CommandLine.arguments.dropFirst())
let prompt = arguments.dropFirst().first?.split(separator: ",").compactMap { Int($0) } ?? []
guard arguments.count >= 2, !prompt.isEmpty else {
  fatalError("usage: Generation DIR ID,ID,… [runs]")
}
let runs = max(arguments.count > 2 ? Int(arguments[2]) ?? 5 : 5, 1)

let model = try Transformer(directory: URL(fileURLWithPath: arguments[0]))
let times = try (0..<(runs + 1)).map { _ in
  try ContinuousClock().measure {
    let new = try model.generate(from: prompt, maximumNewTokens: 40, search: .greedy)
    precondition(new.count == 40, "\(new.count) tokens came and no more; take another prompt")
  }
}
let sorted = times.dropFirst().map { $0 / .milliseconds(1) }.sorted()
print("40 tokens: median \(sorted[runs / 2]) ms, least \(sorted[0]) ms, n=\(runs)")
