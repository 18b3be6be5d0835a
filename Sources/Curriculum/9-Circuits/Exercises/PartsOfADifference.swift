import CircuitsVocabulary
import Coursework
import Tensors
import Transformers

extension CircuitsSheet {
  /// 9.2: what every part adds to the logit difference, and that they add up.
  static let partsOfADifference = Exercise(
    "9.2", "Parts of a difference", points: 4, difficulty: 3, importance: 5, minutes: 30,
    hints: [
      """
      The last residual stream is a sum of what all parts wrote. The unembedding is linear. What stands \
      between them, and when is it linear too?
      """,
      """
      A norm divides by a number. Of the whole stream that number is known, \
      `.finalNorm(.blocks, .scale)`. Divide each part by that, not by its own.
      """,
      """
      A run can start from any stream: `model.run(input, from: .residual(part, afterBlocks: blocks), \
      intervening: [.replace(scale, with: whole)])` is the final norm and the unembedding of a part \
      with the whole's number.
      """,
      """
      The norm's bias comes with every run, that of zeros too. Take the logit difference of zeros off \
      each part's, and return it once, as the last entry: what belongs to nobody. \
      `residualPoints.count - 1` is the number of blocks.
      """,
    ],
    interpretation: """
      The parts add up because the scale is held. That is bookkeeping, not a prediction: take a head away \
      and the scale changes, and so do all heads that read it. A part with a great direct effect writes \
      the answer; one that tells others where to look may have none at all.
      """,
    cases: { generator in
      try [
        ("layer norm", CircuitModel.Norm.layer, 7), ("RMS norm", .rootMeanSquare, 6),
        ("a longer text", .layer, 12),
      ].map { name, norm, length in
        let model = CircuitModel.drawn(norm, using: &generator)
        let pairs = try model.pairs([(length, 1)], using: &generator)
        return Case(name, PairOfModel(model: model, pair: pairs[0]))
      } + [
        Case(
          "the reader",
          PairOfModel(
            model: .reader,
            pair: try CircuitModel.readerPairs("months", count: 1, seed: generator.next() >> 32)[0]
          ))
      ]
    },
    parts: [Part(CircuitsAsks.effects, judge: parts)])

  private static func parts(_ key: PairOfModel) throws -> Expected<Tensor> {
    let model = try key.model.made()
    let (pair, end) = (key.pair, key.pair.clean.count - 1)
    let oracle = DifferenceOracle(model, answer: pair.answer, foil: pair.foil)
    func rows(_ tokens: [Int], at place: Int) throws -> [[Double]] {
      try model.contributions(of: ModelInput(tokens)).map {
        $0.value[at: 0][at: place].values.map(Double.init)
      }
    }
    func sum(_ rows: [[Double]]) -> [Double] {
      rows.dropFirst().reduce(rows[0]) { zip($0, $1).map(+) }
    }
    func effects(_ rows: [[Double]], by other: DifferenceOracle? = nil) -> [Double] {
      let oracle = other ?? oracle
      let scale = oracle.scale(sum(rows))
      return rows.map { oracle.part($0, scale: scale) } + [oracle.rest]
    }
    let own = try rows(pair.clean, at: end)
    let right = effects(own)
    return Expected(
      right, shape: [right.count], tolerance: 2e-3, named: "the effects", axes: ["part"]
    ) {
      [
        Mistake(
          "each part went through the norm by itself; all are divided by the scale of the whole stream",
          own.map { oracle.part($0, scale: oracle.scale($0)) } + [oracle.rest]
        ),
        Mistake(
          "each part went through the norm by itself, bias and all; all are divided by the scale of the "
            + "whole stream, and the bias comes once",
          own.map { oracle.part($0, scale: oracle.scale($0)) + oracle.rest } + [oracle.rest]
        ),
        Mistake(
          "the biases behind the stream came with every part; they count once, as the last entry",
          right.dropLast().map { $0 + oracle.rest } + [oracle.rest]
        ),
        Mistake(
          "these are parts of the answer's logit alone; the foil's comes off",
          effects(own, by: DifferenceOracle(model, answer: pair.answer, foil: nil))
        ),
        Mistake(
          "the stream's mean is still in each part; the norm takes it off",
          own.map { oracle.part($0, scale: oracle.scale(sum(own)), isCentred: false) }
            + [oracle.rest]
        ),
        Mistake("these are the parts at the first position", effects(try rows(pair.clean, at: 0))),
        Mistake(
          "these are the parts of the corrupted text; the clean one is read",
          effects(try rows(pair.corrupted, at: pair.corrupted.count - 1))
        ),
        Mistake(
          "nothing was divided by the scale of the norm",
          own.map { oracle.part($0, scale: 1) } + [oracle.rest]
        ),
        Mistake(
          "what is left, the biases behind the stream, is missing as the last entry",
          Array(right.dropLast())
        ),
      ]
    }
  }
}

/// The final norm and the difference of two logits in plain loops of Double.
struct DifferenceOracle {
  private let weight: [Double]
  private let bias: [Double]?
  private let epsilon: Double
  /// The answer's row of the unembedding less the foil's.
  private let direction: [Double]

  /// - Parameter foil: Nil for the answer's logit alone.
  init(_ model: Transformer, answer: Int, foil: Int?) {
    let norm = model.stacks[0].finalNorm!
    weight = norm.weight.values.map(Double.init)
    bias = norm.bias?.values.map(Double.init)
    epsilon = Double(model.configuration.normEpsilon)
    let table = model.unembedding ?? model.embedding
    let wanted = table[at: answer].values.map(Double.init)
    let other = foil.map { table[at: $0].values.map(Double.init) }
    direction = other.map { zip(wanted, $0).map { $0 - $1 } } ?? wanted
  }

  private func centred(_ row: [Double]) -> [Double] {
    guard bias != nil else { return row }
    let mean = row.reduce(0, +) / Double(row.count)
    return row.map { $0 - mean }
  }

  func scale(_ row: [Double]) -> Double {
    (centred(row).reduce(0) { $0 + $1 * $1 } / Double(row.count) + epsilon).squareRoot()
  }

  /// What a part of the stream adds to the difference.
  func part(_ row: [Double], scale: Double, isCentred: Bool = true) -> Double {
    zip(zip(isCentred ? centred(row) : row, weight), direction)
      .reduce(0) { $0 + $1.0.0 / scale * $1.0.1 * $1.1 }
  }

  /// What the biases add.
  var rest: Double {
    bias.map { zip($0, direction).reduce(0) { $0 + $1.0 * $1.1 } } ?? 0
  }
}
