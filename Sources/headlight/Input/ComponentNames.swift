import ArgumentParser
import Interpretability
import Interventions

/// A head as it is written everywhere: `10.7`, its layer and its number, both from 0.
struct HeadName: Hashable, Comparable, Sendable, CustomStringConvertible, ExpressibleByArgument {
  let layer: Int
  let head: Int

  init(layer: Int, head: Int) { (self.layer, self.head) = (layer, head) }

  init?(argument: String) {
    guard case .head(let layer, let head)? = PathPatching.Sender(name: argument) else { return nil }
    self.init(layer: layer, head: head)
  }

  var description: String { "\(layer).\(head)" }

  static func < (a: HeadName, b: HeadName) -> Bool { (a.layer, a.head) < (b.layer, b.head) }

  /// Heads as they are listed on the command line: `9.1,10.7`.
  ///
  /// - Throws: ``CommandError`` when one is no head, or is listed twice.
  static func list(_ text: String) throws -> [HeadName] {
    try names(text, called: "head", as: "9.1,10.7", HeadName.init(argument:))
  }
}

/// A list by commas, in which nothing stands twice.
func names<Name: Hashable>(
  _ text: String, called kind: String, as example: String, _ name: (String) -> Name?
) throws(CommandError) -> [Name] {
  var found: [Name] = []
  for part in text.split(separator: ",", omittingEmptySubsequences: false) {
    let part = String(part.trimming(while: \.isWhitespace))
    guard let next = name(part) else {
      throw CommandError("“\(part)” is no \(kind); write them as in \(example)")
    }
    guard !found.contains(next) else { throw CommandError("\(kind) \(part) is listed twice") }
    found.append(next)
  }
  return found
}
