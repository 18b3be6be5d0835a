import Figures
import Foundation
import Interpretability
import Models
import Tensors
import Transformers

/// What lenses say of one text, as it is printed.
struct LensReport: Codable {
  /// One layer and position.
  struct Cell: Codable {
    var token: String
    var ties: Int
    var probability: Float
    var entropy: Float
    var divergence: Float
    var surprisal: Float
  }

  /// How many tokens a lens puts before one of them, at the last position.
  struct Ranks: Codable {
    var token: String
    /// Of the logit lens, `[layer]`.
    var ranks: [Int]
    /// Of the tuned lens, `[layer]`.
    var tuned: [Int]?
  }

  var model: String
  var tokens: [String]
  /// The logit lens, `[layer][position]`; layer 0 is what the first block reads.
  var layers: [[Cell]]
  /// The same through a tuned lens.
  var tuned: [[Cell]]?
  var answer: Ranks?

  init(
    _ loaded: LoadedModel, source: String, target: String?, startToken: Bool? = nil,
    answer: Int? = nil, tuned: TunedLens? = nil
  ) throws {
    let model = loaded.model
    guard model.configuration.head != .none else {
      throw CommandError("\(loaded.shortName) has no head, so it scores no tokens to read")
    }
    let prepared = try PreparedInput(
      source: source, target: target, startToken: startToken, for: loaded)
    try prepared.input.checkSize(for: model.configuration, keepsEverything: true)
    let states = try model.residualStates(of: prepared.input)
    self.model = loaded.shortName
    let read = prepared.input.decoderTokens ?? prepared.input.tokens
    tokens = loaded.labels(of: read[0])
    func cells(_ reading: LensReading) -> [[Cell]] {
      reading.cells.map { row in
        zip(row, loaded.labels(of: row.map(\.token))).map { cell, name in
          Cell(
            token: name, ties: cell.ties, probability: cell.probability, entropy: cell.entropy,
            divergence: cell.divergence, surprisal: cell.surprisal)
        }
      }
    }
    layers = cells(model.reading(of: states))
    self.tuned = tuned.map { cells(model.reading(of: states, through: $0)) }
    let last = states.at([states.positionCount - 1])
    self.answer = answer.map { token in
      func ranks(_ logits: Tensor) -> [Int] {
        (0..<states.layerCount).map { layer in
          let row = logits[at: layer].values
          return row.count { $0 > row[token] }
        }
      }
      return Ranks(
        token: loaded.names(token).token, ranks: ranks(model.logits(of: last)),
        tuned: tuned.map { ranks(model.logits(of: last, through: $0)) })
    }
  }

  /// The grids one above the other, and below them the ranks.
  func figure(title: String?) -> any Figure {
    var figures: [any Figure] = [
      grid(
        layers,
        title: title
          ?? "What \(model) would say next at every layer" + (tuned == nil ? "" : ": logit lens"))
    ]
    if let tuned { figures.append(grid(tuned, title: "Tuned lens")) }
    if let answer { figures.append(answer.plot) }
    return figures.count == 1 ? figures[0] : FigureRow(figures, columns: 1)
  }

  /// The logit lens alone.
  func grid(title: String?) -> LensGrid {
    grid(layers, title: title ?? "What \(model) would say next at every layer")
  }

  private func grid(_ layers: [[Cell]], title: String) -> LensGrid {
    var grid = LensGrid(
      tokens: layers.map { $0.map(\.token) },
      probabilities: layers.map { $0.map(\.probability) }, text: tokens, title: title)
    grid.ties = layers.map { $0.map(\.ties) }
    grid.notes = layers.map { row in
      row.map { cell in
        func nats(_ value: Float) -> String { String(format: "%.2f nats", value) }
        return "entropy \(nats(cell.entropy)); KL from the end \(nats(cell.divergence)); "
          + "the model's surprise \(nats(cell.surprisal))"
      }
    }
    return grid
  }
}

extension LensReport.Ranks {
  /// The ranks by layer, the likeliest token's being 1: a logarithmic axis has no 0.
  var plot: LinePlot {
    func places(_ ranks: [Int]) -> [Double] { ranks.map { Double($0 + 1) } }
    var series = [LinePlot.Series("logit lens", places(ranks))]
    if let tuned { series.append(LinePlot.Series("tuned lens", places(tuned))) }
    return LinePlot(
      series, title: "Where “\(token)” stands at the last position",
      x: Axis("layer", labels: ranks.indices.map(String.init)),
      y: Axis("rank, 1 is the likeliest", scale: .logarithmic))
  }
}
