import Answering
import IdiomsVocabulary
import Tensors
import Transformers

/// The answers of a student who has not begun Sheet 7.
struct UntouchedIdioms: IdiomsAnswers {
  func spanPositions(of sentence: TaggedSentence) throws -> [Int] { throw Unanswered() }
  func caged(
    _ tokens: [Int], of model: String, in cage: inout [String: Tensor],
    run: ([Int]) throws -> Tensor
  ) throws -> Tensor { throw Unanswered() }
  func idiomScore(of head: HeadOnSentence) throws -> ScoreParts { throw Unanswered() }
  func literalScore(of head: HeadOnSentence) throws -> ScoreParts? { throw Unanswered() }
  func agreement(of formal: Tensor, with literal: Tensor) throws -> Agreement {
    throw Unanswered()
  }
  func attribution(of parts: LogitParts) throws -> Tensor { throw Unanswered() }
  func cost(
    of head: HeadPlace, by kind: Replacement, on sentences: [[Int]], in model: Transformer
  ) throws -> AblationCost { throw Unanswered() }
  func interplay(
    of heads: [HeadPlace], on sentences: [[Int]], in model: Transformer
  ) throws -> Tensor { throw Unanswered() }
  func completes(_ sentences: [IdiomSentence], in model: Transformer) throws -> [Bool] {
    throw Unanswered()
  }
  func exchangedWord(
    in sentence: IdiomSentence, for other: IdiomSentence, in model: Transformer
  ) throws -> WordExchange { throw Unanswered() }
  func exchangedStates(
    in sentence: IdiomSentence, from other: IdiomSentence, in model: Transformer
  ) throws -> [Double] { throw Unanswered() }
  func likeness(of patterns: [Tensor], kinds: [Int]) throws -> Tensor { throw Unanswered() }
  func silhouettes(of points: Tensor, clusters: [Int]) throws -> [Double] { throw Unanswered() }
  func foresight(of score: [Double], for effect: [Double]) throws -> Double { throw Unanswered() }
  func quality(
    without count: Int, by scores: Tensor, on sentences: [[Int]], in model: Transformer
  ) throws -> Quality { throw Unanswered() }
  func whatTheTitleMaySay() throws -> String { throw Unanswered() }
}
