import Answering
package import Coursework
import Foundation

/// What a sheet asks for, as its own `Answers.swift` says: the protocol, and the exercise that every
/// method answers.
package struct AnswersTemplate: Sendable {
  struct Method: Sendable {
    /// With its labels, as in `rows(producing:startToken:)`.
    let name: String
    /// From `func` to the type of what it returns, in one line.
    let signature: String
    /// The exercise it belongs to, as in "1.4", by the `MARK` before it; nil without one.
    let exercise: String?

    /// The name without labels.
    var baseName: String { String(name.prefix { $0 != "(" }) }
    /// The method as students get it.
    var stub: String { signature + " { throw Unanswered() }" }
  }

  /// The protocol's name, as in "AttentionAnswers".
  let protocolName: String
  let imports: [String]
  let methods: [Method]

  /// What a sheet's file says, or nil when it holds no answers.
  package init?(_ text: String) {
    let bytes = Array(text.utf8)
    let masked = MaskedSource(bytes)
    let outline = SourceOutline(masked)
    guard let name = Self.protocolName(in: outline, masked),
      let answers = outline.declarations.first(where: { $0.name == "Answers" })
    else { return nil }
    protocolName = name
    imports = outline.declarations.filter { $0.keyword == "import" }.map(\.name)
    let marks = text.matches(of: /\/\/ MARK: ([0-9]+\.[0-9]+)/).map { match in
      (
        place: text.utf8.distance(from: text.startIndex, to: match.range.lowerBound),
        exercise: String(match.1)
      )
    }
    methods = answers.members.compactMap { member in
      guard member.keyword == "func", let body = member.body,
        !bytes[member.range].starts(with: "private".utf8)
      else { return nil }
      let signature = String(
        decoding: bytes[member.range.lowerBound..<body.lowerBound - 1], as: UTF8.self)
      return Method(
        name: member.name,
        signature: signature.split(whereSeparator: \.isWhitespace).joined(separator: " "),
        exercise: marks.last { $0.place < member.range.lowerBound }?.exercise)
    }
  }

  /// The protocol that a text's answers conform to, or nil when it holds none.
  static func protocolName(of text: String) -> String? {
    let masked = MaskedSource(text.utf8)
    return protocolName(in: SourceOutline(masked), masked)
  }

  private static func protocolName(in outline: SourceOutline, _ masked: MaskedSource) -> String? {
    for declaration in outline.declarations where declaration.name == "Answers" {
      guard let body = declaration.body,
        body.lowerBound - declaration.range.lowerBound < 500
      else { continue }
      let head = String(
        decoding: masked.bytes[declaration.range.lowerBound..<body.lowerBound], as: UTF8.self)
      if let match = head.firstMatch(of: /Answers\s*:[^{]*?([A-Za-z]+Answers)\b/) {
        return String(match.1)
      }
    }
    return nil
  }
}

extension AnswersTemplate {
  /// What a sheet asks for, or nil where the package's sheets are not at hand.
  package init?(of sheet: Sheet) {
    let file = PackageCheckout.courseFolder()
      .appending(path: "Sheets/\(sheet.folder)/Answers.swift")
    guard let text = try? String(contentsOf: file, encoding: .utf8) else { return nil }
    self.init(text)
  }
}
