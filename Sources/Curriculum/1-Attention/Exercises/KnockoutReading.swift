import AttentionVocabulary
import Coursework
import Foundation
import Tensors
import Transformers

/// Effects of heads and what usual mistakes give, computed another way than the student is shown.
///
/// A head's pattern is zeroed, so that it mixes nothing, and log-probabilities are added up in
/// Double.
struct KnockoutReading {
  private let model: Transformer
  private let decoderLayers: Int
  private let heads: Int
  private(set) var effects: [Double] = []
  private var wrong: [Wrong: [Double]] = [:]

  private enum Wrong: Int, CaseIterable {
    case sign, bits, mean, probabilityOfAll, probabilities, logits, unshifted, ownChoice
    case firstLayer, selfAttention, encoder, together, even, looks, value

    var sentence: String {
      switch self {
      case .sign:
        "the effect has the wrong sign: by how much the log-probability *falls*, clean − zeroed"
      case .bits: "the effect is in bits; take the natural logarithm for nats"
      case .mean: "this is the mean over the tokens; the whole target's log-probability is the sum"
      case .probabilityOfAll, .probabilities:
        "these are differences of probabilities; take those of log-probabilities"
      case .logits:
        "these are differences of logits; they become log-probabilities by `logSoftmax()`"
      case .unshifted:
        """
        row t is scored on the token it *reads*; it should be scored on `predicts[t]`, for the \
        decoder's input is shifted right
        """
      case .ownChoice:
        "the model's own choice of tokens is scored; score `predicts`, whatever the model prefers"
      case .firstLayer: "these are heads of the decoder's first layer; take the last"
      case .selfAttention: "these are heads of the decoder's self-attention; take cross-attention"
      case .encoder: "these are heads of the encoder; take the decoder's cross-attention"
      case .together:
        "all heads are taken out at once; take out one at a time and leave the others in"
      case .even:
        "the head's pattern is made even here, and it goes on writing a mean of all values; its "
          + "output is to be zeroed"
      case .looks:
        "this is how much a head attends, from its pattern alone; run the model without the head "
          + "and see what is lost"
      case .value: "this is the log-probability without the head; subtract it from the clean one"
      }
    }
  }

  init(model: Transformer) {
    self.model = model
    decoderLayers = model.configuration.decoder!.layerCount
    heads = model.configuration.decoder!.headCount
  }

  /// What usual mistakes give.
  var mistakes: [Mistake<[Float]>] {
    Wrong.allCases.compactMap { kind in wrong[kind].map { Mistake(kind.sentence, $0) } }
  }

  mutating func add(_ sentence: KnockoutSentence) throws {
    let predicts = sentence.predicts
    let clean = try scores(sentence, without: [])
    let last = HookPoint.pattern(.decoder, decoderLayers - 1, .cross)
    let choice = clean.choice
    let pattern = try model.run(sentence.input, capturing: [last]).trace[last][at: 0]
    func add(_ kind: Wrong, _ value: Double) { wrong[kind, default: []].append(value) }
    let together = try scores(
      sentence, without: (0..<heads).map { silence($0, at: last) })
    for head in 0..<heads {
      let zeroed = try scores(sentence, without: [silence(head, at: last)])
      let effect = clean.total(predicts) - zeroed.total(predicts)
      effects.append(effect)
      add(.sign, -effect)
      add(.bits, effect / log(2.0))
      add(.mean, effect / Double(predicts.count))
      add(.probabilityOfAll, exp(clean.total(predicts)) - exp(zeroed.total(predicts)))
      add(.probabilities, clean.probability(predicts) - zeroed.probability(predicts))
      add(.logits, clean.logits(predicts) - zeroed.logits(predicts))
      add(.unshifted, clean.total(sentence.decoderTokens) - zeroed.total(sentence.decoderTokens))
      add(.ownChoice, clean.total(choice) - zeroed.total(choice))
      add(.together, clean.total(predicts) - together.total(predicts))
      add(.value, zeroed.total(predicts))
      let even = try scores(sentence, without: [evening(head, at: last)])
      add(.even, clean.total(predicts) - even.total(predicts))
      // The greatest of every row, the mean over rows: what a picture shows of a head.
      let rows = pattern.shape[1]
      add(
        .looks,
        (0..<rows).reduce(0.0) { sum, row in
          sum + Double((0..<pattern.shape[2]).map { pattern[head, row, $0] }.max() ?? 0)
        } / Double(rows))
      let elsewhere: [(Wrong, HookPoint)] = [
        (.firstLayer, .pattern(.decoder, 0, .cross)),
        (.selfAttention, .pattern(.decoder, decoderLayers - 1)),
        (.encoder, .pattern(.encoder, model.configuration.encoder!.layerCount - 1)),
      ]
      for (kind, point) in elsewhere {
        let other = try scores(sentence, without: [silence(head, at: point)])
        add(kind, clean.total(predicts) - other.total(predicts))
      }
    }
  }

  /// A head whose pattern is zero everywhere mixes nothing.
  private func silence(_ head: Int, at point: HookPoint) -> Intervention {
    Intervention(at: point) { pattern in
      var pattern = pattern
      let rows = pattern.shape[2] * pattern.shape[3]
      pattern.withUnsafeMutableValues { values in
        // A head the stack does not have leaves all as it is.
        let start = min(head * rows, values.count)
        for index in start..<min(start + rows, values.count) { values[index] = 0 }
      }
      return pattern
    }
  }

  /// A head that reads every key alike.
  private func evening(_ head: Int, at point: HookPoint) -> Intervention {
    Intervention(at: point) { pattern in
      var pattern = pattern
      let keys = pattern.shape[3]
      for row in 0..<pattern.shape[2] {
        for key in 0..<keys { pattern[0, head, row, key] = 1 / Float(keys) }
      }
      return pattern
    }
  }

  private func scores(
    _ sentence: KnockoutSentence, without interventions: [Intervention]
  ) throws -> Scores {
    Scores(try model.run(sentence.input, intervening: interventions).logits)
  }

  /// Logits of one sentence, and what is needed to make log-probabilities of them.
  private struct Scores {
    let values: [Float]
    let width: Int
    /// log Σ exp of every row.
    let normalisers: [Double]

    init(_ logits: Tensor) {
      let values = logits.values
      let width = logits.shape[2]
      self.values = values
      self.width = width
      normalisers = (0..<logits.shape[1]).map { row in
        let row = values[(row * width)..<((row + 1) * width)]
        let greatest = Double(row.max() ?? 0)
        return greatest + log(row.reduce(0.0) { $0 + exp(Double($1) - greatest) })
      }
    }

    func logit(_ row: Int, _ token: Int) -> Double { Double(values[row * width + token]) }

    func logProbability(_ row: Int, _ token: Int) -> Double {
      logit(row, token) - normalisers[row]
    }

    func total(_ tokens: [Int]) -> Double {
      tokens.enumerated().reduce(0) { $0 + logProbability($1.offset, $1.element) }
    }

    func probability(_ tokens: [Int]) -> Double {
      tokens.enumerated().reduce(0) { $0 + exp(logProbability($1.offset, $1.element)) }
    }

    func logits(_ tokens: [Int]) -> Double {
      tokens.enumerated().reduce(0) { $0 + logit($1.offset, $1.element) }
    }

    /// The token every row prefers.
    var choice: [Int] {
      normalisers.indices.map { row in
        (0..<width).max { values[row * width + $0] < values[row * width + $1] } ?? 0
      }
    }
  }
}
