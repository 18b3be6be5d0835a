import Answering
import Coursework
import Foundation
import Laboratory
import Models
import SheetTools
import XCTest

@testable import AttentionExercises
@testable import AttentionVocabulary
@testable import Solution1

/// The pictures of Sheet 1.
final class AttentionFiguresTests: XCTestCase {
  private func temporaryFolder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    addTeardownBlock { try? FileManager.default.removeItem(at: folder) }
    return folder
  }

  func testEveryFigureIsTheExpectedOne() throws {
    try SheetProof(
      sheet: AttentionSheet.sheet, untouched: UntouchedAnswers(), solution: Solution1.Answers()
    ).assertFiguresAreTheExpectedOnes()
  }

  /// The translator under another name, and a model of a single stack with its tokenizer.
  private func folders() throws -> (translator: String, single: String) {
    let folder = try temporaryFolder()
    let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fixtures")
    let translator = EmbeddedModel.translator.directory
    for (link, target) in [
      ("other", translator),
      ("single/config.json", fixtures.appending(path: "families/qwen2/config.json")),
      ("single/model.safetensors", fixtures.appending(path: "families/qwen2/model.safetensors")),
    ] {
      let place = folder.appending(path: link)
      try FileManager.default.createDirectory(
        at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(at: place, withDestinationURL: target)
    }
    // Every word is unknown to it, which is as good as any other for the shape of attention.
    let tokenizer = #"""
      {"model": {"type": "WordLevel", "vocab": {"<unk>": 0}, "unk_token": "<unk>"},
       "pre_tokenizer": {"type": "Whitespace"}, "added_tokens": []}
      """#
    let single = folder.appending(path: "single")
    try Data(tokenizer.utf8).write(to: single.appending(path: "tokenizer.json"))
    return (folder.appending(path: "other").path, single.path)
  }

  func testFiguresOfAnotherModelAreOfThatModel() throws {
    let (other, _) = try folders()
    let folder = try temporaryFolder()
    let (own, its) = (folder.appending(path: "own.png"), folder.appending(path: "its.png"))
    let figure = AttentionSheet.figures[0]
    try figure.draw(Asking(AttentionAsks.self, of: UntouchedAnswers()), own)
    try FigureModel.$current.withValue(FigureModel(value: other, name: "other")) {
      try figure.draw(Asking(AttentionAsks.self, of: UntouchedAnswers()), its)
    }
    XCTAssertEqual(try Data(contentsOf: own), try Data(contentsOf: its))
    try FigureModel.$current.withValue(FigureModel(value: "/no/model", name: "none")) {
      XCTAssertThrowsError(try figure.draw(Asking(AttentionAsks.self, of: UntouchedAnswers()), its))
      {
        XCTAssertTrue("\($0)".contains("“/no/model” is not there"), "\($0)")
      }
    }
  }

  func testHeadsAreDetectedInADecoderAlone() throws {
    let (other, _) = try folders()
    let file = try temporaryFolder().appending(path: "heads.png")
    let figure = AttentionSheet.figures.first { $0.name == "8-head-scores.png" }!
    try FigureModel.$current.withValue(FigureModel(value: other, name: "other")) {
      XCTAssertThrowsError(
        try figure.draw(Asking(AttentionAsks.self, of: Solution1.Answers()), file)
      ) {
        XCTAssertEqual(
          "\($0)", "other is no decoder alone, and this figure is of the heads of one")
      }
    }
  }

  func testASingleStackHasTheFiguresThatNeedNoCrossAttention() throws {
    let (_, single) = try folders()
    let folder = try temporaryFolder()
    var drawn: [String] = []
    FigureModel.$current.withValue(FigureModel(value: single, name: "single")) {
      for figure in AttentionSheet.figures {
        do {
          try figure.draw(
            Asking(AttentionAsks.self, of: Solution1.Answers()), folder.appending(path: figure.name)
          )
          drawn.append(figure.name)
        } catch {
          XCTAssertEqual(
            "\(error)", "single has a single stack, and this figure needs cross-attention",
            figure.name)
        }
      }
    }
    XCTAssertEqual(
      drawn, ["1-model-view.png", "8-head-scores.png", "9-rollout.png", "10-entropy.png"])
  }

  func testFiguresOfAnswersWaitForThem() throws {
    let folder = try temporaryFolder()
    for figure in AttentionSheet.answerFigures {
      let file = folder.appending(path: figure.name)
      XCTAssertThrowsError(
        try figure.draw(Asking(AttentionAsks.self, of: UntouchedAnswers()), file), figure.name
      ) {
        XCTAssertTrue($0 is Unanswered, "\(figure.name): \($0)")
      }
      XCTAssertFalse(FileManager.default.fileExists(atPath: file.path), figure.name)
    }
    for figure in AttentionSheet.figures.prefix(5) {
      XCTAssertNoThrow(
        try figure.draw(
          Asking(AttentionAsks.self, of: UntouchedAnswers()), folder.appending(path: figure.name)))
    }
  }
}
