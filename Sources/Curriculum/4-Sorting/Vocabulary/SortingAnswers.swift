public import Tensors
import Transformers

/// What a student answers on Sheet 4: one method or two an exercise.
public protocol SortingAnswers: Sendable {
  /// 4.1: the log-probability of every token of a text but the first, `[batch, position − 1]`.
  ///
  /// - Parameters:
  ///   - tokens: The texts, `[batch][position]`.
  ///   - logits: What a language model answered, `[batch, position, token]`.
  func logProbabilities(of tokens: [[Int]], under logits: Tensor) throws -> Tensor

  /// 4.2: the rows of logits that predict the sorted half, `[batch, length, token]`.
  ///
  /// - Parameters:
  ///   - logits: `[batch, position, token]`, for whole sequences.
  ///   - lists: How lists are written.
  func sortedHalf(of logits: Tensor, for lists: SortingLists) throws -> Tensor

  /// 4.2: the log-probability of every number of the sorted half, `[batch, length]`.
  ///
  /// - Parameters:
  ///   - tokens: Whole sequences, `[batch][position]`.
  ///   - half: Logits that are cut to the sorted half, `[batch, length, token]`.
  ///   - lists: How lists are written.
  func sortedLogProbabilities(
    of tokens: [[Int]], under half: Tensor, for lists: SortingLists
  ) throws -> Tensor

  /// 4.3: the mean loss, in nats a token, of a batch in which shorter texts were filled up.
  ///
  /// - Parameters:
  ///   - batch: Tokens, and which of them are there.
  ///   - logits: `[batch, position, token]`.
  func loss(of batch: PaddedBatch, under logits: Tensor) throws -> Float

  /// 4.4: the places of the lists to learn from, to decide by and to report, about eight, one and
  /// one in ten; no two parts share the numbers of a list.
  func split(_ lists: [[Int]], seed: UInt64) throws -> ListSplit

  /// 4.5: what is wrong with a training loop, by what can be seen of it.
  func fault(in record: TrainingRecord) throws -> LoopFault

  /// 4.6: a sorter that sorts lists it has not met.
  ///
  /// - Parameters:
  ///   - sorter: A sorter with its first weights: `lists`, and a `model`.
  ///   - training: Lists to learn from.
  ///   - seed: Where the order of the batches comes from.
  func train(_ sorter: Sorter, on training: [[Int]], seed: UInt64) throws -> Sorter

  /// 4.7: the token that the head attends to most, at each row that predicts a sorted number,
  /// `[list][place]`.
  func tokensRead(by sorter: Sorter, sorting lists: [[Int]]) throws -> [[Int]]

  /// 4.7: the share of those rows at which it is the least number of the list that is greater than
  /// the row's own number.
  func shareOfNextNumbers(_ tokensRead: [[Int]], sorting lists: [[Int]]) throws -> Double

  /// 4.8: how much a token as query looks for a token as key, `[query token, key token]`.
  func queryKeyCircuit(of head: HeadWeights) throws -> Tensor

  /// 4.8: what attending to a token adds to the logit of every token, `[token read, token
  /// written]`.
  func outputValueCircuit(of head: HeadWeights) throws -> Tensor

  /// 4.9: how well a sorter sorts lists it has met, others, and steps of two.
  ///
  /// - Parameters:
  ///   - sorter: A trained sorter: `lists`, and a `model`.
  ///   - training: All lists it has learned from.
  ///   - lists: The lists to measure it on.
  func generalisation(
    of sorter: Sorter, trainedOn training: [[Int]], measuredOn lists: [[Int]]
  ) throws -> Generalisation

  /// 4.10: the mean loss, in nats, of the fourth number of each sequence from those before it.
  ///
  /// - Parameters:
  ///   - sequences: Four numbers each.
  ///   - logits: `[sequence, position, token]`, for START and all four numbers.
  func nextElementLoss(of sequences: [[Int]], under logits: Tensor) throws -> Float

  /// 4.10: the share of sequences of which the likeliest fourth number is the right one.
  func nextElementAccuracy(of sequences: [[Int]], under logits: Tensor) throws -> Double

  /// 4.10: how often a model goes on rightly with what it has met, with what it has met elsewhere,
  /// and with what is new.
  func carryOver(
    of model: SequenceModel, trainedOn training: [[Int]], asked: [[Int]]
  ) throws -> CarryOver

  /// 4.11, in words: why one line shifts and the other does not.
  func whyTheShift() throws -> String

  /// 4.12, in words: how the model sorts, and how you know.
  func howItSorts() throws -> String
}
