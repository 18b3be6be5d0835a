/// Texts of several lengths, filled up to one.
public struct PaddedBatch: Codable, Sendable {
  /// `[batch][position]`.
  public var tokens: [[Int]]
  /// Which of them are text; the others are padding, behind the text or in front of it.
  public var mask: [[Bool]]

  package init(tokens: [[Int]], mask: [[Bool]]) {
    self.tokens = tokens
    self.mask = mask
  }
}

/// The places of the lists of each part, in the order in which the lists were given, from 0.
public struct ListSplit: Codable, Sendable, Equatable {
  /// To learn from.
  public var training: [Int]
  /// To decide by.
  public var development: [Int]
  /// To report.
  public var test: [Int]

  /// A split.
  public init(training: [Int], development: [Int], test: [Int]) {
    self.training = training
    self.development = development
    self.test = test
  }
}

/// What can be seen of a training loop from outside.
public struct TrainingRecord: Codable, Sendable {
  /// The loss that the loop printed at each step, in nats a number.
  public var losses: [Float]
  /// What it printed when it was started once more with the same seed.
  public var lossesAgain: [Float]
  /// The accuracy that the loop itself reported at its end, on lists of its own choice and against
  /// targets of its own making.
  public var reported: Double
  /// How the lists are written.
  public var numbers: Int
  /// Lists that somebody else drew afterwards.
  public var fresh: [[Int]]
  /// What the trained model writes as the sorted half of each: the likeliest token of every row
  /// that should predict one, each after the right ones before it.
  public var written: [[Int]]

  package init(
    losses: [Float], lossesAgain: [Float], reported: Double, numbers: Int, fresh: [[Int]],
    written: [[Int]]
  ) {
    self.losses = losses
    self.lossesAgain = lossesAgain
    self.reported = reported
    self.numbers = numbers
    self.fresh = fresh
    self.written = written
  }
}

/// What may be wrong with a training loop.
public enum LoopFault: String, Codable, Sendable, CaseIterable {
  /// Nothing.
  case none
  /// The optimiser moves another model than the one whose loss is taken.
  case otherModel
  /// One generator is seeded, and batches are drawn from another.
  case otherGenerator
  /// The last token of the sequence is the target of every row.
  case lastToken
  /// The target of each row is the token that the row itself reads.
  case ownToken
  /// The lists to report on are those that were learned from, and they are few.
  case sharedLists
}

/// How well a sorter sorts lists it has met and lists it has not.
public struct Generalisation: Codable, Sendable, Equatable {
  /// The share sorted without a mistake of the lists whose numbers, in whatever order, it learned
  /// from.
  public var seen: Double
  /// The share of the others.
  public var unseen: Double
  /// The share of those among the others whose numbers go up by two.
  public var stepsOfTwo: Double
  /// Whether it has learned a rule: of the lists it has not met, it sorts at least nine in ten.
  public var isRule: Bool

  /// A measurement.
  public init(seen: Double, unseen: Double, stepsOfTwo: Double, isRule: Bool) {
    self.seen = seen
    self.unseen = unseen
    self.stepsOfTwo = stepsOfTwo
    self.isRule = isRule
  }
}
