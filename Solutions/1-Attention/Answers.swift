// Sheet 1, Attention: one way to answer every exercise.

import Answering
import AttentionVocabulary
import Foundation
import Tensors
import Transformers

/// The solution of Sheet 1.
struct Answers: AttentionAnswers {
  // MARK: 1.1  Read the model

  /// The depth and widths of a model, from nothing but the shapes of its activations.
  ///
  /// - Parameter shapes: The shape of every activation of one sentence by its hook name, such as
  ///   `encoder.0.attn.hook_q`; the first axis is the batch, of length 1.
  func modelShape(from shapes: [String: [Int]]) throws -> ModelShape {
    func layers(_ stack: String) -> Int {
      shapes.keys.count { $0.hasPrefix(stack + ".") && $0.hasSuffix(".attn.hook_q") }
    }
    let query = shapes["encoder.0.attn.hook_q"]!  // [batch, position, head, headWidth]
    return ModelShape(
      encoderLayers: layers("encoder"), decoderLayers: layers("decoder"),
      heads: query[2], width: shapes["encoder.0.hook_resid_pre"]![2], headWidth: query[3],
      feedForwardWidth: shapes["encoder.0.mlp.hook_post"]![2],
      sourceLength: query[1], targetLength: shapes["decoder.0.attn.hook_q"]![1])
  }

  // MARK: 1.2  Write attention

  /// The attention pattern of one head, `[query, key]`: a softmax over keys of the scores
  /// `queries · keys · scale + bias`, with −∞ where the mask forbids a key.
  ///
  /// - Parameter head: `queries` `[query, headWidth]`, `keys` `[key, headWidth]`, `scale`, `bias`
  ///   `[query, key]` or nil, `isCausal`, `keyMask` (false for padding) or nil.
  func attention(of head: AttentionHead) throws -> Tensor {
    var scores = head.queries.matmul(head.keys.transposed()) * head.scale
    if let bias = head.bias { scores += bias }
    for query in 0..<scores.shape[0] {
      for key in 0..<scores.shape[1] {
        let isLater = head.isCausal && key > query
        let isPadding = head.keyMask?[key] == false
        if isLater || isPadding { scores[query, key] = -.infinity }
      }
    }
    return scores.softmax()
  }

  // MARK: 1.3  Whose attention is this?

  /// Whose attention a map is: `.encoder`, `.decoder` or `.cross`.
  ///
  /// - Parameter map: A layer's pattern without its name, `[head, row, column]`; source and target
  ///   never have the same length here.
  func origin(of map: Tensor) throws -> MapOrigin {
    let (heads, rows, columns) = (map.shape[0], map.shape[1], map.shape[2])
    if rows != columns { return .cross }
    for head in 0..<heads {
      for row in 0..<rows {
        // One look ahead, in one head, and there is no mask.
        for column in (row + 1)..<columns where map[head, row, column] != 0 {
          return .encoder
        }
      }
    }
    return .decoder
  }

  // MARK: 1.4  Name the rows

  /// For every row of decoder attention, the piece it reads and the piece it predicts.
  ///
  /// - Parameters:
  ///   - target: The pieces the decoder should produce, the end token last.
  ///   - startToken: The piece the decoder starts from.
  func rows(producing target: [String], startToken: String) throws -> [RowTokens] {
    // Shifted right: the start token comes in, the end token falls out.
    let read = [startToken] + target.dropLast()
    return zip(read, target).map { RowTokens(reads: $0, predicts: $1) }
  }

  // MARK: 1.5  Align the words

  /// For every target word, the index of the source word it is aligned with, or nil for none.
  ///
  /// - Parameters:
  ///   - pair: The words and pieces of both sides, and which piece belongs to which word.
  ///   - cross: Cross-attention of the last decoder layer, `[head, targetPiece, sourcePiece]`; row t
  ///     is the one that predicts target piece t.
  func alignment(of pair: PiecedPair, cross: Tensor) throws -> [Int?] {
    let heads = cross.mean(axis: 0)  // [targetPiece, sourcePiece]
    // What a row gives to a word is what it gives to its pieces. Rows of one word are added, too: a
    // mean would put its source words in the same order.
    var words = Tensor.zeros([pair.targetWords.count, pair.sourceWords.count])
    for (row, target) in pair.wordOfTargetPiece.enumerated() {
      for (column, source) in pair.wordOfSourcePiece.enumerated() {
        if let target, let source { words[target, source] += heads[row, column] }
      }
    }
    // The instruction and the full stop soak up attention that belongs to nobody.
    let start = pair.sourceWords.firstIndex(of: ":").map { $0 + 1 } ?? 0
    let candidates = pair.sourceWords.indices.filter { word in
      word >= start && ![".", "?"].contains(pair.sourceWords[word])
    }
    return pair.targetWords.indices.map { target in
      candidates.max { words[target, $0] < words[target, $1] }
    }
  }

