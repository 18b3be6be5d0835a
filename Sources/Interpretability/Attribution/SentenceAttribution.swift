public import Tensors
public import Transformers

/// What every predicted token of a sentence is attributed to, as matrices.
public struct SentenceAttribution: Sendable {
  /// The positions that were explained, one for each row.
  public let positions: [Int]
  /// To the tokens that the encoder reads, or the only stack; `[row, source]`.
  public let source: Tensor
  /// To the tokens that the decoder reads, `[row, decoder]`, where the model has one.
  ///
  /// What a row cannot see, for it comes later, has 0.
  public let decoder: Tensor?
  /// What the attributions of every row add up to, of integrated gradients.
  public let completeness: [Completeness]?

  package init(
    positions: [Int], source: Tensor, decoder: Tensor?, completeness: [Completeness]?
  ) {
    self.positions = positions
    self.source = source
    self.decoder = decoder
    self.completeness = completeness
  }

  /// The same between words, from the pieces they were cut into: a row of a word is the mean of its
  /// pieces' rows, a column is pooled.
  ///
  /// - Parameters:
  ///   - rows: The word of every row, or nil for a row of none.
  ///   - sourceWords: The word of every source token.
  ///   - decoderWords: The word of every decoder token, where there are any.
  public func pooled(
    rows: [Int?], source sourceWords: [Int?], decoder decoderWords: [Int?]? = nil,
    by pooling: ScorePooling
  ) -> (source: Tensor, decoder: Tensor?) {
    func pool(_ matrix: Tensor, _ words: [Int?]) -> Tensor {
      let count = (rows.compactMap { $0 }.max() ?? -1) + 1
      var sums = Array(repeating: [Float](), count: count)
      var pieces = Array(repeating: Float(0), count: count)
      for (row, word) in rows.enumerated() {
        guard let word else { continue }
        let pooled = poolingPieces(matrix[at: row].values, words: words, by: pooling)
        sums[word] = sums[word].isEmpty ? pooled : zip(sums[word], pooled).map { $0 + $1 }
        pieces[word] += 1
      }
      return Tensor(rows: zip(sums, pieces).map { sum, count in sum.map { $0 / count } })
    }
    precondition(
      rows.count == positions.count, "\(rows.count) words for \(positions.count) rows")
    return (
      pool(source, sourceWords), decoder.flatMap { matrix in decoderWords.map { pool(matrix, $0) } }
    )
  }
}

/// What every predicted token of a sentence is attributed to: source × target, and for an
/// encoder–decoder what was written before × target.
///
/// - Parameters:
///   - model: The model.
///   - input: A batch of one.
///   - predicted: The token each row of the logits should predict, from row 0 on; for a model of one
///     stack the input without its first token, and perhaps one token more.
///   - positions: The rows that are explained; all that predict when nil.
///   - method: How.
///   - measure: What is explained of each token.
///   - settings: What the method needs to know.
/// - Throws: ``AttributionError`` when there are more predicted tokens than rows, and what the method
///   throws.
public func attributeSentence(
  _ model: Transformer, _ input: ModelInput, predicted: [Int], positions: [Int]? = nil,
  by method: AttributionMethod, measure: AttributionTarget.Measure = .logit,
  settings: AttributionSettings = AttributionSettings()
) throws -> SentenceAttribution {
  let positions = positions ?? Array(predicted.indices)
  guard !positions.isEmpty else {
    throw AttributionError.tooFew("predicted tokens", least: 1, found: 0)
  }
  let progress = settings.progress
  let mixing = try method.mixing.map {
    try contextMixing(model, on: input, by: $0, progress: progress)
  }
  var settings = settings
  // Rows are what is counted here.
  settings.progress = nil
  let rows = try positions.enumerated().map {
    index, position -> (scores: TokenScores, completeness: Completeness?) in
    guard predicted.indices.contains(position) else {
      throw AttributionError.positionOutOfRange(position, count: predicted.count)
    }
    let prediction = try ExplainedPrediction(
      model, input,
      target: AttributionTarget(predicted[position], at: position, measure: measure),
      includesDecoder: true)
    // Rows of random scores differ, as those of any method do.
    if method == .random { settings.seed &+= 1 }
    if let mixing { return (scores: mixing.scores(for: prediction), completeness: nil) }
    defer { progress?(index + 1, positions.count) }
    return try prediction.attribution(by: method, settings: settings)
  }
  return SentenceAttribution(
    positions: positions, source: Tensor(rows: rows.map(\.scores.source)),
    decoder: rows[0].scores.decoder == nil ? nil : Tensor(rows: rows.map { $0.scores.decoder! }),
    completeness: method == .integratedGradients ? rows.map { $0.completeness! } : nil)
}
