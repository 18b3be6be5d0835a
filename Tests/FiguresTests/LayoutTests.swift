import Figures
import Foundation
import Tensors
import XCTest

/// No label leaves the canvas, touches another or is too small, however many there are.
final class LayoutTests: XCTestCase {
  func testTheCheckItselfSeesOverlapAndEscape() {
    func box(_ x: Double, _ y: Double, turned: Bool = false) -> TextBox {
      let corners =
        turned
        ? [Point(x, y), Point(x + 7, y - 7), Point(x + 14, y), Point(x + 7, y + 7)]
        : [Point(x, y), Point(x + 10, y), Point(x + 10, y + 8), Point(x, y + 8)]
      return TextBox(text: "x", size: 8, corners: corners)
    }
    XCTAssertTrue(overlap(box(0, 0), box(9, 7)))
    XCTAssertFalse(overlap(box(0, 0), box(10.5, 0)))
    // Upright boxes around them would overlap, the turned labels do not.
    XCTAssertFalse(overlap(box(0, 20, turned: true), box(0, 36, turned: true)))
    XCTAssertFalse(overlap(box(0, 20, turned: true), box(12, 12, turned: true)))
    XCTAssertTrue(overlap(box(0, 20, turned: true), box(5, 20, turned: true)))
  }

  func testHeadViews() throws {
    for count in [1, 3, 12, 30, 60] {
      for heads in [1, 4, 16] {
        let pattern = attention(heads: heads, queries: count, keys: 3)
        let view = HeadView(
          pattern, queries: tokens(count), keys: hostileTokens(3),
          title: "Cross-attention of the decoder's last layer, all heads")
        try check(view, labels: count + 3 + heads)
      }
    }
  }

  func testModelViews() throws {
    for (layers, heads, count) in [(1, 1, 3), (6, 8, 12), (12, 12, 20), (24, 16, 60)] {
      let all = (0..<layers).map { _ in attention(heads: heads, queries: count, keys: count) }
      try check(
        ModelView(all, queries: tokens(count), keys: hostileTokens(count), title: "Encoder"),
        labels: layers + heads)
    }
  }

  func testTwelveLayersOfTwelveHeadsFitA4() throws {
    let layers = (0..<12).map { _ in attention(heads: 12, queries: 20, keys: 20) }
    let size = try ModelView(layers, queries: tokens(20), keys: tokens(20), title: "All").size
    XCTAssertLessThanOrEqual(size.width, 595 - 2 * 28)
    XCTAssertLessThanOrEqual(size.height, 842 - 2 * 28)
  }

  func testNeuronViews() throws {
    for count in [1, 3, 12, 30, 60] {
      for names in [tokens(count), hostileTokens(count)] {
        let keys = Tensor((0..<count * 16).map { sin(Float($0)) }, shape: [count, 16])
        let bias = (0..<count).map { $0 == 0 ? -Float.infinity : Float($0) * -1000 }
        let view = NeuronView(
          query: Tensor((0..<16).map { cos(Float($0)) }), keys: keys, scale: 0.25, bias: bias,
          pattern: [Float](repeating: 1 / Float(count), count: count),
          queryToken: names[0], keyTokens: names, title: "One query of the first layer's head 3")
        try check(view, labels: 3 * count)
      }
    }
  }

  func testHeatMaps() throws {
    for (rows, columns) in [(1, 1), (3, 3), (3, 60), (12, 12), (30, 5), (60, 60), (8, 20)] {
      for names in [tokens, hostileTokens] {
        let values = (0..<rows * columns).map { sin(Float($0)) * 40 }
        var map = HeatMap(
          Tensor(values, shape: [rows, columns]), rows: names(rows), columns: names(columns),
          title: "Attention from the queries of the decoder")
        map.rowTitle = "the query that reads"
        map.columnTitle = "the key that is read from"
        map.valueTitle = "change of the logit difference (logits)"
        try check(map, labels: rows + columns)
        map.scale = .diverging
        map.annotationDecimals = 2
        try check(map, labels: rows + columns + rows * columns)
        map.rowLabels = nil
        map.columnLabels = nil
        map.annotationDecimals = nil
        try check(map, labels: 2)
      }
    }
  }