  // MARK: 1.6  Who swaps adjective and noun?

  /// For every head, the fraction of swapped adjective–noun pairs in which it links both words right.
  ///
  /// A pair counts when French puts the adjective on the other side of the noun. A head links a
  /// target word to the source word on which most of its row lies.
  ///
  /// - Parameter examples: `cross` is attention between words, `[head, targetWord, sourceWord]`.
  func swapScores(over examples: [AdjectiveExample]) throws -> [Float] {
    let swapped = examples.filter {
      ($0.sourceAdjective < $0.sourceNoun) != ($0.targetAdjective < $0.targetNoun)
    }
    guard let first = swapped.first else { return [] }
    return (0..<first.cross.shape[0]).map { head in
      let right = swapped.count { example in
        let source = example.cross[at: head].argmax()  // [targetWord]
        return source[example.targetAdjective] == example.sourceAdjective
          && source[example.targetNoun] == example.sourceNoun
      }
      return Float(right) / Float(swapped.count)
    }
  }

  // MARK: 1.7  Detect

  /// How much of every head's attention lies on the token before, on earlier copies of the token
  /// itself, and on the first token: Σ A⊙D / Σ A with a pattern D of 0 and 1.
  ///
  /// - Parameters:
  ///   - pattern: `[head, query, key]`.
  ///   - tokens: The token at every position.
  func headScores(of pattern: Tensor, tokens: [Int]) throws -> HeadScores {
    func score(_ detects: (_ query: Int, _ key: Int) -> Bool) -> [Float] {
      var detection = Tensor.zeros([tokens.count, tokens.count])
      for query in tokens.indices {
        for key in tokens.indices where detects(query, key) { detection[query, key] = 1 }
      }
      return (0..<pattern.shape[0]).map { head in
        (pattern[at: head] * detection).sum().scalar / pattern[at: head].sum().scalar
      }
    }
    return HeadScores(
      previousToken: score { query, key in key == query - 1 },
      duplicateToken: score { query, key in key < query && tokens[key] == tokens[query] },
      firstToken: score { _, key in key == 0 })
  }

  // MARK: 1.8  Rollout and entropy

  /// Attention rollout, `[position, position]`: R = Â^L … Â¹ with Â = ½ (A + I), heads averaged.
  ///
  /// - Parameter patterns: A layer's self-attention each, `[head, query, key]`, first layer first.
  func rollout(of patterns: [Tensor]) throws -> Tensor {
    let length = patterns[0].shape[1]
    var identity = Tensor.zeros([length, length])
    for position in 0..<length { identity[position, position] = 1 }
    // Later layers stand to the left: they read what earlier layers wrote.
    return patterns.reduce(identity) { rollout, pattern in
      ((pattern.mean(axis: 0) + identity) * 0.5).matmul(rollout)
    }
  }

  /// The entropy of every row of attention in bits, `[head, query]`.
  ///
  /// - Parameter pattern: `[head, query, key]`.
  func entropy(of pattern: Tensor) throws -> Tensor {
    // 0 · log 0 counts as 0: a key that gets no attention adds no uncertainty.
    let terms = pattern.values.map { $0 > 0 ? -$0 * log2($0) : 0 }
    return Tensor(terms, shape: pattern.shape).sum(axis: 2)
  }

  // MARK: 1.9  The capital of France

  /// Your guess, before you measure: the source word that “Paris” is read from when the model
  /// answers “What is the capital of France?”.
  func capitalPrediction() throws -> String {
    "France"
  }

