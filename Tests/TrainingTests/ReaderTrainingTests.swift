import Foundation
import Tensors
import Tokenizers
import Transformers
import XCTest

@testable import Laboratory
@testable import Training

final class ReaderTrainingTests: XCTestCase {
  private func small(_ name: ReaderRecipe.Name = .reader, steps: Int = 4) -> ReaderRecipe {
    var recipe = ReaderRecipe(name, seed: 3)
    if name != .movers { recipe.layerCount = 2 }
    recipe.width = 32
    recipe.headCount = 2
    recipe.context = 48
    recipe.rowsPerStep = 4
    recipe.steps = steps
    return recipe
  }

  private func weights(_ trainer: ReaderTrainer) -> [Tensor] {
    trainer.model.parameters.map(\.tensor)
  }

  func testEveryWordIsMetOftenAndNoneIsUnknown() {
    let trainer = ReaderTrainer(recipe: ReaderRecipe())
    var counts = [Int](repeating: 0, count: ReaderVocabulary.words.count)
    let first = trainer.recipe.phases[0].steps
    for step in first..<(first + 200) {
      for row in trainer.rows(at: step).rows.tokens { for token in row { counts[token] += 1 } }
    }
    XCTAssertEqual(counts[1], 0, "unknown words")
    for (word, count) in zip(ReaderVocabulary.words, counts).dropFirst(2) {
      XCTAssertGreaterThanOrEqual(count, 10, word)
    }
    XCTAssertTrue((900...1_400).contains(counts.count), "\(counts.count) words")
  }

  func testKindsHaveTheirShares() {
    let trainer = ReaderTrainer(recipe: ReaderRecipe())
    var counts: [ReaderKind: Int] = [:]
    let first = trainer.recipe.phases[0].steps
    for step in first..<(first + 300) {
      for row in trainer.rows(at: step).rows.kinds {
        for kind in row { counts[kind, default: 0] += 1 }
      }
    }
    let total = Double(counts.values.reduce(0, +))
    for (kind, share) in ReaderRecipe.shares {
      XCTAssertEqual(
        Double(counts[kind]!) / total, share, accuracy: 0.15 * share + 0.004, "\(kind)")
    }
    XCTAssertEqual(ReaderRecipe.shares.values.reduce(0, +), 1, accuracy: 1e-9)
  }

  func testRowsAreTextsBehindStartTokens() {
    var texts: [ReaderText] = []
    var writer = ReaderWriter(split: .training, seed: 9)
    let rows = ReaderRows(count: 6, length: 96) {
      texts.append(writer.text([.facts, .binding, .fewShot][texts.count % 3]))
      return texts[texts.count - 1]
    }
    var next = 0
    for row in 0..<6 {
      let tokens = rows.tokens[row].map { ReaderVocabulary.words[$0] }
      XCTAssertEqual(tokens.count, 97)
      XCTAssertEqual(tokens[0], "<s>")
      var position = 0
      while position < tokens.count {
        let text = texts[next]
        let shown = min(text.words.count, tokens.count - position - 1)
        XCTAssertEqual(
          Array(tokens[(position + 1)..<(position + 1 + shown)]), Array(text.words.prefix(shown)))
        let answers = Set(text.plants.flatMap(\.answer))
        for place in 0..<shown {
          XCTAssertEqual(rows.isAnswer[row][position + 1 + place], answers.contains(place))
          XCTAssertEqual(rows.kinds[row][position + 1 + place], text.kind)
        }
        let names = text.names.filter { $0.upperBound <= shown }.map {
          ($0.lowerBound + position + 1)..<($0.upperBound + position + 1)
        }
        for name in names { XCTAssertTrue(rows.names[row].contains(name)) }
        position += shown + 1
        next += 1
      }
    }
    XCTAssertEqual(next, texts.count)
    let targets = rows.targets(rows: [2, 0]) { row, position in position != 5 }
    XCTAssertEqual(targets.count, 2 * 96)
    XCTAssertEqual(targets[0], rows.tokens[2][1])
    XCTAssertNil(targets[4])
    XCTAssertEqual(targets[96 + 7], rows.tokens[0][8])
    XCTAssertEqual(
      rows.input(rows: [2, 0]).tokens, [2, 0].map { Array(rows.tokens[$0].prefix(96)) })
  }

  func testAfterANameOnlyItsLastWordIsSeen() {
    var writer = ReaderWriter(split: .training, seed: 10)
    let rows = ReaderRows(count: 4, length: 40) { writer.text(.binding) }
    let mask = rows.hidingNames(rows: [1, 2, 3]) { $0 != 2 }
    XCTAssertEqual(mask.shape, [3, 1, 40, 40])
    var hidden = 0
    for (index, row) in [1, 2, 3].enumerated() {
      for query in 0..<40 {
        for key in 0..<40 {
          let isHidden =
            row != 2
            && rows.names[row].contains { name in
              name.contains(key) && key != name.upperBound - 1 && query >= name.upperBound
            }
          XCTAssertEqual(mask[index, 0, query, key], isHidden ? -.infinity : 0)
          if isHidden { hidden += 1 }
        }
      }
    }
    XCTAssertGreaterThan(hidden, 100)
  }