  func testTokenHeatMaps() throws {
    for count in [1, 3, 12, 60, 200] {
      for names in [tokens(count), hostileTokens(count)] {
        let values = (0..<count).map { $0 == 3 ? Float.nan : sin(Float($0)) }
        var map = TokenHeatMap(
          [
            .init("integrated gradients", tokens: names, values: values),
            .init("", tokens: ["one"], values: [1]),
            .init("a method with a name that takes two lines", tokens: names, values: values),
          ], title: "What a prediction owes to each of the tokens that were read")
        map.valueTitle = "attribution (logits)"
        try check(map, labels: 2 * count + 1)
        map.annotationDecimals = 2
        try check(map, labels: 4 * count + 2)
        map.lines = [.init(tokens: names, values: values)]
        map.title = ""
        map.textWidth = 60
        try check(map, labels: 2 * count)
      }
    }
  }

  func testLensGrids() throws {
    for (layers, count) in [(1, 1), (3, 5), (13, 20), (7, 40)] {
      for names in [tokens(count), hostileTokens(count)] {
        var grid = LensGrid(
          tokens: Array(repeating: names, count: layers),
          probabilities: (0..<layers).map { layer in
            (0..<count).map { $0 == 1 ? .nan : Float(layer) / Float(layers) }
          }, text: names, title: "What the model would say next at every layer")
        try check(grid, labels: layers * count + count + layers)
        (grid.rowTitle, grid.columnTitle) = ("source layer l of a model", "target layer l*")
        try check(grid, labels: layers * count + count + layers + 2)
        grid.ties = Array(repeating: (0..<count).map { $0 == 0 ? 50_257 : 1 }, count: layers)
        grid.title = ""
        try check(grid, labels: layers * count + count + layers)
      }
    }
  }

  func testTablesOfTexts() throws {
    for count in [1, 7, 40] {
      for words in [tokens(60), hostileTokens(60)] {
        let rows = hostileTokens(count).enumerated().map { index, name in
          (name: name, text: index == 2 ? nil : words.prefix(index * 3).joined(separator: " "))
        }
        var table = TextTable(
          rows, title: "What the model writes when a state of the source goes into the prompt",
          rowTitle: "source layer", textTitle: "what is written")
        try check(table, labels: 2 * count + 3)
        table.textWidth = 60
        table.title = ""
        try check(table, labels: 2 * count + 2)
      }
    }
    XCTAssertThrowsError(try TextTable([]).picture())
  }

  /// The first of fifty thousand equals is no reading, so it is not named.
  func testATieInALensGridNamesNoToken() throws {
    var grid = LensGrid(
      tokens: [["first", "chosen"]], probabilities: [[0, 1]], text: ["a", "b"])
    grid.ties = [[50_257, 1]]
    let picture = try grid.picture()
    let canvas = try Canvas(size: picture.size, format: .pdf, logsText: true)
    picture.draw(canvas)
    let texts = canvas.textBoxes.map(\.text)
    XCTAssertTrue(texts.contains("50257 tie") && texts.contains("chosen"), "\(texts)")
    XCTAssertFalse(texts.contains("first"))
  }

  func testALongTextIsNoWiderThanItMayBe() throws {
    for count in [40, 200] {
      let map = TokenHeatMap(
        tokens: tokens(count), values: Array(repeating: 1, count: count))
      XCTAssertLessThanOrEqual(try map.size.width, map.textWidth + 2 * 8 + 1)
      XCTAssertGreaterThan(try map.size.height, Double(count))
    }
  }

  func testGridsOfHeatMaps() throws {
    for count in [3, 12, 30, 60] {
      let pattern = attention(heads: 8, queries: count, keys: count)
      let grid = HeatMapGrid.heads(
        of: pattern, queries: tokens(count), keys: hostileTokens(count), title: "Eight heads")
      try check(grid, labels: 8 + 3 * count)
      try check(HeatMapGrid.heads(of: pattern, columns: 3), labels: 8)
    }
    let mixed = [(12, 12), (7, 7), (7, 12), (3, 12)].enumerated().map { index, shape in
      HeatMapGrid.Panel(
        "a panel with quite a long name, number \(index)",
        Tensor.zeros([shape.0, shape.1]), rows: hostileTokens(shape.0),
        columns: tokens(shape.1))
    }
    try check(HeatMapGrid(mixed, columns: 3, title: "Three kinds"), labels: 40)
  }

  func testLinePlots() throws {
    for count in [1, 2, 12, 60] {
      for scale in [1e-7, 0.3, 1, 12345, 3e9] {
        let values = (0..<count).map { sin(Double($0)) * scale }
        let series = (0..<10).map { LinePlot.Series("series number \($0)", values) }
        var plot = LinePlot(
          series, title: "A plot", x: Axis("step", unit: "thousands"), y: Axis("loss", unit: "nats")
        )
        try check(plot, labels: 14)
        plot.xAxis = Axis("position", labels: hostileTokens(count))
        try check(plot, labels: 10 + count)
      }
    }
  }

