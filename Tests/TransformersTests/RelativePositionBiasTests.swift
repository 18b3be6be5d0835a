import Checkpoints
import Tensors
import Transformers
import XCTest

/// T5's buckets against those of PyTorch `transformers`, from `Tests/Fixtures/t5.py`.
final class RelativePositionBiasTests: XCTestCase {
  private func bias(buckets: Int, maximumDistance: Int, stack: Int) throws -> RelativePositionBias {
    let shape = TransformerConfiguration.Stack(
      layerCount: 1, headCount: 1, headWidth: 1, feedForwardWidth: 1)
    var generator = SeededGenerator(seed: 1)
    let model = Transformer(
      configuration: .t5(
        vocabularySize: 2, width: 1, encoder: shape, decoder: shape, activation: .relu,
        isGated: false, tiesEmbeddings: true, buckets: buckets, maximumDistance: maximumDistance),
      using: &generator)
    return try XCTUnwrap(model.stacks[stack].positionBias)
  }

  func testBucketsArePyTorchs() throws {
    let file = try SafetensorsFile(
      contentsOf: fixtures.appendingPathComponent("t5-buckets/expected.safetensors"))
    let distances = try file.integers("relative_position")
    XCTAssertEqual(distances, Array(-300...300))
    let tables = file.names.filter { $0 != "relative_position" }
    XCTAssertEqual(tables.count, 12)
    for name in tables {
      let parts = name.split(separator: ".")
      let (buckets, maximum) = (try XCTUnwrap(Int(parts[1])), try XCTUnwrap(Int(parts[2])))
      let bias = try bias(
        buckets: buckets, maximumDistance: maximum, stack: parts[0] == "bidirectional" ? 0 : 1)
      XCTAssertEqual(
        distances.map { bias.bucket(distance: $0, of: buckets) }, try file.integers(name), name)
    }
  }
}
