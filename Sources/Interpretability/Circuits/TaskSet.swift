public import Interventions
import Tensors
public import Transformers

/// A task as pairs of texts: a clean one that is continued by an answer, and a corrupted twin of the
/// same length that says nothing of it.
public struct TaskSet: Sendable, Equatable {
  /// A pair of texts.
  public struct Pair: Sendable, Hashable, Codable {
    /// Token ids of the clean text.
    public var clean: [Int]
    /// Token ids of its corrupted twin, as many.
    public var corrupted: [Int]
    /// The token that continues the clean text.
    public var answer: Int
    /// The token that a difference of logits is taken from.
    public var foil: Int
    /// Which template the texts were made from; means are taken over the texts of one.
    public var template: Int

    /// A pair.
    public init(clean: [Int], corrupted: [Int], answer: Int, foil: Int, template: Int = 0) {
      self.clean = clean
      self.corrupted = corrupted
      self.answer = answer
      self.foil = foil
      self.template = template
    }
  }

  /// The pairs.
  public var pairs: [Pair]

  /// A set of pairs.
  public init(_ pairs: [Pair]) { self.pairs = pairs }

  /// Twins from templates and what fills them: every template with every filling, in that order.
  ///
  /// - Parameter twins: The pair of a template and a filling, or nil where they do not go together.
  public init<Template, Filler>(
    templates: [Template], fillers: [Filler],
    twins: (_ template: Template, _ filler: Filler) throws -> Pair?
  ) rethrows {
    pairs = try templates.enumerated().flatMap { index, template in
      try fillers.compactMap { filler in
        var pair = try twins(template, filler)
        pair?.template = index
        return pair
      }
    }
  }

  /// Checks that a model can read the pairs.
  func validate(for configuration: TransformerConfiguration) throws(CircuitError) {
    guard !pairs.isEmpty else { throw .noPairs }
    for (index, pair) in pairs.enumerated() {
      guard pair.clean.count == pair.corrupted.count else {
        throw .unequal(
          pair: index, clean: pair.clean.count, corrupted: pair.corrupted.count)
      }
      guard !pair.clean.isEmpty else { throw .emptyText(pair: index) }
      if let limit = configuration.maximumLength, pair.clean.count > limit {
        throw .tooLong(pair: index, count: pair.clean.count, limit: limit)
      }
      for token in pair.clean + pair.corrupted + [pair.answer, pair.foil]
      where !(0..<configuration.vocabularySize).contains(token) {
        throw .token(token, pair: index, vocabularySize: configuration.vocabularySize)
      }
      guard pair.answer != pair.foil else { throw .foilIsAnswer(pair: index) }
    }
  }

  /// The clean texts as a model reads them, shorter ones padded behind.
  public var clean: ModelInput { Self.input(pairs.map(\.clean)) }

  /// The corrupted texts as a model reads them, shorter ones padded behind.
  public var corrupted: ModelInput { Self.input(pairs.map(\.corrupted)) }

  private static func input(_ texts: [[Int]]) -> ModelInput {
    let length = texts.map(\.count).max() ?? 0
    let mask =
      texts.allSatisfy { $0.count == length }
      ? nil : texts.map { text in (0..<length).map { $0 < text.count } }
    // What pads is never read: it stands behind the last token.
    return ModelInput(
      tokens: texts.map { $0 + Array(repeating: $0.last ?? 0, count: length - $0.count) },
      mask: mask)
  }

  /// A mean for each template, and for each length within it: positions of unequal texts are not
  /// alike.
  var meanGroups: [Int] {
    var places: [[Int]: Int] = [:]
    return pairs.map { pair in
      let key = [pair.template, pair.clean.count]
      let place = places[key] ?? places.count
      places[key] = place
      return place
    }
  }

  /// The difference of the answer's and the foil's logits.
  public var logitDifference: Metric {
    .logitDifference(pairs.map(\.answer), against: pairs.map(\.foil))
  }
}

extension TaskSet {
  /// How sure a model is of a pair's answer.
  public struct Confidence: Sendable, Equatable {
    /// The answer's probability behind the clean text.
    public let answer: Double
    /// The probability of the likeliest other token.
    public let runnerUp: Double
    /// The answer's probability behind the corrupted text.
    public let corrupted: Double
  }

  /// How sure a model is of every answer.
  ///
  /// - Throws: What running the model throws.
  public func confidences(of model: Transformer) throws -> [Confidence] {
    try validate(for: model.configuration)
    var found: [Confidence] = []
    for start in stride(from: 0, to: pairs.count, by: 64) {
      let part = TaskSet(Array(pairs[start..<min(start + 64, pairs.count)]))
      func probabilities(_ input: ModelInput) throws -> Tensor {
        let run = try RecordedRun(model, input, capturing: [])
        let last = part.pairs.enumerated().map { row, pair in
          row * input.tokens[0].count + pair.clean.count - 1
        }
        let width = model.configuration.width
        let states = run.output.reshaped(to: [run.output.count / width, width]).gathering(last)
        return model.logits(ofNormed: states).softmax()
      }
      let (clean, corrupted) = (
        try probabilities(part.clean), try probabilities(part.corrupted)
      )
      for (row, pair) in part.pairs.enumerated() {
        let values = clean[at: row].values
        let others = values.indices.lazy.filter { $0 != pair.answer }.map { values[$0] }
        found.append(
          Confidence(
            answer: Double(values[pair.answer]), runnerUp: Double(others.max() ?? 0),
            corrupted: Double(corrupted[row, pair.answer])))
      }
    }
    return found
  }

  /// The pairs whose answer is likely enough and whose runner-up is not.
  public func filtered(
    on model: Transformer, answer least: Double = 0.5, runnerUp most: Double = 1
  ) throws -> TaskSet {
    let confidences = try confidences(of: model)
    return TaskSet(
      zip(pairs, confidences).filter { $1.answer >= least && $1.runnerUp <= most }.map(\.0))
  }

  /// As many pairs as asked for, taken in turn from each of the answers, so that none is asked more
  /// often than another while there are others.
  public func balanced(to count: Int? = nil) -> TaskSet {
    let groups = Dictionary(grouping: pairs.indices) { pairs[$0].answer }
      .sorted { $0.value[0] < $1.value[0] }.map(\.value)
    let most = count.map { min($0, pairs.count) } ?? (groups.map(\.count).min() ?? 0) * groups.count
    var taken: [Int] = []
    var round = 0
    while taken.count < most {
      for group in groups where round < group.count && taken.count < most {
        taken.append(group[round])
      }
      round += 1
    }
    return TaskSet(taken.sorted().map { pairs[$0] })
  }
}
