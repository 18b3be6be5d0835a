import Foundation

/// Single keys from the terminal, without waiting for a line; signals like Ctrl-C stay signals.
package final class Keyboard: Sendable {
  private let original: termios

  /// The keyboard, or nil when standard input is no terminal.
  package init?() {
    var settings = termios()
    guard isatty(STDIN_FILENO) == 1, tcgetattr(STDIN_FILENO, &settings) == 0 else { return nil }
    original = settings
    settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
    guard tcsetattr(STDIN_FILENO, TCSANOW, &settings) == 0 else { return nil }
  }

  /// Gives the terminal back as it was.
  package func restore() {
    var settings = original
    tcsetattr(STDIN_FILENO, TCSANOW, &settings)
  }

  /// A key that was pressed, or nil; never waits.
  func key() -> Character? {
    var request = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    guard poll(&request, 1, 0) > 0, request.revents & Int16(POLLIN) != 0 else { return nil }
    var byte: UInt8 = 0
    guard read(STDIN_FILENO, &byte, 1) == 1 else { return nil }
    return Character(Unicode.Scalar(byte))
  }
}
