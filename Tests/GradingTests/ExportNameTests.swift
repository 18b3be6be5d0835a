import Foundation
import XCTest

@testable import Grading

/// Submissions as learning platforms name them when a teacher downloads them all.
final class ExportNameTests: XCTestCase {
  private func listed(
    _ files: [String: String], metadata: String? = nil
  ) throws -> [Submission] {
    let folder = try temporaryFolder()
    for (path, text) in files {
      let place = folder.appending(path: path)
      try FileManager.default.createDirectory(
        at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: place)
    }
    let (found, ignored) = try Submission.all(in: folder)
    XCTAssertEqual(ignored, [])
    return found
  }

  private func text(_ submission: Submission) -> String? {
    submission.answers(sheetFolder: "1-Attention").text
  }

  func testCanvas() throws {
    let found = try listed([
      "lovelaceada_12345_67890_Answers.swift": "old",
      "lovelaceada_12345_67899_Answers-2.swift": "new",
      "lovelaceada_LATE_12346_67891_Answers.swift": "another Ada",
      "müllerjosé_77_5_Answers (1).swift": "copy", "anon_9_10_hand_in.pdf": "no",
    ])
    XCTAssertEqual(found.map(\.student), ["12345", "12346", "77", "9"])
    XCTAssertEqual(found.map(\.name), ["lovelaceada", "lovelaceada", "müllerjosé", "anon"])
    XCTAssertEqual(found.map(\.platform), [.canvas, .canvas, .canvas, .canvas])
    XCTAssertEqual(found.map(text), ["new", "another Ada", "copy", nil])
    let late = found[1].answers(sheetFolder: "1-Attention")
    XCTAssertTrue(late.notes.contains("Canvas says that it came late"))
    XCTAssertEqual(
      found[3].answers(sheetFolder: "1-Attention").problem,
      "there is no Answers.swift in the submission; it holds hand_in.pdf")
    // A name that two have is nobody's.
    XCTAssertEqual(found.map(\.aliases), [[], [], ["müllerjosé"], ["anon"]])
  }

  func testMoodle() throws {
    let found = try listed([
      "Ada Lovelace_1234567_assignsubmission_file_/Answers.swift": "ada",
      "Ada Lovelace_1234567_assignsubmission_onlinetext_/onlinetext.html": "<p>see file</p>",
      "Ada Lovelace_7654321_assignsubmission_file_/src/Answers.swift": "her namesake",
      "Grace_Hopper_42_assignsubmission_file_Answers.swift": "flat",
      "Participant_99_assignsubmission_file/Answers.swift": "blind",
    ])
    XCTAssertEqual(found.map(\.student), ["1234567", "42", "7654321", "99"])
    XCTAssertEqual(
      found.map(\.name), ["Ada Lovelace", "Grace_Hopper", "Ada Lovelace", "Participant"])
    XCTAssertEqual(found.map(text), ["ada", "flat", "her namesake", "blind"])
  }

  func testGradescope() throws {
    let metadata = """
      ---
      submission_101:
        :submitters:
        - :name: Ada Lovelace
          :sid: '00123'
          :email: ada@example.edu
        - :name: Grace Hopper
          :sid:
          :email: grace@example.edu
        :created_at: 2026-11-01 10:00:00.000000000 -08:00
        :score: 3.0
        :history:
        - :id: 5
          :created_at: 2020-01-01 10:00:00 Z
          :name: Nobody
      submission_102:
        :submitters:
        - :name: "O'Neil, Zoë"
          :sid: null
          :email: null
      """
    let found = try listed([
      "submission_metadata.yml": metadata, "submission_101/Answers.swift": "two",
      "submission_102/Answers.swift": "zoe", "submission_103/Answers.swift": "unknown",
    ])
    XCTAssertEqual(found.map(\.student), ["00123", "102", "103", "grace"])
    XCTAssertEqual(found.map(\.name), ["Ada Lovelace", "O'Neil, Zoë", nil, "Grace Hopper"])
    XCTAssertEqual(found.map(text), ["two", "zoe", "unknown", "two"])
    // 2026-11-01T18:00:00Z
    XCTAssertEqual(found[0].changedAt, Date(timeIntervalSince1970: 1_793_556_000))
  }

