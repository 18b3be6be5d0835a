import XCTest

@testable import Figures

final class CircuitGraphFigureTests: XCTestCase {
  private typealias Edge = CircuitGraphFigure.Edge

  /// Forty nodes: six heads and an MLP in each of five layers, and some more.
  private static let large: [CircuitGraphFigure.Series] = (0..<2).map { task in
    var edges: [CircuitGraphFigure.Edge] = []
    for layer in 0..<6 {
      for head in 0..<6 where (head + task) % 5 != 4 {
        edges.append(
          Edge(.embedding, .head(layer: layer, head: head), .value, weight: Double(head)))
        edges.append(Edge(.head(layer: layer, head: head), .logits, weight: 1))
        if layer > 0 {
          edges.append(
            Edge(.mlp(layer: layer - 1), .head(layer: layer, head: head), .query, weight: 2))
        }
      }
      edges.append(Edge(.embedding, .mlp(layer: layer), weight: 3))
      edges.append(Edge(.mlp(layer: layer), .logits, weight: 0))
    }
    return CircuitGraphFigure.Series("task \(task)", edges)
  }

  private func canvas(_ figure: CircuitGraphFigure) throws -> Canvas {
    let picture = try figure.picture()
    let canvas = try Canvas(size: picture.size, format: .svg, dpi: 100, logsText: true)
    picture.draw(canvas)
    return canvas
  }

  func testEveryNodeHasItsNameAndNoNameIsOverAnother() throws {
    let canvas = try canvas(CircuitGraphFigure(Self.large, title: "Two tasks"))
    let texts = canvas.textBoxes
    for name in ["embedding", "logits", "0.0", "5.5", "MLP 0", "MLP 5", "task 0", "task 1"] {
      XCTAssertEqual(texts.count { $0.text == name }, 1, name)
    }
    func box(_ text: TextBox) -> Box {
      let (x, y) = (text.corners.map(\.x), text.corners.map(\.y))
      return Box(
        x: x.min()!, y: y.min()!, width: x.max()! - x.min()!, height: y.max()! - y.min()!)
    }
    for (index, a) in texts.enumerated() {
      XCTAssertGreaterThanOrEqual(a.size, Typography.minimum, a.text)
      for b in texts[..<index] {
        let (first, second) = (box(a), box(b))
        let apart =
          first.maxX <= second.x || second.maxX <= first.x || first.maxY <= second.y + 2
          || second.maxY <= first.y + 2
        XCTAssertTrue(apart, "\(a.text) is over \(b.text)")
      }
    }
  }

  func testNoEdgeRunsThroughAComponentThatItDoesNotJoin() {
    let figure = CircuitGraphFigure(Self.large)
    let edges = Self.large.enumerated().flatMap { index, one in
      one.edges.map { (series: index, edge: $0) }
    }
    let layout = figure.layout(edges, below: 20)
    XCTAssertEqual(layout.strands.count, edges.count)
    for strand in layout.strands {
      for (node, box) in layout.boxes where node != strand.from && node != strand.to {
        var whole = box
        if node.isHead { whole.height += CircuitGraphFigure.portHeight }
        let isThrough = strand.points.contains {
          $0.x > whole.x && $0.x < whole.maxX && $0.y > whole.y && $0.y < whole.maxY
        }
        XCTAssertFalse(isThrough, "\(strand.from) → \(strand.to) runs through \(node)")
      }
      XCTAssertEqual(strand.points.first!.y, layout.boxes[strand.from]!.y)
    }
  }

  func testTheSameCircuitGivesTheSameBytes() throws {
    let figure = CircuitGraphFigure(Self.large, title: "Two tasks")
    XCTAssertEqual(try figure.data(as: .svg), try figure.data(as: .svg))
    XCTAssertFalse(try figure.data(as: .pdf).isEmpty)
    XCTAssertFalse(try figure.pngData().isEmpty)
  }

  func testAnEdgeThatCountsMoreIsWider() throws {
    func svg(_ weight: Double) throws -> String {
      let figure = CircuitGraphFigure([
        .init(
          "",
          [
            Edge(.embedding, .mlp(layer: 0), weight: weight),
            Edge(.mlp(layer: 0), .logits, weight: 4),
          ])
      ])
      return String(decoding: try figure.data(as: .svg), as: UTF8.self)
    }
    XCTAssertTrue(try svg(0).contains("stroke-width:0.5;"))
    XCTAssertFalse(try svg(4).contains("stroke-width:0.5;"))
  }

  func testACircuitOfNothingShowsItsEnds() throws {
    for series in [[CircuitGraphFigure.Series("", [])], [.init("a", []), .init("b", [])]] {
      var figure = CircuitGraphFigure(series)
      figure.nodes = [.embedding, .logits]
      let texts = try canvas(figure).textBoxes.map(\.text)
      XCTAssertTrue(texts.contains("embedding"))
      XCTAssertTrue(texts.contains("logits"))
    }
  }

  func testWhatCannotBeDrawnIsRefused() {
    XCTAssertThrowsError(try CircuitGraphFigure([]).picture())
    XCTAssertThrowsError(
      try CircuitGraphFigure([.init("", [Edge(.logits, .mlp(layer: 0))])]).picture())
    XCTAssertThrowsError(
      try CircuitGraphFigure([.init("", [Edge(.embedding, .logits, weight: .nan)])]).picture())
  }
}
