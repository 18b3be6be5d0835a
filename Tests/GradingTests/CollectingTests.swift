import Foundation
import XCTest

@testable import Grading

/// What is taken of a submission, and what is said when nothing is.
final class CollectingTests: XCTestCase {
  private let folder = "1-Attention"

  private func choice(
    _ name: String = "ada", limits: CollectingLimits = CollectingLimits(),
    _ make: (URL) throws -> Void
  ) throws -> AnswersChoice {
    let submissions = try temporaryFolder()
    try make(submissions)
    let (found, _) = try Submission.all(in: submissions)
    return try XCTUnwrap(found.first { $0.student == name }, "\(found)")
      .answers(sheetFolder: folder, limits: limits)
  }

  private func write(_ bytes: some Sequence<UInt8>, to place: URL) throws {
    try FileManager.default.createDirectory(
      at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: place)
  }

  private func assertTakes(
    _ path: String, file: StaticString = #filePath, line: UInt = #line
  ) throws {
    let choice = try choice { try write("it".utf8, to: $0.appending(path: "ada/" + path)) }
    XCTAssertEqual(choice.text, "it", path, file: file, line: line)
    XCTAssertNil(choice.problem, file: file, line: line)
  }

  private func problem(
    _ name: String = "ada", limits: CollectingLimits = CollectingLimits(),
    _ make: (URL) throws -> Void
  ) throws -> String {
    let choice = try choice(name, limits: limits, make)
    XCTAssertNil(choice.text)
    return choice.problem ?? ""
  }

  func testTheFileIsFoundWhereAPersonWouldPutIt() throws {
    for path in [
      "Answers.swift", "Sheets/1-Attention/Answers.swift", "1-Attention/Answers.swift",
      "homework/final/Answers.swift", "Answers (1).swift", "answers-2.swift", "Sheet1.swift",
      "ada_1234_Answers.swift",
    ] { try assertTakes(path) }
  }

  func testTheSheetsOwnPlaceComesFirst() throws {
    let choice = try choice {
      try write("right".utf8, to: $0.appending(path: "ada/Sheets/1-Attention/Answers.swift"))
      try write("other".utf8, to: $0.appending(path: "ada/Sheets/2-Probing/Answers.swift"))
      try write("draft".utf8, to: $0.appending(path: "ada/Answers.swift"))
      try write("solution".utf8, to: $0.appending(path: "ada/Solutions/1-Attention/Answers.swift"))
      try write("own".utf8, to: $0.appending(path: "ada/Sheets/1-Attention/main.swift"))
      try write("own".utf8, to: $0.appending(path: "ada/Package.swift"))
      try write("tool".utf8, to: $0.appending(path: "ada/.build/Answers.swift"))
      try write("mac".utf8, to: $0.appending(path: "ada/__MACOSX/Answers.swift"))
    }
    XCTAssertEqual(choice.text, "right")
    XCTAssertTrue(choice.notes.contains("Sheets/1-Attention/Answers.swift was taken"))
    XCTAssertTrue(choice.notes.contains("Answers.swift was not taken"))
    XCTAssertTrue(
      choice.notes.contains("Package.swift was left out: only Answers.swift is graded"))
  }

  func testTwoThatAreAsGoodAreNotGuessedBetween() throws {
    let both = try problem {
      try write("one".utf8, to: $0.appending(path: "ada/a/Answers.swift"))
      try write("two".utf8, to: $0.appending(path: "ada/b/Answers.swift"))
    }
    XCTAssertEqual(
      both,
      "it is not clear which of these files is to be graded: a/Answers.swift, b/Answers.swift; "
        + "keep one")
    let same = try choice {
      try write("one".utf8, to: $0.appending(path: "ada/a/Answers.swift"))
      try write("one".utf8, to: $0.appending(path: "ada/b/Answers.swift"))
    }
    XCTAssertEqual(same.text, "one")
  }

  func testTextsThatAreNoneAreNamed() throws {
    let place = "ada/Answers.swift"
    for (bytes, says) in [
      ([], "Answers.swift is empty"), (Array(" \n\t\n".utf8), "Answers.swift is empty"),
      (Array("a\nb\0c".utf8), "holds a NUL character in line 2"),
      (Array("a\nb\n".utf8) + [0xC3, 0x28], "is not UTF-8 in line 3"),
      ([0xFF, 0xFE, 0x61, 0, 0x62], "is written in UTF-16 and cut off"),
      ([0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0], "holds a NUL character in line 1"),
      ([UInt8](repeating: 0x20, count: 1_000_001), "1000001 bytes"),
    ] as [([UInt8], String)] {
      let problem = try problem { try write(bytes, to: $0.appending(path: place)) }
      XCTAssertTrue(problem.contains(says), "\(problem), without \(says)")
    }
  }

