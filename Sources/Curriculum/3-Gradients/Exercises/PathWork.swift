import Coursework
import GradientsVocabulary
import SheetTools
import Tensors

/// Gradients of a number on the straight way from a baseline, and what may be made of them: the formula
/// of integrated gradients in loops, and what becomes of it with a mistake.
struct PathWork {
  private let embeddings: [[Double]]
  private let baseline: [[Double]]
  /// The mean of the gradients in the middles of the steps.
  private let middles: [[Double]]
  private let number: PredictedNumber
  private let start: Tensor
  private let steps: Int

  init(_ number: PredictedNumber, from start: Tensor, steps: Int) throws {
    self.number = number
    self.start = start
    self.steps = steps
    embeddings = number.embeddings.doubleRows
    baseline = start.doubleRows
    middles = try Self.meanGradient(number, from: start, steps: steps) { $0 + 0.5 }
  }

  init(_ path: BaselinePath) throws {
    try self.init(path.number.number(), from: path.baseline, steps: path.steps)
  }

  /// The mean gradient over steps, each looked at where `place` says, in steps from the baseline.
  private static func meanGradient(
    _ number: PredictedNumber, from start: Tensor, steps: Int, at place: (Double) -> Double
  ) throws -> [[Double]] {
    let difference = number.embeddings - start
    var total = number.embeddings.doubleRows.map { $0.map { _ in 0.0 } }
    for step in 0..<steps {
      let share = Float(place(Double(step)) / Double(steps))
      let x = (start + difference * share).requiringGradient()
      let slopes = gradient(of: try number(x), withRespectTo: [x])[0].doubleRows
      for (row, values) in slopes.enumerated() {
        for (column, value) in values.enumerated() { total[row][column] += value / Double(steps) }
      }
    }
    return total
  }

  /// Σ over the coordinates of a factor times a mean gradient, `[position]`.
  private func scores(
    _ gradients: [[Double]], _ factor: (_ x: Double, _ start: Double) -> Double = { $0 - $1 }
  ) -> [Double] {
    embeddings.indices.map { row in
      embeddings[row].indices.reduce(0) {
        $0 + factor(embeddings[row][$1], baseline[row][$1]) * gradients[row][$1]
      }
    }
  }

  /// Integrated gradients by the midpoint rule.
  var expected: [Float] { scores(middles).map { Float($0) } }

  /// f(x) − f(x′).
  func difference() throws -> Float {
    try number(number.embeddings).scalar - number(start).scalar
  }

  func mistakes() throws -> [Mistake<[Float]>] {
    let left = try Self.meanGradient(number, from: start, steps: steps) { $0 }
    let right = try Self.meanGradient(number, from: start, steps: steps) { $0 + 1 }
    let end = try Self.meanGradient(number, from: start, steps: 1) { $0 + 1 }
    let fromZero = try Self.meanGradient(
      number, from: .zeros(start.shape), steps: steps
    ) { $0 + 0.5 }
    return [
      Mistake(
        "the mean gradient is not multiplied by x − x′, how far every coordinate went",
        scores(middles) { _, _ in 1 }),
      Mistake(
        "the mean gradient is multiplied by x, and should be by x − x′: the baseline is not 0",
        scores(middles) { x, _ in x }),
      Mistake(
        "the gradients are added and not averaged: divide by the number of steps",
        scores(middles).map { $0 * Double(steps) }),
      Mistake(
        "this takes the gradient at the end of the way alone; take one in every step", scores(end)),
      Mistake(
        "the gradients are taken where the steps begin; the midpoint rule takes their middles",
        scores(left)),
      Mistake(
        "the gradients are taken where the steps end; the midpoint rule takes their middles",
        scores(right)),
      Mistake(
        "the way begins at 0 and should begin at the baseline: x′ + α (x − x′)", scores(fromZero)),
      Mistake(
        "every score has the wrong sign: it is x − x′ that is multiplied by",
        scores(middles).map { -$0 }),
      Mistake(
        "the ends of the steps are averaged, which is the trapezoid rule; take their middles",
        zip(scores(left), scores(right)).map { ($0 + $1) / 2 }),
      Mistake(
        "the signs are lost: then the scores cannot add up to f(x) − f(x′)",
        scores(middles).map { abs($0) }),
    ]
  }

  /// What comes of as many steps as somebody else would take, of places that are a step off, and of a
  /// step that is left out: many gradients, for an answer that nothing else explains.
  func mistakesInSteps() throws -> [Mistake<[Float]>] {
    func mean(_ count: Int, at place: (Double) -> Double) throws -> [Double] {
      scores(try Self.meanGradient(number, from: start, steps: count, at: place))
    }
    func left(out step: Int) throws -> [Double] {
      let one = try Self.meanGradient(number, from: start, steps: 1) { _ in
        (Double(step) + 0.5) / Double(steps)
      }
      return zip(scores(middles), scores(one)).map { $0 - $1 / Double(steps) }
    }
    var mistakes = [
      Mistake<[Float]>("the first step is left out: they count from 0", try left(out: 0)),
      Mistake("the last step is left out: there are `steps` of them", try left(out: steps - 1)),
      Mistake(
        "the places go from 0 to 1 and take in both ends; the midpoint rule takes the middles",
        try mean(steps) { $0 * Double(steps) / Double(max(steps - 1, 1)) }),
      Mistake(
        "every place is half a step too low: step k of 0, 1, 2 … is at (k + ½) / n",
        try mean(steps) { $0 - 0.5 }),
    ]
    for count in [1, 2, steps - 1, steps + 1, 10, 20, 50] where count > 0 && count != steps {
      mistakes.append(
        Mistake(
          "this is the sum of \(count) steps; take as many as `steps` says",
          try mean(count) { $0 + 0.5 }))
    }
    for count in [2, steps - 1, steps + 1] where count > 0 && count != steps {
      mistakes.append(
        Mistake(
          """
          this is the sum of \(count) steps, looked at where each begins; take the middles of as many as \
          `steps` says
          """, try mean(count) { $0 }))
    }
    return mistakes
  }
}
