import Answering
import ArgumentParser
import Coursework
import Curriculum
import Foundation
import Grading

struct Release: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write the version of the package that students get.",
    discussion: """
      Holds the sheets you name and the rooms they need: no solutions, no room that grades, no tests \
      of the course itself, and nothing between lines that hold, after three number signs, BEGIN \
      SOLUTION and END SOLUTION (or HIDDEN TESTS). It builds and tests on its own.

      Nothing is written when a file holds a line of a solution. Expected figures go along where a \
      sheet's text shows them, and stay behind otherwise.
      """)

  @Option(
    name: .customLong("sheet"),
    help: ArgumentHelp("A sheet's number; give it again for more.", valueName: "number"))
  var numbers: [Int]
  @Option(help: ArgumentHelp("A folder that is new or empty.", valueName: "dir"))
  var output: String

  func run() throws {
    let sheets = try Set(numbers).sorted().map { try SheetChoice.sheet($0) }
    let folder = URL(filePath: output, directoryHint: .isDirectory)
    try ReleaseTree(
      course: PackageCheckout.courseFolder(), sheets: sheets, purpose: .students
    ).write(to: folder)
    let list = sheets.map { "\($0.number), \($0.title)" }.joined(separator: "; ")
    Terminal.standardOutput.print(
      "\(printable(output)) holds what students get (\(list)), and no line of a solution.")
  }

  func validate() throws {
    if numbers.isEmpty { throw ValidationError("Name a sheet, as in --sheet 1.") }
  }
}

/// A sheet as instructors name it.
enum SheetChoice {
  /// - Throws: ``CommandError`` when there is no such sheet.
  static func sheet(_ number: Int) throws -> Sheet {
    guard let sheet = Course.sheets.first(where: { $0.number == number }) else {
      let known = Course.sheets.map { String($0.number) }.joined(separator: ", ")
      throw CommandError("there is no sheet \(number); the course has \(known)")
    }
    return sheet
  }
}
