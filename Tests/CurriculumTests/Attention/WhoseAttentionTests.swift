import Coursework
import SheetTools
import Tensors
import XCTest

@testable import AttentionExercises
@testable import AttentionVocabulary

/// Exercise 1.3: what is rejected, what is accepted.
final class WhoseAttentionTests: XCTestCase {
  private let exercise = AttentionSheet.whoseAttention

  private func misconception(
    _ name: String, says: String?, _ answer: @escaping @Sendable (Tensor) -> MapOrigin
  ) -> Misconception {
    Misconception(of: exercise, name, says: says) { (maps: [Tensor]) in maps.map(answer) }
  }

  /// The greatest value above the diagonal of a square map, of the heads asked for.
  private static func ahead(_ map: Tensor, heads: Range<Int>? = nil) -> Float {
    var greatest: Float = 0
    for head in heads ?? 0..<map.shape[0] {
      for i in 0..<map.shape[1] {
        for j in 0..<map.shape[2] where j > i { greatest = max(greatest, map[head, i, j]) }
      }
    }
    return greatest
  }

  func testMisconceptionsAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception("always the encoder", says: "the same answer") { _ in .encoder },
      misconception("always cross-attention", says: "the same answer") { _ in .cross },
      misconception("square is the encoder", says: "a decoder's map is called an encoder's") {
        $0.shape[1] == $0.shape[2] ? .encoder : .cross
      },
      misconception("cross-attention is wider than high", says: "whichever is longer") {
        if $0.shape[1] < $0.shape[2] { return .cross }
        return $0.shape[1] == $0.shape[2] && Self.ahead($0) > 0 ? .encoder : .decoder
      },
      misconception("the mask before the shape", says: "whatever lies above the diagonal") {
        if Self.ahead($0) == 0 { return .decoder }
        return $0.shape[1] == $0.shape[2] ? .encoder : .cross
      },
      misconception("heads compared with rows", says: "the first axis counts heads") {
        if $0.shape[0] != $0.shape[1] || $0.shape[1] != $0.shape[2] { return .cross }
        return Self.ahead($0) > 0 ? .encoder : .decoder
      },
      misconception("small is zero", says: "small is not enough") {
        if $0.shape[1] != $0.shape[2] { return .cross }
        return Self.ahead($0) > 1e-2 ? .encoder : .decoder
      },
      misconception("the first head alone", says: "a mask binds every head") {
        if $0.shape[1] != $0.shape[2] { return .cross }
        return Self.ahead($0, heads: 0..<1) > 0 ? .encoder : .decoder
      },
      misconception("one corner alone", says: "one corner proves nothing") {
        if $0.shape[1] != $0.shape[2] { return .cross }
        return $0[0, 0, $0.shape[2] - 1] > 0 ? .encoder : .decoder
      },
      misconception("below the diagonal", says: "j > i") { map in
        if map.shape[1] != map.shape[2] { return .cross }
        let below = (1..<map.shape[1]).contains { map[0, $0, 0] != 0 }
        return below ? .encoder : .decoder
      },
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, "the greatest value above the diagonal") { (maps: [Tensor]) in
        maps.map { map -> MapOrigin in
          if map.shape[1] != map.shape[2] { return .cross }
          return Self.ahead(map) == 0 ? .decoder : .encoder
        }
      },
      Variant(of: exercise, "heads added, rows up to the diagonal sum to everything") {
        (maps: [Tensor]) in
        maps.map { map -> MapOrigin in
          let sum = map.sum(axis: 0)
          let (rows, columns) = (sum.shape[0], sum.shape[1])
          guard rows == columns else { return .cross }
          var rest: Float = 0
          for row in 0..<rows {
            let end = (row + 1) * columns
            for value in sum.values[(end - columns + row + 1)..<end] { rest += value }
          }
          return rest > 0 ? .encoder : .decoder
        }
      },
      Variant(of: exercise, "nearly zero, by a hair") { (maps: [Tensor]) in
        maps.map { map -> MapOrigin in
          if map.shape[1] != map.shape[2] { return .cross }
          return Self.ahead(map) < 1e-12 ? .decoder : .encoder
        }
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNothing() {
    let answers: [@Sendable ([Tensor]) -> [MapOrigin]] = [
      { _ in [] }, { _ in [.cross] }, { maps in maps.map { _ in .decoder } },
      { maps in (0...maps.count).map { _ in .encoder } },
    ]
    for answer in answers {
      // Any sentence will do.
      XCTAssertNil(Misconception(of: exercise, "nonsense", says: nil, answer: answer).fault())
    }
  }

  func testEveryCaseHoldsAllThreeKinds() throws {
    for seed in proofSeeds {
      var generator = SeededGenerator(seed: seed)
      let cases = [
        try AttentionSheet.translatorMaps(using: &generator),
        try AttentionSheet.longTargetMaps(using: &generator),
        try AttentionSheet.paddedMaps(using: &generator),
        AttentionSheet.plantedMaps(using: &generator), AttentionSheet.tinyMaps(using: &generator),
      ]
      for aCase in cases {
        XCTAssertEqual(Set(aCase.key.map(\.origin)), Set(MapOrigin.allCases), aCase.name)
        for (map, key) in zip(aCase.question, aCase.key) where key.trap == .padded {
          guard key.origin != .decoder else { continue }
          let last = map.shape[2] - 1
          XCTAssertTrue((0..<map.shape[1]).allSatisfy { map[0, $0, last] == 0 }, "no padding")
        }
      }
    }
  }
}
