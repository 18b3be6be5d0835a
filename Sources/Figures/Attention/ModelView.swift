public import Tensors

/// The attention of a whole model: a small head view for every layer and head.
///
/// After BertViz's model view (Vig 2019). Twelve layers of twelve heads fit an A4 page.
public struct ModelView: Figure {
  /// The attention of each layer, `[head, query, key]`.
  public var layers: [Tensor]
  /// A token for each query, on the left of each cell.
  public var queryTokens: [String]
  /// A token for each key, on the right of each cell.
  public var keyTokens: [String]
  /// What the figure shows.
  public var title: String
  /// The colour of the lines.
  public var colour = ColourScale.sequential.colour(at: 0.85)
  /// Attention below this is not drawn.
  public var threshold = 0.01
  /// The most that one cell may be wide, in points; many heads make it narrower.
  public var maximumCellWidth = 84.0
  /// Whether the tokens are listed below the cells.
  public var listsTokens = true

  /// A view of the attention `[head, query, key]` of every layer.
  public init(_ layers: [Tensor], queries: [String], keys: [String], title: String = "") {
    self.layers = layers
    queryTokens = queries
    keyTokens = keys
    self.title = title
  }

  /// The most that fits an A4 page between usual margins, in points.
  private static let page = FigureSize(width: 520, height: 760)

  /// Checks the attention and lays the view out.
  ///
  /// - Throws: ``FigureError`` when there is no layer, shapes and tokens disagree, or a value is no
  ///   probability.
  public func picture() throws -> Picture {
    guard let first = layers.first else { throw FigureError("A model view needs a layer to draw.") }
    for (index, layer) in layers.enumerated() {
      let name = "Layer \(index) of a model view"
      try AttentionCheck.check(layer, queries: queryTokens, keys: keyTokens, of: name)
      guard layer.shape[0] == first.shape[0] else {
        throw FigureError(
          "Layer \(index) has \(layer.shape[0]) heads and layer 0 has \(first.shape[0]); "
            + "a model view needs the same number in every layer.")
      }
    }
    let margin = Margin.page
    let gap = 4.0
    let heads = first.shape[0]
    let layerStyle = TextStyle.label
    let axisHeight = TextStyle.axis.height
    let labelWidth =
      axisHeight + 3 + layerStyle.width(of: String(layers.count - 1)) + LabelRun.gap + 1
    let room = Self.page.width - 2 * margin - labelWidth
    let cellWidth = max(22, min(maximumCellWidth, room / Double(heads) - gap))
    let bodyWidth = Double(heads) * (cellWidth + gap) - gap
    let content = max(labelWidth + bodyWidth, 150)
    let heading = TextBlock(title, style: .title, width: content)
    let notes = notes.map { TextBlock($0, style: .note, width: content) }
    let notesHeight = notes.isEmpty ? 0 : notes.reduce(6) { $0 + $1.height + 2 }
    let headingHeight = heading.lines.isEmpty ? 0 : heading.height + Margin.belowTitle
    let columnsHeight = axisHeight + layerStyle.height + 3
    let tall = Self.page.height - 2 * margin - headingHeight - columnsHeight - notesHeight
    let cellHeight = max(24, min(cellWidth * 1.3, tall / Double(layers.count) - gap))
    let bodyHeight = Double(layers.count) * (cellHeight + gap) - gap
    let origin = Point(margin + labelWidth, margin + headingHeight + columnsHeight)
    let size = FigureSize(
      width: content + 2 * margin, height: origin.y + bodyHeight + notesHeight + margin)
    return Picture(size: size) { canvas in
      heading.draw(on: canvas, at: Point(margin, margin))
      canvas.text(
        "head", at: Point(origin.x + bodyWidth / 2, origin.y - columnsHeight + axisHeight / 2),
        .axis, anchor: .middle)
      canvas.text(
        "layer", at: Point(margin + axisHeight / 2, origin.y + bodyHeight / 2), .axis,
        anchor: .middle, angle: -90)
      for head in 0..<heads {
        let x = origin.x + Double(head) * (cellWidth + gap) + cellWidth / 2
        canvas.text(
          String(head), at: Point(x, origin.y - 2 - layerStyle.height / 2), layerStyle,
          anchor: .middle)
      }
      for (index, layer) in layers.enumerated() {
        let y = origin.y + Double(index) * (cellHeight + gap)
        canvas.text(
          String(index), at: Point(origin.x - LabelRun.gap, y + cellHeight / 2), layerStyle,
          anchor: .end)
        for head in 0..<heads {
          let cell = Box(
            x: origin.x + Double(head) * (cellWidth + gap), y: y, width: cellWidth,
            height: cellHeight)
          let thumbnail = Thumbnail(
            pattern: layer, head: head, threshold: threshold, colour: colour)
          thumbnail.draw(on: canvas, in: cell)
        }
      }
      var y = origin.y + bodyHeight + 6
      for note in notes {
        note.draw(on: canvas, at: Point(margin, y))
        y += note.height + 2
      }
    }
  }

  /// How to read the cells, and the tokens, which are too many to stand beside each.
  private var notes: [String] {
    guard listsTokens else { return [] }
    func list(_ tokens: [String]) -> String {
      tokens.map { VisibleText.token($0, style: .note, maximumWidth: 90) }.joined(separator: " ")
    }
    let how = "Each cell: queries on the left read from keys on the right, first token at the top."
    return queryTokens == keyTokens
      ? [how, "Tokens: " + list(queryTokens)]
      : [how, "Queries: " + list(queryTokens), "Keys: " + list(keyTokens)]
  }
}
