import Foundation
import Interpretability
import ProbingVocabulary
import Tensors
import Transformers

/// Texts with vectors among their embeddings, all run as one batch by a model of one stack.
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

  /// Which row of a text's logits is read.
  enum Row {
    /// The last, which has read everything.
    case last
    /// The first.
    case first
    /// That of the text's end, if nothing stood in front of it.
    case early
  }

  let model: Transformer

  /// The logits of a row of each text, `[text][token]`.
  ///
  /// - Parameters:
  ///   - prefix: `[vector, width]`, the same for all.
  ///   - texts: What the model reads besides.
  func logits(
    _ prefix: Tensor, on texts: [[Int]], placing: Placing = .front, row: Row = .last
  ) throws -> [[Float]] {
    let (length, width) = (prefix.shape[0], prefix.shape[1])
    let room = Array(repeating: model.configuration.padToken, count: length)
    let rows = texts.map { text in
      switch placing {
      case .front, .added: room + text
      case .behind: text + room
      case .over, .nowhere: text
      }
    }
    let places = texts.map { placing == .behind ? $0.count : 0 }
    let (tokens, mask) = ModelInput.padding(rows, with: model.configuration.padToken)
    let prompt = Intervention(at: .embedding) { embedded in
      var changed = embedded
      for (row, place) in places.enumerated() {
        for vector in 0..<length where place + vector < rows[row].count {
          for column in 0..<width {
            let before = placing == .added ? embedded[row, place + vector, column] : 0
            changed[row, place + vector, column] = before + prefix[vector, column]
          }
        }
      }
      return changed
    }
    let logits = try model.run(
      ModelInput(tokens: tokens, mask: mask), intervening: placing == .nowhere ? [] : [prompt]
    ).logits
    return texts.indices.map { text in
      let place =
        switch row {
        case .last: rows[text].count - 1
        case .first: 0
        case .early: texts[text].count - 1
        }
      return logits[at: text][at: place].values
    }
  }

  /// How the mean cross-entropy of the classes changes with one prefix in front of every text,
  /// `[vector, width]`.
  func gradient(
    of prefix: Tensor, on texts: [[Int]], labels: [Int], answers: [Int]
  ) throws -> Tensor {
    var generator = SeededGenerator(seed: 0)
    var probe = PromptProbe(
      answers: answers, for: model, length: prefix.shape[0], using: &generator)
    probe.prefix = prefix.requiringGradient()
    let loss = try probe.logits(model, on: texts).crossEntropy(targets: labels)
    return Tensors.gradient(of: loss, withRespectTo: [probe.prefix])[0]
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

  /// Whether each text is answered rightly, and by how much the right answer leads.
  ///
  /// - Parameter overAll: Whether all tokens compete instead of the answers alone.
  func margins(
    _ prefix: Tensor?, on texts: [LabelledText], answers: [Int], overAll: Bool = false
  ) throws -> [Double] {
    let none = Tensor.zeros([1, model.configuration.width])
    let logits = try logits(
      prefix ?? none, on: texts.map(\.tokens), placing: prefix == nil ? .nowhere : .front)
    return zip(logits, texts).map { row, text in
      let right = answers[text.label]
      let others = overAll ? Array(row.indices) : answers
      return Double(row[right] - others.filter { $0 != right }.map { row[$0] }.max()!)
    }
  }
}
