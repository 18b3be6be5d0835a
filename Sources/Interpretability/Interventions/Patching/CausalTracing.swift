public import Tensors
public import Transformers

/// Causal tracing: noise on the subject's embeddings spoils an answer; putting back one clean state,
/// or one layer's output in a window of blocks, brings it back where the fact passes.
///
/// Meng et al., "Locating and Editing Factual Associations in GPT", 2022.
public struct CausalTracing: Sendable {
  /// What is put back.
  public enum Part: String, Sendable, Codable, CaseIterable {
    /// The residual stream before a block.
    case residual
    /// What attention adds to it.
    case attention
    /// What MLPs add to it.
    case mlp
  }

  /// The model, of one stack or an encoder–decoder, whose source then holds the subject.
  public var model: Transformer
  /// A batch of one.
  public var input: ModelInput
  /// The tokens of the subject.
  public var subject: [Int]
  /// The token that is asked for at the last position.
  public var answer: Int
  /// How many deviations of all embedding entries the noise has.
  public var noise: Float
  /// How many times noise is drawn; each draw serves all restorations.
  public var samples: Int
  /// Decides the noise.
  public var seed: UInt64

  /// A fact and its subject.
  public init(
    _ model: Transformer, _ input: ModelInput, subject: [Int], answer: Int, noise: Float = 3,
    samples: Int = 10, seed: UInt64 = 0
  ) {
    self.model = model
    self.input = input
    self.subject = subject
    self.answer = answer
    self.noise = noise
    self.samples = samples
    self.seed = seed
  }

  /// What came of a tracing.
  public struct Outcome: Sendable, Codable {
    /// The answer's probability without noise.
    public let clean: Float
    /// With noise and nothing put back, for every sample.
    public let corrupted: [Float]
    /// With one state put back, the mean over samples, `[layer, position]`.
    public let probability: Tensor
    /// For every sample, `[sample, layer, position]`.
    public let samples: Tensor
  }

  /// The draws of noise, `[sample, subject token, width]`.
  public var draws: Tensor {
    let entries = model.embedding.values
    let mean = entries.reduce(0.0) { $0 + Double($1) } / Double(entries.count)
    let variance =
      entries.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
      / Double(entries.count)
    let deviation = Float(variance.squareRoot()) * model.configuration.embeddingScale
    var generator = SeededGenerator(seed: seed)
    return .randomNormal(
      [samples, subject.count, model.configuration.width], standardDeviation: noise * deviation,
      using: &generator)
  }

  /// The blocks of a window around one, as the paper centres it: ⌊window/2⌋ before it, the rest from
  /// it on, cut at the ends.
  public static func blocks(around layer: Int, window: Int, of count: Int) -> Range<Int> {
    max(0, layer - window / 2)..<min(count, layer + (window + 1) / 2)
  }

