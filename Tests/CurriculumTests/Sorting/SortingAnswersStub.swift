import Answering
import SortingVocabulary
import Laboratory
import Tensors
import Transformers

/// The answers of a student who has not begun Sheet 4.
struct UntouchedSorting: SortingAnswers {
  func logProbabilities(of tokens: [[Int]], under logits: Tensor) throws -> Tensor {
    throw Unanswered()
  }
  func sortedHalf(of logits: Tensor, for lists: SortingLists) throws -> Tensor {
    throw Unanswered()
  }
  func sortedLogProbabilities(
    of tokens: [[Int]], under half: Tensor, for lists: SortingLists
  ) throws -> Tensor { throw Unanswered() }
  func loss(of batch: PaddedBatch, under logits: Tensor) throws -> Float { throw Unanswered() }
  func split(_ lists: [[Int]], seed: UInt64) throws -> ListSplit { throw Unanswered() }
  func fault(in record: TrainingRecord) throws -> LoopFault { throw Unanswered() }
  func train(_ sorter: Sorter, on training: [[Int]], seed: UInt64) throws -> Sorter {
    throw Unanswered()
  }
  func tokensRead(by sorter: Sorter, sorting lists: [[Int]]) throws -> [[Int]] {
    throw Unanswered()
  }
  func shareOfNextNumbers(_ tokensRead: [[Int]], sorting lists: [[Int]]) throws -> Double {
    throw Unanswered()
  }
  func queryKeyCircuit(of head: HeadWeights) throws -> Tensor { throw Unanswered() }
  func outputValueCircuit(of head: HeadWeights) throws -> Tensor { throw Unanswered() }
  func generalisation(
    of sorter: Sorter, trainedOn training: [[Int]], measuredOn lists: [[Int]]
  ) throws -> Generalisation { throw Unanswered() }
  func nextElementLoss(of sequences: [[Int]], under logits: Tensor) throws -> Float {
    throw Unanswered()
  }
  func nextElementAccuracy(of sequences: [[Int]], under logits: Tensor) throws -> Double {
    throw Unanswered()
  }
  func carryOver(
    of model: SequenceModel, trainedOn training: [[Int]], asked: [[Int]]
  ) throws -> CarryOver { throw Unanswered() }
  func whyTheShift() throws -> String { throw Unanswered() }
  func howItSorts() throws -> String { throw Unanswered() }
}
