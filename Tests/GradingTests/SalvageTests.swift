import Foundation
import Grading
import XCTest

@testable import Grading

/// What is taken out of a text that does not compile, without a compiler.
final class SalvageTests: XCTestCase {
  private let sheet = """
    import Coursework

    struct Answers: SampleAnswers {
      // MARK: 9.1  One
      func one(of x: [Int]) throws -> Int {
        throw Unanswered()
      }

      // MARK: 9.2  Two
      func two(
        _ x: Float, y: Float
      ) throws -> Float {
        throw Unanswered()
      }
      func three() throws -> String { throw Unanswered() }
    }

    """

  private func template() throws -> AnswersTemplate { try XCTUnwrap(AnswersTemplate(sheet)) }

  private func salvage(
    _ text: String, _ faults: [Diagnostics.Fault]
  ) throws -> Salvage {
    var salvage = try XCTUnwrap(Salvage(text, template: try template()))
    _ = salvage.takeOut(faults)
    XCTAssertEqual(
      salvage.text.count { $0 == "\n" }, text.count { $0 == "\n" }, "lines keep their numbers")
    return salvage
  }

  /// What is left of the methods: those that are more than a stub.
  private func left(_ salvage: Salvage) -> [String] {
    let outline = SourceOutline(MaskedSource(salvage.text.utf8))
    XCTAssertTrue(outline.isBalanced, salvage.text)
    let answers = outline.declarations.first { $0.name == "Answers" }
    let bytes = Array(salvage.text.utf8)
    return (answers?.members ?? []).filter {
      !String(decoding: bytes[$0.range], as: UTF8.self).contains("throw Unanswered()")
    }.map(\.baseName)
  }

  private let answers = """
    import Coursework
    import Nowhere

    func helper(_ x: Int) -> Int { x + "1" }

    struct Answers: SampleAnswers {
      let table = [
        "{", "\\(1 + helper(2)) }",
      ]
      /// Braces in comments { are none /* { */.
      func one(of x: [Int]) throws -> Int {
        let text = #"a " { \\ "#; let long = \"\"\"
          } } "quoted" {
          \"\"\"
        return x.count + text.count + long.count + ((try? /[{"]/.firstMatch(in: "a")) != nil ? 1 : 0)
      }

      func two(_ x: Float, y: Float) throws -> Float {
        func inner() -> Float { x / y / 2 }
        return inner()
      }
      func three() throws -> String { "three" }
      private func own() -> Int { 1 }
    }

    """

  private func line(_ text: String, in source: String) -> Int {
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
    return 1 + lines.firstIndex { $0.contains(text) }!
  }

  func testTheTemplateTellsMethodsAndExercises() throws {
    let template = try template()
    XCTAssertEqual(template.protocolName, "SampleAnswers")
    XCTAssertEqual(template.methods.map(\.name), ["one(of:)", "two(_:y:)", "three()"])
    XCTAssertEqual(template.methods.map(\.exercise), ["9.1", "9.2", "9.2"])
    XCTAssertEqual(
      template.methods[1].stub,
      "func two( _ x: Float, y: Float ) throws -> Float { throw Unanswered() }")
  }

  func testAnOutlineSeesThroughTextsAndComments() {
    let outline = SourceOutline(MaskedSource(answers.utf8))
    XCTAssertTrue(outline.isBalanced)
    XCTAssertEqual(
      outline.declarations.map(\.name), ["Coursework", "Nowhere", "helper(_:)", "Answers"])
    XCTAssertEqual(
      outline.declarations[3].members.map(\.name),
      ["table", "one(of:)", "two(_:y:)", "three()", "own()"])
  }

  func testAnErrorTakesOutWhatIsAroundIt() throws {
    for (text, taken, remain) in [
      ("x / y / 2", "`two`", ["table", "one", "three", "own"]),
      ("return x.count", "`one`", ["table", "two", "three", "own"]),
      ("\"three\"", "`three`", ["table", "one", "two", "own"]),
      ("own()", "`own`", ["table", "one", "two", "three"]),
      ("func helper", "`helper`", ["table", "one", "two", "three", "own"]),
      ("1 + helper", "`table`", ["one", "two", "three", "own"]),
      ("import Nowhere", "the import of Nowhere", ["table", "one", "two", "three", "own"]),
    ] {
      let line = line(text, in: answers)
      let column = 9
      let salvage = try salvage(
        answers, [Diagnostics.Fault(line: line, column: column, text: "no")])
      XCTAssertEqual(salvage.removals.map(\.what), [taken])
      XCTAssertEqual(salvage.removals.map(\.reason), ["line \(line): no"])
      XCTAssertEqual(left(salvage), remain, taken)
    }
  }

