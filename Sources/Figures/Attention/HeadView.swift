public import Tensors

/// The attention of one layer as lines from each token to the tokens it reads from.
///
/// Every head has a colour; a line is as opaque as the attention it stands for. After BertViz's
/// head view (Vig 2019).
public struct HeadView: Figure {
  /// The attention, `[head, query, key]`.
  public var pattern: Tensor
  /// A token for each query, in the left column.
  public var queryTokens: [String]
  /// A token for each key, in the right column.
  public var keyTokens: [String]
  /// What the figure shows.
  public var title: String
  /// Which heads are drawn, or nil for all.
  public var heads: [Int]?
  /// The caption of the left column.
  public var queryTitle = "query"
  /// The caption of the right column.
  public var keyTitle = "reads from"
  /// Attention below this is not drawn.
  public var threshold = 0.01

  /// A view of the attention `[head, query, key]` of one layer.
  public init(
    _ pattern: Tensor, queries: [String], keys: [String], title: String = "", heads: [Int]? = nil
  ) {
    self.pattern = pattern
    queryTokens = queries
    keyTokens = keys
    self.title = title
    self.heads = heads
  }

  /// Checks the attention and lays the view out.
  ///
  /// - Throws: ``FigureError`` when shapes and tokens disagree, a head does not exist, or a value
  ///   is no probability.
  public func picture() throws -> Picture {
    try AttentionCheck.check(pattern, queries: queryTokens, keys: keyTokens, of: "A head view")
    let heads = heads ?? Array(0..<pattern.shape[0])
    guard !heads.isEmpty else { throw FigureError("A head view needs at least one head to draw.") }
    if let missing = heads.first(where: { !(0..<pattern.shape[0]).contains($0) }) {
      throw FigureError(
        "There is no head \(missing): this layer has heads 0 to \(pattern.shape[0] - 1).")
    }

    let count = max(queryTokens.count, keyTokens.count)
    let pitch = max(LabelRun.minimumPitch, min(15, 400 / Double(count)))
    let queries = LabelRun.rows(
      queryTokens, at: queryTokens.indices.map { (Double($0) + 0.5) * pitch }, pitch: pitch)
    let keys = LabelRun.rows(
      keyTokens, at: keyTokens.indices.map { (Double($0) + 0.5) * pitch }, pitch: pitch)
    let span = 130.0
    let queryTitle = TextBlock(queryTitle, style: .axis, width: 110)
    let keyTitle = TextBlock(keyTitle, style: .axis, width: 110)
    let left = max(queries.rowDepth, queryTitle.width + LabelRun.gap)
    let right = max(keys.rowDepth, keyTitle.width + LabelRun.gap)
    let content = left + span + right
    let margin = Margin.page
    let legend = HeadLegend(heads: heads, width: max(content, 180))
    let heading = TextBlock(title, style: .title, width: max(content, 180))
    let legendTop = margin + (heading.lines.isEmpty ? 0 : heading.height + Margin.belowTitle)
    let captionTop = legendTop + legend.height + 6
    let captionHeight = max(queryTitle.height, keyTitle.height)
    let origin = Point(
      margin + left, captionTop + captionHeight + (captionHeight > 0 ? 3 : 0))
    let size = FigureSize(
      width: max(content, heading.width, legend.width) + 2 * margin,
      height: origin.y + Double(count) * pitch + margin)
    let lines = lines(of: heads, from: origin, span: span, pitch: pitch)
    let width = max(0.5, min(1.4, 0.7 * pitch / Double(heads.count)))
    return Picture(size: size) { canvas in
      heading.draw(on: canvas, at: Point(margin, margin))
      legend.draw(on: canvas, at: Point(margin, legendTop))
      queryTitle.draw(
        on: canvas, at: Point(origin.x - LabelRun.gap - queryTitle.width, captionTop))
      keyTitle.draw(on: canvas, at: Point(origin.x + span + LabelRun.gap, captionTop))
      for line in lines { canvas.lines([(line.from, line.to)], line.colour, width: width) }
      queries.drawRows(on: canvas, from: origin)
      for (text, y) in zip(keys.texts, keys.positions) {
        canvas.text(
          text, at: Point(origin.x + span + LabelRun.gap, origin.y + y), keys.style)
      }
    }
  }

  private struct Line {
    let from: Point
    let to: Point
    let weight: Double
    let colour: Colour
  }

  /// The lines, weakest first, so that the strong ones lie on top.
  private func lines(of heads: [Int], from origin: Point, span: Double, pitch: Double) -> [Line] {
    var lines: [Line] = []
    // Heads leave a token side by side: lines between the same tokens do not hide one another.
    let spread = min(1.6, 0.7 * pitch / Double(heads.count))
    for (place, head) in heads.enumerated() {
      let shift = (Double(place) - Double(heads.count - 1) / 2) * spread
      for query in queryTokens.indices {
        for key in keyTokens.indices {
          let weight = min(Double(pattern[head, query, key]), 1)
          guard weight >= threshold && weight > 0 else { continue }
          lines.append(
            Line(
              from: Point(origin.x, origin.y + (Double(query) + 0.5) * pitch + shift),
              to: Point(origin.x + span, origin.y + (Double(key) + 0.5) * pitch + shift),
              weight: weight, colour: Palette.colour(head).opacity(weight)))
        }
      }
    }
    return lines.enumerated().sorted {
      ($0.element.weight, $0.offset) < ($1.element.weight, $1.offset)
    }.map(\.element)
  }
}
