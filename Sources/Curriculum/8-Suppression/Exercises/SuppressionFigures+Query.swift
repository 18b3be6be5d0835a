import Coursework
import Figures
import Foundation
import SheetTools
import SuppressionVocabulary
import Tensors
import Transformers

extension SuppressionSheet {
  static let queryFigure = SheetFigure(
    "10-query.png", "the scores of the likeliest visited word, in three parts"
  ) { ask, file in
    let texts = tours(16, length: 31, seed: 90)
    let steps = try ask(
      SuppressionAsks.steps, HeadOnTexts(model: .tours, head: pictured, texts: texts))
    // Behind twenty words, and where something visited is predicted.
    let places = zip(texts, steps).flatMap { text, steps in
      zip(1..<text.count, steps).filter { position, step in
        position > 20 && step.probability >= 0.02 && text[3...position].contains(step.token)
      }.map { AskedPlace(text: text, position: $0, token: $1.token) }
    }
    let parts = try ask.all(
      SuppressionAsks.queryParts,
      places.map {
        AskedKey(
          model: .tours, head: pictured, text: $0.text, position: $0.position,
          prediction: $0.token)
      })
    func lead(_ values: Tensor, _ place: AskedPlace) throws -> Double {
      try requireEntries(values.count, place.position + 1, "scores")
      return place.lead(values.values.map(Double.init))
    }
    let points = try zip(places, parts).map { place, part in
      ScatterPlot.Datum(try lead(part.along, place), try lead(part.beside, place))
    }
    guard !points.isEmpty else { throw FigureError("Your answer to 8.3 predicts nothing.") }
    let along = Plain.mean(points.map(\.x))
    let beside = Plain.mean(points.map(\.y))
    let writers = try writers(of: places)
    try FigureRow(
      [
        ScatterPlot(
          [.init("a position of a tour", points)],
          title: "\(name(pictured)): \(rounded(along)) along, \(rounded(beside)) beside, "
            + "on average",
          x: Axis("score along the unembedding, above other words"),
          y: Axis("score beside it, above other words")
        ).styled { $0.plotSize = FigureSize(width: 240, height: 180) },
        BarPlot(
          groups: writers.map(\.name),
          [
            .init("along", writers.map(\.along)), .init("beside", writers.map(\.beside)),
          ], title: "Who wrote what asks", groupTitle: "part of the model",
          y: Axis("score, above other words")
        ).styled { $0.plotSize = FigureSize(width: 240, height: 180) },
      ], columns: 1
    ).write(to: file)
  }

  /// What the parts of the model in front of a head put into its queries, along the unembedding of the
  /// prediction and beside it: the mean over places of the lead of the predicted word.
  private static func writers(
    of places: [AskedPlace]
  ) throws -> [(name: String, along: Double, beside: Double)] {
    let model = try SuppressionModel.tours.made()
    let head = PlainHead(HeadMatrices(of: pictured, in: model))
    let parts: [(name: String, points: [HookPoint])] = [
      ("token and position", [.embedding, .positionEmbedding]),
      ("heads of layer 0", [.block(.blocks, 0, .attentionOut(.own))]),
      ("MLP of layer 0", [.block(.blocks, 0, .mlpOut)]),
    ]
    var runs: [[Int]: PlainRun] = [:]
    var leads = parts.map { _ in (along: [Double](), beside: [Double]()) }
    for place in places {
      let run = try runs[place.text] ?? PlainRun(model, place.text)
      runs[place.text] = run
      let keys = try run.rows(pictured, .key)
      let scale = try run.rows(.block(.blocks, pictured.layer, .norm(1, .scale)))[place.position][0]
      let direction = head.directions[place.token]
      let root = Double(head.queryBias.count).squareRoot()
      func lead(_ state: [Double]) -> Double {
        let query = Plain.times(state, head.query)
        return place.lead(keys.map { Plain.dot(query, $0) / root })
      }
      for (index, part) in parts.enumerated() {
        let wrote = try part.points.map { try run.rows($0)[place.position] }
        let sum = wrote.dropFirst().reduce(wrote[0]) { Plain.sum($0, $1) }
        let state = Plain.centred(sum).map { $0 / scale }
        let reach = Plain.dot(state, direction) / Plain.dot(direction, direction)
        let along = direction.map { reach * $0 }
        leads[index].along.append(lead(along))
        leads[index].beside.append(lead(Plain.sum(state, along, factor: -1)))
      }
    }
    return zip(parts, leads).map { ($0.name, Plain.mean($1.along), Plain.mean($1.beside)) }
  }

  static func rounded(_ value: Double) -> String {
    let tenths = Int((value * 100).rounded())
    let digits = String(abs(tenths) % 100)
    return (tenths < 0 ? "−" : "") + "\(abs(tenths) / 100)."
      + String(repeating: "0", count: 2 - digits.count) + digits
  }
}

/// A position of a tour, and a word of it that is predicted there.
private struct AskedPlace {
  let text: [Int]
  let position: Int
  let token: Int

  /// A score of the predicted word above the mean of the other words of the tour.
  func lead(_ scores: [Double]) -> Double {
    let own = text.firstIndex(of: token)!
    let others = (3...position).filter { $0 != own }.map { scores[$0] }
    return scores[own] - Plain.mean(others)
  }
}