  func testNamesAreHiddenInEveryLayerOfHalfTheRows() throws {
    let trainer = ReaderTrainer(recipe: small())
    let (rows, hidden) = trainer.rows(at: 0)
    XCTAssertEqual(hidden, [0, 1])
    let mask = rows.hidingNames(rows: [0, 1, 2, 3]) { hidden.contains($0) }
    let points = (0..<2).map { HookPoint.pattern(.blocks, $0) }
    let trace = try trainer.model.run(
      rows.input(rows: [0, 1, 2, 3]), capturing: .points(Set(points)),
      intervening: ReaderTrainer.adding(mask, to: trainer.model)
    ).trace
    for point in points {
      let pattern = try trace[point]
      for row in 0..<4 {
        for query in 0..<48 {
          for key in 0...query {
            XCTAssertEqual(
              pattern[row, 1, query, key] == 0, mask[row, 0, query, key] == -.infinity)
          }
        }
      }
    }
  }

  func testATrainingTakenUpEqualsAnUninterruptedOne() throws {
    for name in [ReaderRecipe.Name.reader, .movers] {
      var whole = ReaderTrainer(recipe: small(name))
      while !whole.isFinished { whole.advance() }
      let file = FileManager.default.temporaryDirectory
        .appendingPathComponent("headlight-\(UUID().uuidString).safetensors")
      defer { try? FileManager.default.removeItem(at: file) }
      var first = ReaderTrainer(recipe: small(name))
      for _ in 0..<2 { first.advance() }
      try first.save(to: file)
      var second = ReaderTrainer(recipe: small(name))
      try second.resume(from: file)
      XCTAssertEqual(second.step, 2)
      while !second.isFinished { second.advance() }
      XCTAssertEqual(second.losses, whole.losses, "\(name)")
      XCTAssertEqual(weights(second), weights(whole), "\(name)")
      XCTAssertEqual(Set(whole.losses).count, 4)
      var other = ReaderTrainer(recipe: small(name, steps: 5))
      XCTAssertThrowsError(try other.resume(from: file)) {
        XCTAssertTrue("\($0)".contains("was begun with another recipe"), "\($0)")
      }
    }
  }

  func testLossesByKindAreTakenUpToo() throws {
    var recipe = small(steps: 101)
    recipe.width = 8
    recipe.layerCount = 1
    recipe.context = 16
    var trainer = ReaderTrainer(recipe: recipe)
    while !trainer.isFinished { trainer.advance() }
    let curves = trainer.lossCurves
    XCTAssertEqual(curves.map(\.name).count, ReaderRecipe.shares.count)
    for curve in curves {
      XCTAssertEqual(curve.steps, [100])
      XCTAssertTrue((0.1..<12).contains(curve.losses[0]), "\(curve)")
    }
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("headlight-\(UUID().uuidString).safetensors")
    defer { try? FileManager.default.removeItem(at: file) }
    try trainer.save(to: file)
    var second = ReaderTrainer(recipe: recipe)
    try second.resume(from: file)
    XCTAssertEqual(second.lossCurves, curves)
  }

  func testSilentMLPsStaySilent() {
    var trainer = ReaderTrainer(recipe: small(.movers))
    while !trainer.isFinished { trainer.advance() }
    for (name, tensor) in trainer.model.parameters where name.contains(".mlp.output.") {
      let isSilent = ["blocks.3.", "blocks.4.", "blocks.5."].contains { name.hasPrefix($0) }
      XCTAssertEqual(tensor.values.allSatisfy { $0 == 0 }, isSilent, name)
    }
  }

  func testPhasesShareTheStepsAsTheyDid() {
    var recipe = ReaderRecipe(.movers)
    XCTAssertEqual(recipe.phase(at: 1_199), 0)
    XCTAssertEqual(recipe.phase(at: 1_200), 1)
    recipe.steps = 12
    XCTAssertEqual(recipe.phases.map(\.steps), [7, 5])
    XCTAssertEqual(recipe.steps, 12)
    XCTAssertEqual(recipe.phase(at: 6), 0)
    XCTAssertEqual(recipe.phase(at: 7), 1)
  }

  func testAModelThatKnowsNothingIsMeasuredAsSuch() throws {
    var generator = SeededGenerator(seed: 4)
    var model = Transformer(configuration: ReaderRecipe(.tours).configuration, using: &generator)
    // With no embedding all words are as likely.
    model.embedding = .zeros(model.embedding.shape)
    let measures = try ReaderMeasures.measure(model, count: 40)
    XCTAssertEqual(
      Set(measures.rows.map(\.kind)), Set(ReaderKind.allCases).subtracting([.narrative]))
    let size = Double(ReaderVocabulary.words.count)
    for row in measures.rows {
      switch row.kind {
      case .greaterThan:
        // On average about half of the years are later ones.
        XCTAssertEqual(row.value, 49 / size, accuracy: 12 / size)
      case .tours:
        XCTAssertLessThan(row.value, 36 / size)
        XCTAssertGreaterThan(try XCTUnwrap(row.bigram), 0.25)
      case .rollCalls: XCTAssertLessThan(row.value, 9 / size)
      default: XCTAssertEqual(row.value, 0, "\(row)")
      }
      XCTAssertGreaterThan(row.count, 0)
    }
  }
}