  func testALiteralIsPartOfWhatItEnds() throws {
    let text = answers + "let wrong: Int = \"text\"\n"
    let fault = Diagnostics.Fault(line: line("let wrong", in: text), column: 20, text: "no")
    XCTAssertFalse(try salvage(text, [fault]).text.contains("wrong"))
  }

  func testABracketThatIsNotClosedEndsWhereAFunctionBegins() throws {
    let text = answers.replacing("\n  ]\n", with: "\n").replacing(
      "\nfunc helper", with: "\nlet bomb = [(1, [\n\nfunc helper")
    let salvage = try salvage(
      text,
      ["let bomb", "let table"].map {
        Diagnostics.Fault(line: line($0, in: text), column: 7, text: "expected ']'")
      })
    XCTAssertEqual(salvage.removals.map(\.what), ["`bomb`", "`table`"])
    XCTAssertEqual(left(salvage), ["one", "two", "three", "own"], salvage.text)
  }

  func testAnswersThatCannotBeReadTakeNoOthersWithThem() throws {
    for (old, new, fault) in [
      ("return inner()", "if x > 0 { return inner()", "a brace is opened and not closed"),
      ("return inner()", "} return inner()", "a brace is closed that was not opened"),
      ("return inner()", "/* return inner()", "a comment or a text is begun and never ended"),
      ("return inner()", "let s = \"\"\"", "a comment or a text is begun and never ended"),
      ("Float {\n    func inner", "Float\n    func inner", "a brace is closed that was not opened"),
    ] {
      let text = answers.replacing(old, with: new)
      XCTAssertNotEqual(text, answers)
      let salvage = try salvage(text, [])
      XCTAssertEqual(salvage.removals.map(\.method), ["two(_:y:)"], new)
      XCTAssertEqual(salvage.removals.map(\.exercise), ["9.2"], new)
      XCTAssertTrue(salvage.removals[0].reason.hasSuffix(fault), salvage.removals[0].reason)
      XCTAssertEqual(left(salvage), ["table", "one", "three", "own"], salvage.text)
    }
  }

  func testMethodsThatTheProtocolMissesAreStubs() throws {
    let text = answers.replacing("func one(of x: [Int]) throws -> Int", with: "func one(of x: Int)")
      .replacing("func three()", with: "func drei()")
    let salvage = try salvage(
      text,
      [
        Diagnostics.Fault(
          line: line("struct Answers", in: text), column: 8, text: "does not conform",
          missingMethods: ["one(of:)", "three()", "unknown()"])
      ])
    XCTAssertEqual(salvage.removals.map(\.method), ["one(of:)", "three()"])
    XCTAssertEqual(left(salvage), ["table", "two", "drei", "own"])
    let outline = SourceOutline(MaskedSource(salvage.text.utf8))
    XCTAssertTrue(outline.declarations.last!.members.contains { $0.name == "three()" })
  }

  func testWhatStubsNeedIsImported() throws {
    let text = answers.replacing("import Coursework\n", with: "\n")
    let salvage = try salvage(
      text, [Diagnostics.Fault(line: line("\"three\"", in: text), column: 36, text: "no")])
    XCTAssertTrue(salvage.text.hasPrefix("import Coursework; "), salvage.text)
  }

  func testNothingMoreToTakeOutEndsIt() throws {
    var salvage = try XCTUnwrap(Salvage(answers, template: try template()))
    XCTAssertFalse(salvage.takeOut([]))
    XCTAssertFalse(salvage.takeOut([Diagnostics.Fault(line: 9_999, column: 1, text: "elsewhere")]))
    XCTAssertFalse(salvage.takeOut([Diagnostics.Fault(text: "without a line")]))
    XCTAssertNil(Salvage("let x = 1", template: try template()))
  }

  /// Texts that would take hours if any step were quadratic, or end the process.
  func testHostileTextsAreReadQuickly() throws {
    let template = try template()
    for (unit, count) in [
      ("struct A {", 90_000), ("func a(\n", 100_000), ("@a(\n", 200_000), ("\"\\(", 300_000),
      ("#", 900_000), ("\n", 900_000), ("func one(of x\n", 60_000), ("/*", 400_000),
      ("class\n", 150_000), ("= /a", 200_000), ("static ", 120_000), ("{", 900_000),
      ("  func one() {\n", 60_000),
    ] {
      // A tenth of what may be handed in: what takes the square of its length would still show.
      let text = "struct Answers {\n" + String(repeating: unit, count: count / 10)
      var salvage = try XCTUnwrap(Salvage(text, template: template))
      _ = salvage.takeOut([Diagnostics.Fault(line: 2, column: 1, text: "no")])
    }
  }
}
