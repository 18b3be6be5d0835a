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
        "the signs are lost: then the scores cannot add up to f(x) − f(x′)",
        scores(middles).map { abs($0) }),
    ]
  }
}
