public import Tensors

/// How one query comes to attend: q, every k, their products, the scores, the softmax.
///
/// A row for each key token. Vectors are strips of cells, blue for negative and orange for positive
/// values; q stands above the keys, dimension above dimension. After BertViz's neuron view
/// (Vig 2019).
public struct NeuronView: Figure {
  /// The query vector, `[dimension]`.
  public var query: Tensor
  /// The key vectors, `[key, dimension]`.
  public var keys: Tensor
  /// What q · k is multiplied by: 1/√d, or 1 for T5.
  public var scale: Float
  /// What is added to each score, a relative-position bias or a mask (−∞), or nil.
  public var bias: [Float]?
  /// The attention of the query, one number for each key.
  public var pattern: [Float]
  /// The token that asks.
  public var queryToken: String
  /// A token for each key.
  public var keyTokens: [String]
  /// What the figure shows.
  public var title: String

  /// A view of one query `[dimension]` against keys `[key, dimension]`.
  public init(
    query: Tensor, keys: Tensor, scale: Float, bias: [Float]? = nil, pattern: [Float],
    queryToken: String, keyTokens: [String], title: String = ""
  ) {
    self.query = query
    self.keys = keys
    self.scale = scale
    self.bias = bias
    self.pattern = pattern
    self.queryToken = queryToken
    self.keyTokens = keyTokens
    self.title = title
  }

  /// Checks the vectors and lays the view out.
  ///
  /// - Throws: ``FigureError`` when shapes and tokens disagree or a value is not finite.
  public func picture() throws -> Picture {
    try check()
    let products = products()
    let dimension = query.shape[0]
    let count = keyTokens.count
    let pitch = max(LabelRun.minimumPitch, min(14, 420 / Double(count)))
    let rows = LabelRun.rows(
      keyTokens, at: keyTokens.indices.map { (Double($0) + 0.5) * pitch }, pitch: pitch)
    let queryStyle = TextStyle(size: Typography.label, bold: true)
    let queryLabel = VisibleText.token(queryToken, style: queryStyle, maximumWidth: 110)
    let stripWidth = max(84, min(150, Double(dimension) * 2))
    let vectors = ValueScale(.diverging, range: nil, values: query.values + keys.values)
    let productScale = ValueScale(.diverging, range: nil, values: products.values)
    let scores = scores(products)

    var bars = [BarColumn("q · k × " + Self.brief(Double(scale)), scores, isSigned: true)]
    if let bias { bars.append(BarColumn("+ bias", bias.map { Double($0) }, isSigned: true)) }
    bars.append(BarColumn("softmax", pattern.map { Double($0) }, isSigned: false))

    let margin = Margin.page
    let gap = 14.0
    let left = max(rows.rowDepth, queryStyle.width(of: queryLabel) + LabelRun.gap + 1)
    let content =
      left + 2 * stripWidth + gap + bars.reduce(0) { $0 + gap + $1.width }
    let heading = TextBlock(title, style: .title, width: content)
    let captionHeight = TextStyle.axis.height + 2
    let top = margin + (heading.lines.isEmpty ? 0 : heading.height + Margin.belowTitle)
    let queryHeight = max(pitch, 10)
    let queryTop = top + captionHeight
    let bodyTop = queryTop + queryHeight + 6 + captionHeight
    let bodyHeight = Double(count) * pitch
    let barTop = bodyTop + bodyHeight + 10
    let vectorBar = ColourBar(vectors, title: "q and k", length: stripWidth, isUpright: false)
    let productBar = ColourBar(productScale, title: "q ⊙ k", length: stripWidth, isUpright: false)
    let size = FigureSize(
      width: content + 2 * margin, height: barTop + vectorBar.lyingHeight + margin)
    let x = margin + left
    let (query, keys) = (query, keys)
    return Picture(size: size) { canvas in
      heading.draw(on: canvas, at: Point(margin, margin))
      let middle = queryTop + queryHeight / 2
      canvas.text(
        queryLabel, at: Point(x - LabelRun.gap, middle), queryStyle, anchor: .end)
      Self.caption("q", on: canvas, x: x, y: queryTop)
      Self.strip(
        query, row: 0, scale: vectors, on: canvas,
        in: Box(x: x, y: queryTop, width: stripWidth, height: queryHeight))

      Self.caption("k", on: canvas, x: x, y: bodyTop)
      Self.caption("q ⊙ k", on: canvas, x: x + stripWidth + gap, y: bodyTop)
      rows.drawRows(on: canvas, from: Point(x, bodyTop))
      for row in 0..<count {
        let y = bodyTop + Double(row) * pitch + 0.5
        var box = Box(x: x, y: y, width: stripWidth, height: pitch - 1)
        Self.strip(keys, row: row, scale: vectors, on: canvas, in: box)
        box.x += stripWidth + gap
        Self.strip(products, row: row, scale: productScale, on: canvas, in: box)
      }
      var barX = x + 2 * stripWidth + 2 * gap
      for column in bars {
        Self.caption(column.title, on: canvas, x: barX, y: bodyTop)
        column.draw(on: canvas, at: Point(barX, bodyTop), pitch: pitch)
        barX += column.width + gap
      }
      vectorBar.drawLying(on: canvas, at: Point(x, barTop))
      productBar.drawLying(on: canvas, at: Point(x + stripWidth + gap, barTop))
    }
  }

