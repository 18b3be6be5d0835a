import Answering
import AttentionVocabulary
import Tensors
import Transformers

/// The answers of a student who has not begun.
///
/// Not those of the sheet itself: a student's copy of this package has answers there, right and wrong.
struct UntouchedAnswers: AttentionAnswersStub {}

/// Answers of which a test writes only those it is about.
protocol AttentionAnswersStub: AttentionAnswers {}

extension AttentionAnswersStub {
  func modelShape(from shapes: [String: [Int]]) throws -> ModelShape { throw Unanswered() }
  func weights(of shape: ModelShape, hasGate: Bool) throws -> WeightCounts { throw Unanswered() }
  func attention(of head: AttentionHead) throws -> Tensor { throw Unanswered() }
  func origin(of map: Tensor) throws -> MapOrigin { throw Unanswered() }
  func rows(producing target: [String], startToken: String) throws -> [RowTokens] {
    throw Unanswered()
  }
  func labelling(of picture: LabelledMap) throws -> RowLabelling { throw Unanswered() }
  func alignment(of pair: PiecedPair, cross: Tensor) throws -> [Int?] { throw Unanswered() }
  func swapScores(over examples: [AdjectiveExample]) throws -> [Float] { throw Unanswered() }
  func headScores(over texts: [ReadText]) throws -> HeadScores { throw Unanswered() }
  func evenScores(over texts: [ReadText]) throws -> EvenScores { throw Unanswered() }
  func rollout(of patterns: [Tensor]) throws -> Tensor { throw Unanswered() }
  func entropy(of pattern: Tensor) throws -> Tensor { throw Unanswered() }
  func capitalPrediction() throws -> CapitalGuess { throw Unanswered() }
  func capitalAttention(over questions: [CapitalQuestion]) throws -> CapitalAttention {
    throw Unanswered()
  }
  func headEffects(in model: Transformer, input: ModelInput, predicts: [Int]) throws -> [Float] {
    throw Unanswered()
  }
  func correlation(_ x: [Float], _ y: [Float]) throws -> Float { throw Unanswered() }
  func whatAttentionShows() throws -> String { throw Unanswered() }
  func whatToCheck() throws -> String { throw Unanswered() }
  func patternsSeen() throws -> String { throw Unanswered() }
}
