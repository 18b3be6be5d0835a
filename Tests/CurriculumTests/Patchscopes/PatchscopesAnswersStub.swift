import Answering
import Coursework
import PatchscopesVocabulary
import Tensors
import Transformers

/// The answers of a student who has not begun Sheet 6.
struct UntouchedPatchscopes: PatchscopesAnswers {
  func effects(
    of contrast: Contrast, _ direction: PatchDirection, in model: Transformer
  ) throws -> Tensor { throw Unanswered() }
  func causalTrace(
    of fact: SubjectFact, draws: Tensor, embedding: Tensor, in model: Transformer
  ) throws -> Tensor { throw Unanswered() }
  func windowTrace(
    of fact: SubjectFact, noise: Tensor, part: BlockPart, window: Int, in model: Transformer
  ) throws -> Tensor { throw Unanswered() }
  func knockout(
    of tokens: [Int], answer: Int, from query: Int, to keys: [Int], window: Int,
    in model: Transformer
  ) throws -> Tensor { throw Unanswered() }
  func logits(
    of scope: Scope, from model: Transformer, into target: Transformer
  ) throws -> Tensor { throw Unanswered() }
  func tracingScope(
    of fact: SubjectFact, noise: Tensor, position: Int, layer: Int
  ) throws -> Scope { throw Unanswered() }
  func knockoutScope(of tokens: [Int], keys: [Int], blocks: Range<Int>) throws -> Scope {
    throw Unanswered()
  }
  func relation(
    of prompts: [RelationPrompt], layer: Int, in model: Transformer
  ) throws -> AffineMap { throw Unanswered() }
  func objects(
    by relation: AffineMap, of states: Tensor, beta: Float, in model: Transformer
  ) throws -> Tensor { throw Unanswered() }
  func extracted(
    from sources: [ScopePlace], by prompt: ScopePlace, choices: [Int], in model: Transformer
  ) throws -> [Int] { throw Unanswered() }
  func advantage(of first: [Bool], over second: [Bool], seed: UInt64) throws -> Estimate {
    throw Unanswered()
  }
  func descriptions(
    of entity: [Int], after filler: [Int], prompt: [Int], placeholder: Int, count: Int,
    in model: Transformer
  ) throws -> [[Int]] { throw Unanswered() }
  func stitches(from source: ResidualStates, to target: ResidualStates) throws -> [AffineMap] {
    throw Unanswered()
  }
  func explained(
    _ source: ScopePlace, in model: Transformer, through stitches: [AffineMap], by prompt: [Int],
    in target: Transformer
  ) throws -> Tensor { throw Unanswered() }
  func answers(
    to question: TwoHops, layer: Int, targetLayer: Int, in model: Transformer
  ) throws -> HopAnswers { throw Unanswered() }
  func tally(of answers: [HopAnswers], truths: [Int]) throws -> HopTally { throw Unanswered() }
  func softPrompt(
    for states: Tensor, layer: Int, targets: [Int], length: Int, in model: Transformer, seed: UInt64
  ) throws -> SoftPrompt { throw Unanswered() }
  func whatPatchesShow() throws -> String { throw Unanswered() }
}
