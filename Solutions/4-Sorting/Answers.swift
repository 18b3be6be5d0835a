// Sheet 4, Sorting: one way to answer every exercise.

import Answering
import Foundation
import SortingVocabulary
import Tensors
import Transformers

/// The solution of Sheet 4.
struct Answers: SortingAnswers {
  // MARK: 4.1  Gather the log-probabilities

  /// The log-probability of every token of a text but the first, `[batch, position − 1]`.
  ///
  /// - Parameters:
  ///   - tokens: The texts, `[batch][position]`, all of one length.
  ///   - logits: What a language model answered, `[batch, position, token]`.
  func logProbabilities(of tokens: [[Int]], under logits: Tensor) throws -> Tensor {
    let logs = logits.logSoftmax()
    let places = tokens[0].count - 1
    let values = tokens.indices.flatMap { text in
      (0..<places).map { logs[text, $0, tokens[text][$0 + 1]] }
    }
    return Tensor(values, shape: [tokens.count, places])
  }

  // MARK: 4.2  The shift, and where it went

  /// The rows of logits that predict the sorted half, `[batch, length, token]`.
  ///
  /// - Parameters:
  ///   - logits: `[batch, position, token]`, for whole sequences.
  ///   - lists: How lists are written: `length` numbers, then as many sorted.
  func sortedHalf(of logits: Tensor, for lists: SortingLists) throws -> Tensor {
    let n = lists.length
    return logits.slice(axis: 1, (n + 1)..<(2 * n + 1))  // from MID to the last number but one
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
    let (logs, n) = (half.logSoftmax(), lists.length)
    let values = tokens.indices.flatMap { list in
      (0..<n).map { logs[list, $0, tokens[list][n + 2 + $0]] }
    }
    return Tensor(values, shape: [tokens.count, n])
  }

  // MARK: 4.3  The loss of a batch with padding

  /// The mean loss, in nats a token, of a batch in which shorter texts were filled up.
  ///
  /// - Parameters:
  ///   - batch: `tokens`, and `mask`, true where a token is text; padding stands behind or in front.
  ///   - logits: `[batch, position, token]`.
  func loss(of batch: PaddedBatch, under logits: Tensor) throws -> Float {
    let table = try logProbabilities(of: batch.tokens, under: logits)
    var (sum, count) = (Float(0), 0)
    for (text, mask) in batch.mask.enumerated() {
      for position in 0..<(mask.count - 1) where mask[position] && mask[position + 1] {
        sum -= table[text, position]
        count += 1
      }
    }
    return sum / Float(count)
  }

  // MARK: 4.4  Splits that do not overlap

  /// The places of the lists to learn from, to decide by and to report, about eight, one and one in
  /// ten.
  ///
  /// No two parts share the numbers of a list. The same seed gives the same split, another seed another.
  func split(_ lists: [[Int]], seed: UInt64) throws -> ListSplit {
    var generator = SeededGenerator(seed: seed)
    let groups = Dictionary(grouping: lists.indices) { lists[$0].sorted() }.values
      .sorted { $0[0] < $1[0] }
      .shuffled(using: &generator)
    let tenth = groups.count / 10
    return ListSplit(
      training: groups[(2 * tenth)...].flatMap(\.self),
      development: groups[tenth..<(2 * tenth)].flatMap(\.self),
      test: groups[..<tenth].flatMap(\.self))
  }

  // MARK: 4.5  Broken loops

  /// What is wrong with a training loop, by what can be seen of it.
  ///
  /// - Parameter record: `losses` and, of a second run with the same seed, `lossesAgain`; the accuracy
  ///   `reported` by the loop; `fresh` lists and what the model has `written` for each.
  func fault(in record: TrainingRecord) throws -> LoopFault {
    if record.losses != record.lossesAgain { return .otherGenerator }
    func mean(_ losses: ArraySlice<Float>) -> Float { losses.reduce(0, +) / Float(losses.count) }
    if mean(record.losses.suffix(20)) > 0.9 * mean(record.losses.prefix(20)) { return .otherModel }
    /// The share of fresh lists for which the model writes just this.
    func share(_ expected: ([Int]) -> [Int]) -> Double {
      let hits = zip(record.fresh, record.written).count { expected($0.sorted()) == $1 }
      return Double(hits) / Double(record.fresh.count)
    }
    if share({ sorted in sorted.map { _ in sorted.last! } }) > 0.5 { return .lastToken }
    if share({ sorted in [record.numbers + 1] + sorted.dropLast() }) > 0.5 { return .ownToken }
    return share { $0 } < record.reported - 0.25 ? .sharedLists : .none
  }

