public import Tensors
public import Transformers

/// A vector for every word of some sentences, at every layer.
public struct Representations: Sendable {
  /// `[word, width]` for each layer that was asked for.
  public let layers: [Tensor]
  /// Which rows belong to each sentence.
  public let sentences: [Range<Int>]

  /// Vectors that are known.
  public init(layers: [Tensor], sentences: [Range<Int>]) {
    self.layers = layers
    self.sentences = sentences
  }
}

extension TransformerConfiguration {
  /// The stack that reads text: the encoder of an encoder–decoder, or the only one.
  package var readingStack: StackName { stacks[0].name }

  /// How many representations a stack has: its embedding, and one after every block.
  package func representationCount(of stack: StackName) -> Int {
    (stacks.first { $0.name == stack }?.stack.layerCount ?? 0) + 1
  }
}

extension Transformer {
  /// The vectors of all words at the embedding (0, with positions where they are learned) and after
  /// every block (1, 2, …), in one pass a sentence and without logits.
  ///
  /// They are the residual stream, to which a norm after the last block has not been applied.
  /// Sentences of like length run as a batch; results are in the order of the sentences.
  ///
  /// - Parameters:
  ///   - sentences: The tokens and words of each sentence.
  ///   - stack: Which stack; nil for the one that reads text.
  ///   - layers: Which representations; nil for all.
  ///   - pooling: How the tokens of a word become one vector.
  ///   - batchTokens: About how many tokens run as one batch.
  /// - Throws: ``ProbingError`` for a stack or layer that does not exist or words outside their
  ///   sentence, and what running the model throws.
  public func representations(
    of sentences: [WordTokens], in stack: StackName? = nil, layers: [Int]? = nil,
    pooling: WordPooling = .last, batchTokens: Int = 768
  ) throws -> Representations {
    let stack = stack ?? configuration.readingStack
    let count = configuration.representationCount(of: stack)
    guard count > 1 else {
      throw ProbingError(
        "this model has no stack “\(stack.rawValue)”; it has "
          + configuration.stacks.map(\.name.rawValue).joined(separator: " and "))
    }
    let layers = layers ?? Array(0..<count)
    for layer in layers where !(0..<count).contains(layer) {
      throw ProbingError(
        "there is no layer \(layer): this stack has the embedding, 0, and the outputs of its "
          + "\(count - 1) layers, 1 to \(count - 1)")
    }
    var rows: [Range<Int>] = []
    for (index, sentence) in sentences.enumerated() {
      try sentence.check(number: index + 1, needsSource: stack == .decoder)
      let start = rows.last?.upperBound ?? 0
      rows.append(start..<(start + sentence.words.count))
    }
    guard let total = rows.last?.upperBound, total > 0 else {
      throw ProbingError("there is no word to represent; give at least one sentence with words")
    }
    let points = layers.map { layer in
      layer == 0 ? HookPoint.residualPre(stack, 0) : .residualPost(stack, layer - 1)
    }
    let width = configuration.width
    let pooled = layers.map { _ in Tensor.zeros([total, width]) }
    let batches = Self.batches(of: sentences, tokens: batchTokens)
    // Every batch writes rows of its own.
    nonisolated(unsafe) let targets = pooled.map(\.storage.base)
    let places = rows
    _ = try Parallel.map(batches) { batch in
      let trace = try self.trace(
        of: stack, on: self.input(for: batch.map { sentences[$0] }, decoding: stack == .decoder),
        capturing: .points(Set(points)))
      for (target, point) in zip(targets, points) {
        let residual = try trace[point]
        for (row, sentence) in batch.enumerated() {
          residual[at: row].pool(
            sentences[sentence].words, by: pooling,
            into: target + places[sentence].lowerBound * width)
        }
      }
    }
    return Representations(layers: pooled, sentences: rows)
  }

  /// Sentences by length, so that a batch holds little padding; the longest first, or the last of
  /// all shares would be the longest too.
  private static func batches(of sentences: [WordTokens], tokens: Int) -> [[Int]] {
    let order = sentences.indices.filter { !sentences[$0].words.isEmpty }.sorted {
      (sentences[$0].tokens.count, $0) > (sentences[$1].tokens.count, $1)
    }
    var batches: [[Int]] = []
    var (room, length) = (0, 1)
    for index in order {
      if room < length {
        batches.append([])
        // All rows of a batch are as long as its first.
        length = sentences[index].tokens.count
        room = max(tokens, length)
      }
      batches[batches.count - 1].append(index)
      room -= length
    }
    return batches
  }

  private func input(for sentences: [WordTokens], decoding: Bool) -> ModelInput {
    let pad = configuration.padToken
    let (tokens, mask) = ModelInput.padding(sentences.map(\.tokens), with: pad)
    guard decoding else { return ModelInput(tokens: tokens, mask: mask) }
    let (source, sourceMask) = ModelInput.padding(sentences.map { $0.source! }, with: pad)
    return ModelInput(
      tokens: source, mask: sourceMask, decoderTokens: tokens, decoderMask: mask)
  }
}

extension WordTokens {
  fileprivate func check(number: Int, needsSource: Bool) throws(ProbingError) {
    if needsSource, source?.isEmpty ?? true {
      throw ProbingError(
        "sentence \(number) has no source, and a decoder reads one; give the encoder's tokens")
    }
    for word in words where word.isEmpty || word.lowerBound < 0 || word.upperBound > tokens.count {
      throw ProbingError(
        "sentence \(number) has \(tokens.count) tokens and a word at \(word.lowerBound) to "
          + "\(word.upperBound); a word is at least one token of its sentence")
    }
  }
}

extension Tensor {
  /// Writes a vector for each word, from the vectors of its tokens `[position, width]`.
  fileprivate func pool(
    _ words: [Range<Int>], by pooling: WordPooling, into target: UnsafeMutablePointer<Float>
  ) {
    let width = shape[1]
    withUnsafeValues { values in
      let source = values.baseAddress!
      for (index, word) in words.enumerated() {
        let out = target + index * width
        switch pooling {
        case .last: out.update(from: source + (word.upperBound - 1) * width, count: width)
        case .mean:
          for token in word {
            Kernel.add(source + token * width, to: out, count: width)
          }
          let share = 1 / Float(word.count)
          for column in 0..<width { out[column] *= share }
        }
      }
    }
  }
}
