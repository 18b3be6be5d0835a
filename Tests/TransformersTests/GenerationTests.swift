import Tensors
import Transformers
import XCTest

/// Generation by its own definition: the model's logits, one token after the other.
final class GenerationTests: XCTestCase {
  private func models(_ seed: UInt64) -> [Transformer] {
    [
      RandomModel.t5(seed: seed), RandomModel.t5(isGated: true, isTied: false, seed: seed),
      RandomModel.gpt2(seed: seed), RandomModel.llama(seed: seed),
    ]
  }

  func testTheCacheChangesNothing() throws {
    for seed in UInt64(1)...4 {
      for model in models(seed) {
        for search: Transformer.Search in [
          .greedy, .beam(width: 1), .beam(width: 3), .beam(width: 4, lengthPenalty: 0.5),
        ] {
          let prompt = [Int(seed), 9, 14]
          XCTAssertEqual(
            try model.generate(from: prompt, maximumNewTokens: 9, search: search),
            try model.generate(
              from: prompt, maximumNewTokens: 9, search: search, usingCache: false),
            "\(search), seed \(seed)")
        }
      }
    }
  }

  func testABeamOfOneIsGreedy() throws {
    for seed in UInt64(1)...6 {
      for model in models(seed) {
        XCTAssertEqual(
          try model.generate(from: [5, 9], maximumNewTokens: 8, search: .beam(width: 1)),
          try model.generate(from: [5, 9], maximumNewTokens: 8))
      }
    }
  }

  func testGreedyTakesTheMostProbableTokenEachTime() throws {
    for model in models(3) {
      var row = model.configuration.isEncoderDecoder ? [0] : [5, 9]
      let promptCount = row.count
      for _ in 0..<7 {
        let input =
          model.configuration.isEncoderDecoder
          ? ModelInput([5, 9], decoderTokens: row) : ModelInput(row)
        let logits = try model(input)
        let next = logits.slice(axis: 1, (row.count - 1)..<row.count).argmax()[0]
        row.append(next)
        if next == model.configuration.endToken { break }
      }
      XCTAssertEqual(
        try model.generate(from: [5, 9], maximumNewTokens: 7), Array(row[promptCount...]))
    }
  }

  /// A beam as wide as all continuations finds the best of them.
  func testAWideBeamFindsTheBestContinuation() throws {
    var configuration = RandomModel.t5().configuration
    configuration.vocabularySize = 6
    configuration.endToken = nil
    var generator = SeededGenerator(seed: 12)
    let model = Transformer(configuration: configuration, using: &generator)
    var best: (score: Float, tokens: [Int]) = (-.infinity, [])
    for a in 0..<6 {
      for b in 0..<6 {
        for c in 0..<6 {
          let rows = try model(ModelInput([3, 4], decoderTokens: [0, a, b]))
            .reshaped(to: [3, 6]).logSoftmax()
          let score = rows[0, a] + rows[1, b] + rows[2, c]
          if score > best.score { best = (score, [a, b, c]) }
        }
      }
    }
    XCTAssertEqual(
      try model.generate(from: [3, 4], maximumNewTokens: 3, search: .beam(width: 36)), best.tokens)
  }

  func testGenerationEndsAtTheEndTokenOrTheLimit() throws {
    for seed in UInt64(1)...5 {
      for model in models(seed) {
        for search: Transformer.Search in [.greedy, .beam(width: 3)] {
          let found = try model.generate(from: [6, 2], maximumNewTokens: 6, search: search)
          XCTAssertFalse(found.isEmpty)
          XCTAssertLessThanOrEqual(found.count, 6)
          XCTAssertFalse(found.dropLast().contains(1), "went on after the end token")
          if found.count < 6 { XCTAssertEqual(found.last, 1) }
        }
        XCTAssertEqual(try model.generate(from: [6, 2], maximumNewTokens: 0), [])
      }
    }
  }

  func testLearnedPositionsLimitTheLength() throws {
    var model = RandomModel.gpt2()
    var configuration = model.configuration
    configuration.endToken = nil
    let parameters = Dictionary(
      uniqueKeysWithValues: model.parameters.map { ($0.name, $0.tensor) })
    model = Transformer(configuration: configuration) { name, _ in parameters[name]! }
    XCTAssertEqual(
      try model.generate(from: Array(2...18), maximumNewTokens: 50).count, 3)
    XCTAssertEqual(
      try model.generate(from: Array(2...21), maximumNewTokens: 50, search: .beam(width: 2)), [])
  }

  func testSuppressedTokensAreNeverChosen() throws {
    for model in models(2) {
      let free = try model.generate(from: [5, 9], maximumNewTokens: 5)
      var configuration = model.configuration
      configuration.generation.suppressedTokens = free
      let weights = Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.name, $0.tensor) })
      let held = Transformer(configuration: configuration) { name, _ in weights[name]! }
      for search: Transformer.Search in [.greedy, .beam(width: 3)] {
        let found = try held.generate(from: [5, 9], maximumNewTokens: 5, search: search)
        XCTAssertFalse(found.isEmpty)
        XCTAssertTrue(Set(found).isDisjoint(with: free), "\(search)")
      }
    }
  }

  /// Texts of three lengths, one of which ends early; the others go on.
  func testABatchContinuesAsItsTextsDoAlone() throws {
    let texts = [[5, 9, 14, 3], [7], [11, 2, 6]]
    for seed in UInt64(1)...4 {
      for model in models(seed) {
        let alone = try texts.map { try model.generate(from: $0, maximumNewTokens: 8) }
        for usingCache in [true, false] {
          XCTAssertEqual(
            try model.generate(fromEach: texts, maximumNewTokens: 8, usingCache: usingCache), alone)
        }
      }
    }
    XCTAssertThrowsError(try models(1)[2].generate(fromEach: [[3], []], maximumNewTokens: 1)) {
      XCTAssertEqual("\($0)", "the input is empty; give at least one token")
    }
  }

  /// With a cache, cross-attention computes its keys and values at the first step alone.
  func testWhatIsReadOfTheSourceMayBeChanged() throws {
    let model = RandomModel.t5(seed: 3)
    let changes = [HookPoint.AttentionPoint.key, .value].map { point in
      Intervention(at: .block(.decoder, 1, .attention(.cross, point))) { $0 * -1 }
    }
    XCTAssertEqual(
      try model.generate(from: [5, 9, 4], maximumNewTokens: 7, intervening: changes),
      try model.generate(
        from: [5, 9, 4], maximumNewTokens: 7, usingCache: false, intervening: changes))
  }

  func testAHeadKnockedOutIsOutAtEveryStep() throws {
    for model in [RandomModel.t5(seed: 2), RandomModel.gpt2(seed: 2)] {
      let stack = model.configuration.isEncoderDecoder ? StackName.decoder : .blocks
      let knockouts = (0..<4).map { Intervention.zeroHead($0, in: stack, layer: 1) }
      let found = try model.generate(from: [5, 9], maximumNewTokens: 6, intervening: knockouts)
      XCTAssertEqual(
        found,
        try model.generate(
          from: [5, 9], maximumNewTokens: 6, usingCache: false, intervening: knockouts))
      var row = model.configuration.isEncoderDecoder ? [0] : [5, 9]
      for token in found {
        let input =
          model.configuration.isEncoderDecoder
          ? ModelInput([5, 9], decoderTokens: row) : ModelInput(row)
        let logits = try model.run(input, intervening: knockouts).logits
        XCTAssertEqual(logits.slice(axis: 1, (row.count - 1)..<row.count).argmax()[0], token)
        row.append(token)
      }
    }
  }
}