  func testBlackboard() throws {
    let found = try listed([
      "Sheet_1_ada_attempt_2026-11-01-10-00-00_Answers.swift": "first",
      "Sheet_1_ada_attempt_2026-11-02-09-30-00_Answers.swift": "second",
      "Sheet_1_ada_attempt_2026-11-02-09-30-00.txt": "Name: Ada Lovelace (ada)\nComments:\nnone",
      "Sheet_1_g_hopper_attempt_2026-11-01-10-00-00_Answers.swift": "grace",
      "Sheet_1_g_hopper_attempt_2026-11-01-10-00-00.txt": "Name: Grace Hopper (g_hopper)\r\n",
      "Sheet_1_joan_attempt_2026-11-01-10-00-00.txt": "Name: Joan Clarke (joan)",
    ])
    XCTAssertEqual(found.map(\.student), ["ada", "g_hopper", "joan"])
    XCTAssertEqual(found.map(\.name), ["Ada Lovelace", "Grace Hopper", "Joan Clarke"])
    XCTAssertEqual(found.map(text), ["second", "grace", nil])
    let notes = found[0].answers(sheetFolder: "1-Attention").notes
    XCTAssertTrue(notes.contains("of several attempts the last was taken"), "\(notes)")
    let date = Calendar(identifier: .gregorian).date(
      from: DateComponents(year: 2026, month: 11, day: 2, hour: 9, minute: 30))
    XCTAssertEqual(found[0].changedAt, date)
  }

  func testClassroom() throws {
    let found = try listed([
      "attention-ada/Answers.swift": "1", "attention-grace-h/Answers.swift": "2",
      "attention-joan99/Sheets/1-Attention/Answers.swift": "3",
    ])
    XCTAssertEqual(found.map(\.student), ["ada", "grace-h", "joan99"])
    XCTAssertEqual(found[0].name, "attention-ada")
    // Numbers, and names that share no beginning, are what they are.
    for names in [["group-1", "group-2"], ["ada", "bob"], ["a-b", "c-d"], ["x-y"]] {
      let files = names.map { ($0 + "/Answers.swift", "1") }
      let found = try listed(Dictionary(uniqueKeysWithValues: files))
      XCTAssertEqual(found.map(\.student), names)
      XCTAssertEqual(found.map(\.name), names.map { _ in nil })
    }
  }

  func testNamesOfOtherSystems() throws {
    let folder = try temporaryFolder()
    for name in [Array("Rene\u{301}e".utf8), [0x52, 0x65, 0x6E, 0xE9], Array("李明".utf8)] {
      let place = Place(folder).appending(name)
      XCTAssertEqual(place.withPath { mkdir($0, 0o755) }, 0)
      let file = place.appending(Array("Answers.swift".utf8))
      let descriptor = file.withPath { open($0, O_WRONLY | O_CREAT, 0o600) }
      XCTAssertEqual(write(descriptor, "it", 2), 2)
      close(descriptor)
    }
    let (found, ignored) = try Submission.all(in: folder)
    XCTAssertEqual(ignored, [])
    // One character for a letter with its accent, as most systems have it.
    XCTAssertEqual(
      found.map { Array($0.student.unicodeScalars) },
      ["Ren\u{E9}", "Ren\u{E9}e", "李明"].map { Array($0.unicodeScalars) })
    XCTAssertEqual(found.map(text), ["it", "it", "it"])
  }

  func testStudentsWhoWouldLookAlikeAreToldApart() throws {
    let found = try listed(["a\u{1}b/Answers.swift": "1", "ab/Answers.swift": "2"])
    XCTAssertEqual(Set(found.map(\.student)), ["a%01b", "ab"])
  }

  func testWhoHandedInNothingIsKnownByThePolicy() throws {
    let file = try temporaryFolder().appending(path: "late.json")
    try Data(
      """
      {"deadline": "2026-11-20T23:59:00Z", "students": ["ada", "joan"],
       "extensions": {"Jose\u{301}": "2026-11-27T23:59:00Z"},
       "submitted": {"Grace Hopper": "2026-11-21T23:59:00Z", "Nobody": "2026-11-19T23:59:00Z"}}
      """.utf8
    ).write(to: file)
    let policy = try LatePolicy(file: file)
    let found = try listed([
      "ada/Answers.swift": "", "Jos\u{E9}/Answers.swift": "",
      "Grace Hopper_42_assignsubmission_file_/Answers.swift": "",
    ])
    XCTAssertEqual(policy.absent(from: found), ["Nobody", "joan"])
    let grace = try XCTUnwrap(found.first { $0.student == "42" })
    XCTAssertEqual(
      policy.lateness(of: grace.student, aliases: grace.aliases, changedAt: nil)?.message,
      "handed in 1 day late: 0 % less")
  }
}
