import Foundation
public import Interpretability
import Interventions
import Tensors
public import Transformers

/// What a head's attention on some pairs of positions is made into a score of, each by itself.
///
/// "Mean", "greatest" and "phrase" are in the units of attention, from 0 to 1.
public struct SpanComponents: Codable, Sendable, Hashable {
  /// The mean attention over the pairs.
  public var mean: Float
  /// Its deviation over the pairs, dividing by their number.
  public var deviation: Float
  /// The mean, over the queries that have pairs, of the greatest attention in the query's pairs.
  public var greatest: Float
  /// The mean, over the queries in the phrase, of the attention that stays in the phrase.
  public var phrase: Float
  /// The mean of what the head writes at the phrase's positions, over positions and width.
  public var result: Float

  /// `mean − deviation + greatest + phrase + result`.
  public var sum: Float { mean - deviation + greatest + phrase + result }

  /// The score: 2 (σ(sum) − ½), between −1 and 1; or the sum as it is.
  public func score(throughSigmoid: Bool = true) -> Float {
    throughSigmoid ? 2 * (1 / (1 + exp(-sum)) - 0.5) : sum
  }
}

/// The scores of a head on a sentence.
public struct SpanScores: Codable, Sendable, Hashable {
  /// The idiom score: over pairs of which one or both are in the span, which is the phrase.
  public var span: SpanComponents
  /// The literal score: over pairs with neither in the span, the rest being the phrase; nil where the
  /// span is the whole sentence.
  public var rest: SpanComponents?
  /// The mean score of the sentence's other n-grams of the span's length, taken as the span; nil
  /// where it was not asked for or none fits beside the span.
  public var baseline: Float?
}

/// Scores heads by how they attend to a span.
public struct SpanScorer: Sendable {
  /// Which weights the fifth component is read with; attention is the same with both.
  public enum Weights: String, Sendable, CaseIterable, Codable {
    /// As the checkpoint has them.
    case stored
    /// As TransformerLens loads them: the norms' weights folded into what reads them, what is written
    /// centred over the width where norms centre, value biases moved out of the heads.
    case processed
  }

  /// The heads, in the order of scores.
  public let heads: [HeadAddress]
  /// Whether ``SpanScores/baseline`` is computed.
  public var comparesNGrams: Bool
  private let isCausal: Bool
  private let layers: [Layer]

  /// What a layer's heads add to the mean over the width.
  private struct Layer {
    let pattern: HookPoint
    let mixed: HookPoint
    /// The mean over the width of W_O, `[head, headWidth]`.
    let weight: Tensor
    /// Taken off the mean, a number a head.
    let offset: [Float]
  }

  /// What has to be kept of runs.
  public static func points(in configuration: TransformerConfiguration) -> Set<HookPoint> {
    let (name, stack) = configuration.stacks[0]
    return Set(
      (0..<stack.layerCount).flatMap { layer in
        [
          HookPoint.pattern(name, layer), .block(name, layer, .attention(.own, .mixed)),
        ]
      })
  }

  /// A scorer for a model of one stack.
  public init(_ model: Transformer, weights: Weights = .stored, comparesNGrams: Bool = false) {
    let (name, stack) = model.configuration.stacks[0]
    let heads = stack.headCount
    isCausal = model.configuration.encoder == nil
    self.comparesNGrams = comparesNGrams
    self.heads = (0..<stack.layerCount).flatMap { layer in
      (0..<heads).map { HeadAddress(name, layer: layer, head: $0) }
    }
    layers = model.stacks[0].blocks.enumerated().map { layer, block in
      let output = block.attention.output.weight
      let inner = output.shape[1] / heads
      var weight = output.mean(axis: 0).reshaped(to: [heads, inner])
      var offset = Array(repeating: Float(0), count: heads)
      if weights == .processed {
        // The norm's bias passes through the values too.
        let values = block.attention.value
        let reads = model.configuration.normPlacement == .before
        var bias = values.bias
        if reads, let added = block.attentionNorm.bias {
          let moved = values.weight.matmul(added.reshaped(to: [added.count, 1]))
            .reshaped(to: [values.weight.shape[0]])
          bias = bias.map { $0 + moved } ?? moved
        }
        if reads, block.attentionNorm.bias != nil {
          // Centred over the width, the mean is nothing.
          weight = .zeros([heads, inner])
        } else if let bias {
          let keys = bias.count / inner
          for head in 0..<heads {
            for unit in 0..<inner {
              offset[head] += weight[head, unit] * bias[head * keys / heads * inner + unit]
            }
          }
        }
      }
      return Layer(
        pattern: .pattern(name, layer), mixed: .block(name, layer, .attention(.own, .mixed)),
        weight: weight, offset: offset)
    }
  }

