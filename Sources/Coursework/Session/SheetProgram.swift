package import Foundation

/// The program of a student's sheet, built beside this one.
package struct SheetProgram {
  private let program: URL
  private let sheet: Sheet

  package init(_ program: URL, of sheet: Sheet) {
    self.program = program
    self.sheet = sheet
  }

  /// Makes sure that the program is there and up to date.
  ///
  /// - Throws: ``BuildError`` with what the compiler said.
  package func prepare() throws {
    if let checkout = PackageCheckout(of: ThisProgram.url) {
      guard !checkout.isCurrent(program, of: sheet) else { return }
      let terminal = Terminal.standardError
      let line = "Building \(sheet.program) …"
      terminal.write(terminal.isInteractive ? line : line + "\n")
      defer { if terminal.isInteractive { terminal.write("\r\u{1B}[K") } }
      try checkout.build(sheet.program)
    } else if !FileManager.default.isExecutableFile(atPath: program.path) {
      throw BuildError(
        "\(program.path) is not there, and this is no checkout of the package to build it in; run "
          + "`swift run headlight check` in the package's folder")
    }
  }
}
