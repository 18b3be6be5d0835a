public import Tensors
public import Transformers

/// A linear map under which squared lengths are syntax: the distance between two words in the tree,
/// or the depth of a word.
///
/// d(i, j)² = ‖B (hᵢ − hⱼ)‖² and depth ‖B hᵢ‖²; B is trained so that the absolute difference to
/// the tree is least, averaged over the pairs or words of a sentence, then over sentences.
/// Hewitt and Manning, "A Structural Probe for Finding Syntax in Word Representations", 2019.
public struct StructuralProbe: Parameterized, Sendable {
  /// What the probe measures.
  public enum Quantity: String, Codable, Sendable, CaseIterable {
    /// The number of edges between two words.
    case distance
    /// The number of heads above a word.
    case depth
  }

  /// One sentence to learn from.
  public struct Example: Sendable {
    /// `[word, width]`.
    public var vectors: Tensor
    /// How many edges lie between two words, `[word][word]`.
    public var distances: [[Int]]
    /// How many heads are above each word.
    public var depths: [Int]
    /// Which words count when trees are compared: all but punctuation.
    public var isCounted: [Bool]

    /// A sentence and its vectors.
    public init(_ sentence: AnnotatedSentence, vectors: Tensor) {
      precondition(
        vectors.rank == 2 && vectors.shape[0] == sentence.words.count,
        "\(sentence.words.count) words do not fit vectors of shape \(vectors.shape)")
      self.vectors = vectors
      distances = sentence.distances
      depths = sentence.depths
      isCounted = sentence.words.map { !$0.isPunctuation }
    }
  }

  /// How it is trained.
  public struct Settings: Codable, Sendable, Hashable {
    /// How many rows B has at most; nil for as many as a vector has numbers.
    public var rank: Int?
    /// The learning rate of the first step; it falls along half a cosine.
    public var rate: Float = 0.01
    /// How many sentences a step sees.
    public var batchSize = 20
    /// How often training goes through the data at most.
    public var maximumEpochs = 30
    /// After how many epochs without a lower loss on development data training stops.
    public var patience = 5
    /// Where initial weights and the order of the data come from.
    public var seed: UInt64 = 0

    /// The standard settings, to be changed one by one.
    public init() {}
  }

  /// What it measures.
  public let quantity: Quantity
  /// B, `[rank, width]`.
  public var projection: Tensor

  /// A probe with a known B.
  public init(_ quantity: Quantity, projection: Tensor) {
    precondition(projection.rank == 2, "B is a matrix, not of shape \(projection.shape)")
    self.quantity = quantity
    self.projection = projection
  }

  /// Calls `body` with B.
  public mutating func visitParameters(_ body: (String, inout Tensor) -> Void) {
    body("projection", &projection)
  }

  /// Squared distances between the words of a sentence, `[word, word]`.
  public func distances(_ vectors: Tensor) -> Tensor {
    let points = vectors.matmul(transposing: projection)
    let squares = (points * points).sum(axis: 1, keepingAxis: true)
    return squares + squares.reshaped(to: [1, squares.count])
      - points.matmul(transposing: points) * 2
  }

  /// The squared length of each word of a sentence, `[word]`.
  public func depths(_ vectors: Tensor) -> Tensor {
    let points = vectors.matmul(transposing: projection)
    return (points * points).sum(axis: 1)
  }

  /// The mean absolute difference between a sentence's tree and what the probe measures.
  private func loss(_ example: Example) -> Tensor {
    let (predicted, gold): (Tensor, [Int])
    switch quantity {
    case .distance:
      (predicted, gold) = (distances(example.vectors), example.distances.flatMap(\.self))
    case .depth: (predicted, gold) = (depths(example.vectors), example.depths)
    }
    let difference = predicted - Tensor(gold.map(Float.init), shape: predicted.shape)
    return (difference.relu() + (-difference).relu()).mean()
  }

  private func loss(_ examples: [Example]) -> Tensor {
    examples.dropFirst().reduce(loss(examples[0])) { $0 + loss($1) } / Float(examples.count)
  }

