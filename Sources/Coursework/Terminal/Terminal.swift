import Foundation

/// Where text goes, and what it may look like there.
package struct Terminal: Sendable {
  /// How many columns text is wrapped at, at most 100.
  package let width: Int
  /// Whether a person watches, so that a line may be drawn over.
  package let isInteractive: Bool
  /// Whether escapes for colour and weight are understood and wanted.
  package let hasColours: Bool
  /// Takes a text as it is, without an added line feed.
  package let write: @Sendable (String) -> Void

  package init(
    width: Int, isInteractive: Bool, hasColours: Bool, write: @escaping @Sendable (String) -> Void
  ) {
    self.width = min(max(width, 20), 100)
    self.isInteractive = isInteractive
    self.hasColours = hasColours
    self.write = write
  }

  /// This process's standard output.
  package static var standardOutput: Terminal { Terminal(of: STDOUT_FILENO) }
  /// This process's standard error.
  package static var standardError: Terminal { Terminal(of: STDERR_FILENO) }

  private init(of descriptor: Int32) {
    let environment = ProcessInfo.processInfo.environment
    let isTerminal = isatty(descriptor) == 1 && environment["TERM"] != "dumb"
    var size = winsize()
    let columns =
      ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
      ? Int(size.ws_col) : environment["COLUMNS"].flatMap { Int($0) } ?? 80
    self.init(
      width: columns, isInteractive: isTerminal,
      hasColours: isTerminal && (environment["NO_COLOR"] ?? "").isEmpty
    ) { text in
      // A reader that is gone, as in `| head`, is no reason to fail.
      var bytes = Array(text.utf8)[...]
      while !bytes.isEmpty {
        let written = bytes.withUnsafeBytes {
          Foundation.write(descriptor, $0.baseAddress, $0.count)
        }
        if written < 0, errno == EINTR || errno == EAGAIN { continue }
        guard written > 0 else { return }
        bytes = bytes.dropFirst(written)
      }
    }
  }

  /// How a piece of text stands out.
  package enum Style: String, Sendable {
    case bold = "1"
    case dim = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
  }

  /// A text in a style, or as it is where styles are not wanted.
  package func styled(_ text: String, _ style: Style?) -> String {
    guard hasColours, let style, !text.isEmpty else { return text }
    return "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m"
  }

  /// Prints lines of a text, wrapped at the width, the first after `lead` and the others below it.
  package func print(
    _ text: String = "", lead: String = "", leadStyle: Style? = nil, style: Style? = nil
  ) {
    let indent = String(repeating: " ", count: columns(lead))
    for (index, line) in wrapped(text, width: width - columns(lead)).enumerated() {
      let start = line.isEmpty ? "" : index == 0 ? styled(lead, leadStyle) : indent
      write(start + styled(line, style) + "\n")
    }
  }
}
