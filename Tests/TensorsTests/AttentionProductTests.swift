import Tensors
import XCTest

final class AttentionProductTests: XCTestCase {
  /// Batch, queries, keys, heads, key heads, width; one head a key head and several.
  private let cases = [
    (1, 1, 1, 1, 1, 1), (2, 3, 5, 2, 2, 4), (1, 7, 9, 3, 3, 8), (2, 4, 3, 6, 2, 5),
    (1, 2, 8, 4, 1, 17), (3, 1, 6, 2, 2, 3),
  ]

  private func scores(_ q: Tensor, _ k: Tensor, scale: Double) -> [Double] {
    let (heads, keyHeads, width) = (q.shape[2], k.shape[2], q.shape[3])
    let (queries, keys) = (q.doubles, k.doubles)
    return indices(of: [q.shape[0], heads, q.shape[1], k.shape[1]]).map { index in
      let group = index[1] / (heads / keyHeads)
      let query = ((index[0] * q.shape[1] + index[2]) * heads + index[1]) * width
      let key = ((index[0] * k.shape[1] + index[3]) * keyHeads + group) * width
      var sum = 0.0
      for d in 0..<width { sum += queries[query + d] * keys[key + d] }
      return sum * scale
    }
  }

  private func mix(_ p: Tensor, _ v: Tensor) -> [Double] {
    let (heads, keyHeads, width) = (p.shape[1], v.shape[2], v.shape[3])
    let (pattern, values) = (p.doubles, v.doubles)
    return indices(of: [p.shape[0], p.shape[2], heads, width]).map { index in
      let group = index[2] / (heads / keyHeads)
      let row = ((index[0] * heads + index[2]) * p.shape[2] + index[1]) * p.shape[3]
      var sum = 0.0
      for s in 0..<p.shape[3] {
        let place = ((index[0] * v.shape[1] + s) * keyHeads + group) * width + index[3]
        sum += pattern[row + s] * values[place]
      }
      return sum
    }
  }

  func testScoresAndMixesAgainstNaiveLoops() {
    for (batch, queries, keys, heads, keyHeads, width) in cases {
      let q = random([batch, queries, heads, width], seed: 1)
      let k = random([batch, keys, keyHeads, width], seed: 2)
      assertEqual(
        q.attentionScores(keys: k, scale: 0.7), shape: [batch, heads, queries, keys],
        scores(q, k, scale: 0.7))
      let pattern = random([batch, heads, queries, keys], seed: 3)
      assertEqual(
        pattern.attentionMix(values: k), shape: [batch, queries, heads, width], mix(pattern, k))
    }
  }

  func testGradientsWithOneAndSeveralHeadsAKeyHead() {
    for (batch, queries, keys, heads, keyHeads, width) in cases {
      let q = random([batch, queries, heads, width], seed: 1)
      let k = random([batch, keys, keyHeads, width], seed: 2)
      assertGradient(of: [q, k]) { $0[0].attentionScores(keys: $0[1], scale: 0.7) }
      let pattern = random([batch, heads, queries, keys], seed: 3)
      assertGradient(of: [pattern, k]) { $0[0].attentionMix(values: $0[1]) }
    }
  }

  func testABiasIsAddedInEveryRowOfTheBatch() {
    let (q, k) = (random([2, 3, 4, 5], seed: 1), random([2, 6, 2, 5], seed: 2))
    let bias = random([4, 3, 6], seed: 3)
    let plain = scores(q, k, scale: 0.7)
    assertEqual(
      q.attentionScores(keys: k, scale: 0.7, adding: bias), shape: [2, 4, 3, 6],
      zip(plain, bias.doubles + bias.doubles).map { $0 + $1 })
    assertGradient(of: [q, k, bias]) {
      $0[0].attentionScores(keys: $0[1], scale: 0.7, adding: $0[2])
    }
  }

  func testAWholeAttentionHasTheGradientOfItsParts() {
    let mask = AttentionMask(keys: [[true, true, false], [true, true, true]], isCausal: true)
    let inputs = [
      random([2, 3, 4, 5], seed: 1), random([2, 3, 2, 5], seed: 2), random([2, 3, 2, 5], seed: 3),
    ]
    assertGradient(of: inputs) {
      $0[0].attentionScores(keys: $0[1], scale: 0.4).masked(by: mask).softmax()
        .attentionMix(values: $0[2])
    }
  }

