package import Coursework
import Foundation

/// By what a sheet's `Answers.swift` is known from another sheet's.
package struct SheetFile: Sendable {
  /// The sheet's folder, as in "1-Attention".
  let folder: String
  /// The protocol that its answers conform to, where the sheet is at hand.
  var protocolName: String?
  /// Other sheets as they are called in a sentence, by their protocols.
  var others: [String: String] = [:]

  package init(folder: String) { self.folder = folder }

  /// The file of one of a course's sheets.
  package init(of sheet: Sheet, in course: [Sheet]) {
    folder = sheet.folder
    for other in course {
      guard let name = AnswersTemplate(of: other)?.protocolName else { continue }
      if other.number == sheet.number {
        protocolName = name
      } else {
        others[name] = "Sheet \(other.number), \(other.title)"
      }
    }
  }
}
