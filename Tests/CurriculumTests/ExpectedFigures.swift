import Coursework
import Foundation
import XCTest

extension SheetProof {
  /// Every figure is, byte for byte, the expected picture that the sheet's text shows, and there is
  /// no other: whoever changes what is drawn draws it again, with `swift run SolutionN`, and looks.
  func assertExpectedPicturesAreWhatIsDrawn(
    file: StaticString = #filePath, line: UInt = #line
  ) throws {
    let pictures = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Solutions/\(sheet.folder)/Figures")
    XCTAssertEqual(
      try FileManager.default.contentsOfDirectory(atPath: pictures.path).sorted(),
      sheet.figures.map(\.name).sorted(), file: file, line: line)
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for figure in sheet.figures {
      let drawn = folder.appending(path: figure.name)
      try figure.draw(Asking(sheet.asks, of: solution), drawn)
      XCTAssertTrue(
        try Data(contentsOf: drawn) == Data(contentsOf: pictures.appending(path: figure.name)),
        "\(figure.name) is not what is drawn", file: file, line: line)
    }
  }
}
