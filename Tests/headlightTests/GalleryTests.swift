import Foundation
import Pictures
import XCTest

/// The pictures of `Documentation/Gallery.md` are what the commands above them draw.
final class GalleryTests: XCTestCase {
  private static let package = DocumentsTests.package
  private static let pictures = "Documentation/Gallery/"

  /// A command of the page, and the picture it draws.
  private struct Plate {
    let arguments: [String]
    let picture: String
  }

  /// Every block of commands draws one picture, which the page shows behind it.
  private func plates() throws -> [Plate] {
    let page = try String(
      contentsOf: Self.package.appending(path: "Documentation/Gallery.md"), encoding: .utf8)
    return try page.components(separatedBy: "```sh\n").dropFirst().map { section in
      let parts = section.components(separatedBy: "```\n")
      var arguments = DocumentsTests.words(parts[0])
      XCTAssertEqual(Array(arguments.prefix(3)), ["swift", "run", "headlight"], parts[0])
      arguments.removeFirst(3)
      let drawn = arguments.filter { $0.hasPrefix(Self.pictures) && $0.hasSuffix(".png") }
      XCTAssertEqual(drawn.count, 1, parts[0])
      let picture = try XCTUnwrap(drawn.first)
      XCTAssertTrue(
        section.contains("](\(picture.dropFirst("Documentation/".count)))"),
        "\(picture) is drawn and not shown")
      return Plate(arguments: arguments, picture: picture)
    }
  }

  func testCommandsDrawThePicturesThatAreShown() throws {
    let folder = try temporaryFolder()
    for plate in try plates() {
      let name = String(plate.picture.dropFirst(Self.pictures.count))
      let drawn = folder.appending(path: name)
      let arguments = plate.arguments.map { $0 == plate.picture ? drawn.path : $0 }
      let call = try Call(arguments, in: Self.package)
      XCTAssertEqual(call.code, 0, "\(name): \(call.errors)")
      guard call.code == 0 else { continue }
      let picture = try Pixels(png: Data(contentsOf: drawn))
      let kept = try Pixels(png: Data(contentsOf: Self.package.appending(path: plate.picture)))
      XCTAssertLessThan(picture.share(differingFrom: kept), 0.01, name)
      XCTAssertGreaterThan(picture.count { $0 != 0xFFFFFF }, 100, "\(name) is empty")
    }
  }

  func testEveryPictureIsShownOnceAndAllAreSmall() throws {
    let shown = try plates().map(\.picture)
    XCTAssertEqual(Set(shown).count, shown.count)
    let folder = Self.package.appending(path: Self.pictures)
    let files = try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: [.fileSizeKey])
    let kept = files.filter { $0.pathExtension == "png" }
    XCTAssertEqual(
      Set(kept.map { Self.pictures + $0.lastPathComponent }), Set(shown),
      "pictures that are kept and pictures that are drawn")
    let bytes = try kept.reduce(0) {
      try $0 + ($1.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0)
    }
    XCTAssertLessThan(bytes, 3_000_000)
  }
}
