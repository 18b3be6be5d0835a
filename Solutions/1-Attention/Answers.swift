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

  /// How many weights a model of a shape has in its attention and in its MLPs.
  ///
  /// - Parameters:
  ///   - shape: Depth and widths; the two lengths play no part.
  ///   - hasGate: Whether an MLP multiplies what its first matrix gives with what a second gives.
  func weights(of shape: ModelShape, hasGate: Bool) throws -> WeightCounts {
    // Queries, keys, values and the output: each between the stream and all heads side by side.
    let attention = 4 * shape.width * shape.heads * shape.headWidth
    let mlp = (hasGate ? 3 : 2) * shape.width * shape.feedForwardWidth
    return WeightCounts(
      encoderAttention: shape.encoderLayers * attention,
      // The decoder attends to itself, and across.
      decoderAttention: shape.decoderLayers * 2 * attention,
      mlp: (shape.encoderLayers + shape.decoderLayers) * mlp)
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

  /// Whether the words on a picture's rows are those that rows read or those that they predict.
  ///
  /// - Parameter picture: `cross` `[row, sourceWord]`, a French word for each row in `labels`, and in
  ///   `translates` the source word that each label translates, or nil.
  func labelling(of picture: LabelledMap) throws -> RowLabelling {
    // What a label translates is looked at by the row that predicts it: its own, or the one above.
    var (own, above): (Float, Float) = (0, 0)
    for (row, source) in picture.translates.enumerated() {
      guard let source, row > 0 else { continue }
      own += picture.cross[row, source]
      above += picture.cross[row - 1, source]
    }
    return own > above ? .predicts : .reads
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
    // The instruction and the full stop soak up attention that belongs to nobody; only a full stop
    // is a translation of one.
    func isStop(_ word: String) -> Bool { [".", "?"].contains(word) }
    let start = pair.sourceWords.firstIndex(of: ":").map { $0 + 1 } ?? 0
    return pair.targetWords.indices.map { target in
      let candidates = (start..<pair.sourceWords.count).filter {
        isStop(pair.sourceWords[$0]) == isStop(pair.targetWords[target])
      }
      return candidates.max { words[target, $0] < words[target, $1] }
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

  /// How much every head attends to what a head of each kind looks for: the mean over all rows of all
  /// texts in which there is such a key; 0 where no row has one.
  ///
  /// - Parameter texts: `pattern` `[head, query, key]`, all layers' heads in a row, `tokens`, `isRead`
  ///   (false for padding), and the place of the `indirectObject` or nil.
  func headScores(over texts: [ReadText]) throws -> HeadScores {
    /// - Parameter keys: The keys that a head of the kind looks for from a row.
    func score(_ keys: (ReadText, _ query: Int) -> [Int]) -> [Float] {
      var sums = [Float](repeating: 0, count: texts[0].pattern.shape[0])
      var rows: Float = 0
      for text in texts {
        for query in text.tokens.indices where text.isRead[query] {
          let found = keys(text, query).filter { $0 >= 0 && text.isRead[$0] }
          // A row in which there is nothing to find says nothing about a head.
          if found.isEmpty { continue }
          rows += 1
          for head in sums.indices {
            for key in found { sums[head] += text.pattern[head, query, key] }
          }
        }
      }
      return sums.map { rows > 0 ? $0 / rows : 0 }
    }
    func copies(_ text: ReadText, _ query: Int) -> [Int] {
      (0..<query).filter { text.isRead[$0] && text.tokens[$0] == text.tokens[query] }
    }
    return HeadScores(
      previousToken: score { [$1 - 1] }, duplicateToken: score(copies),
      induction: score { copies($0, $1).map { $0 + 1 } },
      indirectObject: score { text, query in
        query == text.isRead.lastIndex(of: true) ? [text.indirectObject].compactMap { $0 } : []
      })
  }

  /// The scores of a head that spreads its attention evenly over all keys that a row may see.
  func evenScores(over texts: [ReadText]) throws -> EvenScores {
    let even = texts.map { text in
      var text = text
      let length = text.tokens.count
      text.pattern = .zeros([1, length, length])
      for query in 0..<length where text.isRead[query] {
        // A decoder's row sees itself and what was read before it.
        let keys = (0...query).filter { text.isRead[$0] }
        for key in keys { text.pattern[0, query, key] = 1 / Float(keys.count) }
      }
      return text
    }
    let scores = try headScores(over: even)
    return EvenScores(
      previousToken: scores.previousToken[0], duplicateToken: scores.duplicateToken[0],
      induction: scores.induction[0], indirectObject: scores.indirectObject[0])
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

  /// Your guess, before you measure: in which part of the model, and from which word to which, a head
  /// looks that helps to answer “What is the capital of France?” with “The capital is Paris.”.
  func capitalPrediction() throws -> CapitalGuess {
    CapitalGuess(part: .cross, from: "Paris", to: "France")
  }

  /// For every head of each part, how much of its attention goes along one link, averaged over the
  /// questions.
  ///
  /// In the encoder from the question's word “capital” to the country; in the decoder from the row
  /// that predicts the capital's first piece to the answer's word “capital”; in cross-attention from
  /// that row to the country. A row gives a word what it gives to all of its pieces; rows of a word of
  /// several pieces are averaged.
  ///
  /// - Parameter questions: Patterns `encoder`, `decoder` and `cross`, all layers' heads in a row, and
  ///   the indices of the words: `topic` and `country` in the source, `answeredTopic` and `capital` in
  ///   the target.
  func capitalAttention(over questions: [CapitalQuestion]) throws -> CapitalAttention {
    typealias Pieces = (CapitalQuestion) -> [Int]
    func mean(
      _ pattern: (CapitalQuestion) -> Tensor, rows: Pieces, columns: Pieces
    ) -> [Float] {
      (0..<pattern(questions[0]).shape[0]).map { head in
        let shares = questions.map { question in
          let (rows, columns) = (rows(question), columns(question))
          let sum = rows.reduce(Float(0)) { sum, row in
            columns.reduce(sum) { $0 + pattern(question)[head, row, $1] }
          }
          return sum / Float(rows.count)
        }
        return shares.reduce(0, +) / Float(questions.count)
      }
    }
    func pieces(_ words: [Int?], of word: Int) -> [Int] {
      words.indices.filter { words[$0] == word }
    }
    let topic: Pieces = { pieces($0.pair.wordOfSourcePiece, of: $0.topic) }
    let country: Pieces = { pieces($0.pair.wordOfSourcePiece, of: $0.country) }
    // The choice falls where the first piece is predicted; the rest only finishes the word.
    let choice: Pieces = { [pieces($0.pair.wordOfTargetPiece, of: $0.capital)[0]] }
    // What row t reads is piece t − 1: piece t stands at column t + 1.
    let written: Pieces = {
      pieces($0.pair.wordOfTargetPiece, of: $0.answeredTopic).map { $0 + 1 }
    }
    return CapitalAttention(
      encoder: mean(\.encoder, rows: topic, columns: country),
      decoder: mean(\.decoder, rows: choice, columns: written),
      cross: mean(\.cross, rows: choice, columns: country))
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

  // MARK: 1.13  In words

  /// What you see in at least three heads of different layers or parts, and for each the number that
  /// would check it over a corpus.
  ///
  /// About 200 words.
  func patternsSeen() throws -> String {
    """
    Encoder, layer 0, head 1: slanted parallels, every token reads the one before it. Decoder, layer 0, \
    head 1 looks the same, below the causal triangle. The number is that of 1.7, the attention in rows \
    that have a token before, beside what an even head gets; it should be high on sentences I have not \
    looked at, whatever their words.

    Encoder, layer 2, head 0: a fan, nearly every row meets in one token, the verb. I would measure the \
    share of attention on the verb over sentences whose verbs stand in other places, beside that on the \
    word at the same place and on the end token, where heads rest that have nothing to do; zeroing the \
    head should then cost most where the form of the verb is chosen.

    Cross-attention, last layer, all heads: lines that cross between adjective and noun. The number is \
    the swap score of 1.6 on a hundred sentences, and for comparison the alignment error rate of the \
    head as a whole: a head that aligns everything crosses there too.

    For all three I would score every other head as well. What I describe from one sentence is a guess \
    until the head I picked stands out on sentences that I did not use to pick it.
    """
  }
}
