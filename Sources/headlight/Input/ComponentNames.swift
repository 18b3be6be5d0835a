import ArgumentParser
import Interpretability

/// A head as it is written everywhere: `10.7`, its layer and its number, both from 0.
struct HeadName: Hashable, Comparable, Sendable, CustomStringConvertible, ExpressibleByArgument {
  let layer: Int
  let head: Int

  init(layer: Int, head: Int) { (self.layer, self.head) = (layer, head) }

  init?(argument: String) {
    let parts = argument.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let layer = wholeNumber(parts[0]), let head = wholeNumber(parts[1])
    else { return nil }
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

/// Digits alone, without a sign.
private func wholeNumber(_ text: Substring) -> Int? {
  text.allSatisfy { $0.isASCII && $0.isNumber } ? Int(text) : nil
}

extension PathPatching.Receiver {
  /// A receiver by its name: `logits`, `10.7.q`, `10.7.k`, `10.7.v` or `mlp.9`.
  init?(_ name: String) {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    switch parts.count {
    case 1 where name == "logits": self = .logits
    case 2 where parts[0] == "mlp":
      guard let layer = wholeNumber(parts[1]) else { return nil }
      self = .mlp(layer: layer)
    case 3:
      guard let layer = wholeNumber(parts[0]), let head = wholeNumber(parts[1]) else { return nil }
      switch parts[2] {
      case "q": self = .query(layer: layer, head: head)
      case "k": self = .key(layer: layer, head: head)
      case "v": self = .value(layer: layer, head: head)
      default: return nil
      }
    default: return nil
    }
  }
}
