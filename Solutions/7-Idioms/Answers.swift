// Sheet 7, Idioms: one way to answer every exercise.

import Answering
import Foundation
import IdiomsVocabulary
import Tensors
import Transformers

/// The solution of Sheet 7.
struct Answers: IdiomsAnswers {
  // MARK: 7.1  Where is the idiom?

  /// The positions of the tokens that hold anything of the span, in their order.
  ///
  /// - Parameter sentence: Words, their tags, and the characters that each token covers.
  func spanPositions(of sentence: TaggedSentence) throws -> [Int] {
    var inside: [Range<Int>] = []
    var place = 0
    for (word, tag) in zip(sentence.words, sentence.tags) {
      if tag != "O" { inside.append(place..<(place + word.count)) }
      place += word.count + 1
    }
    // A start token's range is empty, and overlaps nothing.
    return sentence.offsets.indices.filter { index in
      inside.contains { $0.overlaps(sentence.offsets[index]) }
    }
  }

  // MARK: 7.2  Cage it

  /// The activation of a sentence: from the cage where it is there, else from a run, which is kept.
  ///
  /// - Parameters:
  ///   - tokens: A sentence.
  ///   - model: The name of the model that `run` runs.
  ///   - cage: What is kept, by names that you choose. It outlives your program, and a run that was
  ///     interrupted may have left a tensor in it whose second axis is not the sentence's length.
  ///   - run: Runs the model on a sentence, which is dear; gives `[head, query, key]`.
  func caged(
    _ tokens: [Int], of model: String, in cage: inout [String: Tensor],
    run: ([Int]) throws -> Tensor
  ) throws -> Tensor {
    let name = "\(model) \(tokens)"
    if let kept = cage[name], kept.shape[1] == tokens.count { return kept }
    let found = try run(tokens)
    cage[name] = found
    return found
  }

  // MARK: 7.3  The idiom score

  /// The idiom score of a head on a sentence: `mean`, `deviation` and `greatest` over pairs with a key
  /// not behind the query of which one or both are in the span; `phrase` and `result` of the span.
  ///
  /// - Parameter head: Its pattern, what it adds to the residual stream, and the span.
  func idiomScore(of head: HeadOnSentence) throws -> ScoreParts {
    let span = Set(head.span)
    return score(of: head, phrase: head.span) { span.contains($0) || span.contains($1) }
  }

  /// Five components over the pairs that count, a phrase, and their score.
  private func score(
    of head: HeadOnSentence, phrase: [Int], counting counts: (Int, Int) -> Bool
  ) -> ScoreParts {
    let rows = (0..<head.pattern.shape[0]).map { query in
      (0...query).filter { counts(query, $0) }.map { Double(head.pattern[query, $0]) }
    }
    let weights = rows.flatMap { $0 }
    let mean = average(weights)
    let deviation = average(weights.map { ($0 - mean) * ($0 - mean) }).squareRoot()
    let greatest = average(rows.compactMap { $0.max() })
    let stays = average(
      phrase.map { query in phrase.reduce(0) { $0 + Double(head.pattern[query, $1]) } })
    let result = average(phrase.flatMap { head.result[at: $0].values.map(Double.init) })
    let sum = mean - deviation + greatest + stays + result
    return ScoreParts(
      mean: mean, deviation: deviation, greatest: greatest, phrase: stays, result: result,
      score: 2 * (1 / (1 + exp(-sum)) - 0.5))
  }

  private func average(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(values.count)
  }

  // MARK: 7.4  The literal score

  /// The literal score: the same five over pairs with neither token in the span, the rest of the
  /// sentence being the phrase; nil where the span is the whole sentence.
  ///
  /// - Parameter head: Its pattern, what it adds to the residual stream, and the span.
  func literalScore(of head: HeadOnSentence) throws -> ScoreParts? {
    let span = Set(head.span)
    let rest = (0..<head.pattern.shape[0]).filter { !span.contains($0) }
    if rest.isEmpty { return nil }
    return score(of: head, phrase: rest) { !span.contains($0) && !span.contains($1) }
  }

  /// How much two tables of scores agree over heads, and how far apart they are in each.
  ///
  /// - Parameters:
  ///   - formal: Scores on sentences with idioms, `[head, sentence]`.
  ///   - literal: Scores on literal sentences, `[head, sentence]`; as many heads, other sentences.
  func agreement(of formal: Tensor, with literal: Tensor) throws -> Agreement {
    func rows(_ table: Tensor) -> [[Double]] {
      (0..<table.shape[0]).map { table[at: $0].values.map(Double.init) }
    }
    let (a, b) = (rows(formal), rows(literal))
    return Agreement(
      correlation: correlation(a.map(average), b.map(average)),
      separations: zip(a, b).map { a, b in
        (average(a) - average(b)) / ((variance(a) + variance(b)) / 2).squareRoot()
      })
  }

