import Foundation
import Interpretability
import ProbingVocabulary
import Tensors
import Transformers

/// Texts with vectors among their embeddings, all run as one batch, without gradients.
struct PromptRuns {
  /// Where the vectors go.
  enum Placing {
    /// In front of the text: what a prompt is.
    case front
    /// Behind it.
    case behind
    /// In the place of its first tokens.
    case over
    /// Added to the embeddings of the padding that makes room in front.
    case added
    /// Nowhere.
    case nowhere
  }

  let model: Transformer

  /// The logits of the decoder's first row, `[text][token]`.
  ///
  /// - Parameters:
  ///   - prefixes: The vectors of each text, `[vector][width]`, as many for each.
  ///   - texts: What the encoder reads besides.
  func logits(
    _ prefixes: [[[Float]]], on texts: [[Int]], placing: Placing = .front
  ) throws -> [[Float]] {
    let configuration = model.configuration
    let length = prefixes[0].count
    let room = Array(repeating: configuration.padToken, count: length)
    let rows = texts.map { text in
      switch placing {
      case .front, .added: room + text
      case .behind: text + room
      case .over, .nowhere: text
      }
    }
    let places = texts.map { placing == .behind ? $0.count : 0 }
    let (tokens, mask) = ModelInput.padding(rows, with: configuration.padToken)
    let prompt = Intervention(at: .embedding) { embedded in
      var changed = embedded
      for (row, prefix) in prefixes.enumerated() {
        for (index, vector) in prefix.enumerated() where places[row] + index < embedded.shape[1] {
          for (column, value) in vector.enumerated() {
            let place = places[row] + index
            let before = placing == .added ? embedded[row, place, column] : 0
            changed[row, place, column] = before + value
          }
        }
      }
      return changed
    }
    let input = ModelInput(
      tokens: tokens, mask: mask, decoderTokens: texts.map { _ in [configuration.startToken] })
    let logits = try model.run(input, intervening: placing == .nowhere ? [] : [prompt]).logits
    return texts.indices.map { logits[at: $0][at: 0].values }
  }

  /// How the mean cross-entropy of the classes changes with one prefix in front of every text,
  /// `[vector, width]`.
  func gradient(
    of prefix: Tensor, on texts: [[Int]], labels: [Int], answers: [Int]
  ) throws -> Tensor {
    let configuration = model.configuration
    let (length, width) = (prefix.shape[0], prefix.shape[1])
    let room = Array(repeating: configuration.padToken, count: length)
    let (tokens, mask) = ModelInput.padding(texts.map { room + $0 }, with: configuration.padToken)
    let watched = prefix.requiringGradient()
    let prompt = Intervention(at: .embedding) { embedded in
      let front = Tensor.zeros([texts.count, length, width]) + watched
      return .concatenation([front, embedded.slice(axis: 1, length..<embedded.shape[1])], axis: 1)
    }
    let input = ModelInput(
      tokens: tokens, mask: mask, decoderTokens: texts.map { _ in [configuration.startToken] })
    let logits = try model.run(input, intervening: [prompt]).logits
    let scores = logits.reshaped(to: [texts.count, logits.shape[2]]).transposed()
      .gathering(answers).transposed()
    return Tensors.gradient(
      of: scores.crossEntropy(targets: labels), withRespectTo: [watched])[0]
  }

  /// The mean cross-entropy of the classes, in nats.
  ///
  /// - Parameter overAll: Whether the softmax is over all tokens instead of the answers alone.
  static func loss(
    _ logits: [[Float]], labels: [Int], answers: [Int], overAll: Bool = false
  ) -> Double {
    let losses = zip(logits, labels).map { row, label in
      let scores = (overAll ? row : answers.map { row[$0] }).map(Double.init)
      let greatest = scores.max() ?? 0
      let sum = scores.reduce(0) { $0 + exp($1 - greatest) }
      return greatest + log(sum) - Double(row[answers[label]])
    }
    return losses.reduce(0, +) / Double(losses.count)
  }
}