  func testBarPlots() throws {
    for count in [1, 3, 12, 30, 60] {
      for series in [1, 3, 8] {
        let bars = (0..<series).map { index in
          BarPlot.Series("bars \(index)", (0..<count).map { sin(Double($0 + index)) })
        }
        try check(
          BarPlot(
            groups: tokens(count), bars, title: "Bars of each token in the sentence",
            groupTitle: "token", y: "score"), labels: count)
      }
    }
  }

  func testScatterPlots() throws {
    for (count, spread) in [(1, 1.0), (12, 1), (60, 1), (144, 1), (30, 0.001)] {
      let points = (0..<count).map { index in
        ScatterPlot.Datum(
          sin(Double(index) * 1.7) * spread, cos(Double(index * index)) * spread + 5,
          label: "L\(index / 12)H\(index % 12)")
      }
      var plot = ScatterPlot([.init("heads", points)], x: "attention", y: "effect")
      plot.fitsLine = true
      plot.xAxis.range = -1...1
      plot.yAxis.range = 4...6
      try check(plot, labels: 5)
    }
  }

  func testFiguresStandSideBySide() throws {
    let figures = [("Small", 3), ("A larger one", 9), ("", 1)].map { title, size in
      HeatMap(.zeros([size, size]), title: title)
    }
    let sizes = try figures.map { try $0.size }
    let row = FigureRow(figures)
    XCTAssertEqual(try row.size.width, sizes.reduce(0) { $0 + $1.width }, accuracy: 1e-9)
    XCTAssertEqual(try row.size.height, sizes.map(\.height).max() ?? 0, accuracy: 1e-9)
    try check(row, labels: 12)
    try check(FigureRow(figures, title: "Three maps, one beside the other"), labels: 13)
    try check(FigureRow(figures, title: "Two rows", columns: 2), labels: 13)
    let (wide, folded) = (
      try row.picture().size, try FigureRow(figures, columns: 2).picture().size
    )
    XCTAssertLessThan(folded.width, wide.width)
    XCTAssertGreaterThan(folded.height, wide.height)
    XCTAssertThrowsError(try FigureRow([]).picture()) {
      XCTAssertEqual("\($0)", "A row of figures needs at least one figure to draw.")
    }
  }

  func testTreeArcs() throws {
    for count in [1, 2, 7, 40] {
      let star = (1...40).filter { $0 < count }.map { TreeArcs.Edge(0, $0) }
      for words in [tokens(count), hostileTokens(count)] {
        try check(
          TreeArcs(words, gold: star, predicted: star, title: "Trees of a sentence"),
          labels: count + 3)
      }
    }
  }

  // MARK: The check

  private func check(
    _ figure: some Figure, labels: Int, file: StaticString = #filePath, line: UInt = #line
  ) throws {
    let picture = try figure.picture()
    let canvas = try Canvas(size: picture.size, format: .pdf, logsText: true)
    picture.draw(canvas)
    _ = try canvas.finish()
    let boxes = canvas.textBoxes
    XCTAssertGreaterThanOrEqual(boxes.count, labels, "labels are missing", file: file, line: line)
    for (index, box) in boxes.enumerated() {
      XCTAssertGreaterThanOrEqual(box.size, 6 - 1e-9, box.text, file: file, line: line)
      for corner in box.corners {
        let isInside =
          corner.x >= 0 && corner.y >= 0 && corner.x <= picture.size.width
          && corner.y <= picture.size.height
        XCTAssertTrue(
          isInside, "\(box.text) leaves \(picture.size) at \(corner)", file: file, line: line)
      }
      for other in boxes[(index + 1)...] where overlap(box, other) {
        XCTFail(
          "\"\(box.text)\" at \(box.corners[0]) and \"\(other.text)\" at \(other.corners[0]) "
            + "overlap", file: file, line: line)
        return
      }
    }
  }

  /// Whether two turned rectangles overlap by more than a hair: no edge of either separates them.
  private func overlap(_ a: TextBox, _ b: TextBox) -> Bool {
    for corners in [a.corners, b.corners] {
      for edge in 0..<2 {
        let (dx, dy) = (
          corners[edge + 1].x - corners[edge].x, corners[edge + 1].y - corners[edge].y
        )
        let length = max(hypot(dx, dy), 1e-12)
        func span(_ box: TextBox) -> (Double, Double) {
          let places = box.corners.map { ($0.x * dx + $0.y * dy) / length }
          return (places.min()!, places.max()!)
        }
        let ((lowA, highA), (lowB, highB)) = (span(a), span(b))
        if highA <= lowB + 0.05 || highB <= lowA + 0.05 { return false }
      }
    }
    return true
  }
}
