// Sheet 3, Gradients: one way to answer every exercise.

import Answering
import Foundation
import GradientsVocabulary
import Tensors
import Transformers

/// The solution of Sheet 3.
struct Answers: GradientsAnswers {
  // MARK: 3.1  By hand

  /// The gradient of the log-probability of a class with respect to the input, `[input]`, of
  /// log softmax(U relu(W x + b)), in double precision.
  ///
  /// - Parameters:
  ///   - model: `inputWeight` W `[hidden][input]`, `inputBias` b `[hidden]`, `outputWeight` U
  ///     `[class][hidden]`.
  ///   - input: x, `[input]`.
  ///   - target: The class whose log-probability is explained.
  func gradientByHand(of model: OneLayerModel, at input: [Double], target: Int) throws -> [Double] {
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    let (w, u) = (model.inputWeight, model.outputWeight)
    let before = zip(w, model.inputBias).map { row, bias in dot(row, input) + bias }
    let logits = u.map { dot($0, before.map { max($0, 0) }) }
    let exponentials = logits.map { exp($0 - logits.max()!) }
    let total = exponentials.reduce(0, +)
    // Of log p: 1 at the target, minus every probability.
    let upstream = logits.indices.map { ($0 == target ? 1 : 0) - exponentials[$0] / total }
    // A unit that was off passes nothing back.
    let hidden = before.indices.map { unit in
      before[unit] > 0 ? dot(u.map { $0[unit] }, upstream) : 0
    }
    return input.indices.map { column in dot(w.map { $0[column] }, hidden) }
  }

  // MARK: 3.2  Saliency

  /// How steeply the number rises along one coordinate of one embedding, measured by moving the
  /// coordinate a little to either side.
  ///
  /// - Parameters:
  ///   - number: `number.embeddings` are `[position, width]`; `try number(x).scalar` is the number
  ///     for other embeddings x of that shape.
  ///   - position: Whose embedding.
  ///   - column: Which coordinate.
  func slope(of number: PredictedNumber, position: Int, column: Int) throws -> Float {
    func value(_ step: Float) throws -> Float {
      var moved = number.embeddings
      moved[position, column] += step
      return try number(moved).scalar
    }
    let h: Float = 0.01
    return (try value(h) - value(-h)) / (2 * h)
  }

  /// The length of the number's gradient with respect to every embedding, `[position]`.
  ///
  /// - Parameter number: `number.embeddings` are `[position, width]`.
  func saliency(of number: PredictedNumber) throws -> [Float] {
    let x = number.embeddings.requiringGradient()
    let slopes = gradient(of: try number(x), withRespectTo: [x])[0]  // [position, width]
    return (slopes * slopes).sum(axis: 1).squareRoot().values
  }

  // MARK: 3.3  Input × gradient

  /// The product of every embedding with its gradient, summed over the coordinates, `[position]`.
  func inputTimesGradient(of number: PredictedNumber) throws -> [Float] {
    let x = number.embeddings.requiringGradient()
    let slopes = gradient(of: try number(x), withRespectTo: [x])[0]
    return (number.embeddings * slopes).sum(axis: 1).values
  }

  /// Scores of words from the scores of their pieces, one for every word.
  ///
  /// - Parameters:
  ///   - scores: One for every piece.
  ///   - words: The word of every piece, from 0, or nil for a piece of none.
  func wordScores(_ scores: [Float], words: [Int?]) throws -> [Float] {
    let count = (words.compactMap { $0 }.max() ?? -1) + 1
    var sums = [Float](repeating: 0, count: count)
    for (score, word) in zip(scores, words) {
      if let word { sums[word] += score }
    }
    return sums
  }

  // MARK: 3.4  Integrated gradients

  /// Integrated gradients along the straight line from a baseline, `[position]`, by the midpoint
  /// rule: gradients in the middles of equal steps.
  ///
  /// - Parameters:
  ///   - number: The number that is explained.
  ///   - baseline: Where the line starts, `[position, width]`.
  ///   - steps: How many gradients are taken.
  func integratedGradients(
    of number: PredictedNumber, from baseline: Tensor, steps: Int
  ) throws -> [Float] {
    let difference = number.embeddings - baseline
    var total = Tensor.zeros(baseline.shape)
    for step in 0..<steps {
      let place = (Float(step) + 0.5) / Float(steps)
      let x = (baseline + difference * place).requiringGradient()
      total += gradient(of: try number(x), withRespectTo: [x])[0]
    }
    return (difference * total / Float(steps)).sum(axis: 1).values
  }

  /// By how much more the scores add up to than they should: Σ − (f(x) − f(x′)).
  ///
  /// - Parameters:
  ///   - scores: One for every position.
  ///   - number: f, whose embeddings are x.
  ///   - baseline: x′, `[position, width]`.
  func completenessGap(
    of scores: [Float], for number: PredictedNumber, from baseline: Tensor
  ) throws -> Float {
    let gained = try number(number.embeddings).scalar - number(baseline).scalar
    return scores.reduce(0, +) - gained
  }

