import Foundation
import Subprocess

#if canImport(System)
  import System
#else
  import SystemPackage
#endif

extension PlatformOptions {
  /// A session of its own: what the code starts is found and stopped with it.
  static var session: PlatformOptions {
    var options = PlatformOptions()
    options.createSession = true
    options.teardownSequence = [
      .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .zero)
    ]
    return options
  }
}

extension Executable {
  /// A program by its path, or by its name when it has none.
  init(command: String) {
    self = command.contains("/") ? .path(FilePath(command)) : .name(command)
  }
}

extension Environment {
  /// The given variables and no others, or this process's own.
  static func answering(_ variables: [String: String]?) -> Environment {
    // The runtime's own backtraces take seconds and hide the sentence that matters.
    guard let variables else { return .inherit.updating(["SWIFT_BACKTRACE": "enable=no"]) }
    var values: [Environment.Key: String] = ["SWIFT_BACKTRACE": "enable=no"]
    for (name, value) in variables { values[Environment.Key(stringLiteral: name)] = value }
    return .custom(values)
  }
}

extension Ending {
  /// How a process ended that was not stopped; a supervisor says by an exit code above 128 which
  /// signal ended what it stood for.
  init(
    _ status: TerminationStatus, _ isSupervised: Bool, _ lastLine: String, _ limits: ProcessLimits
  ) {
    let signal: Int32
    switch status {
    case .exited(let code):
      guard isSupervised, code > 128 else {
        self = .exited(code: Int32(code), lastLine: lastLine)
        return
      }
      signal = Int32(code) - 128
    case .signaled(let number): signal = Int32(number)
    }
    if let limit = limits.memoryBytes, lastLine.contains("Fatal error: failed to allocate") {
      self = .outOfMemory(limit: limit)
    } else {
      self = .signalled(signal, lastLine: lastLine)
    }
  }
}
