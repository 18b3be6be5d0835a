import Figures
import Foundation
import Tensors
import XCTest

/// Input that cannot be drawn is refused in a sentence that says why.
final class InputTests: XCTestCase {
  func testAttentionOfTheWrongShape() {
    XCTAssertEqual(
      sentence(try HeadView(Tensor.zeros([2, 2]), queries: ["a", "b"], keys: ["a", "b"]).size),
      "A head view needs attention of shape [head, query, key], but it has shape [2, 2]; "
        + "choose one sentence of the batch and one layer.")
    XCTAssertEqual(
      sentence(try HeadView(Tensor.zeros([1, 2, 3]), queries: ["a"], keys: ["a", "b"]).size),
      "A head view has attention of shape [1, 2, 3], [head, query, key], but 1 query tokens and "
        + "2 key tokens; give one token for each.")
    XCTAssertEqual(
      sentence(try HeadView(Tensor.zeros([1, 0, 0]), queries: [], keys: []).size),
      "A head view needs at least one head, one query token and one key token, but it has "
        + "1, 0 and 0.")
  }

  func testNumbersThatAreNoAttention() {
    for (wrong, printed) in [(Float.nan, "nan"), (-0.5, "-0.5"), (1.5, "1.5"), (.infinity, "inf")] {
      var pattern = Tensor.zeros([2, 2, 2])
      pattern[1, 0, 1] = wrong
      XCTAssertEqual(
        sentence(try HeadView(pattern, queries: ["a", "b"], keys: ["a", "b"]).size),
        "A head view needs attention between 0 and 1, but head 1 gives \(printed) from query 0 "
          + "to key 1; draw the pattern, not the scores before the softmax.")
    }
  }

  func testTokensWithoutValues() {
    XCTAssertEqual(
      sentence(try TokenHeatMap(tokens: ["a", "b"], values: [1]).size),
      "A line of a token heat map has 2 tokens but 1 values; give one for each.")
    XCTAssertEqual(
      sentence(try TokenHeatMap([]).size),
      "A token heat map needs at least one token to draw.")
    XCTAssertEqual(
      sentence(
        try TokenHeatMap(tokens: ["a"], values: [1]).styled { $0.textWidth = .nan }.size),
      "The text width of a token heat map must be at least 60 points, not nan.")
  }

  func testLensGridsWithoutTheirCells() {
    XCTAssertEqual(
      sentence(try LensGrid(tokens: [], probabilities: [], text: []).size),
      "A lens grid needs at least one layer and one position to draw.")
    XCTAssertEqual(
      sentence(
        try LensGrid(tokens: [["a", "b"]], probabilities: [[1]], text: ["x", "y"]).size),
      "A lens grid of 1 layers and 2 positions needs as many probabilities; give one for each cell."
    )
    XCTAssertEqual(
      sentence(
        try LensGrid(tokens: [["a"]], probabilities: [[1]], text: ["x"]).styled {
          $0.layers = ["0", "1"]
        }.size),
      "A lens grid of 1 layers has 2 names for them; give one for each.")
  }

  func testHeadsThatDoNotExist() {
    let pattern = attention(heads: 2, queries: 2, keys: 2)
    XCTAssertEqual(
      sentence(try HeadView(pattern, queries: tokens(2), keys: tokens(2), heads: [0, 2]).size),
      "There is no head 2: this layer has heads 0 to 1.")
    XCTAssertEqual(
      sentence(try HeadView(pattern, queries: tokens(2), keys: tokens(2), heads: []).size),
      "A head view needs at least one head to draw.")
  }

  func testModelsWithoutLayersOrWithUnequalOnes() {
    XCTAssertEqual(
      sentence(try ModelView([], queries: ["a"], keys: ["a"]).size),
      "A model view needs a layer to draw.")
    XCTAssertEqual(
      sentence(
        try ModelView(
          [Tensor.zeros([2, 1, 1]), Tensor.zeros([3, 1, 1])], queries: ["a"], keys: ["a"]
        ).size),
      "Layer 1 has 3 heads and layer 0 has 2; a model view needs the same number in every layer.")
  }

