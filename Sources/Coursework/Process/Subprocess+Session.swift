import Answering
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
  ///
  /// - Parameter peakBytes: the most memory that it was seen to use.
  init(
    _ status: TerminationStatus, _ isSupervised: Bool, _ lastLine: String, _ limits: ProcessLimits,
    peakBytes: Int
  ) {
    if lastLine.hasPrefix(MachineFailure.mark) {
      self = .machineFailed(String(lastLine.dropFirst(MachineFailure.mark.count)))
      return
    }
    let signal: Int32
    switch status {
    case .exited(let code):
      guard isSupervised, code > 128 else {
        // What stands around the program could not start it.
        let isFromAround = ["confine: ", "bwrap: ", "unshare: "].contains { lastLine.hasPrefix($0) }
        self =
          isSupervised && isFromAround && (code == 125 || code == 1)
          ? .machineFailed(lastLine) : .exited(code: Int32(code), lastLine: lastLine)
        return
      }
      signal = Int32(code) - 128
    case .signaled(let number): signal = Int32(number)
    }
    // Memory is looked at ten times a second, and a program may take much in between.
    let isKilled = isSupervised && signal == SIGKILL
    if let limit = limits.memoryBytes,
      lastLine.contains("Fatal error: failed to allocate") || isKilled && peakBytes > limit / 2
    {
      self = .outOfMemory(limit: limit)
    } else if isKilled {
      // Nothing that is held back can send this signal: see `Sources/confine/calls.c`.
      self = .machineFailed("the system ended the program, most often for want of memory")
    } else {
      self = .signalled(signal, lastLine: lastLine)
    }
  }
}
