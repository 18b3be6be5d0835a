import Coursework
import Foundation
import GradientsVocabulary
import SheetTools
import Tensors

extension GradientsSheet {
  /// 3.2: the gradient measured by small steps, and its length for every piece.
  static let saliency = Exercise(
    "3.2", "Saliency", points: 5, difficulty: 3, importance: 5, minutes: 25,
    hints: [
      """
      A slope is rise over run. Copy the embeddings, change the one coordinate, and ask for the \
      number again: `try number(moved).scalar`.
      """,
      """
      Go to both sides and divide by the whole distance: (f(x + h) − f(x − h)) / 2h. With h near \
      0.01; at h = 0.000001 a Float holds no difference that means anything.
      """,
      """
      For saliency let the machine take the gradient: `let x = number.embeddings.requiringGradient()`, \
      then `gradient(of: try number(x), withRespectTo: [x])[0]`, which is `[position, width]`.
      """,
      """
      The length of a row is the root of the sum of its squares: \
      `(0..<positions).map { g[at: $0] }.map { ($0 * $0).sum().scalar.squareRoot() }`.
      """,
    ],
    interpretation: """
      Your slopes and the machine's gradient agree, and they were computed in ways that have nothing \
      in common: that is what a check is. Saliency says how much the prediction would move if an \
      embedding moved a little, in the worst direction. It has no sign, so it cannot tell what speaks \
      for a prediction from what speaks against it, and it says nothing of large changes, such as a \
      word that is not there.
      """,
    cases: { generator in
      let translator = try SheetTranslator.translator()
      var cases: [Case<NumberCoordinates, NumberCoordinates>] = []
      for pair in translator.pairs(count: 2, using: &generator) {
        let prediction = try translator.prediction(of: pair, using: &generator)
        cases.append(
          try slopeCase(
            "a word of a translation \(cases.count + 1)", .translator(prediction),
            using: &generator))
      }
      let weights = Tensor.randomNormal([4, 3], using: &generator)
      let embeddings = Tensor.randomNormal([4, 3], using: &generator)
      cases.append(
        try slopeCase(
          "a sum of projections, whose gradient is its weights",
          .formula(Formula(kind: .linear, weights: weights), embeddings: embeddings),
          using: &generator))
      return cases
    },
    parts: [
      Part(GradientsAsks.slope, judge: slopes), Part(GradientsAsks.saliency, judge: lengths),
    ])

  private static func slopeCase(
    _ name: String, _ number: NumberSource, using generator: inout SeededGenerator
  ) throws -> Case<NumberCoordinates, NumberCoordinates> {
    let gradients = try number.knownGradients()
    // Steep coordinates: the rounding of a Float is small beside what they do.
    let width = gradients.shape[1]
    let steepest = gradients.values.indices
      .sorted { abs(gradients.values[$0]) > abs(gradients.values[$1]) }
      .prefix(12).shuffled(using: &generator).prefix(3)
    let places = steepest.map { EmbeddingCoordinate(position: $0 / width, column: $0 % width) }
    return Case(name, NumberCoordinates(number: number, places: places))
  }

  private static func slopes(of question: NumberCoordinates) throws -> Judgement<[Float]> {
    let (places, gradients) = (question.places, try question.number.knownGradients())
    let wanted = places.map { Double(gradients[$0.position, $0.column]) }
    // What moving all coordinates of a position at once would give.
    let sums = places.map { gradients[at: $0.position].values.reduce(0, +) }
    return Judgement { answer in
      guard answer.count == wanted.count else {
        return .invalid("there are \(answer.count) slopes, not \(wanted.count)")
      }
      guard answer.allSatisfy(\.isFinite) else {
        return .invalid("a slope is not a finite number: is the step you divide by 0?")
      }
      // A tenth leaves room for a step that is a little too large or too small.
      func all(_ factor: Double) -> Bool {
        zip(answer, wanted).allSatisfy { abs(Double($0) - $1 * factor) <= 0.1 * abs($1 * factor) }
      }
      if all(1) { return .passed() }
      let detail =
        "at \(places[0].position), \(places[0].column) the slope is \(answer[0]) "
        + "and should be near \(Float(wanted[0]))"
      let reasons: [(Bool, String)] = [
        (
          all(2),
          "every slope is twice too steep: from x − h to x + h it is 2h, and that is what you divide by"
        ),
        (
          all(0.5),
          "every slope is half of what it should be: divide by the distance that you moved"
        ),
        (all(-1), "every slope has the wrong sign: it is the value ahead minus the value behind"),
        (
          answer.allSatisfy { $0 == 0 },
          "every slope is 0: either nothing was moved, or by so little that a Float cannot hold it"
        ),
        (
          zip(answer, wanted).allSatisfy { abs(Double($0)) < 0.1 * abs($1) },
          "the slopes are far too small: divide the difference of the values by the step"
        ),
        (
          zip(answer, sums).allSatisfy { abs($0 - $1) <= 0.1 * abs($1) },
          "the whole embedding was moved, and only one of its coordinates should be"
        ),
      ]
      return .failed(
        reasons.first { $0.0 }?.1
          ?? """
          the slopes are off: with a step of about 0.01 rounding and curvature are both small, with \
          0.000001 or 1 they are not
          """, detail: detail)
    }
  }

  private static func lengths(of question: NumberCoordinates) throws -> Expected<[Float]> {
    let gradients = try question.number.knownGradients()
    let rows = gradients.doubleRows
    func scores(_ reduce: ([Double]) -> Double) -> [Double] { rows.map(reduce) }
    let norms = scores { $0.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    return Expected(
      norms.map { Float($0) }, tolerance: 1e-3, named: "the saliency", of: "piece"
    ) {
      [
        Mistake("the squares are added and the root is not taken", norms.map { $0 * $0 }),
        Mistake(
          "the coordinates are added as they are, and cancel; a length is the root of their squares",
          scores { $0.reduce(0, +) }),
        Mistake(
          "the absolute values are added; the length is the root of the sum of squares",
          scores { $0.reduce(0) { $0 + abs($1) } }),
        Mistake(
          "this is the greatest coordinate of every gradient; the length counts them all",
          scores { $0.reduce(0) { max($0, abs($1)) } }),
        Mistake(
          "this is the root of the mean square; the length is the root of the sum",
          norms.map { $0 / Double(rows[0].count).squareRoot() }),
        Mistake(
          "the scores are made to sum to 1; leave them in the units of the gradient",
          norms.map { $0 / norms.reduce(0, +) }),
        Mistake(
          "this is one row a coordinate: sum over the width, and keep the positions",
          rows[0].indices.map { column in
            rows.reduce(0) { $0 + $1[column] * $1[column] }.squareRoot()
          }),
      ]
    }.otherwise { answer in
      answer.count == gradients.count && rows[0].count > 1
        ? .invalid("there is a number for every coordinate; a piece has one, the length of its row")
        : nil
    }
  }
}