  /// The scores of a batch: for each sentence, those of every head.
  ///
  /// - Throws: ``SpanError`` when patterns or mixed values were not kept.
  public func scores(_ batch: SpanBatch) throws(SpanError) -> [[SpanScores]] {
    let length = batch.sentences[0].tokens.count
    var found = batch.sentences.map { _ in [SpanScores]() }
    let grams = batch.sentences.map { comparesNGrams ? Self.grams(beside: $0) : [] }
    for layer in layers {
      let (pattern, mixed) = (try batch[layer.pattern], try batch[layer.mixed])
      let written = written(mixed, layer)
      let heads = layer.offset.count
      pattern.withUnsafeValues { values in
        for (row, sentence) in batch.sentences.enumerated() {
          for head in 0..<heads {
            let start = (row * heads + head) * length * length
            let attention = HeadPattern(
              weights: values.baseAddress! + start, length: length, isCausal: isCausal,
              written: (0..<length).map { written[(row * length + $0) * heads + head] })
            let inside = Self.mask(sentence.span, length)
            var scores = SpanScores(
              span: attention.components(touching: inside)!,
              rest: attention.components(avoiding: inside))
            if !grams[row].isEmpty {
              let sum = grams[row].reduce(Float(0)) { sum, gram in
                sum + attention.components(touching: Self.mask(gram, length))!.score()
              }
              scores.baseline = sum / Float(grams[row].count)
            }
            found[row].append(scores)
          }
        }
      }
    }
    return found
  }

  /// The mean over the width of what each head writes, `[sentence × position × head]`.
  private func written(_ mixed: Tensor, _ layer: Layer) -> [Float] {
    let (heads, inner) = (mixed.shape[2], mixed.shape[3])
    return mixed.withUnsafeValues { values in
      layer.weight.withUnsafeValues { weight in
        (0..<(values.count / inner)).map { place in
          let head = place % heads
          return Kernel.dot(
            values.baseAddress! + place * inner, weight.baseAddress! + head * inner, count: inner)
            - layer.offset[head]
        }
      }
    }
  }

  private static func mask(_ span: [Int], _ length: Int) -> [Bool] {
    var mask = Array(repeating: false, count: length)
    for position in span { mask[position] = true }
    return mask
  }

  /// All stretches of the span's length that share no token with it.
  private static func grams(beside sentence: SpanTokens) -> [[Int]] {
    let (count, inside) = (sentence.span.count, Set(sentence.span))
    guard sentence.tokens.count >= count else { return [] }
    return (0...(sentence.tokens.count - count)).map { Array($0..<($0 + count)) }
      .filter { $0.allSatisfy { !inside.contains($0) } }
  }
}

/// The attention of a head on a sentence, `[query, key]`, and what it writes.
private struct HeadPattern {
  let weights: UnsafePointer<Float>
  let length: Int
  let isCausal: Bool
  let written: [Float]

  /// Over pairs that touch a phrase.
  func components(touching phrase: [Bool]) -> SpanComponents? {
    components(phrase: phrase) { query, key in phrase[query] || phrase[key] }
  }

  /// Over pairs of which neither is in a phrase; all outside is the phrase of these.
  func components(avoiding phrase: [Bool]) -> SpanComponents? {
    components(phrase: phrase.map { !$0 }) { query, key in !phrase[query] && !phrase[key] }
  }

  @inline(__always)
  private func components(
    phrase: [Bool], _ counts: (_ query: Int, _ key: Int) -> Bool
  ) -> SpanComponents? {
    var (sum, squares, pairs) = (0.0, 0.0, 0)
    var (greatest, queries) = (0.0, 0)
    var (stays, result, places) = (0.0, 0.0, 0)
    for query in 0..<length {
      let row = weights + query * length
      var best = -Float.infinity
      var inside: Float = 0
      for key in 0..<(isCausal ? query + 1 : length) {
        let weight = row[key]
        if phrase[key] { inside += weight }
        guard counts(query, key) else { continue }
        sum += Double(weight)
        squares += Double(weight) * Double(weight)
        pairs += 1
        best = max(best, weight)
      }
      if best > -.infinity {
        greatest += Double(best)
        queries += 1
      }
      if phrase[query] {
        stays += Double(inside)
        result += Double(written[query])
        places += 1
      }
    }
    guard pairs > 0, places > 0 else { return nil }
    let mean = sum / Double(pairs)
    return SpanComponents(
      mean: Float(mean),
      deviation: Float(max(squares / Double(pairs) - mean * mean, 0).squareRoot()),
      greatest: Float(greatest / Double(queries)), phrase: Float(stays / Double(places)),
      result: Float(result / Double(places)))
  }
}