  /// The answer's probability with each state put back.
  ///
  /// - Parameters:
  ///   - part: What is put back.
  ///   - window: In how many blocks at once, for attention and MLPs.
  ///   - stack: In which stack; nil means the one that reads the subject.
  /// - Throws: ``SweepError``, and what running the model throws.
  public func outcome(
    of part: Part, window: Int = 1, in stack: StackName? = nil,
    options: SweepOptions = SweepOptions(),
    progress: @Sendable (SweepProgress) -> Bool = { _ in true }
  ) throws -> Outcome {
    guard samples > 0 else { throw SweepError.empty("samples of noise") }
    guard !subject.isEmpty else { throw SweepError.empty("tokens of the subject") }
    precondition(window >= 1, "a window has at least one block, not \(window)")
    precondition(input.tokens.count == 1, "a tracing takes a batch of one")
    let configuration = model.configuration
    let length = input.tokens[0].count
    for position in subject where !(0..<length).contains(position) {
      throw SweepError.position(position, count: length, what: "a token of the subject")
    }
    let name = stack ?? configuration.stacks[0].name
    guard let layers = configuration.stacks.first(where: { $0.name == name })?.stack.layerCount
    else {
      _ = try Capture.points([.residualPre(name, 0)]).points(in: configuration)
      throw SweepError.empty("layers")
    }
    func point(_ layer: Int) -> HookPoint {
      switch part {
      case .residual: .residualPre(name, layer)
      case .attention: .block(name, layer, .attentionOut(.own))
      case .mlp: .block(name, layer, .mlpOut)
      }
    }
    let metric = Metric.probability(of: [answer])
    let clean = try model.run(
      input, capturing: .points(Set((0..<layers).map(point))), logitsAt: 0..<1
    ).trace
    let many = input.rows(Array(repeating: 0, count: samples))
    let draws = draws
    let base = (0..<samples).map { sample in
      Trial(
        row: sample,
        [Change(Site(.embedding, positions: subject), .add(draws[at: sample]))])
    }
    // A decoder's state before the first spoilt token is clean as it is.
    let isCausal = configuration.encoder == nil
    let places = name == .decoder ? input.decoderTokens![0].count : length
    let first = isCausal ? subject.min()! : 0
    let cells = (0..<layers).flatMap { layer in (first..<places).map { (layer, $0) } }
    let trials = try (0..<samples).flatMap { sample in
      try cells.map { layer, position in
        let blocks =
          part == .residual
          ? layer..<(layer + 1) : Self.blocks(around: layer, window: window, of: layers)
        return Trial(
          row: sample,
          try blocks.map {
            Change(
              Site(point($0), positions: [position]),
              .replace(with: try clean[point($0)], row: 0))
          })
      }
    }
    let results = try Sweep(trials, metric: metric, base: base)
      .run(on: model, many, options: options, progress: progress)
    let values = try results.numbers(options)
    let corrupted = results.clean.map(\.average)
    var found = Tensor.zeros([samples, layers, places])
    for sample in 0..<samples {
      for layer in 0..<layers {
        for position in 0..<first { found[sample, layer, position] = corrupted[sample] }
      }
      for (index, cell) in cells.enumerated() {
        found[sample, cell.0, cell.1] = values[sample * cells.count + index]
      }
    }
    return Outcome(
      clean: try metric.values(on: model, input)[0].average, corrupted: corrupted,
      probability: found.mean(axis: 0), samples: found)
  }
}

/// Attention knockout: what becomes of an answer when a query may not attend to some keys, in a
/// window of blocks.
///
/// Geva et al., "Dissecting Recall of Factual Associations in Auto-Regressive Language Models", 2023.
public struct AttentionKnockout: Sendable {
  /// The model.
  public var model: Transformer
  /// What it reads.
  public var input: ModelInput
  /// What is read of every run.
  public var metric: Metric

  /// Texts and a metric.
  public init(_ model: Transformer, _ input: ModelInput, metric: Metric) {
    self.model = model
    self.input = input
    self.metric = metric
  }

  /// The metric with blocks l … min(l + window, L) − 1 cut, for every l; `[row, layer]`.
  ///
  /// - Parameters:
  ///   - queries: The positions that may not attend.
  ///   - keys: To these positions; the source's for cross-attention.
  ///   - stack: Where; nil means the last stack.
  /// - Returns: The metric of the run without changes by row, and of the runs with.
  /// - Throws: ``SweepError``, and what running the model throws.
  public func outcome(
    from queries: [Int], to keys: [Int], window: Int = 1, in stack: StackName? = nil,
    _ kind: AttentionKind = .own, options: SweepOptions = SweepOptions(),
    progress: @Sendable (SweepProgress) -> Bool = { _ in true }
  ) throws -> (clean: [Float], cut: Tensor) {
    precondition(window >= 1, "a window has at least one block, not \(window)")
    let stacks = model.configuration.stacks
    let name = stack ?? stacks[stacks.count - 1].name
    let layers = stacks.first { $0.name == name }?.stack.layerCount ?? 1
    let rows = input.tokens.count
    let trials = (0..<rows).flatMap { row in
      (0..<layers).map { layer in
        Trial(
          row: row,
          (layer..<min(layer + window, layers)).map {
            Change(
              Site(.block(name, $0, .attention(kind, .scores)), positions: queries),
              .forbid(keys: keys))
          })
      }
    }
    let results = try Sweep(trials, metric: metric)
      .run(on: model, input, options: options, progress: progress)
    return (
      results.clean.map(\.average), Tensor(try results.numbers(options), shape: [rows, layers])
    )
  }
}
