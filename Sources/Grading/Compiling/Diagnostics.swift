import Answering
import Coursework
import Foundation

/// What the compiler said, in a student's terms.
struct Diagnostics: Equatable, Sendable {
  /// An error, as far as it tells what is to blame.
  struct Fault: Equatable, Sendable {
    /// The line in the student's file, or nil when it concerns the file as a whole.
    var line: Int?
    var column: Int?
    let text: String
    /// The methods that the sheet's protocol asks for and does not find, with their labels.
    var missingMethods: [String] = []
  }

  /// At most twenty errors.
  let messages: [CompileMessage]
  /// One sentence.
  let sentence: String
  /// Every error.
  let faults: [Fault]

  /// A failure of which the compiler said nothing.
  init(sentence: String) {
    self.sentence = sentence
    messages = []
    faults = []
  }

  /// What was refused before the compiler saw it.
  init(_ faults: [Fault]) {
    self.faults = faults
    messages = faults.prefix(20).map {
      CompileMessage(severity: .error, line: $0.line, column: $0.column, text: $0.text)
    }
    sentence = Self.sentence(on: messages)
  }

  private static func sentence(on messages: [CompileMessage]) -> String {
    let first = messages[0]
    let place = first.line.map { "line \($0): " } ?? ""
    let others = messages.count > 1 ? " (and \(messages.count - 1) more)" : ""
    return "does not compile: \(place)\(first.text)\(others)"
  }

  /// Reads what the compiler wrote: `Answers.swift:3:5: error: …`, then the line of source.
  ///
  /// - Parameter hostPaths: paths of this machine, which are left out wherever they occur.
  init(_ output: [UInt8], hostPaths: [String]) {
    var text = String(decoding: output, as: UTF8.self)
    for path in hostPaths { text = text.replacingOccurrences(of: path, with: "…") }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    var messages: [CompileMessage] = []
    var faults: [Fault] = []
    var seen: Set<CompileMessage> = []
    for (index, line) in lines.enumerated() {
      if let name = Self.missingMethod(line), !faults.isEmpty {
        faults[faults.count - 1].missingMethods.append(name)
      } else if let crash = Self.crash(line) {
        faults.append(crash)
      }
      let next = index + 1 < lines.count ? lines[index + 1] : ""
      guard let message = Self.message(String(line), source: String(next)),
        seen.insert(message).inserted
      else { continue }
      faults.append(Fault(line: message.line, column: message.column, text: message.text))
      if messages.count < 20 { messages.append(message) }
    }
    self.messages = messages
    self.faults = faults
    if !messages.isEmpty {
      sentence = Self.sentence(on: messages)
    } else {
      let last = lines.last { !$0.allSatisfy(\.isWhitespace) }
      sentence =
        "does not compile: "
        + (last.map { printable(String($0), limit: 200) } ?? "the compiler crashed")
    }
  }

  /// What no text of a student's can bring about, and so is the grader's own failure; else nil.
  var graderFault: String? {
    guard messages.allSatisfy({ $0.line == nil }) else { return nil }
    return messages.map(\.text).first { text in
      [
        "unable to open output file", "could not build C module", "No space left",
        "Resource temporarily unavailable", "Cannot allocate memory", "due to signal 9",
      ].contains { text.contains($0) }
    }
  }

  /// The method that a note below an error of conformance names.
  private static func missingMethod(_ line: Substring) -> String? {
    guard line.contains("note: protocol requires function '") else { return nil }
    return line.firstMatch(of: /note: protocol requires function '([^']+)'/).map { String($0.1) }
  }

  /// What a compiler that crashed was at work on: `3. While … (at Answers.swift:10:8)`.
  private static func crash(_ line: Substring) -> Fault? {
    guard line.prefixMatch(of: /[0-9]+\.\t/) != nil,
      let match = line.firstMatch(of: /Answers\.swift:([0-9]+):([0-9]+)/)
    else { return nil }
    return Fault(line: Int(match.1), column: Int(match.2), text: "the compiler crashed here")
  }

  private static func message(_ line: String, source: String) -> CompileMessage? {
    let shown = printable(line, limit: 500)
    if let match = shown.wholeMatch(of: /Answers\.swift:([0-9]+):([0-9]+): error: (.*)/) {
      return CompileMessage(
        severity: .error, line: Int(match.1), column: Int(match.2),
        text: printable(String(match.3), limit: 300), source: printable(source, limit: 120))
    }
    // The sheet's own line asks for a type that the student's file has to hold.
    if let match = shown.wholeMatch(of: /main\.swift:[0-9]+:[0-9]+: error: (.*)/) {
      return CompileMessage(
        severity: .error,
        text: "the sheet cannot use your file: \(printable(String(match.1), limit: 300))")
    }
    if let match = shown.wholeMatch(of: /(?:<unknown>:0: )?error: (.*)/) {
      let text = String(match.1)
      // Said by every failing step, and telling nothing.
      if text.hasPrefix("fatalError") || text.contains("command failed with exit code") {
        return nil
      }
      return CompileMessage(severity: .error, text: printable(text, limit: 300))
    }
    return nil
  }
}
