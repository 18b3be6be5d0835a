import Answering
package import Foundation

extension Sheet {
  /// What a student's file imports that it does not get where it is graded: what is beyond the
  /// vocabulary, or for testing.
  package func strayImports(in text: String) -> [String] {
    let known: Set<String> = [
      "Answering", "Foundation", "Tensors", "Transformers", vocabulary.module,
    ]
    let imports = text.matches(
      of:
        /(?m)^[ \t]*((?:@[A-Za-z_()]+[ \t]+|public[ \t]+|package[ \t]+)*)import[ \t]+(?:(?:struct|enum|func|class|protocol|typealias|let|var)[ \t]+)?([A-Za-z_0-9]+)/
    ).map { (isForTesting: $0.1.contains("@testable"), module: String($0.2)) }
    return imports.compactMap {
      $0.isForTesting ? "@testable \($0.module)" : known.contains($0.module) ? nil : $0.module
    }
  }
}

extension Terminal {
  /// Says what a student's file imports that grading will not find.
  package func noteImports(of sheet: Sheet, in package: URL) {
    let file = package.appending(path: sheet.answersFile)
    guard let text = try? String(contentsOf: file, encoding: .utf8) else { return }
    let stray = sheet.strayImports(in: text)
    guard !stray.isEmpty else { return }
    print(
      "Note: \(sheet.answersFile) imports \(printable(stray.joined(separator: ", "))), which is not "
        + "there where answers are graded: an answer is written with \(sheet.vocabulary.module), "
        + "Tensors, Transformers and Foundation.", style: .yellow)
  }
}
