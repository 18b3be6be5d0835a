// A model view of 12 layers × 12 heads over 20 tokens, as PNG, from process start to bytes.

import Figures
import Foundation
import Tensors

var generator = SeededGenerator(seed: 0)
let tokens = (0..<20).map { "token\($0)" }
let layers = (0..<12).map { _ in
  (Tensor.randomNormal([12, 20, 20], standardDeviation: 2, using: &generator)).softmax()
}
let page = ModelView(layers, queries: tokens, keys: tokens, title: "12 × 12 heads")
try page.write(to: URL(fileURLWithPath: CommandLine.arguments.last!))
