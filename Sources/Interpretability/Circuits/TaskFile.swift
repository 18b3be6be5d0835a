public import Foundation

/// What is wrong with a line of a task file.
public struct TaskFileError: Error, Equatable, CustomStringConvertible {
  /// The line, from 1.
  public let line: Int
  /// What is wrong with it.
  public let fault: String

  /// One sentence.
  public var description: String { "line \(line) \(fault)" }
}

/// A task as a file of JSON lines: `{"clean","corrupted","answer","foil"}` with texts, or
/// `{"clean-ids","corrupted-ids","answer","foil"}` with token ids; `"template"`, a number or a name,
/// may say which texts were made alike.
public struct TaskFile: Sendable {
  /// A text as it stands in a file.
  public enum Text: Sendable, Equatable {
    /// Words.
    case text(String)
    /// Token ids.
    case ids([Int])
  }

  /// A token as it stands in a file.
  public enum Token: Sendable, Equatable {
    /// Its text, or `#` and its id.
    case text(String)
    /// Its id.
    case id(Int)
  }

  /// A pair as it stands in a file.
  public struct Line: Sendable, Equatable {
    /// The line it stands in, from 1.
    public var number: Int
    /// The clean text.
    public var clean: Text
    /// The corrupted text.
    public var corrupted: Text
    /// The answer.
    public var answer: Token
    /// The foil.
    public var foil: Token
    /// The template's name, empty where none is named.
    public var template: String
  }

  /// The pairs.
  public var lines: [Line]

  /// Reads a file.
  ///
  /// - Throws: ``TaskFileError`` that names the line; ``CircuitError/noPairs`` for a file without any.
  public init(_ data: Data) throws {
    lines = []
    for (index, line) in data.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
    where !line.allSatisfy({ [0x20, 0x09, 0x0D].contains($0) }) {
      do {
        lines.append(try JSONDecoder().decode(Entry.self, from: Data(line)).line(index + 1))
      } catch let error as Fault {
        throw TaskFileError(line: index + 1, fault: error.sentence)
      } catch {
        throw TaskFileError(
          line: index + 1,
          fault: "is not a pair: write {\"clean\": …, \"corrupted\": …, \"answer\": …, "
            + "\"foil\": …}, or clean-ids and corrupted-ids with lists of whole numbers")
      }
    }
    if lines.isEmpty { throw CircuitError.noPairs }
  }

  /// The pairs in tokens.
  ///
  /// - Parameters:
  ///   - tokens: The ids of a text, as the model reads it.
  ///   - answers: The ids of an answer and its foil behind the tokens of a clean text.
  /// - Throws: ``TaskFileError`` that names the line.
  public func taskSet(
    tokens: (Text) throws -> [Int],
    answers: (_ answer: Token, _ foil: Token, _ clean: [Int]) throws -> (answer: Int, foil: Int)
  ) throws -> TaskSet {
    var templates: [String: Int] = [:]
    return TaskSet(
      try lines.map { line in
        func reading<Value>(_ what: String, _ read: () throws -> Value) throws -> Value {
          do { return try read() } catch {
            throw TaskFileError(
              line: line.number, fault: "has \(what) that cannot be read: \(error)")
          }
        }
        let clean = try reading("a clean text") { try tokens(line.clean) }
        let corrupted = try reading("a corrupted text") { try tokens(line.corrupted) }
        guard clean.count == corrupted.count else {
          throw TaskFileError(
            line: line.number,
            fault:
              "has \(clean.count) clean tokens and \(corrupted.count) corrupted ones; make them "
              + "alike in length")
        }
        guard !clean.isEmpty else {
          throw TaskFileError(line: line.number, fault: "has a text without tokens")
        }
        let (answer, foil) = try reading("an answer or a foil") {
          try answers(line.answer, line.foil, clean)
        }
        guard answer != foil else {
          throw TaskFileError(
            line: line.number, fault: "has an answer that is its foil; choose another foil")
        }
        let template = templates[line.template] ?? templates.count
        templates[line.template] = template
        return TaskSet.Pair(
          clean: clean, corrupted: corrupted, answer: answer, foil: foil, template: template)
      })
  }

  /// A set as a file of ids.
  public static func data(_ set: TaskSet) -> Data {
    var text = ""
    for pair in set.pairs {
      text +=
        "{\"clean-ids\": \(pair.clean), \"corrupted-ids\": \(pair.corrupted), "
        + "\"answer\": \"#\(pair.answer)\", \"foil\": \"#\(pair.foil)\", "
        + "\"template\": \(pair.template)}\n"
    }
    return Data(text.utf8)
  }
}

private struct Fault: Error { let sentence: String }

/// What a line may hold.
private struct Entry: Decodable {
  enum Key: String, CodingKey, CaseIterable {
    case clean, corrupted, answer, foil, template
    case cleanIDs = "clean-ids"
    case corruptedIDs = "corrupted-ids"
  }

  private let values: KeyedDecodingContainer<Key>

  init(from decoder: any Decoder) throws { values = try decoder.container(keyedBy: Key.self) }

  func line(_ number: Int) throws -> TaskFile.Line {
    TaskFile.Line(
      number: number, clean: try text(.clean, .cleanIDs),
      corrupted: try text(.corrupted, .corruptedIDs), answer: try token(.answer),
      foil: try token(.foil), template: try template())
  }

  private func text(_ key: Key, _ ids: Key) throws -> TaskFile.Text {
    switch (values.contains(key), values.contains(ids)) {
    case (true, true):
      throw Fault(sentence: "holds both \"\(key.rawValue)\" and \"\(ids.rawValue)\"; give one")
    case (false, false):
      throw Fault(sentence: "holds neither \"\(key.rawValue)\" nor \"\(ids.rawValue)\"")
    case (true, false):
      guard let text = try? values.decode(String.self, forKey: key) else {
        throw Fault(sentence: "has a \"\(key.rawValue)\" that is not a text")
      }
      return .text(text)
    case (false, true):
      guard let list = try? values.decode([Int].self, forKey: ids) else {
        throw Fault(sentence: "has \"\(ids.rawValue)\" that are not a list of whole numbers")
      }
      return .ids(list)
    }
  }

  private func token(_ key: Key) throws -> TaskFile.Token {
    guard values.contains(key) else { throw Fault(sentence: "holds no \"\(key.rawValue)\"") }
    if let id = try? values.decode(Int.self, forKey: key) { return .id(id) }
    guard let text = try? values.decode(String.self, forKey: key) else {
      throw Fault(
        sentence: "has a \"\(key.rawValue)\" that is neither the text of a token nor its id")
    }
    return .text(text)
  }

  private func template() throws -> String {
    guard values.contains(.template) else { return "" }
    if let number = try? values.decode(Int.self, forKey: .template) { return String(number) }
    guard let name = try? values.decode(String.self, forKey: .template) else {
      throw Fault(sentence: "has a \"template\" that is neither a number nor a name")
    }
    return name
  }
}