  // MARK: 3.5  The baseline matters

  /// A baseline in which a filler stands in every place but some, `[position, width]`.
  ///
  /// - Parameters:
  ///   - embeddings: What the model reads, `[position, width]`.
  ///   - filler: The embedding of the piece that says nothing, `[width]`.
  ///   - kept: The positions that stay as they are.
  func baseline(for embeddings: Tensor, filler: Tensor, keeping kept: [Int]) throws -> Tensor {
    var baseline = embeddings
    for position in 0..<embeddings.shape[0] where !kept.contains(position) {
      for column in 0..<embeddings.shape[1] { baseline[position, column] = filler[column] }
    }
    return baseline
  }

  /// From every baseline: which position is given most, how much there was to share out, and whether
  /// the sum can be trusted: the gap is at most a twentieth of f(x) − f(x′), signs aside.
  ///
  /// - Parameters:
  ///   - number: The number that is explained.
  ///   - baselines: `[position, width]` each.
  ///   - steps: How many gradients are taken from each, by the midpoint rule.
  func reports(
    on number: PredictedNumber, from baselines: [Tensor], steps: Int
  ) throws -> [BaselineReport] {
    try baselines.map { baseline in
      let scores = try integratedGradients(of: number, from: baseline, steps: steps)
      let gap = try completenessGap(of: scores, for: number, from: baseline)
      let difference = try number(number.embeddings).scalar - number(baseline).scalar
      return BaselineReport(
        top: scores.indices.max { scores[$0] < scores[$1] } ?? 0, difference: difference,
        isComplete: abs(gap) <= 0.05 * abs(difference))
    }
  }

  // MARK: 3.6  Why brun and not brune

  /// Why this token and not that one: integrated gradients of the difference of their logits, target
  /// minus foil, `[position]`, by the midpoint rule.
  ///
  /// - Parameters:
  ///   - row: `row.embeddings` are `[position, width]`; `try row(x)` are the logits of all tokens,
  ///     `[token]`, for embeddings x, of which gradients can be taken.
  ///   - target: The token that was predicted.
  ///   - foil: The token that might have been.
  ///   - baseline: Where the line starts, `[position, width]`.
  ///   - steps: How many gradients are taken.
  func contrast(
    in row: PredictedRow, target: Int, foil: Int, from baseline: Tensor, steps: Int
  ) throws -> [Float] {
    let difference = row.embeddings - baseline
    var total = Tensor.zeros(baseline.shape)
    for step in 0..<steps {
      let place = (Float(step) + 0.5) / Float(steps)
      let x = (baseline + difference * place).requiringGradient()
      let logits = try row(x)
      let number = logits.slice(target..<(target + 1)) - logits.slice(foil..<(foil + 1))
      total += gradient(of: number, withRespectTo: [x])[0]
    }
    return (difference * total / Float(steps)).sum(axis: 1).values
  }

  // MARK: 3.7  Trace it through cross-attention

  /// The gradient of a logit at every layer and position of an encoder–decoder.
  ///
  /// - Parameters:
  ///   - model: `model.run(input, capturing: …, intervening: [.replace(.embedding, with: x), …])`
  ///     with an x that requires a gradient; what the run captures can be differentiated.
  ///   - input: One sentence.
  ///   - target: The token whose logit is explained.
  ///   - position: The row of the logits that predicts it.
  func gradientMaps(
    of model: Transformer, input: ModelInput, target: Int, position: Int
  ) throws -> GradientMaps {
    let (encoder, decoder) = (model.configuration.encoder!, model.configuration.decoder!)
    let layers = 0..<decoder.layerCount
    let streams =
      (0..<encoder.layerCount).map { HookPoint.residualPre(.encoder, $0) }
      + layers.map { HookPoint.residualPre(.decoder, $0) }
    let patterns = layers.map { HookPoint.pattern(.decoder, $0, .cross) }

    // The embeddings again, so that all that follows from them has a history.
    let read: [HookPoint] = [.embedding, .decoderEmbedding]
    let embeddings = try model.run(input, capturing: .points(Set(read))).trace
    let run = try model.run(
      input, capturing: .points(Set(streams + patterns)),
      intervening: try read.map { .replace($0, with: try embeddings[$0].requiringGradient()) })
    let number = run.logits.slice(axis: 1, position..<(position + 1))
      .slice(axis: 2, target..<(target + 1)).sum()
    let tensors = try (streams + patterns).map { try run.trace[$0] }
    let slopes = gradient(of: number, withRespectTo: tensors)

    let lengths = slopes.prefix(streams.count).map {
      ($0 * $0).sum(axis: 2).squareRoot()[at: 0]  // [position]
    }
    let products = zip(tensors, slopes).suffix(patterns.count).map { attention, slope in
      (attention.detached() * slope)[at: 0].sum(axis: 0).sum(axis: 0)  // [source]
    }
    return GradientMaps(
      encoder: .stack(Array(lengths.prefix(encoder.layerCount))),
      decoder: .stack(Array(lengths.suffix(decoder.layerCount))), cross: .stack(products))
  }

