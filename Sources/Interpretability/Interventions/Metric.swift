import Foundation
public import Tensors
import Transformers

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
  }

  enum Measure: Sendable {
    case logit
    case logitDifference
    case logProbability
    case probability
    case rank
    case divergence
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
  public static func divergence(at positions: Positions = .last) -> Metric {
    Metric(measure: .divergence, positions: positions, answers: [], foils: [])
  }

  /// The log-probability of the token that follows, at every position: the loss with its sign turned.
  public static let nextLogProbability = Metric(
    measure: .logProbability, positions: .everyNext, answers: [], foils: [])

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

/// A metric on an input: where it is read in every row, and its values on the run without changes.
struct MetricReading: Sendable {
  let metric: Metric
  let model: Transformer
  /// The positions that are read, by row.
  let positions: [[Int]]
  /// The answers there, where the metric has any.
  private let answers: [[Int]]
  private let foils: [Int]
  /// The logits of the run without changes, by row `[read, token]`, where the metric needs them.
  private let cleanLogits: [Tensor]
  /// Its values on the run without changes, by row.
  private(set) var clean: [[Float]] = []

  init(_ metric: Metric, of run: RecordedRun) throws {
    self.metric = metric
    model = run.model
    let configuration = run.model.configuration
    guard configuration.head != .none else { throw TransformerError.noHead }
    let stack = configuration.stacks[configuration.stacks.count - 1].name
    let tokens = run.tokens(of: stack)
    let mask = run.mask(of: stack)
    let length = tokens[0].count
    func checked(_ position: Int) throws -> Int {
      let place = position < 0 ? length + position : position
      guard (0..<length).contains(place) else {
        throw SweepError.position(position, count: length, what: "a metric's position")
      }
      return place
    }
    func spread(_ list: [Int], _ what: String) throws -> [Int] {
      if list.count == 1 { return Array(repeating: list[0], count: tokens.count) }
      guard list.count == tokens.count else {
        throw SweepError.count(what, expected: tokens.count, found: list.count)
      }
      return list
    }
    func present(_ row: Int) -> [Int] { (0..<length).filter { mask?[row][$0] ?? true } }
    switch metric.positions {
    case .last: positions = tokens.indices.map { [present($0).last ?? length - 1] }
    case .at(let position):
      let place = try checked(position)
      positions = tokens.map { _ in [place] }
    case .each(let places):
      positions = try spread(places, "positions to read").map { [try checked($0)] }
    case .everyNext:
      positions = tokens.indices.map { row in
        let places = present(row)
        return zip(places, places.dropFirst()).filter { $1 == $0 + 1 }.map(\.0)
      }
    }
    if case .everyNext = metric.positions {
      answers = zip(tokens, positions).map { row, places in places.map { row[$0 + 1] } }
    } else {
      answers =
        metric.answers.isEmpty ? [] : try spread(metric.answers, "answers").map { [$0] }
    }
    foils = metric.foils.isEmpty ? [] : try spread(metric.foils, "foils")
    for (id, what) in answers.joined().map({ ($0, "an answer") }) + foils.map({ ($0, "a foil") })
    where !(0..<configuration.vocabularySize).contains(id) {
      throw SweepError.token(what, id: id, vocabularySize: configuration.vocabularySize)
    }
    if zip(answers, foils).contains(where: { $0 == [$1] }) { throw SweepError.foilIsAnswer }

    let (width, places) = (configuration.width, positions)
    let rows = tokens.indices.map { row in
      run.output[at: row].gathering(places[row]).reshaped(to: [places[row].count, width])
    }
    switch metric.measure {
    case .divergence, .custom: cleanLogits = rows.map { run.model.logits(ofNormed: $0) }
    default: cleanLogits = []
    }
    clean = try zip(tokens.indices, rows).map { row, states in
      try values(of: states, places: places[row].indices.map { (row: row, read: $0) })
    }
  }

  /// The values at some places, from what goes into the unembedding there, `[place, width]`.
  func values(of states: Tensor, places: [(row: Int, read: Int)]) throws -> [Float] {
    if places.isEmpty { return [] }
    let answer = answers.isEmpty ? [] : places.map { answers[$0.row][$0.read] }
    let foil = foils.isEmpty ? [] : places.map { foils[$0.row] }
    switch metric.measure {
    case .logit: return columns(of: states, answer)
    case .logitDifference:
      return zip(columns(of: states, answer), columns(of: states, foil)).map { $0 - $1 }
    default: break
    }
    // A few places at a time: the logits of many over a large vocabulary are not held at once.
    let chunk = max(1, 8_000_000 / model.configuration.vocabularySize)
    var found: [Float] = []
    for start in stride(from: 0, to: places.count, by: chunk) {
      let range = start..<min(start + chunk, places.count)
      let logits = model.logits(ofNormed: states.slice(range))
      switch metric.measure {
      case .logProbability:
        found += logits.logSoftmax().gatheringColumns(Array(answer[range])).values
      case .probability:
        found += logits.softmax().gatheringColumns(Array(answer[range])).values
      case .rank: found += Self.ranks(logits, Array(answer[range]))
      default:
        for (index, place) in places[range].enumerated() {
          let clean = cleanLogits[place.row][at: place.read]
          switch metric.measure {
          case .custom(_, let value): found.append(try value(logits[at: index], clean))
          default: found.append(Self.divergence(clean, logits[at: index]))
          }
        }
      }
    }
    return found
  }

  /// One logit a row: a dot product each, in the place of a column for every token.
  private func columns(of states: Tensor, _ tokens: [Int]) -> [Float] {
    let product = model.logitProduct(ofNormed: states)
    let (count, width) = (tokens.count, states.shape[1])
    return product.states.withUnsafeValues { states in
      product.weight.withUnsafeValues { weight in
        (0..<count).map { row in
          Kernel.dot(
            states.baseAddress! + row * width, weight.baseAddress! + tokens[row] * width,
            count: width) + (product.bias.map { $0[tokens[row]] } ?? 0)
        }
      }
    }
  }

  private static func ranks(_ logits: Tensor, _ tokens: [Int]) -> [Float] {
    let width = logits.shape[1]
    return logits.withUnsafeValues { values in
      tokens.enumerated().map { row, token in
        let own = values[row * width + token]
        return Float((0..<width).count { values[row * width + $0] > own })
      }
    }
  }

  /// KL(p ‖ q) of two rows of logits, summed in Double.
  private static func divergence(_ p: Tensor, _ q: Tensor) -> Float {
    let (a, b) = (p.logSoftmax().values, q.logSoftmax().values)
    let sum = zip(a, b).reduce(0.0) { sum, pair in
      pair.0 == -.infinity ? sum : sum + exp(Double(pair.0)) * Double(pair.0 - pair.1)
    }
    return Float(max(sum, 0))
  }
}
