import Foundation

/// The edges between the words of a sentence: gold ones as arcs above, predicted ones below.
///
/// A predicted arc is blue where gold has the same edge, and dashed orange where it has not.
public struct TreeArcs: Figure {
  /// An edge between two words, whichever way round.
  public struct Edge: Hashable, Sendable {
    /// The index of the word that stands first.
    public let first: Int
    /// The index of the word that stands second.
    public let second: Int

    /// An edge between two words.
    public init(_ a: Int, _ b: Int) {
      first = min(a, b)
      second = max(a, b)
    }
  }

  /// The words in a row.
  public var words: [String]
  /// The edges drawn above the words.
  public var gold: [Edge]
  /// The edges drawn below them.
  public var predicted: [Edge]
  /// What the figure shows.
  public var title: String

  /// The trees of a sentence.
  public init(_ words: [String], gold: [Edge], predicted: [Edge], title: String = "") {
    self.words = words
    self.gold = gold
    self.predicted = predicted
    self.title = title
  }

  /// Checks the edges and lays the trees out.
  ///
  /// - Throws: ``FigureError`` when there is no word, or an edge leads to no word or to its own.
  public func picture() throws -> Picture {
    guard !words.isEmpty else { throw FigureError("Trees need at least one word.") }
    for edge in gold + predicted {
      guard edge.first >= 0, edge.second < words.count, edge.first != edge.second else {
        throw FigureError(
          "There is no edge between the words \(edge.first) and \(edge.second): an edge joins two of "
            + "the words 0 to \(words.count - 1).")
      }
    }
    let texts = words.map { VisibleText.token($0, style: .label, maximumWidth: 110) }
    var centres: [Double] = []
    var right = 0.0
    for text in texts {
      let width = max(TextStyle.label.width(of: text), 10)
      centres.append(right + width / 2)
      right += width + 9
    }
    let content = right - 9
    let goldLevels = Self.levels(gold)
    let predictedLevels = Self.levels(predicted)
    let step = 13.0
    let above = Double(goldLevels.values.max() ?? 0) * step
    let below = Double(predictedLevels.values.max() ?? 0) * step

    let margin = Margin.page
    let isRight = Set(gold)
    let match = Palette.colour(0)
    let wrong = Palette.colour(5)
    let legend = Legend([
      ("gold, above the words", .block(.ink)), ("predicted, and in gold", .block(match)),
      ("predicted, not in gold", .block(wrong)),
    ])
    let heading = TextBlock(title, style: .title, width: max(content, 180))
    let top = margin + (heading.lines.isEmpty ? 0 : heading.height + Margin.belowTitle)
    let line = TextStyle.label.height
    let row = Point(margin, top + above + line / 2 + 4)
    let legendTop = row.y + line / 2 + 4 + below + 6
    let size = FigureSize(
      width: max(content, heading.width, legend.width) + 2 * margin,
      height: legendTop + legend.height + margin)
    let (gold, predicted) = (gold, predicted)
    return Picture(size: size) { canvas in
      heading.draw(on: canvas, at: Point(margin, margin))
      for edge in gold {
        canvas.line(
          Self.arc(
            from: margin + centres[edge.first], to: margin + centres[edge.second],
            base: row.y - line / 2 - 1, height: -Double(goldLevels[edge]!) * step),
          .ink, width: 0.9)
      }
      for edge in predicted {
        let found = isRight.contains(edge)
        canvas.line(
          Self.arc(
            from: margin + centres[edge.first], to: margin + centres[edge.second],
            base: row.y + line / 2 + 1, height: Double(predictedLevels[edge]!) * step),
          found ? match : wrong, width: 1.1, dash: found ? [] : [3, 2])
      }
      for (text, centre) in zip(texts, centres) {
        canvas.text(text, at: Point(margin + centre, row.y), .label, anchor: .middle)
      }
      legend.draw(on: canvas, at: Point(margin, legendTop))
    }
  }

  /// How high each arc has to be so that it passes over those below it.
  private static func levels(_ edges: [Edge]) -> [Edge: Int] {
    var levels: [Edge: Int] = [:]
    for edge in Set(edges).sorted(by: {
      ($0.second - $0.first, $0.first) < ($1.second - $1.first, $1.first)
    }) {
      let inside = levels.filter { $0.key.first >= edge.first && $0.key.second <= edge.second }
      levels[edge] = (inside.values.max() ?? 0) + 1
    }
    return levels
  }

  /// Half an ellipse as a line of many points, flattened towards its ends.
  private static func arc(
    from left: Double, to right: Double, base: Double, height: Double
  ) -> [Point] {
    (0...40).map { index in
      let angle = Double.pi * Double(index) / 40
      let (x, y) = (-cos(angle), sin(angle))
      return Point(
        (left + right) / 2 + x * (right - left) / 2, base + max(y, 0).squareRoot() * height)
    }
  }
}
