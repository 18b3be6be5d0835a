import Models
package import Tensors
import Transformers

/// A row of logits, as it enters the student's process: the translator's, or formulas, one for every
/// token.
package enum RowSource: Codable, Sendable {
  /// The row in which the translator predicts its target.
  case translator(TranslatorPrediction)
  /// A formula for every token.
  case formulas([Formula], embeddings: Tensor)

  /// The row.
  package func row() throws -> PredictedRow {
    switch self {
    case .translator(let prediction): return try prediction.row()
    case .formulas(let formulas, let embeddings):
      return PredictedRow(
        pieces: (0..<embeddings.shape[0]).map { "x\($0)" }, embeddings: embeddings
      ) { x in
        .concatenation(formulas.map { $0(x).reshaped(to: [1]) }, axis: 0)
      }
    }
  }
}

extension TranslatorPrediction {
  /// The logits of all tokens in the target's row, as a function of the embeddings.
  package func row() throws -> PredictedRow {
    let model = try LoadedModel.kept(model).model
    let (input, row) = (ModelInput(source, decoderTokens: decoder), target.position)
    let embeddings = try model.run(input, capturing: [.embedding]).trace[.embedding][at: 0]
    return PredictedRow(pieces: try pieces(), embeddings: embeddings) { x in
      let logits = try model.run(
        input, intervening: [.replace(.embedding, with: x.reshaped(to: [1] + x.shape))],
        logitsAt: row..<(row + 1)
      ).logits
      return logits.reshaped(to: [logits.count])
    }
  }
}
