/// Words of a text on coloured grounds: what a prediction owes to each token.
///
/// A text that is too long for the page's width goes on below. A value that is not a number, or
/// infinite, has a grey ground. The space that begins a word, or the mark for it as in "▁dog" or "Ġdog",
/// is a gap, and the pieces of a word stand together. A text whose first letter runs from right to
/// left does so as a whole.
public struct TokenHeatMap: Figure {
  /// One text with a value for each of its tokens.
  public struct Line: Sendable {
    /// What the values are, such as the name of a method; written before the text.
    public var name: String
    /// The tokens.
    public var tokens: [String]
    /// A value for each.
    public var values: [Float]

    /// A text with a value for each of its tokens.
    public init(_ name: String = "", tokens: [String], values: [Float]) {
      self.name = name
      self.tokens = tokens
      self.values = values
    }
  }

  /// The texts, below one another on one colour scale.
  public var lines: [Line]
  /// What the figure shows.
  public var title: String
  /// What the colours measure, with its unit.
  public var valueTitle = ""
  /// Diverging for signed values, sequential for amounts.
  public var scale = ColourScale.diverging
  /// What the ends of the scale stand for, or nil for what the values need.
  public var range: ClosedRange<Double>?
  /// The number of decimals to print under each token, or nil to print none.
  public var annotationDecimals: Int?
  /// The width a line of tokens may take, in points.
  public var textWidth = 380.0
  /// Whether the tokens of lines that hold the same ones stand in columns.
  public var alignsTokens = false
  /// Columns of numbers to the right of the tokens, such as a sum and a gap, each with a value for
  /// every line or nil for none.
  public var totals: [(name: String, values: [Double?])] = []

  /// Texts on one colour scale.
  public init(_ lines: [Line], title: String = "") {
    self.lines = lines
    self.title = title
  }

  /// One text.
  public init(tokens: [String], values: [Float], title: String = "") {
    self.init([Line(tokens: tokens, values: values)], title: title)
  }

  /// Checks the texts and lays them out.
  ///
  /// - Throws: ``FigureError`` when there is no token, or values are missing.
  public func picture() throws -> Picture {
    try check()
    let scale = ValueScale(scale, range: range, values: lines.flatMap(\.values))
    // Beside columns of numbers a name has less room, so that a page holds all of them.
    let names = lines.map { TextBlock($0.name, style: .note, width: totals.isEmpty ? 90 : 62) }
    let nameWidth = (names.map(\.width).max() ?? 0)
    let left = Margin.page + nameWidth + (nameWidth > 0 ? 8 : 0)
    let heading = TextBlock(title, style: .title, width: left + textWidth - Margin.page)
    var y = Margin.page + (heading.lines.isEmpty ? 0 : heading.height + Margin.belowTitle)
    let totalsTop = y
    if !totals.isEmpty { y += TextStyle.label.height + 3 }
    let shared = alignsTokens ? sharedWidths : nil
    var boxes: [TokenBox] = []
    var tops: [Double] = []
    for (line, name) in zip(lines, names) {
      tops.append(y)
      let placed = place(
        line, at: Point(left, y), widths: line.tokens == lines[0].tokens ? shared : nil)
      boxes += placed
      y = max(placed.map(\.box.maxY).max() ?? y, y + name.height) + 8
    }
    let bar = ColourBar(scale, title: valueTitle, length: 140, isUpright: false)
    let totalColumns = TotalColumns(
      totals, decimals: annotationDecimals ?? 2, from: (boxes.map(\.box.maxX).max() ?? left) + 8)
    let right = max(
      totalColumns.right, Margin.page + heading.width,
      left + max(bar.length, bar.title.width) + TextStyle.label.width(of: bar.labels.last ?? "") / 2
    )
    let foot = y + 4
    let size = FigureSize(
      width: right + Margin.page, height: foot + bar.lyingHeight + Margin.page)
    // The first number of the bar is centred under its end.
    let barLeft = left + TextStyle.label.width(of: bar.labels.first ?? "") / 2
    return Picture(
      size: FigureSize(width: max(size.width, barLeft + bar.length + 24), height: size.height)
    ) { canvas in
      heading.draw(on: canvas, at: Point(Margin.page, Margin.page))
      for (name, top) in zip(names, tops) {
        // On the first line's baseline.
        name.draw(
          on: canvas,
          at: Point(Margin.page, top + (TokenBox.textHeight - TextStyle.note.height) / 2))
      }
      for box in boxes { box.draw(on: canvas, scale: scale) }
      totalColumns.draw(on: canvas, headingAt: totalsTop, lines: tops)
      bar.drawLying(on: canvas, at: Point(barLeft, foot))
    }
  }

  private func check() throws {
    guard lines.contains(where: { !$0.tokens.isEmpty }) else {
      throw FigureError("A token heat map needs at least one token to draw.")
    }
    for line in lines where line.tokens.count != line.values.count {
      throw FigureError(
        "A line of a token heat map has \(line.tokens.count) tokens but \(line.values.count) "
          + "values; give one for each.")
    }
    for total in totals where total.values.count != lines.count {
      throw FigureError(
        "The column \"\(total.name)\" of a token heat map has \(total.values.count) values for "
          + "\(lines.count) lines; give one or nil for each.")
    }
    guard textWidth.isFinite, textWidth >= 60 else {
      throw FigureError(
        "The text width of a token heat map must be at least 60 points, not \(textWidth).")
    }
    try ValueScale.check(range, of: "a token heat map's colours")
  }

