import Foundation
package import Tensors
package import Transformers

/// A metric on an input: where it is read in every row, and its values on the run without changes.
package struct MetricReading: Sendable {
  let metric: Metric
  let model: Transformer
  /// The positions that are read, by row.
  let positions: [[Int]]
  /// The answers there, where the metric has any.
  private let answers: [[Int]]
  private let foils: [Int]
  /// The logits of the run without changes, by row `[read, token]`, where the metric needs them.
  private(set) var cleanLogits: [Tensor] = []
  /// Its values on the run without changes, by row.
  package private(set) var clean: [[Float]] = []

  package init(_ metric: Metric, of model: Transformer, on input: ModelInput) throws {
    self.metric = metric
    self.model = model
    let configuration = model.configuration
    guard configuration.head != .none else { throw TransformerError.noHead }
    try input.validate(for: configuration)
    let tokens = input.decoderTokens ?? input.tokens
    let mask = input.decoderTokens == nil ? input.mask : input.decoderMask
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
    case .every(let answers):
      guard answers.count == tokens.count else {
        throw SweepError.count("rows of answers", expected: tokens.count, found: answers.count)
      }
      positions = try answers.map { try $0.indices.map(checked) }
    }
    switch metric.positions {
    case .everyNext:
      answers = zip(tokens, positions).map { row, places in places.map { row[$0 + 1] } }
    case .every(let list): answers = list
    case .last, .at, .each:
      answers =
        metric.answers.isEmpty ? [] : try spread(metric.answers, "answers").map { [$0] }
    }
    foils = metric.foils.isEmpty ? [] : try spread(metric.foils, "foils")
    for (id, what) in answers.joined().map({ ($0, "an answer") }) + foils.map({ ($0, "a foil") })
    where !(0..<configuration.vocabularySize).contains(id) {
      throw SweepError.token(what, id: id, vocabularySize: configuration.vocabularySize)
    }
    if zip(answers, foils).contains(where: { $0 == [$1] }) { throw SweepError.foilIsAnswer }

    if case .divergence(from: let logits?) = metric.measure {
      guard logits.shape == [tokens.count, configuration.vocabularySize],
        positions.allSatisfy({ $0.count == 1 })
      else {
        throw SweepError.count(
          "rows of logits to diverge from", expected: tokens.count, found: logits.shape[0])
      }
      cleanLogits = tokens.indices.map { logits.slice($0..<($0 + 1)) }
    }
  }

  /// Takes what the metric is on the run without changes.
  package mutating func read(_ run: RecordedRun) throws {
    let rows = positions.enumerated().map { row, places in
      run.output[at: row].gathering(places)
    }
    switch metric.measure {
    case .divergence(from: nil), .custom: cleanLogits = rows.map { model.logits(ofNormed: $0) }
    default: break
    }
    clean = try zip(positions, rows.enumerated()).map { places, row in
      try values(
        of: row.element, places: places.indices.map { (row: row.offset, read: $0) })
    }
  }

  /// The answers of all places that are read, row after row.
  package var allAnswers: [Int] {
    answers.isEmpty
      ? []
      : zip(positions, answers).flatMap { places, answers in
        places.indices.map { answers[$0] }
      }
  }

  /// The foils of all places that are read, row after row.
  package var allFoils: [Int] {
    foils.isEmpty ? [] : zip(positions, foils).flatMap { places, foil in places.map { _ in foil } }
  }

  /// The values at some places, one place after the other, from what goes into the unembedding there, `[place, width]`.
  package func values(of states: Tensor, places: [(row: Int, read: Int)]) throws -> [Float] {
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
      case .likeliest:
        let best = logits.argmax()
        let probabilities = logits.softmax().gatheringColumns(best).values
        found += zip(best, probabilities).flatMap { [Float($0), $1] }
      case .nextTokens:
        let logProbabilities = logits.logSoftmax().gatheringColumns(Array(answer[range])).values
        found += zip(logProbabilities, logits.argmax()).flatMap { [$0, Float($1)] }
      case .nextRanks:
        let own = Array(answer[range])
        let logProbabilities = logits.logSoftmax().gatheringColumns(own).values
        let (best, ranks) = (logits.argmax(), Self.ranks(logits, own))
        found += own.indices.flatMap { [logProbabilities[$0], Float(best[$0]), ranks[$0]] }
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
      product.weight.gathering(tokens).withUnsafeValues { weight in
        (0..<count).map { row in
          Kernel.dot(
            states.baseAddress! + row * width, weight.baseAddress! + row * width, count: width)
            + (product.bias.map { $0[tokens[row]] } ?? 0)
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
