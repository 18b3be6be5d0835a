import Coursework
import Figures
import Interpretability
import LensesVocabulary
import Tensors
import Transformers

extension LensSheet {
  static let futureFigure = SheetFigure(
    "7-future.png", "what your recipe of the future lens foresees from one state"
  ) { ask, file in
    let (sample, model) = (try LensSample(ask), try LensModel.reader.made())
    let last = sample.states.layerCount - 1
    let others = try sample.others()
    var lines: [LinePlot.Series] = []
    var lookedUp: Estimate?
    for distance in [1, 2] {
      let places = sample.prompts.indices.filter {
        sample.prompts[$0].count + distance <= sample.texts[$0].count
      }
      let part = sample.at(places)
      let said = try saidLater(part, distance, model)
      func score(_ found: [Int]) -> Estimate {
        Bootstrap().accuracy(of: found, labels: said, groups: part.groups)
      }
      let lens = FutureLens(fitting: others, distance: distance)
      let found = try (0...last).map { layer in
        score(
          try patched(
            ask, part, .future(lens.maps[layer], distance: distance), layer: layer
          ).argmax())
      }
      lines.append(
        line(
          distance == 1 ? "the token after the next" : "one further",
          found))
      guard distance == 1 else { continue }
      lookedUp = score(Lookup(sample.otherTexts, others, model).guesses(part.prompts))
    }
    var plot = LinePlot(
      lines, title: "What can be foreseen from one state", x: layerAxis(last + 1),
      y: Axis("prec@1 against the model then", range: 0...0.5))
    plot.reference = lookedUp.map {
      ("by counting, after the next", $0.value)
    }
    try plot.write(to: file)
  }

  private static func line(
    _ name: String, _ found: [Estimate]
  ) -> LinePlot.Series {
    var series = LinePlot.Series(
      name, found.map(\.value),
      interval: Interval(lower: found.map(\.lower), upper: found.map(\.upper)))
    series.intervalIsBand = false
    return series
  }

  /// What the model puts first when it has read so many tokens more.
  private static func saidLater(
    _ sample: LensSample, _ distance: Int, _ model: Transformer
  ) throws -> [Int] {
    let prompts = zip(sample.prompts, sample.texts).map { Array($1.prefix($0.count + distance)) }
    let (tokens, mask) = ModelInput.padding(prompts, with: 0, at: .front)
    let states = try model.residualStates(of: ModelInput(tokens: tokens, mask: mask), at: .last)
    return said(states.values[at: states.layerCount - 1], model)
  }

  private static func said(_ last: Tensor, _ model: Transformer) -> [Int] {
    model.logits(ofNormed: model.finalNorm(last)).argmax()
  }
}

/// What the model mostly says one token later, by the token that stands here alone.
private struct Lookup {
  private var counts: [Int: [Int: Int]] = [:]
  private var all: [Int: Int] = [:]

  init(_ texts: [[Int]], _ held: [ResidualStates], _ model: Transformer) {
    for (tokens, states) in zip(texts, held) {
      let last = states.values[at: states.layerCount - 1]
      let said = model.logits(ofNormed: model.finalNorm(last)).argmax()
      for (token, later) in zip(tokens, said.dropFirst()) {
        counts[token, default: [:]][later, default: 0] += 1
        all[later, default: 0] += 1
      }
    }
  }

  func guesses(_ prompts: [[Int]]) -> [Int] {
    prompts.map { prompt in
      let counts = counts[prompt[prompt.count - 1]] ?? all
      // Of equals the one with the least id, so that two runs agree.
      return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? 0
    }
  }
}
