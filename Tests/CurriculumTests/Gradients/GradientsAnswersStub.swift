import Answering
import GradientsVocabulary
import Tensors
import Transformers

/// The answers of a student who has not begun Sheet 3.
struct UntouchedGradients: GradientsAnswersStub {}

/// Answers of which a test writes only those it is about.
protocol GradientsAnswersStub: GradientsAnswers {}

extension GradientsAnswersStub {
  func gradientByHand(of model: OneLayerModel, at input: [Double], target: Int) throws -> [Double] {
    throw Unanswered()
  }
  func slope(of number: PredictedNumber, position: Int, column: Int) throws -> Float {
    throw Unanswered()
  }
  func saliency(of number: PredictedNumber) throws -> [Float] { throw Unanswered() }
  func inputTimesGradient(of number: PredictedNumber) throws -> [Float] { throw Unanswered() }
  func wordScores(_ scores: [Float], words: [Int?]) throws -> [Float] { throw Unanswered() }
  func integratedGradients(
    of number: PredictedNumber, from baseline: Tensor, steps: Int
  ) throws -> [Float] { throw Unanswered() }
  func completenessGap(
    of scores: [Float], for number: PredictedNumber, from baseline: Tensor
  ) throws -> Float { throw Unanswered() }
  func baseline(for embeddings: Tensor, filler: Tensor, keeping kept: [Int]) throws -> Tensor {
    throw Unanswered()
  }
  func reports(
    on number: PredictedNumber, from baselines: [Tensor], steps: Int
  ) throws -> [BaselineReport] { throw Unanswered() }
  func contrast(
    in row: PredictedRow, target: Int, foil: Int, from baseline: Tensor, steps: Int
  ) throws -> [Float] { throw Unanswered() }
  func gradientMaps(
    of model: Transformer, input: ModelInput, target: Int, position: Int
  ) throws -> GradientMaps { throw Unanswered() }
  func deletionCurve(
    of number: PredictedNumber, by scores: [Float], baseline: Tensor
  ) throws -> [Float] { throw Unanswered() }
  func area(under curve: [Float]) throws -> Float { throw Unanswered() }
  func rankCorrelation(_ x: [Float], _ y: [Float]) throws -> Float { throw Unanswered() }
  func mostFaithful(among sentences: [MethodScores]) throws -> String { throw Unanswered() }
  func whatAnAttributionSays() throws -> String { throw Unanswered() }
  func whichMethod() throws -> String { throw Unanswered() }
}