  // MARK: 3.8  Is it faithful?

  /// The number after 0, 1, 2 … positions have given way to the baseline, the highest score first;
  /// one value more than there are positions.
  ///
  /// Equal scores go from left to right.
  ///
  /// - Parameters:
  ///   - number: The number that is explained.
  ///   - scores: One for every position.
  ///   - baseline: What stands in the place of a deleted embedding, `[position, width]`.
  func deletionCurve(
    of number: PredictedNumber, by scores: [Float], baseline: Tensor
  ) throws -> [Float] {
    let order = scores.indices.sorted { (-scores[$0], $0) < (-scores[$1], $1) }
    var x = number.embeddings
    var curve = [try number(x).scalar]
    for position in order {
      for column in 0..<x.shape[1] { x[position, column] = baseline[position, column] }
      curve.append(try number(x).scalar)
    }
    return curve
  }

  /// The mean height of a curve whose values stand at equal distances, by the trapezoid rule.
  func area(under curve: [Float]) throws -> Float {
    let trapezoids = zip(curve, curve.dropFirst()).map { ($0 + $1) / 2 }
    return trapezoids.reduce(0, +) / Float(trapezoids.count)
  }

  // MARK: 3.9  Attention against gradients

  /// Spearman's rank correlation of two lists of one length: Pearson's of their ranks.
  ///
  /// Equal values share the mean of their ranks; a list that is the same everywhere gives 0.
  func rankCorrelation(_ x: [Float], _ y: [Float]) throws -> Float {
    func ranks(_ values: [Float]) -> [Float] {
      values.map { value in
        Float(values.count { $0 < value }) + Float(values.count { $0 == value } + 1) / 2
      }
    }
    // All ranks of a list add up to n (n + 1) / 2, so their mean is known.
    let mean = Float(x.count + 1) / 2
    let (a, b) = (ranks(x).map { $0 - mean }, ranks(y).map { $0 - mean })
    func product(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    let spread = (product(a, a) * product(b, b)).squareRoot()
    return spread > 0 ? product(a, b) / spread : 0
  }

  /// The name of the method whose scores have ranks most like those of occlusion: by the mean, over
  /// the sentences, of the rank correlation of absolute scores.
  ///
  /// - Parameter sentences: `methods` holds `[position]` by name, `occlusion` `[position]`.
  func mostFaithful(among sentences: [MethodScores]) throws -> String {
    func mean(_ method: String) throws -> Float {
      try sentences.reduce(0) { sum, sentence in
        let scores = sentence.methods[method, default: []]
        return sum
          + (try rankCorrelation(scores.map { abs($0) }, sentence.occlusion.map { abs($0) }))
      } / Float(sentences.count)
    }
    let means = try sentences[0].methods.keys.map { (name: $0, mean: try mean($0)) }
    return means.max { $0.mean < $1.mean }!.name
  }

  // MARK: 3.10  In words

  /// What does an attribution say, and what does it not say? Use what you measured; about 150 words.
  func whatAnAttributionSays() throws -> String {
    """
    An attribution shares out one number. Mine was the logit of “brun” in one row: integrated \
    gradients give “brown” 18.7 logits of the 19.3 that the sentence has more than padding between \
    the same instruction and end. That is a statement about this number and this baseline. With \
    “brune” as a foil the number is another, and “brown” is given 5.1. A plain gradient says less \
    still: what a small step would do. Input × gradient gives the same word 0.6, since the model is \
    so sure that a little less of it changes nothing, while without it the logit falls by 21.4.

    It does not say how the model computes: which head carried “brown” over I saw in the trace, not \
    in the shares. It does not say what holds for other sentences. And where words work together no \
    sharing out is the only one: for a product of three, input × gradient gives all of it to each. \
    Nor is it what a person would call a reason.
    """
  }

  // MARK: 3.11  In words

  /// Which method and which baseline you would report, and how you would defend them.
  ///
  /// For this translator; about 150 words.
  func whichMethod() throws -> String {
    """
    I report integrated gradients of the difference between the logit that was written and a named \
    foil, from padding in the place of the words, while instruction and end stay: without those the \
    translator does another task, and I would explain that. I print the gap, and leave out pictures \
    whose gap is more than a twentieth.

    On sixty sentences I deleted words in the order of their scores. The mean logit over the curve is \
    7.6, for attention 8.4, for random scores 15.3; insertion says the same, 23.9, 22.8 and 16.1. So to \
    whoever prefers attention I grant that it orders source words nearly as well: its ranks agree with \
    those of occlusion by 0.60, mine by 0.62. But attention has no sign, no unit, and is the same for \
    “brun” and “brune”, which was my question.

    My choice misleads where the gap is large, and where the noun already written in French decides, \
    for I explain the source alone. If occlusion on new sentences disagreed with me more than random \
    scores do, I would give it up.
    """
  }
}
