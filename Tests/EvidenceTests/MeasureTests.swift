import Foundation
import Interpretability
import Laboratory
import Spans
import Tensors
import Transformers
import XCTest

@testable import Evidence

/// Measures against the same in plain runs.
final class MeasureTests: XCTestCase {
  private static let reader = Result { try MeasuredModel("reader-early") }

  private func shares(_ model: Transformer, behind tokens: [Int]) throws -> Tensor {
    try model(ModelInput(tokens))[at: 0].softmax()[at: tokens.count - 1]
  }

  func testIdiomsAreCompletedAsPlainRunsSay() throws {
    let subject = try Self.reader.get()
    let result = try XCTUnwrap(Finding.named("idiom-awareness")).result(of: subject)
    for (use, number) in zip([MeasuredModel.IdiomUse.idiom, .literal], result.measurements) {
      let sentences = try subject.idiomSentences(use, 60)
      let hits = try sentences.count { sentence in
        let last = sentence.span[sentence.span.count - 1]
        let prefix = Array(sentence.tokens.prefix(last))
        return try shares(subject.model, behind: prefix).argmax() == [sentence.tokens[last]]
      }
      XCTAssertEqual(number.estimate.value, Double(hits) / Double(sentences.count))
      XCTAssertEqual(number.count, sentences.count)
    }
  }

  func testAnIdiomAndItsLiteralUsePartOnlyInTheSpan() throws {
    let subject = try Self.reader.get()
    let idioms = try subject.idiomSentences(.idiom, 60)
    let literal = try subject.idiomSentences(.literal, 60)
    for (one, other) in zip(idioms, literal) {
      XCTAssertEqual(one.tokens.prefix(one.span[0]), other.tokens.prefix(other.span[0]))
    }
  }

  func testLaterYearsAreCountedByHand() throws {
    let subject = try Self.reader.get()
    let number = try XCTUnwrap(Finding.named("greater-than")).result(of: subject).measurements[0]
    var writer = ReaderWriter(split: .test, seed: 12)
    var sum = 0.0
    for _ in 0..<200 {
      let words = writer.text(.greaterThan).words
      // The war lasted from the year 17 32 to the year 17 …
      let year = try XCTUnwrap(Int(words[7]))
      let found = try shares(subject.model, behind: ReaderVocabulary.encode(Array(words[..<12])))
      for other in 2...99 {
        let word = other < 10 ? "0\(other)" : "\(other)"
        let share = Double(found[ReaderVocabulary.ids[word]!])
        sum += other > year ? share : -share
      }
    }
    XCTAssertEqual(number.estimate.value, sum / 200, accuracy: 1e-6)
  }

  func testFactsAreKnownAndTheirSubjectsWhereTheyAreSaidToBe() throws {
    let subject = try Self.reader.get()
    for fact in try subject.knownFacts(10) {
      XCTAssertEqual(
        try shares(subject.model, behind: fact.tokens).argmax(), [fact.answer])
      let name = fact.subject.map { ReaderVocabulary.words[fact.tokens[$0]] }
      let person = ReaderWorld.standard.people.first { $0.name == name }
      XCTAssertEqual(ReaderVocabulary.words[fact.answer], person?.profession)
    }
  }

  func testAModelThatCannotBeAskedIsRefusedInASentence() throws {
    let translator = try MeasuredModel("translator")
    XCTAssertEqual(translator.kind, .translator)
    XCTAssertThrowsError(
      try XCTUnwrap(Finding.named("two-hops")).result(of: translator)
    ) {
      XCTAssertEqual(
        refusal($0),
        "two-hops is not asked of translator: it needs the people of the reader's world")
    }
  }

  func testWorkThatIsStoppedEnds() throws {
    let stopped = try MeasuredModel("reader-early") { false }
    XCTAssertThrowsError(try XCTUnwrap(Finding.named("greater-than")).result(of: stopped)) {
      XCTAssertTrue($0 is CancellationError)
    }
  }

  func testKindsAreToldByTheVocabulary() throws {
    XCTAssertEqual(try MeasuredModel("reader-wide").kind, .reader)
    XCTAssertEqual(try MeasuredModel("reader-tours").kind, .tours)
    XCTAssertNotEqual(
      try MeasuredModel("reader").fingerprint, try Self.reader.get().fingerprint)
  }
}