  // MARK: 4.6  Train it

  /// A sorter that sorts lists it has not met.
  ///
  /// - Parameters:
  ///   - sorter: A sorter with its first weights: `lists`, and a `model`.
  ///   - training: Lists to learn from.
  ///   - seed: Where the order of the batches comes from.
  func train(_ sorter: Sorter, on training: [[Int]], seed: UInt64) throws -> Sorter {
    let lists = sorter.lists
    var model = sorter.model
    var generator = SeededGenerator(seed: seed)
    var optimizer = AdamW(betas: (0.9, 0.98))
    let schedule = LearningRateSchedule(peak: 1e-2, warmUpSteps: 40, totalSteps: 800)
    for step in 0..<schedule.totalSteps {
      let batch = (0..<32).map { _ in training.randomElement(using: &generator)! }
      let input = ModelInput(tokens: batch.map { lists.tokens(of: $0) })
      let (_, gradients) = try model.gradients { model in
        try sortedHalf(of: model(input), for: lists)
          .crossEntropy(targets: batch.flatMap { $0.sorted() })
      }
      optimizer.update(&model, gradients: gradients, rate: schedule.rate(at: step))
    }
    return Sorter(lists: lists, model: model)
  }

  // MARK: 4.7  What the head reads

  /// The token that the head attends to most, at each row that predicts a sorted number,
  /// `[list][place]`.
  ///
  /// The pattern of the one head is `.pattern(.blocks, 0)`, `[list, head, query, key]`.
  func tokensRead(by sorter: Sorter, sorting lists: [[Int]]) throws -> [[Int]] {
    let tokens = lists.map { sorter.lists.tokens(of: $0) }
    let n = sorter.lists.length
    let run = try sorter.model.run(
      ModelInput(tokens: tokens), capturing: [.pattern(.blocks, 0)])
    let pattern = try run.trace[.pattern(.blocks, 0)]  // [list, head, query, key]
    return tokens.indices.map { list in
      ((n + 1)..<(2 * n + 1)).map { row in
        let most = (0...row).max { pattern[list, 0, row, $0] < pattern[list, 0, row, $1] }!
        return tokens[list][most]
      }
    }
  }

  /// The share of those rows at which it is the least number of the list that is greater than the
  /// row's own number; the row of MID, which has no number, has the least of the list.
  func shareOfNextNumbers(_ tokensRead: [[Int]], sorting lists: [[Int]]) throws -> Double {
    let hits = zip(tokensRead, lists).reduce(0) { sum, pair in
      sum + zip(pair.0, pair.1.sorted()).count { $0 == $1 }
    }
    return Double(hits) / Double(lists.reduce(0) { $0 + $1.count })
  }

  // MARK: 4.8  Its two circuits

  /// How much a token as query looks for a token as key, `[query token, key token]`.
  ///
  /// - Parameter head: W_E, W_Q, W_K, W_V, W_O and W_U under their names, rows read, columns written.
  func queryKeyCircuit(of head: HeadWeights) throws -> Tensor {
    let queries = head.embedding.matmul(head.query)
    let keys = head.embedding.matmul(head.key)
    return queries.matmul(keys.transposed()) / Float(head.query.shape[1]).squareRoot()
  }

  /// What attending to a token adds to the logit of every token, `[token read, token written]`.
  func outputValueCircuit(of head: HeadWeights) throws -> Tensor {
    head.embedding.matmul(head.value).matmul(head.output).matmul(head.unembedding)
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
    let known = Set(training.map { $0.sorted() })
    let seen = lists.filter { known.contains($0.sorted()) }
    let unseen = lists.filter { !known.contains($0.sorted()) }
    let stepsOfTwo = unseen.filter { list in
      let sorted = list.sorted()
      return zip(sorted, sorted.dropFirst()).allSatisfy { $1 - $0 == 2 }
    }
    let accuracy = try share(of: unseen, sortedBy: sorter)
    return Generalisation(
      seen: try share(of: seen, sortedBy: sorter), unseen: accuracy,
      stepsOfTwo: try share(of: stepsOfTwo, sortedBy: sorter), isRule: accuracy >= 0.9)
  }

  /// The share of lists of which a sorter writes every number right.
  private func share(of lists: [[Int]], sortedBy sorter: Sorter) throws -> Double {
    let input = ModelInput(tokens: lists.map { sorter.lists.tokens(of: $0) })
    let written = try sortedHalf(of: sorter.model(input), for: sorter.lists).argmax()
    let n = sorter.lists.length
    let right = lists.indices.count {
      written[($0 * n)..<(($0 + 1) * n)] == lists[$0].sorted()[...]
    }
    return Double(right) / Double(lists.count)
  }

