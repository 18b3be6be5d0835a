import Foundation
import Laboratory
import Models

/// A file of JSON lines, of which each fault is said with its line.
struct JSONLines {
  let path: String
  /// The lines that are not empty, numbered from 1.
  let lines: [(number: Int, data: Data)]

  /// - Throws: ``CommandError`` when the file cannot be read or holds nothing.
  init(_ path: String) throws(CommandError) {
    guard let data = FileManager.default.contents(atPath: path) else {
      var isFolder: ObjCBool = false
      let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      throw CommandError(
        exists
          ? isFolder.boolValue
            ? "\(path) is a folder; name a file of JSON lines" : "\(path) cannot be read"
          : "\(path) does not exist; name a file of JSON lines")
    }
    self.path = path
    lines = TextLines(data).enumerated().map { ($0.offset + 1, $0.element) }
      .filter { line in !line.1.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D } }
    guard !lines.isEmpty else { throw CommandError("\(path) is empty; write a JSON line a text") }
  }

  /// What a line holds.
  ///
  /// - Parameter expected: What it should hold, for messages.
  func value<Value: Decodable>(
    _ type: Value.Type, of line: (number: Int, data: Data), expected: String
  ) throws(CommandError) -> Value {
    do { return try JSONDecoder().decode(type, from: line.data) } catch {
      throw fault(line.number, "is not \(expected)")
    }
  }

  /// What is wrong with a line.
  func fault(_ number: Int, _ what: String) -> CommandError {
    CommandError("line \(number) of \(path) \(what)")
  }
}

/// Texts as `--texts F` gives them: a JSON line each, a string, `{"text": …}` or
/// `{"text-ids": […]}`.
struct TextsFile {
  private let file: JSONLines

  init(_ path: String) throws(CommandError) { file = try JSONLines(path) }

  /// What a line may hold.
  private struct Line: Decodable {
    var text: String?
    var ids: [Int]?

    enum Keys: String, CodingKey {
      case text
      case ids = "text-ids"
    }

    init(from decoder: any Decoder) throws {
      if let text = try? decoder.singleValueContainer().decode(String.self) {
        self.text = text
        return
      }
      let values = try decoder.container(keyedBy: Keys.self)
      text = try values.decodeIfPresent(String.self, forKey: .text)
      ids = try values.decodeIfPresent([Int].self, forKey: .ids)
    }
  }

  /// The tokens of every text, with its line.
  ///
  /// - Parameter minimum: How many tokens a text has at least.
  /// - Throws: ``CommandError`` that names the line.
  func texts(
    for loaded: LoadedModel, minimum: Int = 1
  ) throws -> [(line: Int, tokens: TokenizedText)] {
    try file.lines.map { line in
      let value = try file.value(
        Line.self, of: line, expected: "a text: a string, {\"text\": …} or {\"text-ids\": […]}")
      guard (value.text == nil) != (value.ids == nil) else {
        throw file.fault(
          line.number,
          value.text == nil
            ? "holds no text: give \"text\" or \"text-ids\""
            : "holds both \"text\" and \"text-ids\"; give one of them")
      }
      let choice = TextChoice(
        option: "text", name: "the text", text: value.text, ids: value.ids)
      let tokens: TokenizedText
      do { tokens = try choice.tokens(for: loaded) } catch {
        throw file.fault(line.number, "cannot be read: \(error)")
      }
      guard tokens.ids.count >= minimum else {
        throw file.fault(
          line.number,
          "has \(counted(tokens.ids.count, "token")), and at least \(minimum) are needed")
      }
      return (line.number, tokens)
    }
  }
}
