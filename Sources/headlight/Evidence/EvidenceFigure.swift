import Evidence
import Figures
import Tensors

/// Pictures of findings.
enum EvidenceFigure {
  /// What a finding's rule asks for first, a bar for each model, beside what was published.
  ///
  /// - Returns: Nil where nothing was measured.
  static func bars(_ finding: Finding, _ results: [EvidenceResult]) -> BarPlot? {
    let name = finding.rule.criteria[0].measurement
    let rows = results.compactMap { result in
      result.measurements.first { $0.name == name }.map { (result.model, $0) }
    }
    guard let first = rows.first?.1 else { return nil }
    let factor = first.isShare ? 100.0 : 1
    func values(_ value: (MeasuredNumber) -> Double) -> [Double] {
      rows.map { value($0.1) * factor }
    }
    let counts = rows.map(\.1.count)
    let least = counts.min()!
    let most = counts.max()!
    let n = least == most ? "\(least)" : "\(least) to \(most)"
    var plot = BarPlot(
      groups: rows.map(\.0),
      [
        BarPlot.Series(
          name, values(\.estimate.value),
          interval: Interval(
            lower: values(\.estimate.lower), upper: values(\.estimate.upper)))
      ],
      title: finding.title, groupTitle: "n = \(n) \(first.unit) a model; intervals of 95 %",
      y: Axis(first.isShare ? "\(name), %" : name))
    if let published = finding.published.first(where: { $0.level != nil }) {
      plot.reference = ("published, \(published.model)", published.level! * factor)
    }
    return plot
  }
}