  /// q ⊙ k for every key, `[key, dimension]`.
  func products() -> Tensor {
    let (dimension, query) = (query.shape[0], query.values)
    return Tensor(
      keys.values.enumerated().map { $0.element * query[$0.offset % dimension] },
      shape: keys.shape)
  }

  /// What q · k comes to for every key, times the scale.
  func scores(_ products: Tensor) -> [Double] {
    let (dimension, values) = (query.shape[0], products.values)
    return keyTokens.indices.map { key in
      values[key * dimension..<(key + 1) * dimension].reduce(0) { $0 + Double($1) } * Double(scale)
    }
  }

  private func check() throws {
    guard query.rank == 1 && keys.rank == 2 && query.count > 0 && keys.shape[1] == query.shape[0]
    else {
      throw FigureError(
        "A neuron view needs a query [dimension] and keys [key, dimension], but they have shapes "
          + "\(query.shape) and \(keys.shape); choose one head and one position.")
    }
    let count = keyTokens.count
    guard count > 0 else { throw FigureError("A neuron view needs at least one key token.") }
    guard keys.shape[0] == count && pattern.count == count && (bias?.count ?? count) == count
    else {
      let found = bias.map { ", \($0.count) biases" } ?? ""
      throw FigureError(
        "A neuron view of \(count) key tokens has \(keys.shape[0]) keys, \(pattern.count) "
          + "attentions\(found); give one of each for every token.")
    }
    let numbers = query.values + keys.values + [scale]
    guard numbers.allSatisfy(\.isFinite) else {
      throw FigureError("A neuron view needs finite vectors and a finite scale, but one is not.")
    }
    if let wrong = pattern.first(where: { !($0 >= 0 && $0 <= 1.001) }) {
      throw FigureError("A neuron view needs attention between 0 and 1, but found \(wrong).")
    }
    if let wrong = bias?.first(where: { $0.isNaN || $0 == .infinity }) {
      throw FigureError("A neuron view needs biases that are finite or −∞, but found \(wrong).")
    }
  }

  private static func caption(_ text: String, on canvas: Canvas, x: Double, y: Double) {
    canvas.text(text, at: Point(x, y - 2 - TextStyle.axis.height / 2), .axis)
  }

  private static func strip(
    _ values: Tensor, row: Int, scale: ValueScale, on canvas: Canvas, in box: Box
  ) {
    let dimension = values.shape.last!
    let all = values.values
    let width = box.width / Double(dimension)
    for place in 0..<dimension {
      let start = box.x + Double(place) * width
      // Each cell reaches under the next, so that no reader shows seams between them.
      let reach = place == dimension - 1 ? width : min(2 * width, box.maxX - start)
      canvas.fill(
        Box(x: start, y: box.y, width: reach, height: box.height),
        scale.colour(for: Double(all[row * dimension + place])) ?? .absent, crisp: true)
    }
  }

  /// A number with three significant digits at most.
  private static func brief(_ value: Double) -> String {
    Numbers.labels(for: [(value * 1000).rounded() / 1000]).first ?? ""
  }
}