  // MARK: 4.10  The next element

  /// The mean loss, in nats, of the fourth number of each sequence from those before it.
  ///
  /// - Parameters:
  ///   - sequences: Four numbers each.
  ///   - logits: What a model answered to START and all four numbers, `[sequence, position, token]`.
  func nextElementLoss(of sequences: [[Int]], under logits: Tensor) throws -> Float {
    let logs = logits.logSoftmax()
    // Row 0 has read START, row 3 the third number: it says what comes fourth.
    let sum = sequences.indices.reduce(Float(0)) { $0 + logs[$1, 3, sequences[$1][3]] }
    return -sum / Float(sequences.count)
  }

  /// The share of sequences of which the likeliest fourth number is the right one.
  func nextElementAccuracy(of sequences: [[Int]], under logits: Tensor) throws -> Double {
    let written = logits.slice(axis: 1, 3..<4).argmax()
    let right = zip(written, sequences).count { $0 == $1[3] }
    return Double(right) / Double(sequences.count)
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
    let met = Set(training)
    let windows = Set(training.flatMap { [Array($0[0...2]), Array($0[1...3])] })
    // What follows each number, how often.
    var followers: [Int: [Int: Int]] = [:]
    for sequence in training {
      for (number, next) in zip(sequence, sequence.dropFirst()) {
        followers[number, default: [:]][next, default: 0] += 1
      }
    }
    func accuracy(_ sequences: [[Int]]) throws -> Double {
      try nextElementAccuracy(of: sequences, under: logits(of: model, reading: sequences))
    }
    let unmet = asked.filter { !met.contains($0) }
    let moved = unmet.filter { windows.contains(Array($0[1...3])) }
    let new = unmet.filter { !windows.contains(Array($0[1...3])) }
    let written = try logits(of: model, reading: new).slice(axis: 1, 3..<4).argmax()
    let asTable = zip(new, written).count { sequence, number in
      let counts = followers[sequence[2], default: [:]]
      return counts.max { ($0.value, -$0.key) < ($1.value, -$1.key) }?.key == number
    }
    return CarryOver(
      met: try accuracy(asked.filter { met.contains($0) }), moved: try accuracy(moved),
      new: try accuracy(new), asTable: Double(asTable) / Double(new.count))
  }

  private func logits(of model: SequenceModel, reading sequences: [[Int]]) throws -> Tensor {
    try model.model(ModelInput(tokens: sequences.map { model.sequences.tokens(of: $0) }))
  }

  // MARK: 4.11  In words

  /// Why does the line of 4.1 shift and that of 4.2 not? About 120 words.
  func whyTheShift() throws -> String {
    """
    The row at position p has read the tokens up to p and says what comes at p + 1. A language model \
    predicts everywhere, so all rows but the last are gathered at all tokens but the first: the shift \
    is in the line. The sorter is asked for its sorted half alone. The cut takes the rows from MID to \
    the last number but one, and these are the rows before the numbers: row i belongs to number i, and \
    a second shift would ask for the number after next. Without the shift each row is asked for what it \
    has just read. That can be copied from the embedding without attention. The loss falls faster and \
    lower than that of the right loop, as in the records of 4.5, and nothing is sorted.
    """
  }

  // MARK: 4.12  In words

  /// How does the trained model sort a list it has never met? About 200 words.
  func howItSorts() throws -> String {
    """
    At each row of the sorted half the head looks at one token, nearly always at the least number of \
    the list that is greater than the row's own. The query-key circuit shows why: a number as query \
    gives the best score to numbers just above itself, so that of those in the list the next one wins; \
    MID looks for small numbers. What it reads, it writes: the output-value circuit has its greatest \
    entry of every row on the diagonal, and all of the diagonal is positive. So it copies; I see \
    no copy suppression in this head. It is a rule and no table: lists whose numbers it has not met are \
    sorted as well as others, and so are steps of two, none of which were in its training; the sorter \
    that learned thirty lists by heart fails there. What does not fit: at one row in eighteen the head \
    looks most at another number, mostly where the next two are close, and the list is right all the \
    same. The output-value circuit explains it. A number that is read also raises those just below it \
    and lowers those just above; when two candidates are read at once, the lesser wins. The pictures \
    leave out positions and the division before the unembedding.
    """
  }
}
