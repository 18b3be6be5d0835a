import Interventions
public import Tensors
public import Transformers

/// Sentences of one length with what a run of the model kept of them.
public struct SpanBatch: Sendable {
  /// Which sentences of the source they are.
  public let places: [Int]
  /// The sentences themselves.
  public let sentences: [SpanTokens]
  /// Activations as a trace holds them, `[sentence, …]`.
  let activations: [HookPoint: Tensor]
  /// For each sentence, the log-probability of its span's last word after all that stands before it,
  /// in nats, and whether greedy decoding gives that word; NaN where nothing stands before it.
  let lastWords: [(logProbability: Float, isGreedy: Bool)]

  /// The log-probability of a sentence's last word of the span after all that stands before it, in
  /// nats, NaN where nothing does; and whether greedy decoding gives that word.
  public func lastWord(_ row: Int) -> (value: Float, isGreedy: Bool) {
    (lastWords[row].logProbability, lastWords[row].isGreedy)
  }

  /// The activation at a point, `[sentence, …]`.
  ///
  /// - Throws: ``SpanError`` when it was not asked for.
  public subscript(_ point: HookPoint) -> Tensor {
    get throws(SpanError) {
      if let tensor = activations[point] { return tensor }
      throw SpanError(
        "\(point) was not kept; run the sentences, or fill the cage, with it among the points")
    }
  }
}

/// Where activations of sentences come from: a model that runs them, or a cage that holds them.
public protocol SpanSource: Sendable {
  /// The sentences.
  var sentences: [SpanTokens] { get }
  /// Calls `body` with all sentences, each once, in batches of bounded size.
  ///
  /// - Throws: What running or reading throws, and what `body` throws.
  func forEachBatch(_ body: (SpanBatch) throws -> Void) throws
}

/// Sentences that are run through a model.
///
/// Sentences of one length go together, so nothing is ever padded and no number depends on how many
/// go at a time.
public struct SpanRun: SpanSource {
  /// The model, of one stack.
  public let model: Transformer
  /// The sentences.
  public let sentences: [SpanTokens]
  /// What is kept.
  public let points: Set<HookPoint>
  /// How many sentences are run at a time, at most.
  public var batchSize = 32
  /// Changes that belong to every run.
  var interventions: [Intervention] = []

  /// How many sentences are looked through for some of the same length.
  var window = defaultWindow

  static let defaultWindow = 256

  /// - Throws: ``SpanError`` when there are no sentences or the model is not of one stack, and
  ///   `TransformerError` when a sentence does not fit the model.
  public init(
    _ model: Transformer, _ sentences: [SpanTokens], capturing points: Set<HookPoint>
  ) throws {
    if sentences.isEmpty { throw SpanError("there are no sentences; give at least one") }
    guard model.configuration.stacks.count == 1 else {
      throw SpanError(
        "the model has an encoder and a decoder, and scores of spans are for models of one stack; "
          + "choose such a model")
    }
    for (index, sentence) in sentences.enumerated() {
      do { try ModelInput(sentence.tokens).validate(for: model.configuration) } catch {
        throw SpanError("sentence \(index + 1): \(error)")
      }
    }
    self.model = model
    self.sentences = sentences
    self.points = points
  }

  /// Runs all sentences.
  public func forEachBatch(_ body: (SpanBatch) throws -> Void) throws {
    for window in windows {
      for places in batches(window) { try body(batch(places)) }
    }
  }

  /// Stretches of the sentences, each looked through by itself.
  var windows: [Range<Int>] {
    stride(from: 0, to: sentences.count, by: window).map {
      $0..<min($0 + window, sentences.count)
    }
  }

  /// A stretch's sentences, those of one length together.
  func batches(_ window: Range<Int>) -> [[Int]] {
    Dictionary(grouping: window) { sentences[$0].tokens.count }.sorted { $0.key < $1.key }
      .flatMap { _, places in
        stride(from: 0, to: places.count, by: max(batchSize, 1)).map {
          Array(places[$0..<min($0 + max(batchSize, 1), places.count)])
        }
      }
  }

  /// Runs sentences of one length.
  func batch(_ places: [Int]) throws -> SpanBatch {
    let rows = places.map { sentences[$0] }
    let run = try RecordedRun(
      model, ModelInput(tokens: rows.map(\.tokens)), capturing: points,
      intervening: interventions)
    var activations: [HookPoint: Tensor] = [:]
    for point in points { activations[point] = try run.trace[point] }
    return SpanBatch(
      places: places, sentences: rows, activations: activations,
      lastWords: model.configuration.head == .none
        ? rows.map { _ in (.nan, false) } : lastWords(of: rows, output: run.output))
  }

  /// The logits before the last word alone: those of all positions would cost more than the run.
  private func lastWords(
    of rows: [SpanTokens], output: Tensor
  ) -> [(logProbability: Float, isGreedy: Bool)] {
    let (length, width) = (output.shape[1], output.shape[2])
    let states = output.reshaped(to: [rows.count * length, width])
    let reads = rows.enumerated().flatMap { index, row in
      row.lastWord[0] == 0
        ? [] : row.lastWord.map { (row: index, position: $0, token: row.tokens[$0]) }
    }
    var found = rows.map { ($0.lastWord[0] == 0 ? Float.nan : 0, $0.lastWord[0] != 0) }
    let chunk = max(1, 8_000_000 / model.configuration.vocabularySize)
    for start in stride(from: 0, to: reads.count, by: chunk) {
      let part = reads[start..<min(start + chunk, reads.count)]
      let logits = model.logits(
        ofNormed: states.gathering(part.map { $0.row * length + $0.position - 1 }))
      let best = logits.argmax()
      let own = logits.logSoftmax().gatheringColumns(part.map(\.token)).values
      for (index, read) in part.enumerated() {
        found[read.row].0 += own[index]
        if best[index] != read.token { found[read.row].1 = false }
      }
    }
    return found.map { (logProbability: $0.0, isGreedy: $0.1) }
  }
}