  /// Trains a probe; the same examples and settings give the same probe.
  ///
  /// - Parameters:
  ///   - quantity: What it is to measure.
  ///   - examples: The sentences to learn from; those of one word are left out.
  ///   - development: Sentences that choose the epoch; without them the last is kept.
  /// - Returns: The probe and its loss on the development sentences after every epoch.
  /// - Throws: ``ProbingError`` when no sentence has two words.
  public static func training(
    _ quantity: Quantity, on examples: [Example], development: [Example] = [],
    settings: Settings = .init()
  ) throws(ProbingError) -> (probe: StructuralProbe, developmentLosses: [Float]) {
    let examples = examples.filter { $0.depths.count > 1 }
    let development = development.filter { $0.depths.count > 1 }
    guard let first = examples.first else {
      throw ProbingError("no sentence has two words or more; a tree needs at least one edge")
    }
    let width = first.vectors.shape[1]
    // Layers differ in size; at one size a single rate fits all.
    let squares = examples.reduce(0.0) { sum, example in
      sum + Double((example.vectors * example.vectors).sum().scalar)
    }
    let numbers = examples.reduce(0) { $0 + $1.vectors.count }
    let scale = Float((Double(numbers) / max(squares, 1e-30)).squareRoot())
    func scaled(_ examples: [Example]) -> [Example] {
      examples.map {
        var example = $0
        example.vectors = example.vectors * scale
        return example
      }
    }
    var generator = SeededGenerator(seed: settings.seed)
    var probe = StructuralProbe(
      quantity,
      projection: .randomUniform(
        [min(settings.rank ?? width, width), width], in: -0.05..<0.05, using: &generator))
    var (training, heldOut) = (scaled(examples), scaled(development))
    heldOut.sort { $0.depths.count < $1.depths.count }
    let steps = (training.count + settings.batchSize - 1) / settings.batchSize
    let schedule = LearningRateSchedule(
      peak: settings.rate, warmUpSteps: 0, totalSteps: steps * settings.maximumEpochs)
    var optimizer = AdamW()
    var (best, bestEpoch, bestLoss) = (probe, 0, Float.infinity)
    var losses: [Float] = []
    for epoch in 0..<settings.maximumEpochs {
      training.shuffle(using: &generator)
      for step in 0..<steps {
        let batch = training[
          (step * settings.batchSize)..<min((step + 1) * settings.batchSize, training.count)]
        let (_, gradients) = lossAndGradients(of: probe, shards: shards(of: Array(batch))) {
          $0.loss($1)
        }
        optimizer.update(
          &probe, gradients: gradients, rate: schedule.rate(at: epoch * steps + step))
      }
      guard !heldOut.isEmpty else {
        (best, bestEpoch) = (probe, epoch)
        continue
      }
      let loss = probe.loss(heldOut).scalar
      losses.append(loss)
      if loss < bestLoss { (best, bestEpoch, bestLoss) = (probe, epoch, loss) }
      if epoch - bestEpoch >= settings.patience { break }
    }
    best.projection = best.projection * scale
    return (best, losses)
  }

  /// Always the same two shards, so that a seed gives the same probe on any number of cores.
  private static func shards(of batch: [Example]) -> [(shard: [Example], share: Float)] {
    let half = (batch.count + 1) / 2
    return [Array(batch[..<half]), Array(batch[half...])].filter { !$0.isEmpty }.map {
      ($0, Float($0.count) / Float(batch.count))
    }
  }
}

/// How well a structural probe agrees with gold trees.
public struct StructuralScores: Codable, Sendable {
  /// The share of gold edges found, over all sentences; for distances alone.
  public var undirectedAttachment: Estimate?
  /// The share of sentences whose root is the shallowest word; for depths alone.
  public var rootAccuracy: Estimate?
  /// Spearman's correlation, averaged over sentences of 5 to 50 words by length.
  public var spearman: Double?
}

extension StructuralProbe {
  /// The tree that the probe sees in a sentence: the least spanning tree over words that count.
  public func edges(of example: Example) -> [WordEdge] {
    minimumSpanningTree(
      distances(example.vectors).nestedRows,
      over: example.isCounted.indices.filter { example.isCounted[$0] })
  }

  /// Holds the probe against gold trees.
  ///
  /// Punctuation does not count. With distances, a correlation is taken for every word over its
  /// distances to all others; with depths, for every sentence.
  public func scores(
    on examples: [Example], bootstrap: Bootstrap = .init()
  ) -> StructuralScores {
    var found: [Double] = []
    var groups: [Int] = []
    var correlations: [(length: Int, values: [Double])] = []
    for (index, example) in examples.enumerated() {
      let counted = example.isCounted.indices.filter { example.isCounted[$0] }
      guard counted.count > 1 else { continue }
      switch quantity {
      case .distance:
        let predicted = distances(example.vectors).nestedRows
        let gold = example.distances.map { $0.map(Double.init) }
        let edges = Set(minimumSpanningTree(predicted, over: counted))
        for edge in minimumSpanningTree(gold, over: counted) {
          found.append(edges.contains(edge) ? 1 : 0)
          groups.append(index)
        }
        let values = counted.compactMap { word in
          let others = counted.filter { $0 != word }
          return spearman(others.map { predicted[word][$0] }, others.map { gold[word][$0] })
        }
        correlations.append((counted.count, values))
      case .depth:
        let predicted = depths(example.vectors).values
        let root = counted.min { predicted[$0] < predicted[$1] }!
        found.append(root == counted.min { example.depths[$0] < example.depths[$1] } ? 1 : 0)
        groups.append(index)
        let value = spearman(
          counted.map { Double(predicted[$0]) }, counted.map { Double(example.depths[$0]) })
        correlations.append((counted.count, value.map { [$0] } ?? []))
      }
    }
    let share = found.isEmpty ? nil : bootstrap.mean(of: found, groups: groups)
    return StructuralScores(
      undirectedAttachment: quantity == .distance ? share : nil,
      rootAccuracy: quantity == .depth ? share : nil, spearman: meanOverLengths(correlations))
  }
}

extension Tensor {
  /// The rows of a matrix.
  fileprivate var nestedRows: [[Double]] {
    let values = values
    return (0..<shape[0]).map { row in
      values[(row * shape[1])..<((row + 1) * shape[1])].map(Double.init)
    }
  }
}
