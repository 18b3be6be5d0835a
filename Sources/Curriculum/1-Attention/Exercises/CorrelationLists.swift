import AttentionVocabulary
import Coursework
import Foundation
import SheetTools
import Tensors

/// Pairs of lists whose correlation is known, and what usual mistakes make of them.
struct CorrelationLists: Sendable {
  let pairs: [ListPair]
  let expected: [Float]
  /// Which pairs have a list without spread.
  let constant: [Int]
  /// Which pair lies far from 0.
  let distant = 1

  init(using generator: inout SeededGenerator) {
    func noise(_ count: Int, around centre: Float = 0) -> [Float] {
      let values = Tensor.randomNormal([count], using: &generator).values
      return values.map { centre + $0 }
    }
    let x = noise(9)
    let y = zip(x, noise(9)).map { 3 * $0 + 2 * $1 + 5 }
    // Far from zero: squares that are subtracted in Float lose all their digits.
    let far = noise(24, around: 3_000)
    let offset = zip(far, noise(24)).map { 4_000 - ($0 - 3_000) + $1 }
    let line = noise(7)
    pairs = [
      ListPair(x: x, y: y),
      ListPair(x: far, y: offset),
      ListPair(x: line, y: line.map { 2 - 3 * $0 }),
      ListPair(x: noise(6), y: Array(repeating: 2, count: 6)),
      ListPair(x: [0, 0, 0], y: [1, 4, 2]),
      ListPair(x: [1, 2], y: [10, 40]),
    ]
    constant = [3, 4]
    expected = pairs.map {
      Float(DoubleCorrelation.pearson($0.x.map(Double.init), $0.y.map(Double.init)))
    }
  }

  var mistakes: [Mistake<[Float]>] {
    func all(_ value: (_ x: [Double], _ y: [Double]) -> Double) -> [Double] {
      pairs.map { value($0.x.map(Double.init), $0.y.map(Double.init)) }
    }
    func covariance(_ x: [Double], _ y: [Double]) -> Double {
      DoubleCorrelation.pearson(x, y) * DoubleCorrelation.deviation(x)
        * DoubleCorrelation.deviation(y)
    }
    let covarianceSentence =
      "this is the covariance; divide it by both standard deviations, and it has no unit"
    let countSentence =
      """
      one side is divided by n and the other by n − 1; use the same for the covariance and for the \
      deviations, or leave both out
      """
    func ratio(_ a: Double, _ b: Double) -> Double { b == 0 ? 0 : a / b }
    func cosine(_ x: [Double], _ y: [Double]) -> Double {
      ratio(
        zip(x, y).reduce(0) { $0 + $1.0 * $1.1 },
        (x.reduce(0) { $0 + $1 * $1 } * y.reduce(0) { $0 + $1 * $1 }).squareRoot())
    }
    func ranks(_ values: [Double]) -> [Double] {
      values.map { value in
        Double(values.count { $0 < value }) + Double(values.count { $0 == value } - 1) / 2
      }
    }
    return [
      Mistake(covarianceSentence, all(covariance)),
      Mistake(
        covarianceSentence,
        all { covariance($0, $1) * Double($0.count) / Double($0.count - 1) }),
      Mistake(
        countSentence,
        all { DoubleCorrelation.pearson($0, $1) * Double($0.count - 1) / Double($0.count) }
      ),
      Mistake(
        countSentence,
        all { DoubleCorrelation.pearson($0, $1) * Double($0.count) / Double($0.count - 1) }
      ),
      Mistake("the means are not subtracted: that is a cosine, not a correlation", all(cosine)),
      Mistake(
        "this is the square of the correlation, which has lost its sign",
        all { DoubleCorrelation.pearson($0, $1) * DoubleCorrelation.pearson($0, $1) }),
      Mistake(
        "a correlation keeps its sign: −1 when one list falls as the other rises",
        all { abs(DoubleCorrelation.pearson($0, $1)) }),
      Mistake(
        "this is the slope of a line through the points; the correlation divides by both deviations",
        all {
          ratio(
            covariance($0, $1), DoubleCorrelation.deviation($0) * DoubleCorrelation.deviation($0))
        }),
      Mistake(
        "this correlates ranks, which is Spearman's; Pearson's takes the values",
        all { DoubleCorrelation.pearson(ranks($0), ranks($1)) }),
    ]
  }
}
