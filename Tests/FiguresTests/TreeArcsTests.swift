import Figures
import XCTest

final class TreeArcsTests: XCTestCase {
  private func figure(_ count: Int) -> TreeArcs {
    let chain = (1..<max(count, 2)).filter { $0 < count }.map { TreeArcs.Edge($0 - 1, $0) }
    let star = (1..<max(count, 2)).filter { $0 < count }.map { TreeArcs.Edge(0, $0) }
    return TreeArcs(tokens(count), gold: star, predicted: chain, title: "Trees of a sentence")
  }

  func testAnEdgeIsTheSameWhicheverWayRound() {
    XCTAssertEqual(TreeArcs.Edge(3, 1), TreeArcs.Edge(1, 3))
  }

  /// More arcs over one another need more room.
  func testHeightGrowsWithTheDepthOfArcs() throws {
    XCTAssertGreaterThan(try figure(9).size.height, try figure(3).size.height)
  }

  func testFoundAndMissedEdgesLookDifferent() throws {
    func svg(_ predicted: TreeArcs.Edge) throws -> String {
      let trees = TreeArcs(
        ["a", "b", "c"], gold: [.init(0, 1)], predicted: [predicted])
      return String(decoding: try trees.data(as: .svg), as: UTF8.self)
    }
    XCTAssertFalse(try svg(.init(0, 1)).contains("stroke-dasharray"))
    XCTAssertTrue(try svg(.init(1, 2)).contains("stroke-dasharray"))
  }

  func testErrorsSayWhatToDo() {
    XCTAssertThrowsError(try TreeArcs([], gold: [], predicted: []).picture()) {
      XCTAssertEqual("\($0)", "Trees need at least one word.")
    }
    for edge in [TreeArcs.Edge(0, 2), .init(1, 1), .init(-1, 0)] {
      XCTAssertThrowsError(try TreeArcs(["a", "b"], gold: [edge], predicted: []).picture()) {
        XCTAssertEqual(
          "\($0)",
          "There is no edge between the words \(edge.first) and \(edge.second): an edge joins two of "
            + "the words 0 to 1.")
      }
    }
  }
}
