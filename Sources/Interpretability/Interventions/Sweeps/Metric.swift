public import Tensors
public import Transformers

/// A number that is read from a run's logits.
///
/// It is read at one position or at several, one value a position. Answers and foils belong to rows
/// of the input, or are the same for all.
public struct Metric: Sendable {
  /// Where logits are read.
  public enum Positions: Sendable {
    /// At the last token that is not padding.
    case last
    /// At the same place in every row.
    case at(Int)
    /// At a place of its own in every row.
    case each([Int])
    /// At every position that is followed by a token, which is the answer there.
    case everyNext
    /// At the first positions of every row, with an answer for each.
    case every(answers: [[Int]])
  }

  enum Measure: Sendable {
    case logit
    case logitDifference
    case logProbability
    case probability
    case rank
    case divergence(from: Tensor?)
    case likeliest
    case nextTokens
    case nextRanks
    case custom(name: String, @Sendable (_ logits: Tensor, _ clean: Tensor) throws -> Float)
  }

  let measure: Measure
  /// Where it is read.
  public let positions: Positions
  let answers: [Int]
  let foils: [Int]

  /// What the number is called.
  public var name: String {
    switch measure {
    case .logit: "logit"
    case .logitDifference: "logit-difference"
    case .logProbability: "log-probability"
    case .probability: "probability"
    case .rank: "rank"
    case .divergence: "kl"
    case .likeliest: "likeliest"
    case .nextTokens: "next-tokens"
    case .nextRanks: "next-ranks"
    case .custom(let name, _): name
    }
  }

  /// The answer's logit.
  public static func logit(of answers: [Int], at positions: Positions = .last) -> Metric {
    Metric(measure: .logit, positions: positions, answers: answers, foils: [])
  }

  /// The answer's logit less the foil's.
  public static func logitDifference(
    _ answers: [Int], against foils: [Int], at positions: Positions = .last
  ) -> Metric {
    Metric(measure: .logitDifference, positions: positions, answers: answers, foils: foils)
  }

  /// The logarithm of the answer's probability, in nats.
  public static func logProbability(
    of answers: [Int], at positions: Positions = .last
  ) -> Metric {
    Metric(measure: .logProbability, positions: positions, answers: answers, foils: [])
  }

  /// The answer's probability.
  public static func probability(of answers: [Int], at positions: Positions = .last) -> Metric {
    Metric(measure: .probability, positions: positions, answers: answers, foils: [])
  }

  /// How many tokens have a greater logit than the answer: 0 for the likeliest.
  public static func rank(of answers: [Int], at positions: Positions = .last) -> Metric {
    Metric(measure: .rank, positions: positions, answers: answers, foils: [])
  }

  /// KL(clean ‖ run) of the distributions of the next token, in nats.
  ///
  /// - Parameter logits: Those of the clean run where the metric is read, `[row, token]`, at one
  ///   position; nil takes those of the run without changes.
  public static func divergence(
    from logits: Tensor? = nil, at positions: Positions = .last
  ) -> Metric {
    Metric(measure: .divergence(from: logits), positions: positions, answers: [], foils: [])
  }

  /// The token of the greatest logit and its probability: two values for every position.
  public static func likeliest(at positions: Positions = .last) -> Metric {
    Metric(measure: .likeliest, positions: positions, answers: [], foils: [])
  }

  /// For every token but the first its log-probability and the token predicted in its place: two
  /// values for every position that is followed by a token.
  public static let nextTokens = Metric(
    measure: .nextTokens, positions: .everyNext, answers: [], foils: [])

  /// As ``nextTokens``, and how many tokens have a greater logit than the one that follows: three
  /// values for every position that is followed by a token.
  public static let nextRanks = Metric(
    measure: .nextRanks, positions: .everyNext, answers: [], foils: [])

  /// The log-probability of the token that follows, at every position: the loss with its sign turned.
  public static let nextLogProbability = Metric(
    measure: .logProbability, positions: .everyNext, answers: [], foils: [])

  /// How many values there are for every position that is read.
  public var valueCount: Int {
    switch measure {
    case .likeliest, .nextTokens: 2
    case .nextRanks: 3
    default: 1
    }
  }

  /// The metric of a run without changes: for every row, its values.
  ///
  /// - Throws: What running the model throws, and ``SweepError`` when it does not fit the input.
  public func values(on model: Transformer, _ input: ModelInput) throws -> [[Float]] {
    try values(of: RecordedRun(model, input, capturing: []))
  }

  /// The metric of a run that is there already: for every row, its values.
  func values(of run: RecordedRun) throws -> [[Float]] {
    var reading = try MetricReading(self, of: run.model, on: run.input)
    try reading.read(run)
    return reading.clean
  }

  /// The log-probability of an answer of its own at every position from the first on, by row.
  public static func logProbability(ofEvery answers: [[Int]]) -> Metric {
    Metric(
      measure: .logProbability, positions: .every(answers: answers), answers: [], foils: [])
  }

  /// Anything else.
  ///
  /// - Parameter value: Of the logits at a position, `[token]`, and those of the run without changes.
  public static func custom(
    _ name: String, at positions: Positions = .last,
    _ value: @escaping @Sendable (_ logits: Tensor, _ clean: Tensor) throws -> Float
  ) -> Metric {
    Metric(measure: .custom(name: name, value), positions: positions, answers: [], foils: [])
  }
}