  func testNeuronsThatDoNotFit() {
    let view = NeuronView(
      query: Tensor([1, 2]), keys: Tensor.zeros([2, 2]), scale: 1, pattern: [1, 0],
      queryToken: "a", keyTokens: ["a", "b"])
    XCTAssertNoThrow(try view.size)
    XCTAssertEqual(
      sentence(try view.styled { $0.query = Tensor([1, 2, 3]) }.size),
      "A neuron view needs a query [dimension] and keys [key, dimension], but they have shapes "
        + "[3] and [2, 2]; choose one head and one position.")
    XCTAssertEqual(
      sentence(try view.styled { $0.bias = [1] }.size),
      "A neuron view of 2 key tokens has 2 keys, 2 attentions, 1 biases; "
        + "give one of each for every token.")
    XCTAssertEqual(
      sentence(try view.styled { $0.query[0] = .nan }.size),
      "A neuron view needs finite vectors and a finite scale, but one is not.")
    XCTAssertEqual(
      sentence(try view.styled { $0.pattern = [2, 0] }.size),
      "A neuron view needs attention between 0 and 1, but found 2.0.")
    XCTAssertEqual(
      sentence(try view.styled { $0.bias = [.nan, 0] }.size),
      "A neuron view needs biases that are finite or −∞, but found nan.")
    XCTAssertNoThrow(try view.styled { $0.bias = [-.infinity, 0] }.size)
  }

  func testHeatMapsThatDoNotFit() {
    XCTAssertEqual(
      sentence(try HeatMap(Tensor.zeros([2, 2, 2])).size),
      "A heat map needs values of shape [row, column], but they have shape [2, 2, 2]; "
        + "choose one matrix.")
    XCTAssertEqual(
      sentence(try HeatMap(Tensor.zeros([0, 3])).size),
      "A heat map has nothing to show: its values have shape [0, 3].")
    XCTAssertEqual(
      sentence(try HeatMap(Tensor.zeros([2, 3]), columns: ["a"]).size),
      "The heat map has 3 columns but 1 column labels; give one for each.")
    XCTAssertEqual(
      sentence(try HeatMap(Tensor.zeros([2, 3])).styled { $0.range = 1...1 }.size),
      "The range of a heat map's colours must go from one finite number to a larger one, "
        + "not from 1.0 to 1.0.")
    XCTAssertEqual(
      sentence(try HeatMapGrid([]).size), "A grid of heat maps needs at least one map.")
    XCTAssertEqual(
      sentence(try HeatMapGrid([.init("x", Tensor.zeros([1, 1]), rows: [])]).size),
      "The heat map \"x\" has 1 rows but 0 row labels; give one for each.")
  }

  func testHeatMapsWithoutAnyNumberAreDrawn() throws {
    for scale in [ColourScale.sequential, .diverging] {
      for value in [Float.nan, 0, -3] {
        let map = HeatMap(Tensor([value], shape: [1, 1])).styled { $0.scale = scale }
        XCTAssertNoThrow(try map.pngData())
      }
    }
  }

  func testLinesThatDoNotFit() {
    XCTAssertEqual(
      sentence(try LinePlot([]).size),
      "A line plot needs at least one series with a value in it.")
    XCTAssertEqual(
      sentence(try LinePlot([.init("s", [.nan])]).size),
      "A line plot needs at least one series with a value in it.")
    XCTAssertEqual(
      sentence(try LinePlot([.init("s", x: [1], y: [1, 2])]).size),
      "The series \"s\" of a line plot has 1 places but 2 values; give one for each.")
    XCTAssertEqual(
      sentence(try LinePlot([.init("s", [1, .infinity])]).size),
      "The series \"s\" of a line plot has a place or a value that is not finite.")
    let swapped = Interval(lower: [2], upper: [1])
    XCTAssertEqual(
      sentence(try LinePlot([.init("s", [1], interval: swapped)]).size),
      "The series \"s\" of a line plot has an interval from 2.0 to 1.0; both ends must be finite, "
        + "the lower one first.")
  }

  func testBarsAndPointsThatDoNotFit() {
    XCTAssertEqual(
      sentence(try BarPlot(groups: [], []).size),
      "A bar plot needs at least one group and one series, but it has 0 and 0.")
    XCTAssertEqual(
      sentence(try BarPlot(groups: ["a"], [.init("s", [1, 2])]).size),
      "The series \"s\" of a bar plot has 2 values for 1 groups; give one for each.")
    XCTAssertEqual(
      sentence(try BarPlot(groups: ["a"], [.init("s", [.nan])]).size),
      "The series \"s\" of a bar plot has the value nan; bars need finite numbers.")
    XCTAssertEqual(
      sentence(try ScatterPlot([.init("s", [])]).size),
      "A scatter plot needs at least one point.")
    XCTAssertEqual(
      sentence(try ScatterPlot([.init("s", [.init(1, .nan)])]).size),
      "A scatter plot needs finite numbers, but found the point (1.0, nan).")
  }
}
