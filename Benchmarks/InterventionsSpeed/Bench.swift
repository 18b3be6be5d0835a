import Interventions
import Tensors
import Transformers

/// What is timed.
enum BenchmarkTask: String, CaseIterable {
  /// A clean residual state put into a corrupted run, every layer and position, one pair of texts.
  case residualSmall = "residual-small"
  case residualGPT2 = "residual-gpt2"
  /// Every head's mixed values, at all positions at once.
  case headsSmall = "heads-small"
  /// Path patching from every head and MLP to the logits, 64 pairs.
  case pathsSmall = "paths-small"
  /// Causal tracing of one fact, every layer and position, ten samples of noise on tokens 1 and 2.
  case tracingGPT2 = "tracing-gpt2"

  var isSmall: Bool { rawValue.hasSuffix("small") }
}

/// A model, its texts, and one of the tasks.
struct Bench {
  let task: BenchmarkTask
  let model: Transformer
  let clean: ModelInput
  let corrupted: ModelInput

  static let length = 16

  init(_ task: BenchmarkTask) {
    self.task = task
    let (layers, heads, width) = task.isSmall ? (6, 8, 128) : (12, 12, 768)
    let vocabulary = task.isSmall ? 2_000 : 50_257
    var generator = SeededGenerator(seed: 0)
    model = Transformer(
      configuration: .gpt2(
        vocabularySize: vocabulary, width: width,
        decoder: .init(
          layerCount: layers, headCount: heads, headWidth: width / heads,
          feedForwardWidth: 4 * width), positions: 256, startToken: 0, endToken: nil),
      using: &generator)
    func texts(_ count: Int) -> ModelInput {
      ModelInput(
        tokens: (0..<count).map { _ in
          (0..<Self.length).map { _ in Int.random(in: 0..<vocabulary, using: &generator) }
        })
    }
    clean = texts(task == .pathsSmall ? 64 : 1)
    corrupted = texts(task == .pathsSmall ? 64 : 1)
  }

  func run(_ options: SweepOptions) throws {
    let metric = Metric.logitDifference([5], against: [6])
    switch task {
    case .residualSmall, .residualGPT2, .headsSmall:
      let patching = try ActivationPatching(
        model, clean: clean, corrupted: corrupted, metric: metric)
      _ = try patching.effects(of: task == .headsSmall ? .head : .residual, options: options)
    case .pathsSmall:
      _ = try PathPatching(model, clean: clean, corrupted: corrupted, metric: metric)
        .outcome(options: options)
    case .tracingGPT2:
      _ = try CausalTracing(model, clean, subject: [1, 2], answer: 5)
        .outcome(of: .residual, options: options)
    }
  }

  /// The products of a task that no run can share with another: rows, and the shape of the weight
  /// they meet, `[n, k]`.
  private var products: [(rows: Int, n: Int, k: Int)] {
    let stack = model.configuration.decoder!
    let (layers, heads, d) = (stack.layerCount, stack.headCount, model.configuration.width)
    let n = Self.length
    func mlp(_ rows: Int) -> [(rows: Int, n: Int, k: Int)] { [(rows, 4 * d, d), (rows, d, 4 * d)] }
    func block(_ rows: Int) -> [(rows: Int, n: Int, k: Int)] {
      [(rows, 3 * d, d), (rows, d, d)] + mlp(rows)
    }
    /// The last block: keys and values of all rows, the rest where logits are read.
    func last(_ rows: Int, _ read: Int) -> [(rows: Int, n: Int, k: Int)] {
      [(rows, 2 * d, d), (read, d, d), (read, d, d)] + mlp(read)
    }
    var found: [(rows: Int, n: Int, k: Int)] = []
    for layer in 0..<layers {
      let isLast = layer == layers - 1
      switch task {
      case .residualSmall, .residualGPT2, .tracingGPT2:
        let first = task == .tracingGPT2 ? 1 : 0
        let trials = (task == .tracingGPT2 ? 10 : 1) * (n - first) * (layer + 1)
        // A patched position and those behind it, on average.
        let rows = trials * (n - first + 1) / 2
        found += isLast ? last(rows, trials) : block(rows)
      case .headsSmall:
        let own = isLast ? heads : heads * n
        let before = layer * heads
        found.append((own, d, d))
        found += mlp(own)
        found += isLast ? last(before * n, before) : block(before * n)
      case .pathsSmall:
        // Attention is held: only what MLPs make of it at the last position is new.
        let senders = (layer + 1) * heads + layer
        found.append((64 * heads, d, d))
        found += mlp(64 * senders)
      }
    }
    return found
  }

  /// Multiplies as much as the task must, into memory that is already there.
  func prepareProducts() -> () -> Void {
    let products = products
    let chunk = 2048
    let greatest = 4 * model.configuration.width
    let x = Tensor(repeating: 0.5, shape: [chunk, greatest])
    var out = Tensor(repeating: 0, shape: [chunk, greatest])
    // Layers have weights of their own: the same one again would lie in the cache.
    let weights = products.map { Tensor(repeating: 0.01, shape: [$0.n, $0.k]) }
    return {
      let input = x.withUnsafeValues { $0.baseAddress! }
      let result = out.withUnsafeMutableValues { $0.baseAddress! }
      for (product, weight) in zip(products, weights) {
        for start in stride(from: 0, to: product.rows, by: chunk) {
          BLAS.multiplyInParallel(
            .init(input, stride: product.k),
            .init(weight.withUnsafeValues { $0.baseAddress! }, stride: product.k, transposed: true),
            into: result, stride: product.n, m: min(chunk, product.rows - start), n: product.n,
            k: product.k)
        }
      }
    }
  }
}