  /// The boxes of a line's tokens, not yet placed.
  private func boxes(of line: Line) -> [TokenBox] {
    zip(line.tokens, line.values).map { token, value in
      let isMarked = Self.beginsWord(token) && token.unicodeScalars.count > 1
      return TokenBox(
        isMarked ? String(token.unicodeScalars.dropFirst()) : token,
        value: value, decimals: annotationDecimals, maximumWidth: textWidth)
    }
  }

  /// The width of every token of the first line, with room for the numbers of all that hold the same.
  private var sharedWidths: [Double] {
    let widths = lines.filter { $0.tokens == lines[0].tokens }.map {
      boxes(of: $0).map(\.box.width)
    }
    return lines[0].tokens.indices.map { column in widths.map { $0[column] }.max() ?? 0 }
  }

  /// The boxes of a text from a top left corner, in lines no wider than ``textWidth``.
  private func place(_ line: Line, at corner: Point, widths: [Double]?) -> [TokenBox] {
    var boxes: [TokenBox] = []
    var (x, y) = (corner.x, corner.y)
    let hasMarks = line.tokens.contains(where: Self.beginsWord)
    for (place, (token, unplaced)) in zip(line.tokens, self.boxes(of: line)).enumerated() {
      let begins = Self.beginsWord(token)
      var box = unplaced
      if let widths { box.box.width = widths[place] }
      if !boxes.isEmpty, begins || !hasMarks { x += 3 }
      if x > corner.x, x + box.box.width > corner.x + textWidth {
        x = corner.x
        y += box.box.height + 3
      }
      boxes.append(box.moved(to: Point(x, y)))
      x += box.box.width
    }
    guard Script.runsFromTheRight(line.tokens) else { return boxes }
    let right = boxes.map(\.box.maxX).max() ?? corner.x
    return boxes.map { $0.moved(to: Point(corner.x + right - $0.box.maxX, $0.box.y)) }
  }

  /// Whether a token begins with a space, or with SentencePiece's or GPT-2's mark for one.
  private static func beginsWord(_ token: String) -> Bool {
    token.unicodeScalars.first.map { " \u{2581}\u{120}".unicodeScalars.contains($0) } ?? false
  }
}

/// Numbers to the right of a text, a column each under its name.
private struct TotalColumns {
  let right: Double
  private var columns: [(name: String, numbers: [String], right: Double)] = []

  init(_ totals: [(name: String, values: [Double?])], decimals: Int, from left: Double) {
    var x = left - 8
    for total in totals {
      let numbers = total.values.map { value in
        value.map { Numbers.fixed($0, decimals: decimals) } ?? ""
      }
      x += 10 + (numbers + [total.name]).map { TextStyle.label.width(of: $0) }.max()!
      columns.append((total.name, numbers, x))
    }
    right = x
  }

  func draw(on canvas: Canvas, headingAt top: Double, lines tops: [Double]) {
    for column in columns {
      canvas.text(
        column.name, at: Point(column.right, top + TextStyle.label.height / 2), .note, anchor: .end)
      for (number, top) in zip(column.numbers, tops) where !number.isEmpty {
        canvas.text(
          number, at: Point(column.right, top + TokenBox.textHeight / 2), .label, anchor: .end)
      }
    }
  }
}

/// One token on its ground.
private struct TokenBox {
  static let textHeight = 15.0
  let text: String
  let number: String
  let value: Double
  var box: Box

  init(_ token: String, value: Float, decimals: Int?, maximumWidth: Double) {
    text = VisibleText.token(token, style: .axis, maximumWidth: min(150, maximumWidth - 8))
    number = decimals.map { Numbers.fixed(Double(value), decimals: $0) } ?? ""
    self.value = Double(value)
    let width = max(TextStyle.axis.width(of: text), Self.numbers.width(of: number)) + 7
    box = Box(x: 0, y: 0, width: width, height: Self.textHeight + (decimals == nil ? 0 : 8))
  }

  private static let numbers = TextStyle(size: 7)

  func moved(to corner: Point) -> TokenBox {
    var copy = self
    copy.box.x = corner.x
    copy.box.y = corner.y
    return copy
  }

  func draw(on canvas: Canvas, scale: ValueScale) {
    let colour = scale.colour(for: value) ?? .absent
    canvas.fill(box, colour)
    canvas.stroke(box, .hairline, width: 0.4)
    let ink = ValueScale.ink(on: colour)
    canvas.text(
      text, at: Point(box.midX, box.y + Self.textHeight / 2),
      TextStyle(size: Typography.axis, colour: ink), anchor: .middle)
    if !number.isEmpty {
      canvas.text(
        number, at: Point(box.midX, box.y + Self.textHeight + 3),
        TextStyle(size: 7, colour: ink), anchor: .middle)
    }
  }
}