  /// Enough work to be shared out over batch rows, and over heads where there is one row.
  func testSizesThatAreSharedAmongThreads() {
    for (batch, heads, keyHeads) in [(4, 8, 8), (1, 32, 32), (1, 32, 4), (3, 11, 1)] {
      let q = random([batch, 40, heads, 32], seed: 1)
      let k = random([batch, 41, keyHeads, 32], seed: 2)
      let (watchedQ, watchedK) = (q.requiringGradient(), k.requiringGradient())
      let result = watchedQ.attentionScores(keys: watchedK, scale: 1)
      assertEqual(
        result, shape: [batch, heads, 40, 41], scores(q, k, scale: 1), tolerance: 2e-5)
      assertEqual(
        result.attentionMix(values: k), shape: q.shape, mix(result, k), tolerance: 2e-4)

      // The gradient by the keys is a mix of queries by the transposed cotangent, summed in groups.
      let weights = random(result.shape, seed: 3)
      let found = gradient(of: result, withRespectTo: [watchedQ, watchedK], seed: weights)
      assertEqual(found[0], shape: q.shape, mix(weights, k), tolerance: 2e-5)
      let perHead = mix(weights.transposed(), q)
      let group = heads / keyHeads
      let expected = indices(of: k.shape).map { index in
        var sum = 0.0
        for h in 0..<group {
          let head = index[2] * group + h
          sum += perHead[((index[0] * 41 + index[1]) * heads + head) * 32 + index[3]]
        }
        return sum
      }
      assertEqual(found[1], shape: k.shape, expected, tolerance: 2e-5)
    }
  }

  func testNoKeysMixToZeros() {
    let q = random([1, 2, 2, 3])
    let k = Tensor.zeros([1, 0, 2, 3])
    XCTAssertEqual(q.attentionScores(keys: k, scale: 1).shape, [1, 2, 2, 0])
    XCTAssertEqual(
      q.attentionScores(keys: k, scale: 1).softmax().attentionMix(values: k), .zeros([1, 2, 2, 3]))
  }

  private let masks:
    [(name: String, mask: (_ batch: Int, _ keys: Int, _ queries: Int) -> AttentionMask)] =
      [
        ("nothing hidden", { _, _, _ in AttentionMask(isCausal: false) }),
        (
          "causal",
          { _, keys, queries in AttentionMask(isCausal: true, queryOffset: keys - queries) }
        ),
        (
          "a window",
          { _, keys, queries in
            AttentionMask(isCausal: true, queryOffset: keys - queries, window: 2)
          }
        ),
        (
          "padding on either side",
          { batch, keys, queries in
            AttentionMask(
              keys: (0..<batch).map { row in (0..<keys).map { $0 != (row == 0 ? 0 : keys - 1) } },
              isCausal: true, queryOffset: keys - queries)
          }
        ),
      ]

  /// Steps apart and in one, and their gradients; a query that sees nothing is among them.
  func testAttentionInOneIsItsStepsToTheBit() {
    for (batch, queries, keys, heads, keyHeads, width) in cases {
      let q = random([batch, queries, heads, width], seed: 1)
      let k = random([batch, keys, keyHeads, width], seed: 2)
      let v = random([batch, keys, keyHeads, width], seed: 3)
      let bias = random([heads, queries, keys], seed: 4)
      for (name, mask) in masks {
        let mask = mask(batch, keys, queries)
        for bias in [nil, bias] {
          let steps = q.attentionScores(keys: k, scale: 0.7, adding: bias).masked(by: mask)
            .softmax().attentionMix(values: v)
          let one = q.attending(keys: k, values: v, scale: 0.7, adding: bias, mask: mask)
          XCTAssertEqual(one, steps, name)
          let watched = [q, k, v].map { $0.requiringGradient() }
          let watchedBias = bias?.requiringGradient()
          let variables = watched + [watchedBias].compactMap { $0 }
          let seed = random(one.shape, seed: 5)
          let expected = gradient(
            of: watched[0].attentionScores(keys: watched[1], scale: 0.7, adding: watchedBias)
              .masked(by: mask).softmax().attentionMix(values: watched[2]),
            withRespectTo: variables, seed: seed)
          let found = gradient(
            of: watched[0].attending(
              keys: watched[1], values: watched[2], scale: 0.7, adding: watchedBias, mask: mask),
            withRespectTo: variables, seed: seed)
          for (a, b) in zip(found, expected) {
            assertEqual(a, shape: b.shape, b.doubles, tolerance: 1e-6, name)
          }
        }
      }
    }
  }

  func testGradientsOfAttentionInOne() {
    for (batch, queries, keys, heads, keyHeads, width) in cases {
      let inputs = [
        random([batch, queries, heads, width], seed: 1),
        random([batch, keys, keyHeads, width], seed: 2),
        random([batch, keys, keyHeads, width], seed: 3), random([heads, queries, keys], seed: 4),
      ]
      let mask = AttentionMask(isCausal: true, queryOffset: keys - queries)
      assertGradient(of: inputs) {
        $0[0].attending(keys: $0[1], values: $0[2], scale: 0.7, adding: $0[3], mask: mask)
      }
    }
  }

  func testRoomBehindTheKeysIsNotRead() {
    let (q, k, v) = (
      random([2, 1, 4, 3]), random([2, 5, 2, 3], seed: 2), random([2, 5, 2, 3], seed: 3)
    )
    func withRoom(_ x: Tensor) -> Tensor {
      .concatenation([x, Tensor(repeating: .nan, shape: [2, 3, 2, 3])], axis: 1)
    }
    let mask = AttentionMask(isCausal: true, queryOffset: 4)
    XCTAssertEqual(
      q.attending(keys: withRoom(k), values: withRoom(v), keyCount: 5, scale: 1, mask: mask),
      q.attending(keys: k, values: v, scale: 1, mask: mask))
  }
}
