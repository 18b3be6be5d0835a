import Laboratory
import Models
import Tensors
import Tokenizers
import Transformers

/// A run of a model on one text, with its tokens, ready to be drawn.
struct AttentionRun: Sendable {
  let configuration: TransformerConfiguration
  let modelName: String
  /// Nil of a sketch.
  private let run: Transformer.Run?
  private let sourceTokens: [String]
  /// What decoder rows read, or rows of the only stack.
  private let readTokens: [String]
  private let predictedTokens: [String]
  private let rows: RowNames
  /// The tokens and the text that they are of, for rows that are found by a word.
  private let source: WordPlaces
  private let read: WordPlaces
  private let predicted: WordPlaces

  /// - Parameter isSketch: Whether the model is not run: all attention is 0, in the shape that it will
  ///   have, to see how large a figure of it would be.
  init(
    of loaded: LoadedModel, _ prepared: PreparedInput, source: String, target: String?,
    rows: RowNames, isSketch: Bool = false
  ) throws {
    configuration = loaded.model.configuration
    try prepared.input.checkSize(for: configuration, keepsEverything: true)
    run =
      isSketch ? nil : try loaded.model.run(prepared.input, capturing: .matching("*attn.*"))
    modelName = loaded.title
    self.rows = rows
    // A text was encoded, so there is a tokenizer.
    let tokenizer = loaded.tokenizer!
    let sourceIDs = prepared.input.tokens[0]
    let readIDs = prepared.input.decoderTokens?[0] ?? sourceIDs
    // A single stack's last row predicts what is not in the text: its own best guess is shown.
    let own =
      configuration.isEncoderDecoder ? [] : [run?.logits.argmax().last ?? configuration.padToken]
    let predictedIDs = prepared.predicts + own
    sourceTokens = loaded.labels(of: sourceIDs)
    readTokens = loaded.labels(of: readIDs)
    predictedTokens = loaded.labels(of: predictedIDs)
    let produced =
      configuration.isEncoderDecoder
      ? try target ?? tokenizer.decode(prepared.predicts, skippingSpecialTokens: true) : source
    self.source = WordPlaces(text: source, ids: sourceIDs, tokenizer: tokenizer)
    read = WordPlaces(text: produced, ids: readIDs, tokenizer: tokenizer)
    predicted = WordPlaces(text: produced, ids: predictedIDs, tokenizer: tokenizer)
  }

  /// One kind of attention in this run.
  struct Subject {
    let run: AttentionRun
    let stack: StackName
    let kind: AttentionKind
    let shape: TransformerConfiguration.Stack
    let queries: [String]
    /// The queries in their text.
    let words: WordPlaces
    let keys: [String]
    /// Which attention it is.
    let kindTitle: String
    /// The same with the model's name.
    var title: String { "\(run.modelName): \(kindTitle)" }
    /// What the rows are, for an axis.
    let queryTitle: String
    /// The title, with which token names a row, for figures that have no axis to say so.
    var fullTitle: String { queryTitle == "query" ? title : "\(title) (\(queryTitle))" }
  }

  /// The kind of attention that was asked for.
  ///
  /// - Throws: ``CommandError`` when a choice is missing, or there is none to make.
  func subject(_ choice: StackChoice?) throws(CommandError) -> Subject {
    guard configuration.isEncoderDecoder else {
      guard choice == nil else {
        throw CommandError("\(modelName) has a single stack of attention: leave --stack out")
      }
      return subject(configuration.stacks[0].name, .own, "attention")
    }
    switch choice {
    case .encoder: return subject(.encoder, .own, "encoder self-attention")
    case .decoder: return subject(.decoder, .own, "decoder self-attention")
    case .cross: return subject(.decoder, .cross, "cross-attention")
    case nil:
      throw CommandError(
        "\(modelName) has three kinds of attention: give --stack encoder, decoder or cross")
    }
  }

