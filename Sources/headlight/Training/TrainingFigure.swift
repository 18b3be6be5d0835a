import Figures
import Foundation
import Laboratory
import Training

/// The losses of a training, for a reader.
enum TrainingFigure {
  /// The mean of the latest losses.
  static func text(of losses: [Float]) -> String {
    let latest = losses.suffix(50)
    return String(format: "%.3f", latest.reduce(0, +) / Float(max(latest.count, 1)))
  }

  /// The loss by step, as means over as many steps as leave some 400 points.
  static func losses(of trainer: some ResumableTrainer) -> LinePlot {
    let losses = trainer.losses
    let width = max(1, losses.count / 400)
    var (x, y): ([Double], [Double]) = ([], [])
    for start in stride(from: 0, to: losses.count, by: width) {
      let part = losses[start..<min(start + width, losses.count)]
      x.append(Double(start) + Double(part.count + 1) / 2)
      y.append(Double(part.reduce(0, +)) / Double(part.count))
    }
    return plot(
      [LinePlot.Series("loss", x: x, y: y)], title: "Training of \(trainer.subject)")
  }

  /// The losses on parts of the corpus by step, or nil where the training keeps none.
  static func parts(of trainer: some ResumableTrainer) -> LinePlot? {
    let series = trainer.lossCurves.filter { !$0.steps.isEmpty }.map {
      LinePlot.Series($0.name, x: $0.steps.map(Double.init), y: $0.losses.map(Double.init))
    }
    return series.isEmpty
      ? nil : plot(series, title: "Training of \(trainer.subject), by kind of text")
  }

  private static func plot(_ series: [LinePlot.Series], title: String) -> LinePlot {
    var plot = LinePlot(series, title: title, x: "step", y: Axis("loss", unit: "nats a token"))
    plot.showsMarkers = false
    return plot
  }
}
