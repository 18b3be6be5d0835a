import Answering
import Coursework
package import Foundation

/// What some code answered to questions, to be answered once more by another process.
package struct RecordedAnswers: Codable {
  private struct Entry: Codable {
    let question: Data
    let answer: Data?
    /// What was thrown instead; nil beside no answer where there is none yet.
    let sentence: String?
  }

  private let entries: [Entry]

  /// Asks the questions, each once.
  package init(_ questions: some Sequence<Data>, answer: (Data) throws -> Data) {
    entries = Set(questions).map { question in
      do {
        return Entry(question: question, answer: try answer(question), sentence: nil)
      } catch is Unanswered {
        return Entry(question: question, answer: nil, sentence: nil)
      } catch {
        return Entry(question: question, answer: nil, sentence: "\(error)")
      }
    }
  }

  /// What was written to a file.
  package init(file: URL) throws {
    self = try PropertyListDecoder().decode(Self.self, from: Data(contentsOf: file))
  }

  /// Writes all to a file.
  package func write(to file: URL) throws {
    let encoder = PropertyListEncoder()
    encoder.outputFormat = .binary
    try encoder.encode(self).write(to: file)
  }

  /// What was answered to a question.
  package func answer(to question: Data) throws -> Data {
    guard let entry = entries.first(where: { $0.question == question }) else {
      throw Unrecorded(description: "a question that was not recorded")
    }
    if let answer = entry.answer { return answer }
    if let sentence = entry.sentence { throw Unrecorded(description: sentence) }
    throw Unanswered()
  }

  private struct Unrecorded: Error, CustomStringConvertible {
    let description: String
  }
}
