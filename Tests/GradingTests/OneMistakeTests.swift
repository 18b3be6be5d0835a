import Answering
import Coursework
import Foundation
import XCTest

@testable import Grading

/// One mistake costs one exercise, whatever it is.
final class OneMistakeTests: XCTestCase {
  /// A text in which a method of the answers has another head or body.
  private func text(
    _ text: String, of method: String, head: ((String) -> String)? = nil, body: String? = nil
  ) throws -> String {
    let bytes = Array(text.utf8)
    let outline = SourceOutline(MaskedSource(bytes))
    let answers = try XCTUnwrap(outline.declarations.first { $0.name == "Answers" })
    let member = try XCTUnwrap(answers.members.first { $0.baseName == method }, method)
    let inner = try XCTUnwrap(member.body)
    func part(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
    let old = part(member.range.lowerBound..<inner.lowerBound)
    return part(0..<member.range.lowerBound) + (head?(old) ?? old) + (body ?? part(inner))
      + part(inner.upperBound..<bytes.count)
  }

  func testTheOtherExercisesAreGraded() async throws {
    let room = try Classroom(temporaryFolder())
    let solution = try room.text(of: "Solutions")
    var types = try text(solution, of: "attention", body: " return 3.5 + \"x\" ")
    types = try text(types, of: "rows", body: " if target.isEmpty { return [] } ")
    types = try text(
      types, of: "swapScores", head: { $0.replacing("-> [Float]", with: "-> Float") })
    let bomb = String(repeating: "[1, \"two\", 3.0, [4], nil as Int?],\n", count: 3_000)
    types = try text(types, of: "origin", body: " let x: [[Any]] = [\(bomb)]; return .cross ")

    var structure = "import Numerics\n" + solution
    structure = try text(
      structure, of: "modelShape", head: { $0.replacing("modelShape", with: "shape") })
    structure = try text(structure, of: "alignment", body: " if true { throw Unanswered() ")
    // From the end, or nothing behind it would be found.
    var helpers = try text(solution, of: "headScores", body: " return broken(texts[0].pattern) ")
    helpers = try text(helpers, of: "whatToCheck", body: " return word ")
    helpers += "\nfunc broken(_ x: Tensor) -> HeadScores { x }\nlet word: String = 5\n"
    let all = [
      "types": (types, ["1.2", "1.3", "1.4", "1.6"]), "structure": (structure, ["1.1", "1.5"]),
      "helpers": (helpers, ["1.7", "1.12"]),
    ]
    for (name, (text, _)) in all { try room.handIn(name, text) }
    let summary = try await room.run {
      $0.options.seconds = 60
      $0.options.compileSeconds = 40
    }
    XCTAssertEqual(summary.faults, [])
    for (name, (_, broken)) in all {
      let result = try room.result(name)
      XCTAssertEqual(result.status, .graded, result.message)
      XCTAssertTrue(result.message.contains("taken out because it does not compile"))
      XCTAssertFalse(result.compileMessages.isEmpty && name != "structure")
      for exercise in result.exercises {
        let what = "\(name): \(exercise)"
        if broken.contains(exercise.id) {
          // Of an exercise that asks for two things, the other one is graded; in 1.1 it is worth a third.
          let other = ["1.1": 1.0 / 3, "1.4": 1.0 / 2][exercise.id]
          XCTAssertEqual(exercise.status, other == nil ? .invalid : .partial, what)
          XCTAssertEqual(
            exercise.points, (other ?? 0) * Double(exercise.maxPoints), accuracy: 1e-9, what)
          XCTAssertTrue(exercise.message.contains("does not compile"), what)
        } else {
          XCTAssertEqual(exercise.status, exercise.isOpen ? .collected : .passed, what)
        }
      }
    }
    let sentences = try Dictionary(
      uniqueKeysWithValues: room.result("types").exercises.map { ($0.id, $0.message) })
    XCTAssertTrue(try XCTUnwrap(sentences["1.2"]).contains("binary operator '+'"))
    XCTAssertTrue(try XCTUnwrap(sentences["1.3"]).contains("in reasonable time"))
    XCTAssertTrue(try XCTUnwrap(sentences["1.4"]).contains("missing return"))
    XCTAssertTrue(try XCTUnwrap(sentences["1.6"]).contains("not declared as the sheet declares it"))
    // What is compiled is not what was handed in, which stays.
    let kept = room.grades.folder(of: "types").appending(path: "Answers.swift")
    XCTAssertEqual(try String(contentsOf: kept, encoding: .utf8), types)
  }
}