  private func variance(_ values: [Double]) -> Double {
    let mean = average(values)
    return average(values.map { ($0 - mean) * ($0 - mean) })
  }

  private func correlation(_ x: [Double], _ y: [Double]) -> Double {
    let (a, b) = (average(x), average(y))
    return average(zip(x, y).map { ($0 - a) * ($1 - b) })
      / (variance(x) * variance(y)).squareRoot()
  }

  // MARK: 7.5  Position i predicts i + 1

  /// What each part of a run adds to the logit of the token that follows: the mean over followers in
  /// the span, and over the others, `[part, 2]`.
  ///
  /// - Parameter parts: What the parts add, the scale of the final layer norm, and W_U.
  func attribution(of parts: LogitParts) throws -> Tensor {
    let (count, width) = (parts.parts.shape[0], parts.parts.shape[2])
    var sums = Tensor.zeros([count, 2])
    var counts: [Float] = [0, 0]
    for position in 0..<(parts.tokens.count - 1) {
      let rows = parts.parts.slice(axis: 1, position..<(position + 1)).reshaped(
        to: [count, width])
      let centred = (rows - rows.mean(axis: 1, keepingAxis: true)) / parts.scales[position]
      let direction = parts.unembedding[at: parts.tokens[position + 1]].reshaped(to: [width, 1])
      let added = centred.matmul(direction)
      let side = parts.span.contains(position + 1) ? 0 : 1
      counts[side] += 1
      for part in 0..<count { sums[part, side] += added[part, 0] }
    }
    return sums / Tensor(counts)
  }

  // MARK: 7.6  Ablate a head

  /// What a head taken away costs, over all tokens of all sentences that are predicted.
  ///
  /// - Parameters:
  ///   - head: The head.
  ///   - kind: Whether zeros take the place of its mixed values (`hook_z`), or their mean over all
  ///     tokens of all sentences.
  ///   - sentences: Tokens, of different lengths.
  ///   - model: A decoder.
  func cost(
    of head: HeadPlace, by kind: Replacement, on sentences: [[Int]], in model: Transformer
  ) throws -> AblationCost {
    var row = Tensor.zeros([model.configuration.stacks[0].stack.headWidth])
    if kind == .mean {
      let point = point(of: head)
      for tokens in sentences {
        let mixed = try model.run(ModelInput(tokens), capturing: [point]).trace[point][at: 0]
        row += mixed.slice(axis: 1, head.head..<(head.head + 1)).sum(axis: 0)
          .reshaped(to: row.shape)
      }
      row = row / Float(sentences.reduce(0) { $0 + $1.count })
    }
    let before = try predictions(on: sentences, in: model)
    let after = try predictions(
      on: sentences, in: model, intervening: [replacing(head, with: row)])
    return AblationCost(
      loss: average(after.map(\.loss)) - average(before.map(\.loss)),
      changed: average(zip(before, after).map { $0.choice == $1.choice ? 0 : 1 }))
  }

  private func point(of head: HeadPlace) -> HookPoint {
    .block(.blocks, head.layer, .attention(.own, .mixed))
  }

  /// Puts a row in the place of a head's mixed values at every position.
  private func replacing(_ head: HeadPlace, with row: Tensor) -> Intervention {
    Intervention(at: point(of: head)) { mixed in
      var changed = mixed
      for position in 0..<mixed.shape[1] {
        for unit in 0..<row.count { changed[0, position, head.head, unit] = row[unit] }
      }
      return changed
    }
  }

  /// The loss and the first choice where a token follows, over all sentences.
  private func predictions(
    on sentences: [[Int]], in model: Transformer, intervening: [Intervention] = []
  ) throws -> [(loss: Double, choice: Int, isRight: Bool)] {
    try sentences.flatMap { tokens in
      let logits = try model.run(ModelInput(tokens), intervening: intervening).logits[at: 0]
      let (logs, choices) = (logits.logSoftmax(), logits.argmax())
      return tokens.indices.dropLast().map { position in
        let next = tokens[position + 1]
        return (-Double(logs[position, next]), choices[position], choices[position] == next)
      }
    }
  }

  // MARK: 7.7  Ablate together

