import IdiomsVocabulary
import SheetTools
import Tensors
import Transformers

/// What is predicted with heads taken away, a whole run a sentence, in plain loops of Double.
struct AblationOracle {
  let model: Transformer
  let sentences: [[Int]]

  /// How well one position predicts the token behind it.
  struct Prediction {
    let sentence: Int
    let position: Int
    let loss: Double
    let choice: Int
    let isRight: Bool
    /// How far the first choice lies before the second.
    let margin: Double
  }

  /// Predictions of all positions but the last of each sentence.
  ///
  /// - Parameter edits: What becomes of the mixed values of a head of a layer, nil where it stays:
  ///   given the sentence, layer, head and position.
  func predictions(
    shift: Int = 1,
    _ edit: (@Sendable (_ sentence: Int, HeadPlace, _ position: Int) -> [Float]?)? = nil
  ) throws -> [Prediction] {
    try sentences.indices.flatMap { index -> [Prediction] in
      let tokens = sentences[index]
      let changes = (0..<model.configuration.stacks[0].stack.layerCount).map { layer in
        Intervention(at: .block(.blocks, layer, .attention(.own, .mixed))) { mixed in
          guard let edit else { return mixed }
          var changed = mixed
          for position in 0..<mixed.shape[1] {
            for head in 0..<mixed.shape[2] {
              let place = HeadPlace(layer: layer, head: head)
              guard let row = edit(index, place, position) else { continue }
              for (unit, value) in row.enumerated() { changed[0, position, head, unit] = value }
            }
          }
          return changed
        }
      }
      let logits = try model.run(ModelInput(tokens), intervening: edit == nil ? [] : changes)
        .logits[at: 0].doubleRows
      return (0..<(tokens.count - 1)).map { position in
        let row = logits[position]
        let choice = row.indices.max { row[$0] < row[$1] }!
        let second = row.indices.reduce(-Double.infinity) {
          $1 == choice ? $0 : max($0, row[$1])
        }
        let token = tokens[position + shift]
        return Prediction(
          sentence: index, position: position, loss: -DoubleSoftmax.logarithms(row)[token],
          choice: choice, isRight: choice == token, margin: row[choice] - second)
      }
    }
  }

  /// Predictions with zeros in the place of some heads.
  func predictions(without heads: [HeadPlace], shift: Int = 1) throws -> [Prediction] {
    let zeros = Array(repeating: Float(0), count: model.configuration.stacks[0].stack.headWidth)
    return try predictions(shift: shift) { _, place, _ in heads.contains(place) ? zeros : nil }
  }

  /// The mixed values of a head, `[sentence][position][unit]`.
  func mixed(_ head: HeadPlace) throws -> [[[Double]]] {
    let point = HookPoint.block(.blocks, head.layer, .attention(.own, .mixed))
    return try sentences.map { tokens in
      let values = try model.run(ModelInput(tokens), capturing: .points([point])).trace[point]
      return (0..<tokens.count).map { position in
        (0..<values.shape[3]).map { Double(values[0, position, head.head, $0]) }
      }
    }
  }

  /// The mean of rows.
  static func mean(_ rows: [[Double]]) -> [Float] {
    (rows.first ?? []).indices.map { unit in
      Float(rows.reduce(0) { $0 + $1[unit] } / Double(rows.count))
    }
  }

  static func loss(_ predictions: [Prediction]) -> Double {
    predictions.reduce(0) { $0 + $1.loss } / Double(predictions.count)
  }

  static func accuracy(_ predictions: [Prediction]) -> Double {
    Double(predictions.count { $0.isRight }) / Double(predictions.count)
  }

  /// The mean over sentences of means over their positions.
  static func bySentence(
    _ predictions: [Prediction], _ value: (Prediction) -> Double
  ) -> Double {
    let groups = Dictionary(grouping: predictions, by: \.sentence).values
    return groups.reduce(0) { sum, group in
      sum + group.reduce(0) { $0 + value($1) } / Double(group.count)
    } / Double(groups.count)
  }
}

extension IdiomsSheet {
  /// Sentences of random tokens, of clearly different lengths.
  static func randomSentences(using generator: inout SeededGenerator) -> [[Int]] {
    [4, 12, 7, 9].map { length in
      (0..<length).map { _ in Int.random(in: 0..<IdiomsModel.vocabulary, using: &generator) }
    }
  }
}