  func testMarksAndLineEndsOfOtherSystemsAreText() throws {
    let choice = try choice {
      try write(
        [0xEF, 0xBB, 0xBF] + Array("a\r\nb".utf8), to: $0.appending(path: "ada/Answers.swift"))
    }
    XCTAssertEqual(choice.text, "a\r\nb")
  }

  func testLinksAndPipesAreNeverOpened() throws {
    let outside = try temporaryFolder().appending(path: "secret.swift")
    try Data("secret".utf8).write(to: outside)
    let link = try problem {
      try FileManager.default.createDirectory(
        at: $0.appending(path: "ada"), withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(
        at: $0.appending(path: "ada/Answers.swift"), withDestinationURL: outside)
    }
    XCTAssertTrue(link.contains("Answers.swift was left out: it is a symbolic link"), link)
    let folder = try problem {
      try FileManager.default.createDirectory(
        at: $0.appending(path: "ada"), withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(
        at: $0.appending(path: "ada/deeper"),
        withDestinationURL: outside.deletingLastPathComponent())
    }
    XCTAssertTrue(folder.contains("there is no Answers.swift"), folder)
    let whole = try problem {
      try FileManager.default.createSymbolicLink(
        at: $0.appending(path: "ada"), withDestinationURL: outside.deletingLastPathComponent())
    }
    XCTAssertTrue(whole.contains("neither a folder nor a regular file"), whole)
    let pipe = try problem {
      try FileManager.default.createDirectory(
        at: $0.appending(path: "ada"), withIntermediateDirectories: true)
      XCTAssertEqual(mkfifo($0.appending(path: "ada/Answers.swift").path, 0o600), 0)
    }
    XCTAssertTrue(pipe.contains("it is not a regular file"), pipe)
  }

  func testArchivesAreReadAsFoldersAre() throws {
    let entries = [
      Archives.Entry(name: "hand-in/Sheets/1-Attention/Answers.swift", contents: Array("it".utf8)),
      Archives.Entry(name: "hand-in/notes.txt", contents: Array("no".utf8)),
    ]
    for (name, data) in [
      ("ada.zip", Archives.zip(entries)), ("ada.tar.gz", Archives.tarGz(entries)),
      ("ada.tgz", Archives.tarGz(entries)),
    ] {
      let choice = try choice { try data.write(to: $0.appending(path: name)) }
      XCTAssertEqual(choice.text, "it", "\(name): \(choice.problem ?? "")")
    }
  }

  private func fixture(_ name: String) throws -> Data {
    try Data(
      contentsOf: URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/archives/\(name)"))
  }

  /// Archives with the formats' larger records, as Python's own modules write them.
  func testLargerFormsOfTheFormatsAreRead() throws {
    for (name, student) in [
      ("zip64-stored.zip", "ada.zip"), ("zip64-deflated.zip", "ada.zip"),
      ("zip64-streamed.zip", "ada.zip"), ("long-pax.tar", "ada.tar"), ("long-gnu.tar", "ada.tar"),
    ] {
      let data = try fixture(name)
      let choice = try choice { try data.write(to: $0.appending(path: student)) }
      XCTAssertEqual(
        choice.text, "// Zip64\nstruct Answers {}\n", "\(name): \(choice.problem ?? "")")
    }
  }

  /// A file with holes is left out and named in each of the formats that have them, and what comes
  /// after it is read.
  func testFilesWithHolesAreNamedAndTheOthersRead() throws {
    for name in ["gnu", "pax-0.0", "pax-0.1", "pax-1.0"] {
      let data = try fixture("sparse-\(name).tar.gz")
      let choice = try choice { try data.write(to: $0.appending(path: "ada.tar.gz")) }
      XCTAssertEqual(choice.text, "after the holes", "\(name): \(choice.problem ?? "")")
      let says = "Answers.swift was left out: it is stored with holes; pack it again without"
      XCTAssertTrue(choice.notes.contains { $0.hasPrefix(says) }, "\(name): \(choice.notes)")
    }
  }

  func testPathsAsOtherSystemsWriteThem() throws {
    for path in [
      "Sheets\\1-Attention\\Answers.swift", "./Answers.swift", "./Sheets/1-Attention/Answers.swift",
      "a//./Answers.swift", "Answers.swift.txt", "answers.SWIFT",
    ] {
      let entry = Archives.Entry(name: path, contents: Array("it".utf8))
      for (name, data) in [
        ("ada.zip", Archives.zip([entry])), ("ada.tar.gz", Archives.tarGz([entry])),
      ] {
        let choice = try choice { try data.write(to: $0.appending(path: name)) }
        XCTAssertEqual(choice.text, "it", "\(name) \(path): \(choice.problem ?? "")")
      }
    }
  }

  func testAnArchiveInAFolderOrAnArchiveIsOpened() throws {
    let inner = Archives.zip([Archives.Entry(name: "Answers.swift", contents: Array("it".utf8))])
    let outer = Archives.zip([Archives.Entry(name: "x/ada.zip", contents: Array(inner))])
    XCTAssertEqual(try choice { try outer.write(to: $0.appending(path: "ada.zip")) }.text, "it")
    XCTAssertEqual(try choice { try write(inner, to: $0.appending(path: "ada/a.zip")) }.text, "it")
    let third = Archives.zip([Archives.Entry(name: "b.zip", contents: Array(outer))])
    let fourth = Archives.zip([Archives.Entry(name: "c.zip", contents: Array(third))])
    let problem = try problem { try fourth.write(to: $0.appending(path: "ada.zip")) }
    XCTAssertTrue(problem.contains("it is an archive in an archive"), problem)
  }

  func testArchivesThatAreNotReadAreNamed() throws {
    for (name, beginning, says) in [
      ("ada.7z", [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "it is a 7z archive"),
      ("ada.rar", Array("Rar!\u{1A}\u{7}\u{1}".utf8), "it is a RAR archive"),
      ("ada.zip", Array("Rar!\u{1A}\u{7}\u{0}".utf8), "it is a RAR archive"),
      ("ada.tar.xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "packed by xz"),
      ("ada.tar.bz2", Array("BZh91AY".utf8), "packed by bzip2"),
      ("ada.tar.zst", [0x28, 0xB5, 0x2F, 0xFD], "packed by Zstandard"),
      ("ada", [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "it is a 7z archive"),
      ("ada.zip", [1, 2, 3], "no archive by its content"), ("ada.zip", [], "it is empty"),
      ("ada.gz", Array(Archives.gzip(Array("text".utf8))), "a single file packed by gzip"),
    ] as [(String, [UInt8], String)] {
      let problem = try problem { try write(beginning, to: $0.appending(path: name)) }
      XCTAssertTrue(problem.contains(says), problem)
      XCTAssertTrue(problem.contains("hand in Answers.swift, or a .zip or .tar.gz"), problem)
    }
  }

  func testAFileOfAnotherSheetIsSaidToBeOne() throws {
    var sheet = SheetFile(folder: folder)
    (sheet.protocolName, sheet.others) = ("OwnAnswers", ["LensAnswers": "Sheet 5, Lenses"])
    let submissions = try temporaryFolder()
    let other = "struct Answers: LensAnswers {}"
    try write(other.utf8, to: submissions.appending(path: "ada/Answers.swift"))
    try write(other.utf8, to: submissions.appending(path: "bob/Answers.swift"))
    try write(
      "struct Answers: OwnAnswers {}".utf8, to: submissions.appending(path: "bob/late/A.swift"))
    let (found, _) = try Submission.all(in: submissions)
    XCTAssertEqual(
      found[0].answers(to: sheet).problem,
      "Answers.swift is the file of Sheet 5, Lenses; hand in Sheets/1-Attention/Answers.swift")
    XCTAssertEqual(found[1].answers(to: sheet).text, "struct Answers: OwnAnswers {}")
  }

  func testUTF16IsReadInEitherOrder() throws {
    for encoding in [String.Encoding.utf16LittleEndian, .utf16BigEndian] {
      let bytes = try XCTUnwrap("\u{FEFF}let é = 1\n".data(using: encoding))
      let choice = try choice { try write(bytes, to: $0.appending(path: "ada/Answers.swift")) }
      XCTAssertEqual(choice.text, "let é = 1\n")
      XCTAssertTrue(choice.notes.contains { $0.contains("UTF-16") })
    }
  }

  func testPathsOutOfAnArchiveAreRefused() throws {
    for path in ["../Answers.swift", "/tmp/Answers.swift", "a/../../Answers.swift"] {
      let entry = Archives.Entry(name: path, contents: Array("out".utf8))
      for (name, data) in [
        ("ada.zip", Archives.zip([entry])), ("ada.tar.gz", Archives.tarGz([entry])),
      ] {
        let problem = try problem { try data.write(to: $0.appending(path: name)) }
        XCTAssertTrue(problem.contains("was left out: its path"), "\(name) \(path): \(problem)")
      }
    }
  }

  func testLinksInArchivesAreLeftOut() throws {
    var entry = Archives.Entry(name: "Answers.swift", contents: Array("/etc/passwd".utf8))
    entry.mode = 0o120777
    let zip = try problem { try Archives.zip([entry]).write(to: $0.appending(path: "ada.zip")) }
    XCTAssertTrue(zip.contains("symbolic link"), zip)
    entry.kind = "2"
    entry.contents = []
    let tar = try problem {
      try Archives.tarGz([entry]).write(to: $0.appending(path: "ada.tar.gz"))
    }
    XCTAssertTrue(tar.contains("it is a link"), tar)
  }

  func testDamagedArchivesAndBombsAreOneSentence() throws {
    let good = Archives.zip([Archives.Entry(name: "Answers.swift", contents: Array("it".utf8))])
    let tar = Archives.tarGz([Archives.Entry(name: "Answers.swift", contents: Array("it".utf8))])
    for (name, data) in [
      ("ada.zip", Data()), ("ada.zip", Data("no archive".utf8)), ("ada.zip", good.dropLast(30)),
      ("ada.zip", good.prefix(40) + Data(repeating: 9, count: 90)), ("ada.tar.gz", Data()),
      ("ada.tar.gz", tar.prefix(100)), ("ada.tar.gz", Data("no archive at all".utf8)),
    ] {
      let problem = try problem { try data.write(to: $0.appending(path: name)) }
      XCTAssertTrue(
        problem.hasPrefix("the submission cannot be read") || problem.contains("damaged")
          || problem.hasPrefix("there is no Answers.swift"), problem)
    }
    var limits = CollectingLimits()
    limits.unpackedBytes = 10_000_000
    // A first entry of no interest, whose size is all of what follows.
    let bomb = try problem(limits: limits) {
      let header = Archives.tarGz([
        Archives.Entry(name: "zeros", contents: [], claimedSize: 200_000_000)
      ])
      // Members of a gzip file follow each other; the claimed contents are in the second.
      try (header + Archives.bomb(of: 40_000_000)).write(to: $0.appending(path: "ada.tar.gz"))
    }
    XCTAssertEqual(bomb, "the submission cannot be read: it unpacks to more than is read")
    let liar = try problem {
      try Archives.zip([
        Archives.Entry(name: "Answers.swift", contents: Array("it".utf8), claimedSize: 100)
      ]).write(to: $0.appending(path: "ada.zip"))
    }
    XCTAssertTrue(liar.contains("damaged"), liar)
  }

  func testTooManyFilesAreRefused() throws {
    var limits = CollectingLimits()
    limits.entries = 10
    let problem = try problem(limits: limits) {
      for index in 0..<20 { try write("x".utf8, to: $0.appending(path: "ada/\(index).txt")) }
    }
    XCTAssertTrue(problem.contains("holds more than 10 files"), problem)
  }

  func testHandingInTwiceIsNotGuessedBetween() throws {
    let problem = try problem {
      try write("one".utf8, to: $0.appending(path: "ada/Answers.swift"))
      try Archives.zip([]).write(to: $0.appending(path: "ada.zip"))
    }
    XCTAssertEqual(problem, "ada handed in more than once: ada, ada.zip; keep one")
  }

  func testNamesBecomeHarmlessFoldersAndStayApart() throws {
    let names = [
      "Ada Lovelace", "ada;rm -rf", "=1+1", "..", ".hidden", "a\u{1B}[2Jb", "a\nb", "grades.csv",
      "<script>", "Zoë", "王小明", "a%0Ab", "marks", String(repeating: "x", count: 240), "a b", "a\tb",
      "\u{202E}evil",
    ]
    let folders = names.map { Submission.folderName(for: $0) }
    XCTAssertEqual(Set(folders).count, names.count, "\(folders)")
    for folder in folders {
      XCTAssertFalse(folder.hasPrefix("."), folder)
      XCTAssertLessThanOrEqual(folder.utf8.count, 200)
      XCTAssertNil(folder.firstMatch(of: /[\x00-\x1F\/;<>=|&$`\u{202E}]/), folder)
    }
    XCTAssertEqual(folders[0], "Ada Lovelace")
    XCTAssertEqual(Submission.folderName(for: ".."), "%2E.")
    XCTAssertEqual(Submission.folderName(for: "=1+1"), "%3D1+1")
    XCTAssertEqual(Submission.folderName(for: "grades.csv"), "grades%2Ecsv")
    XCTAssertEqual(Submission.folderName(for: "Zoë"), "Zoë")
  }

  func testStudentsNamesAreShownWithoutControlCharacters() throws {
    let submissions = try temporaryFolder()
    try write(
      "x".utf8, to: submissions.appending(path: "a\u{1B}[2Jb\nc").appending(path: "Answers.swift"))
    try write("x".utf8, to: submissions.appending(path: "notes.txt"))
    try write("x".utf8, to: submissions.appending(path: ".hidden/Answers.swift"))
    let (found, ignored) = try Submission.all(in: submissions)
    XCTAssertEqual(found.map(\.student), ["ab c"])
    XCTAssertEqual(ignored, ["notes.txt"])
  }

  func testAnotherTextIsAnotherDigest() throws {
    let digests = try ["one", "two", "one"].map { text in
      try choice { try write(text.utf8, to: $0.appending(path: "ada/Answers.swift")) }.digest
    }
    XCTAssertNotEqual(digests[0], digests[1])
    XCTAssertEqual(digests[0], digests[2])
  }
}
