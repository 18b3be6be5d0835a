// Sheet 4, Sorting: your answers. This is the only file you edit.
//
// Replace each `throw Unanswered()` by your answer, in any order. `swift run Sheet4` walks through
// the sheet and draws its figures; `swift test --filter Sheet4` checks your answers.

import Answering
import Foundation
import SortingVocabulary
import Tensors
import Transformers

/// Your answers to Sheet 4.
struct Answers: SortingAnswers {
  // MARK: 4.1  Gather the log-probabilities

  /// The log-probability of every token of a text but the first, `[batch, position − 1]`.
  ///
  /// - Parameters:
  ///   - tokens: The texts, `[batch][position]`, all of one length.
  ///   - logits: What a language model answered, `[batch, position, token]`.
  func logProbabilities(of tokens: [[Int]], under logits: Tensor) throws -> Tensor {
    throw Unanswered()
  }

  // MARK: 4.2  The shift, and where it went

  /// The rows of logits that predict the sorted half, `[batch, length, token]`.
  ///
  /// - Parameters:
  ///   - logits: `[batch, position, token]`, for whole sequences.
  ///   - lists: How lists are written: `length` numbers, then as many sorted.
  func sortedHalf(of logits: Tensor, for lists: SortingLists) throws -> Tensor {
    throw Unanswered()
  }

  /// The log-probability of every number of the sorted half, `[batch, length]`.
  ///
  /// - Parameters:
  ///   - tokens: Whole sequences, `[batch][position]`.
  ///   - half: Logits that are cut to the sorted half, `[batch, length, token]`.
  ///   - lists: How lists are written.
  func sortedLogProbabilities(
    of tokens: [[Int]], under half: Tensor, for lists: SortingLists
  ) throws -> Tensor {
    throw Unanswered()
  }

  // MARK: 4.3  The loss of a batch with padding

  /// The mean loss, in nats a token, of a batch in which shorter texts were filled up.
  ///
  /// - Parameters:
  ///   - batch: `tokens`, and `mask`, true where a token is text; padding stands behind or in front.
  ///   - logits: `[batch, position, token]`.
  func loss(of batch: PaddedBatch, under logits: Tensor) throws -> Float {
    throw Unanswered()
  }

  // MARK: 4.4  Splits that do not overlap

  /// The places of the lists to learn from, to decide by and to report, about eight, one and one in
  /// ten.
  ///
  /// No two parts share the numbers of a list. The same seed gives the same split, another seed another.
  func split(_ lists: [[Int]], seed: UInt64) throws -> ListSplit {
    throw Unanswered()
  }

  // MARK: 4.5  Broken loops

  /// What is wrong with a training loop, by what can be seen of it.
  ///
  /// - Parameter record: `losses` and, of a second run with the same seed, `lossesAgain`; the accuracy
  ///   `reported` by the loop; `fresh` lists and what the model has `written` for each.
  func fault(in record: TrainingRecord) throws -> LoopFault {
    throw Unanswered()
  }

  // MARK: 4.6  Train it

  /// A sorter that sorts lists it has not met.
  ///
  /// - Parameters:
  ///   - sorter: A sorter with its first weights: `lists`, and a `model`.
  ///   - training: Lists to learn from.
  ///   - seed: Where the order of the batches comes from.
  func train(_ sorter: Sorter, on training: [[Int]], seed: UInt64) throws -> Sorter {
    throw Unanswered()
  }

  // MARK: 4.7  What the head reads

  /// The token that the head attends to most, at each row that predicts a sorted number,
  /// `[list][place]`.
  ///
  /// The pattern of the one head is `.pattern(.blocks, 0)`, `[list, head, query, key]`.
  func tokensRead(by sorter: Sorter, sorting lists: [[Int]]) throws -> [[Int]] {
    throw Unanswered()
  }

  /// The share of those rows at which it is the least number of the list that is greater than the
  /// row's own number; the row of MID, which has no number, has the least of the list.
  func shareOfNextNumbers(_ tokensRead: [[Int]], sorting lists: [[Int]]) throws -> Double {
    throw Unanswered()
  }

  // MARK: 4.8  Its two circuits

  /// How much a token as query looks for a token as key, `[query token, key token]`.
  ///
  /// - Parameter head: W_E, W_Q, W_K, W_V, W_O and W_U under their names, rows read, columns written.
  func queryKeyCircuit(of head: HeadWeights) throws -> Tensor {
    throw Unanswered()
  }

  /// What attending to a token adds to the logit of every token, `[token read, token written]`.
  func outputValueCircuit(of head: HeadWeights) throws -> Tensor {
    throw Unanswered()
  }

  // MARK: 4.9  Learned by heart, or a rule?

  /// How well a sorter sorts lists it has met, others, and steps of two.
  ///
  /// - Parameters:
  ///   - sorter: A trained sorter: `lists`, and a `model`. It sorts a list when the likeliest token of
  ///     every row that predicts a sorted number is right.
  ///   - training: All lists it has learned from.
  ///   - lists: The lists to measure it on.
  func generalisation(
    of sorter: Sorter, trainedOn training: [[Int]], measuredOn lists: [[Int]]
  ) throws -> Generalisation {
    throw Unanswered()
  }

  // MARK: 4.10  The next element

  /// The mean loss, in nats, of the fourth number of each sequence from those before it.
  ///
  /// - Parameters:
  ///   - sequences: Four numbers each.
  ///   - logits: What a model answered to START and all four numbers, `[sequence, position, token]`.
  func nextElementLoss(of sequences: [[Int]], under logits: Tensor) throws -> Float {
    throw Unanswered()
  }

  /// The share of sequences of which the likeliest fourth number is the right one.
  func nextElementAccuracy(of sequences: [[Int]], under logits: Tensor) throws -> Double {
    throw Unanswered()
  }

  /// How often a model goes on rightly with what it has met, with what it has met elsewhere, and with
  /// what is new; and how often, with what is new, as a table of neighbours would.
  ///
  /// - Parameters:
  ///   - model: A trained model: `sequences`, and a `model`.
  ///   - training: All sequences it has learned from, four numbers each.
  ///   - asked: The sequences to measure it on: their first three numbers are given.
  func carryOver(
    of model: SequenceModel, trainedOn training: [[Int]], asked: [[Int]]
  ) throws -> CarryOver {
    throw Unanswered()
  }

  // MARK: 4.11  In words

  /// Why does the line of 4.1 shift and that of 4.2 not? About 120 words.
  func whyTheShift() throws -> String {
    throw Unanswered()
  }

  // MARK: 4.12  In words

  /// How does the trained model sort a list it has never met? About 200 words.
  func howItSorts() throws -> String {
    throw Unanswered()
  }
}
