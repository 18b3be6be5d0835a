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
  func precision(of logits: Tensor, next: [Int]) throws -> [Spread] { throw Unanswered() }
  func surprisal(of logits: Tensor) throws -> [Spread] { throw Unanswered() }
  func prompts(from texts: [[Int]], count: Int, seed: UInt64) throws -> PromptSplit {
    throw Unanswered()
  }
  func lastStates(of prompts: [[Int]], padding: Int, in model: Transformer) throws -> Tensor {
    throw Unanswered()
  }
  func translator(
    from states: Tensor, to final: Tensor, of model: Transformer, seed: UInt64
  ) throws -> AffineMap { throw Unanswered() }
  func patched(
    source: PatchPlace, map: AffineMap?, target: PatchPlace, in model: Transformer
  ) throws -> Tensor { throw Unanswered() }
  func tokenIdentity(
    of source: PatchPlace, prompt: [Int], in model: Transformer
  ) throws -> Tensor { throw Unanswered() }
  func recipe(
    for lens: NamedLens, of source: PatchPlace, in model: Transformer
  ) throws -> PatchRecipe { throw Unanswered() }
  func whatALensShows() throws -> String { throw Unanswered() }
}