  /// How far two heads zeroed together cost other than one by one, `[head, head]`: the growth of the
  /// mean loss for both, less that for each; on the diagonal the growth for one alone.
  ///
  /// - Parameters:
  ///   - heads: Heads, of one layer or several.
  ///   - sentences: Tokens, of different lengths; every predicted token counts alike.
  ///   - model: A decoder.
  func interplay(
    of heads: [HeadPlace], on sentences: [[Int]], in model: Transformer
  ) throws -> Tensor {
    let clean = try loss(without: [], on: sentences, in: model)
    let alone = try heads.map { try loss(without: [$0], on: sentences, in: model) - clean }
    var matrix = Tensor.zeros([heads.count, heads.count])
    for i in heads.indices {
      matrix[i, i] = Float(alone[i])
      for j in 0..<i {
        let both = try loss(without: [heads[i], heads[j]], on: sentences, in: model) - clean
        matrix[i, j] = Float(both - alone[i] - alone[j])
        matrix[j, i] = matrix[i, j]
      }
    }
    return matrix
  }

  private func loss(
    without heads: [HeadPlace], on sentences: [[Int]], in model: Transformer
  ) throws -> Double {
    average(
      try predictions(on: sentences, in: model, intervening: zeroing(heads, in: model))
        .map(\.loss))
  }

  private func zeroing(_ heads: [HeadPlace], in model: Transformer) -> [Intervention] {
    let zeros = Tensor.zeros([model.configuration.stacks[0].stack.headWidth])
    return heads.map { replacing($0, with: zeros) }
  }

  // MARK: 7.8  Awareness

  /// For each sentence, whether greedy decoding ends its span with its last word, given all that stands
  /// before that word.
  ///
  /// - Parameters:
  ///   - sentences: Tokens with a span; its last word may be several tokens.
  ///   - model: A decoder.
  func completes(_ sentences: [IdiomSentence], in model: Transformer) throws -> [Bool] {
    try sentences.map { sentence in
      let choice = try model(ModelInput(sentence.tokens))[at: 0].argmax()
      return sentence.lastWord.allSatisfy { choice[$0 - 1] == sentence.tokens[$0] }
    }
  }

  // MARK: 7.9  Exchange the last word, exchange the states

  /// What another last word of the span changes.
  ///
  /// - Parameters:
  ///   - sentence: The original.
  ///   - other: The same up to the span's last word, which is another.
  ///   - model: A decoder.
  func exchangedWord(
    in sentence: IdiomSentence, for other: IdiomSentence, in model: Transformer
  ) throws -> WordExchange {
    let place = sentence.lastWord[0]
    let logits = try model(ModelInput(sentence.tokens))[at: 0]
    func state(_ sentence: IdiomSentence) throws -> [Double] {
      let output = try model.run(ModelInput(sentence.tokens)).output[at: 0]
      return output[at: sentence.span[sentence.span.count - 1]].values.map(Double.init)
    }
    func loss(_ sentence: IdiomSentence) throws -> Double {
      average(try predictions(on: [sentence.tokens], in: model).map(\.loss))
    }
    return WordExchange(
      loss: try loss(other) - loss(sentence),
      logitDifference: Double(
        logits[place - 1, sentence.tokens[place]] - logits[place - 1, other.tokens[place]]),
      cosine: cosine(try state(sentence), try state(other)))
  }

  /// KL(own ‖ exchanged) in nats of what follows the span, by layer: the residual stream at the span's
  /// last token is exchanged for the other sentence's at the last token of *its* span.
  ///
  /// - Parameters:
  ///   - sentence: Whose run is changed.
  ///   - other: Whose states go in. Layer 0 is the stream before the first block, layer n the one after
  ///     block n; `residualPoints` of the configuration lists them.
  ///   - model: A decoder.
  func exchangedStates(
    in sentence: IdiomSentence, from other: IdiomSentence, in model: Transformer
  ) throws -> [Double] {
    let points = model.configuration.residualPoints
    let donor = try model.run(ModelInput(other.tokens), capturing: .points(Set(points))).trace
    let here = sentence.span[sentence.span.count - 1]
    let there = other.span[other.span.count - 1]
    let own = try model(ModelInput(sentence.tokens))[at: 0][at: here].logSoftmax().values
    return try points.map { point in
      let state = try donor[point][at: 0][at: there]
      let exchange = Intervention(at: point) { residual in
        var changed = residual
        for column in 0..<state.count { changed[0, here, column] = state[column] }
        return changed
      }
      let found = try model.run(ModelInput(sentence.tokens), intervening: [exchange])
        .logits[at: 0][at: here].logSoftmax().values
      return zip(own, found).reduce(0) { $0 + exp(Double($1.0)) * Double($1.0 - $1.1) }
    }
  }

  private func cosine(_ x: [Double], _ y: [Double]) -> Double {
    func product(_ x: [Double], _ y: [Double]) -> Double {
      zip(x, y).reduce(0) { $0 + $1.0 * $1.1 }
    }
    return product(x, y) / (product(x, x) * product(y, y)).squareRoot()
  }

  // MARK: 7.10  Similar patterns?

