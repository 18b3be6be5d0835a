import Foundation

/// How an answering process says, with its last breath, that something other than the code in it
/// failed: a line on standard error.
///
/// Code that forges the line gains nothing: what the machine failed at is asked again and earns no
/// points.
package enum MachineFailure {
  /// What the line begins with.
  package static let mark = "headlight: not the code's fault: "

  /// Writes the line and ends the process.
  static func exit(_ reason: String) -> Never {
    let line = [UInt8]("\n\(mark)\(reason)\n".utf8)
    _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress!, $0.count) }
    _exit(72)
  }

  /// Has a trap inside a system library tell of itself before it ends the process.
  ///
  /// A trap is an instruction that a library was compiled to stop at. In the student's program, in
  /// the course's library or in Swift's own, Foundation among them, it says that the student's code
  /// broke a rule. In any other library it says that the library lost hold of something, such as
  /// libdispatch of its threads. The places are looked up beforehand: little is safe while a trap is
  /// handled.
  static func reportTraps() {
    #if os(Linux)
      TrapReport.libraries = TrapReport.systemLibraries()
      var action = sigaction()
      action.__sigaction_handler.sa_sigaction = { signal, info, _ in
        TrapReport.tell(of: info?.pointee._sifields._sigfault.si_addr)
        // As it would have ended.
        Foundation.signal(signal, SIG_DFL)
        raise(signal)
      }
      action.sa_flags = SA_SIGINFO
      for signal in [SIGILL, SIGTRAP] { sigaction(signal, &action, nil) }
    #endif
  }
}

#if os(Linux)
  /// What a trap's handler knows: where system libraries lie in memory, and the line for each.
  private enum TrapReport {
    struct Library {
      let code: Range<UInt>
      let line: UnsafeRawBufferPointer
    }

    /// Written once, before the handler is there.
    nonisolated(unsafe) static var libraries = UnsafeBufferPointer<Library>(start: nil, count: 0)

    static func tell(of place: UnsafeMutableRawPointer?) {
      let place = UInt(bitPattern: place)
      for index in 0..<libraries.count where libraries[index].code.contains(place) {
        let line = libraries[index].line
        _ = write(STDERR_FILENO, line.baseAddress!, line.count)
      }
    }

    /// How the names of libraries begin in which a trap tells of a mistake in the code.
    private static let own = ["libswift", "libFoundation", "lib_Foundation", "libCourse."]

    /// All loaded libraries but those in which a trap tells of a mistake in the code.
    static func systemLibraries() -> UnsafeBufferPointer<Library> {
      // A file manager reads one page of a file that says it is empty, as those of /proc do.
      let maps =
        (try? FileHandle(forReadingAtPath: "/proc/self/maps")?.readToEnd()) ?? Data()
      let found = String(decoding: maps, as: UTF8.self).split(separator: "\n").compactMap(library)
      let kept = UnsafeMutableBufferPointer<Library>.allocate(capacity: found.count)
      _ = kept.initialize(from: found)
      return UnsafeBufferPointer(kept)
    }

    /// The library that a line such as `7f00-7f08 r-xp 0 fe:00 12 /usr/lib/libm.so.6` is about.
    private static func library(_ line: Substring) -> Library? {
      let fields = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
      guard fields.count == 6, fields[1].contains("x"),
        let name = fields[5].split(separator: "/").last, name.contains(".so"),
        !own.contains(where: name.hasPrefix)
      else { return nil }
      let ends = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
      guard ends.count == 2, ends[0] < ends[1] else { return nil }
      let text = [UInt8]("\n\(MachineFailure.mark)a trap inside \(name)\n".utf8)
      let line = UnsafeMutableRawBufferPointer.allocate(byteCount: text.count, alignment: 1)
      line.copyBytes(from: text)
      return Library(code: ends[0]..<ends[1], line: UnsafeRawBufferPointer(line))
    }
  }
#endif