  private func subject(_ stack: StackName, _ kind: AttentionKind, _ what: String) -> Subject {
    let isCausal = stack == .decoder || stack == .blocks && configuration.decoder != nil
    let reads = stack == .encoder ? sourceTokens : readTokens
    let namesPredicted = isCausal && rows == .predicts
    return Subject(
      run: self, stack: stack, kind: kind,
      shape: configuration.stacks.first { $0.name == stack }!.stack,
      queries: namesPredicted ? predictedTokens : reads,
      words: namesPredicted ? predicted : stack == .encoder ? source : read,
      keys: kind == .cross ? sourceTokens : reads, kindTitle: what,
      queryTitle: isCausal ? "row \(rows.rawValue)" : "query")
  }
}

extension AttentionRun.Subject {
  /// A point of one layer, without the batch axis.
  func activation(_ point: HookPoint.AttentionPoint, layer: Int) throws -> Tensor {
    if let found = try run.run(at: .block(stack, layer, .attention(kind, point))) {
      return found[at: 0]
    }
    switch point {
    case .pattern, .scores: return .zeros([shape.headCount, queries.count, keys.count])
    case .query, .rotatedQuery: return .zeros([queries.count, shape.headCount, shape.headWidth])
    default: return .zeros([keys.count, shape.keyHeadCount, shape.headWidth])
    }
  }

  /// The pattern of a layer, `[head, query, key]`.
  ///
  /// - Parameter leavesFirstOut: Whether the first token counts as nothing that is looked at, and what is
  ///   left of each row is shared out again; a row that looks at nothing else is 0.
  func pattern(layer: Int, leavesFirstOut: Bool) throws -> Tensor {
    var pattern = try activation(.pattern, layer: layer)
    guard leavesFirstOut else { return pattern }
    for head in 0..<pattern.shape[0] {
      for query in 0..<pattern.shape[1] {
        let left = (1..<pattern.shape[2]).reduce(Float(0)) { $0 + pattern[head, query, $1] }
        pattern[head, query, 0] = 0
        guard left > 0 else { continue }
        for key in 1..<pattern.shape[2] { pattern[head, query, key] /= left }
      }
    }
    return pattern
  }

  /// The position bias `[head, query, key]` that all layers share, or nil where there is none.
  func positionBias() throws -> Tensor? {
    guard kind == .own, case .relativeBias = run.configuration.position else { return nil }
    return try run.run(at: .block(stack, 0, .attention(.own, .positionBias)))
  }

  /// The pattern of every layer, `[head, query, key]`.
  func patterns(leavesFirstOut: Bool) throws -> [Tensor] {
    try (0..<shape.layerCount).map { try pattern(layer: $0, leavesFirstOut: leavesFirstOut) }
  }

  /// A layer that exists.
  func layer(_ asked: Int?) throws(CommandError) -> Int {
    let layer = asked ?? shape.layerCount - 1
    guard (0..<shape.layerCount).contains(layer) else {
      throw CommandError(
        "there is no layer \(layer): this stack has layers 0 to \(shape.layerCount - 1)")
    }
    return layer
  }

  /// Heads that exist; all of them when none are named.
  func heads(_ asked: [Int]?) throws(CommandError) -> [Int] {
    let heads = asked ?? Array(0..<shape.headCount)
    if let missing = heads.first(where: { $0 >= shape.headCount }) {
      throw CommandError(
        "there is no head \(missing): a layer of this stack has heads 0 to \(shape.headCount - 1)")
    }
    return heads
  }

  /// The row a word or an index names.
  ///
  /// - Throws: ``CommandError`` that lists the rows when the word is none of them, or several.
  func query(_ text: String) throws(CommandError) -> Int {
    try place(of: text, among: queries, in: words, called: "row")
  }
}

extension AttentionRun {
  fileprivate func run(at point: HookPoint) throws -> Tensor? { try run?.trace[point] }
}