  /// For each head the mean cosine of whole patterns, over pairs of sentences of one length: of pairs of
  /// one kind, and of pairs of two kinds, `[head, 2]`.
  ///
  /// - Parameters:
  ///   - patterns: A sentence each, `[head, query, key]`.
  ///   - kinds: The kind of each sentence.
  func likeness(of patterns: [Tensor], kinds: [Int]) throws -> Tensor {
    let heads = patterns[0].shape[0]
    var cosines = Array(repeating: [[Double](), []], count: heads)
    for a in patterns.indices {
      for b in 0..<a where patterns[a].shape == patterns[b].shape {
        for head in 0..<heads {
          let pair = [a, b].map { patterns[$0][at: head].values.map(Double.init) }
          cosines[head][kinds[a] == kinds[b] ? 0 : 1].append(cosine(pair[0], pair[1]))
        }
      }
    }
    return Tensor(rows: cosines.map { $0.map { Float(average($0)) } })
  }

  /// The silhouette of every point, (b − a) / max(a, b), by Euclidean distances; 0 for a point alone in
  /// its cluster.
  ///
  /// - Parameters:
  ///   - points: `[point, width]`.
  ///   - clusters: The cluster of each; at least two.
  func silhouettes(of points: Tensor, clusters: [Int]) throws -> [Double] {
    func distance(_ a: Int, _ b: Int) -> Double {
      zip(points[at: a].values, points[at: b].values)
        .reduce(0) { $0 + pow(Double($1.0 - $1.1), 2) }.squareRoot()
    }
    return clusters.indices.map { point in
      /// The mean distance to the others of a cluster.
      func separation(from cluster: Int) -> Double {
        average(
          clusters.indices.filter { clusters[$0] == cluster && $0 != point }
            .map { distance(point, $0) })
      }
      let own = clusters[point]
      if clusters.count(where: { $0 == own }) == 1 { return 0 }
      let a = separation(from: own)
      let b = Set(clusters).subtracting([own]).map(separation(from:)).min()!
      return (b - a) / max(a, b)
    }
  }

  // MARK: 7.11  Score against importance

  /// Spearman's rank correlation of a score with an effect, over heads; equal values share the mean of
  /// their ranks.
  ///
  /// - Parameters:
  ///   - score: A head each.
  ///   - effect: Of the same heads.
  func foresight(of score: [Double], for effect: [Double]) throws -> Double {
    func ranks(_ values: [Double]) -> [Double] {
      values.map { value in
        let (smaller, equal) = (values.count { $0 < value }, values.count { $0 == value })
        return Double(smaller) + Double(equal + 1) / 2
      }
    }
    return correlation(ranks(score), ranks(effect))
  }

  /// How well the tokens of all sentences are predicted, each counting alike, when the heads of the
  /// greatest scores are zeroed together.
  ///
  /// - Parameters:
  ///   - count: How many heads are zeroed.
  ///   - scores: `[layer, head]`; no two are equal.
  ///   - sentences: Tokens, of different lengths.
  ///   - model: A decoder.
  func quality(
    without count: Int, by scores: Tensor, on sentences: [[Int]], in model: Transformer
  ) throws -> Quality {
    let (values, heads) = (scores.values, scores.shape[1])
    let best = values.indices.sorted { values[$0] > values[$1] }.prefix(count)
      .map { HeadPlace(layer: $0 / heads, head: $0 % heads) }
    let found = try predictions(
      on: sentences, in: model, intervening: zeroing(best, in: model))
    return Quality(
      accuracy: average(found.map { $0.isRight ? 1 : 0 }), loss: average(found.map(\.loss)))
  }

  // MARK: 7.12  In words: what may the title say?

  /// How you would have designed the thesis, and what its title may say; about 200 words.
  func whatTheTitleMaySay() throws -> String {
    """
    A head that attends to an idiom has been seen attending, and nothing more. That accuracy stays at \
    55.6 % without the best three says that the score did not find heads the model needs; that the score \
    is the same on paraphrases (0.96) says that it did not find heads for idioms either. So I would turn \
    the order round. The measure is an intervention: heads and MLPs ablated by zeros and by means, one by \
    one and in pairs, because one can stand in for another; the effect is the loss and the first choice at \
    the idiom's last word. The control has all but the idiom: a literal use with the same beginning, and \
    spans of the same length and place drawn at random. A head counts when it costs more on idioms than \
    on controls. It is chosen on one half of the idioms and tested on the other, with intervals over \
    sentences and over heads, in several seeds and more than one model. Scores of attention come last, as \
    guesses whose rank correlation with the effects is reported. In the reader the three best-scored heads \
    are needed, on literal sentences too, and it is nearly all one head of layer 0: that is no proof of the \
    score. Title: “Heads that attend to idioms in Pythia are not needed to complete them”.
    """
  }
}
