import Transformers

/// What is wrong with a file of weights, in one sentence for the person who chose it.
///
/// The sentence names the file, what was expected, what was found and what to do.
public struct CheckpointError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The sentence.
  public let description: String

  package init(_ description: String) { self.description = plainLine(description) }
}

/// A text of which a file may hold parts, as a terminal can show it: on one line, cut where it is too
/// long, and without what would move the cursor or turn the reading direction around.
package func plainLine(_ text: String) -> String {
  let longest = 1_500
  var line = String.UnicodeScalarView()
  for (index, scalar) in text.unicodeScalars.enumerated() {
    guard index < longest else {
      line.append("…")
      break
    }
    switch scalar.value {
    case 0x0A...0x0D, 0x85, 0x2028, 0x2029: line.append("␤")
    case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069:
      line.append("\u{FFFD}")
    default: line.append(scalar)
    }
  }
  return String(line)
}

/// The error for a tensor that is not there.
func missing(_ name: String, from names: [String], in place: String) -> CheckpointError {
  guard !names.isEmpty else {
    return CheckpointError("\(place) has no tensor \(quoted(name)): it holds none at all.")
  }
  let candidates = nearestNames(to: name, in: names).map(quoted).joined(separator: ", ")
  return CheckpointError("\(place) has no tensor \(quoted(name)); the nearest are \(candidates).")
}
