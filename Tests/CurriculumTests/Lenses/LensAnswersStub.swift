import Answering
import Coursework
import Interpretability
import LensesVocabulary
import Tensors
import Transformers

/// The answers of a student who has not begun Sheet 5.
struct UntouchedLenses: LensAnswersStub {}

/// Answers of which a test writes only those it is about.
protocol LensAnswersStub: LensAnswers {}

extension LensAnswersStub {
  func logitLens(of tokens: [Int], in model: Transformer) throws -> Tensor { throw Unanswered() }
  func logits(of states: ResidualStates, in model: Transformer) throws -> Tensor {
    throw Unanswered()
  }
  func precision(of logits: Tensor) throws -> [Spread] { throw Unanswered() }
  func surprisal(of logits: Tensor) throws -> [Spread] { throw Unanswered() }
  func trimmed(_ texts: [[Int]], minimum: Int, seed: UInt64) throws -> [[Int]] {
    throw Unanswered()
  }
  func lastStates(of prompts: [[Int]], padding: Int, in model: Transformer) throws -> Tensor {
    throw Unanswered()
  }
  func tunedLens(
    on states: ResidualStates, of model: Transformer, seed: UInt64
  ) throws -> [AffineMap] { throw Unanswered() }
  func patched(
    source: PatchPlace, map: AffineMap?, target: PatchPlace, in model: Transformer
  ) throws -> Tensor { throw Unanswered() }
  func tokenIdentity(
    of source: PatchPlace, prompt: [Int], in model: Transformer
  ) throws -> Tensor { throw Unanswered() }
  func futureLens(on texts: [ResidualStates], distance: Int) throws -> [AffineMap] {
    throw Unanswered()
  }
  func whatALensShows() throws -> String { throw Unanswered() }
}