  /// For every head, how much of its attention goes to the country in the row that predicts the
  /// capital's first piece, averaged over the questions.
  ///
  /// - Parameter questions: `cross` is `[head, targetPiece, sourcePiece]`, all layers' heads in a row.
  func countryAttention(over questions: [CapitalQuestion]) throws -> [Float] {
    let heads = questions[0].cross.shape[0]
    var sums = [Float](repeating: 0, count: heads)
    for question in questions {
      let pair = question.pair
      let row = pair.wordOfTargetPiece.firstIndex(of: question.capital)!
      for piece in pair.sourcePieces.indices
      where pair.wordOfSourcePiece[piece] == question.country {
        for head in 0..<heads { sums[head] += question.cross[head, row, piece] }
      }
    }
    return sums.map { $0 / Float(questions.count) }
  }

  // MARK: 1.10  Attention is not explanation

  /// For every head of the decoder's last cross-attention, by how many nats the log-probability of
  /// the whole target falls when the head's output is zeroed.
  ///
  /// - Parameters:
  ///   - model: The translator; `model.run(input, intervening: […])` runs it with changes, and
  ///     `Intervention.zeroHead` makes one.
  ///   - input: One sentence; the decoder reads the target shifted right.
  ///   - predicts: The token that every decoder row should predict.
  func headEffects(in model: Transformer, input: ModelInput, predicts: [Int]) throws -> [Float] {
    func logProbability(_ interventions: [Intervention]) throws -> Float {
      let logs = try model.run(input, intervening: interventions).logits[at: 0].logSoftmax()
      return predicts.enumerated().reduce(0) { $0 + logs[$1.offset, $1.element] }
    }
    let decoder = model.configuration.decoder!
    let clean = try logProbability([])
    return try (0..<decoder.headCount).map { head in
      let zeroed = Intervention.zeroHead(
        head, of: .cross, in: .decoder, layer: decoder.layerCount - 1)
      return clean - (try logProbability([zeroed]))
    }
  }

  /// Pearson's correlation of two lists of one length; 0 when either list is the same everywhere,
  /// for then it has no spread and the correlation is not defined.
  func correlation(_ x: [Float], _ y: [Float]) throws -> Float {
    func centred(_ values: [Float]) -> [Double] {
      let mean = values.reduce(0) { $0 + Double($1) } / Double(values.count)
      return values.map { Double($0) - mean }
    }
    func product(_ a: [Double], _ b: [Double]) -> Double {
      zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let (x, y) = (centred(x), centred(y))
    let spread = (product(x, x) * product(y, y)).squareRoot()
    return spread > 0 ? Float(product(x, y) / spread) : 0
  }

  // MARK: 1.11  In words

  /// What does a map of cross-attention show, and what does it not show? Use what you measured in
  /// 1.9 and 1.10; about 150 words.
  func whatAttentionShows() throws -> String {
    """
    A map shows, for one head and every target position, how the head spreads its reading over the \
    source positions. A row is a softmax of query–key scores: it sums to 1, so even a head with \
    nothing to read must put its attention somewhere. The row belongs to the token that is \
    predicted next, not to the one that is read.

    The map does not show what is read. That is in the values, which take no part in the pattern, \
    and after the encoder the position of “France” holds a mixture of the whole question: in 1.9 \
    heads differed widely in how much they gave to the country, and the answer was right all the \
    same. Nor does it show whether what is read is used, or whether other heads read it too. I \
    tested that in 1.10 by zeroing heads one at a time: the correlation printed there, between \
    attention on the gold word and what the translation lost, is not the 1 it would be if attention \
    were importance.
    """
  }

  // MARK: 1.12  In words

  /// What you would check before you believe a paper that shows one attention map.
  ///
  /// It says “this head resolves gender”. About 150 words.
  func whatToCheck() throws -> String {
    """
    First that the map is read rightly: rows labelled with the token they predict, sub-words added \
    up, no sink such as the end token mistaken for meaning. Then that it is not one picture out of \
    hundreds: I would define a score (the share of attention on the word that carries gender), \
    choose the head on one set of sentences and report its score, with an interval, on another, \
    beside all other heads and an untrained model.

    I would look for rival explanations. A head that always reads the noun looks the same; so \
    sentences are needed that differ in gender alone, and some in which gender is carried by another \
    word. At last I would intervene: without the head, or with its values exchanged for those of a \
    sentence of the other gender, articles and adjectives should come out in the wrong gender while \
    number and word choice stay right. I would also ask whether other heads take over, and whether \
    a second seed of the model has such a head.
    """
  }
}
