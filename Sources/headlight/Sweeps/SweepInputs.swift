import Foundation

/// An input as options of a command.
enum SweepInput {
  /// What a sweep decides for all inputs.
  private static let reserved: Set<String> = ["json", "output", "help", "title", "dpi"]

  /// Options by name: texts and numbers as they are, `true` for a flag, a list of ids joined by
  /// commas, any other list an option a value.
  ///
  /// - Throws: ``CommandError`` for a line that is no such thing.
  static func options(of line: Data) throws(CommandError) -> [String] {
    guard let value = try? JSONSerialization.jsonObject(with: line, options: .fragmentsAllowed)
    else { throw CommandError("the line is not JSON") }
    guard let object = value as? [String: Any] else {
      throw CommandError("the line is no object of options, such as {\"text\": \"…\"}")
    }
    var options: [String] = []
    for (name, value) in object.sorted(by: { $0.key < $1.key }) {
      guard name.wholeMatch(of: /[a-z][a-z0-9-]*/) != nil else {
        throw CommandError("“\(name)” is no option's name")
      }
      guard !reserved.contains(name) else {
        throw CommandError("--\(name) is the sweep's to give; leave it out of the line")
      }
      if let list = value as? [Any] {
        var words: [String] = []
        for item in list { words.append(try word(item, of: name)) }
        if name.hasSuffix("-ids") {
          options.append("--\(name)=\(words.joined(separator: ","))")
        } else {
          options += words.map { "--\(name)=\($0)" }
        }
      } else if let number = value as? NSNumber, isTruth(number) {
        if number.boolValue { options.append("--\(name)") }
      } else {
        options.append("--\(name)=\(try word(value, of: name))")
      }
    }
    return options
  }

  private static func word(_ value: Any, of name: String) throws(CommandError) -> String {
    if let text = value as? String { return text }
    if let number = value as? NSNumber, !isTruth(number) {
      return number.stringValue
    }
    throw CommandError("--\(name) is given neither text nor number")
  }

  /// JSON's true and false are numbers to Foundation.
  private static func isTruth(_ number: NSNumber) -> Bool {
    String(cString: number.objCType) == "c"
  }
}
