import Answering
import Coursework
import Curriculum
import Foundation

/// Sheets and exercises as they are named on the command line: `1`, `1.5`, or nothing for all.
struct Selection: Sendable {
  /// Every sheet, with those of its exercises that are meant.
  let sheets: [(sheet: Sheet, exercises: [Exercise])]

  /// - Throws: ``CommandError`` when there is no such sheet, `UnknownExercise` when the sheet has no
  ///   such exercise.
  init(_ text: String?, in course: [Sheet] = Course.sheetsAtHand) throws {
    guard let text else {
      sheets = course.map { ($0, $0.exercises) }
      return
    }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), parts.allSatisfy({ Int($0).map { $0 >= 0 } ?? false })
    else {
      throw CommandError(
        "“\(printable(text, limit: 60))” names no exercise; give a sheet as in 1, or an exercise "
          + "as in 1.5")
    }
    guard let sheet = course.first(where: { String($0.number) == parts[0] }) else {
      let known = course.map { String($0.number) }.joined(separator: ", ")
      throw CommandError("there is no sheet \(parts[0]); the course has \(known)")
    }
    guard parts.count == 2 else {
      sheets = [(sheet, sheet.exercises)]
      return
    }
    sheets = [(sheet, [try sheet.exercise(text)])]
  }
}

extension Course {
  /// The sheets whose folders are in the package, or all where there is no package.
  ///
  /// Students may have some of the course's sheets and not yet the others.
  static var sheetsAtHand: [Sheet] {
    let folder = PackageCheckout.courseFolder().appending(path: "Sheets")
    let there = sheets.filter {
      FileManager.default.fileExists(atPath: folder.appending(path: $0.folder).path)
    }
    return there.isEmpty ? sheets : there
  }
}
