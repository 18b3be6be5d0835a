import GradientsVocabulary
import Interpretability
import SheetTools
import Tensors
import Transformers

extension NumberSource {
  /// The gradient at the embeddings, `[position, width]`: of the translator as the library computes
  /// it, which tests hold against finite differences; of a formula as it is on paper.
  func knownGradients() throws -> Tensor {
    switch self {
    case .translator(let prediction): try prediction.explained().gradients().source
    case .formula(let formula, let embeddings): formula.gradientOnPaper(at: embeddings)
    }
  }

  /// The number as a function of embeddings `[position, width]`, of the translator by the library,
  /// of a formula in loops.
  func knownValue() throws -> (Tensor) throws -> Double {
    switch self {
    case .translator(let prediction):
      let explained = try prediction.explained()
      return { try Double(explained.at(EmbeddingValues(source: $0)).value()) }
    case .formula(let formula, _):
      return { formula.onPaper($0) }
    }
  }
}

extension Formula {
  /// The formula in loops of Double.
  func onPaper(_ embeddings: Tensor) -> Double {
    let projections = zip(embeddings.doubleRows, weights.doubleRows).map { row, weights in
      zip(row, weights).reduce(0) { $0 + $1.0 * $1.1 }
    }
    switch kind {
    case .linear: return projections.reduce(0, +)
    case .product: return projections.reduce(1, *)
    case .saturating: return min(1, projections.reduce(0, +))
    }
  }

  /// The gradient, `[position, width]`: the weights, and of a product every other projection times
  /// the weights.
  ///
  /// - Precondition: the formula is no saturating one, whose slope jumps.
  func gradientOnPaper(at embeddings: Tensor) -> Tensor {
    precondition(kind != .saturating, "the slope of a saturating formula jumps")
    guard kind == .product else { return weights }
    let projections = (weights * embeddings).sum(axis: 1).values
    let others = projections.indices.map { own in
      projections.indices.reduce(Float(1)) { $1 == own ? $0 : $0 * projections[$1] }
    }
    return weights * Tensor(others, shape: [others.count, 1])
  }

  /// What the projections contribute on the straight way from a baseline, by the mean slope at some
  /// places, in double precision: what paper says of each kind.
  ///
  /// - Precondition: the formula is no saturating one, whose slope jumps.
  func shares(of embeddings: Tensor, from baseline: Tensor, at places: [Double]) -> [Double] {
    precondition(kind != .saturating, "the slope of a saturating formula jumps")
    func projections(_ x: Tensor) -> [Double] {
      zip(x.doubleRows, weights.doubleRows).map { zip($0, $1).reduce(0) { $0 + $1.0 * $1.1 } }
    }
    let (end, start) = (projections(embeddings), projections(baseline))
    return end.indices.map { own in
      let slopes = places.map { place in
        kind == .linear
          ? 1
          : end.indices.reduce(1) {
            $1 == own ? $0 : $0 * (start[$1] + place * (end[$1] - start[$1]))
          }
      }
      return (end[own] - start[own]) * slopes.reduce(0, +) / Double(places.count)
    }
  }
}

extension TranslatorPrediction {
  /// The prediction, from its model.
  func explained() throws -> ExplainedPrediction {
    try ExplainedPrediction(
      SheetTranslator(model).model, ModelInput(source, decoderTokens: decoder), target: target)
  }
}
