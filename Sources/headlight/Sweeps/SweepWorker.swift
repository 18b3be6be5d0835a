import ArgumentParser
import Coursework
// The C library's stdout is a variable, which nobody sets.
@preconcurrency import Foundation

/// Runs a command for one input after another, as it is told on standard input.
///
/// It reads `LINE JSON` and answers `done`, `failed`, or `fault` with why no result can be kept. It
/// is a process of its own, so that an input which ends the process costs its own row alone.
struct SweepWorkerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep-worker", abstract: "Run the inputs of a sweep.", shouldDisplay: false)

  @Option var folder: String
  @Argument(parsing: .captureForPassthrough) var command: [String]

  func run() async throws {
    KeptModels.begin()
    let folder = SweepFolder(url: URL(fileURLWithPath: self.folder))
    // What commands print is caught; answers go where standard output went before.
    let answers = FileHandle(fileDescriptor: dup(1))
    let capture = try OutputCapture()
    dup2(2, 1)
    signal(SIGPIPE, SIG_IGN)
    while let line = readLine() {
      guard let space = line.firstIndex(of: " "), let number = Int(line[..<space]) else { break }
      let input = Data(line[line.index(after: space)...].utf8)
      FileHandle.standardError.write(
        Data("Line \(number): \(String(decoding: input.prefix(2_000), as: UTF8.self))\n".utf8))
      var answer = "done"
      do {
        let outcome = try await outcome(of: input, capture)
        if case .error(let error) = outcome {
          answer = "failed"
          FileHandle.standardError.write(Data("Line \(number) failed: \(error)\n".utf8))
        }
        if StopSignals.signal != nil { break }
        try SweepFolder.write(
          SweepRow(line: number, input: input, outcome: outcome).json,
          to: folder.result(ofLine: number))
      } catch {
        let reason = "\(error)".replacing("\n", with: " ")
        answer = "fault \(reason)"
      }
      // Nobody may listen any more.
      do { try answers.write(contentsOf: Data("\(answer)\n".utf8)) } catch { break }
    }
  }

  /// What an input comes to.
  ///
  /// - Throws: ``OutputCapture/Fault`` when what the command printed is lost.
  private func outcome(
    of input: Data, _ capture: OutputCapture
  ) async throws(OutputCapture.Fault) -> SweepRow.Outcome {
    do {
      var arguments = command + (try SweepInput.options(of: input))
      if !arguments.contains("--json") { arguments.append("--json") }
      var parsed = try Headlight.parseAsRoot(
        TextArguments.prepared(arguments, for: Headlight.self))
      capture.begin()
      do {
        if var command = parsed as? any AsyncParsableCommand {
          try await command.run()
        } else {
          try parsed.run()
        }
      } catch {
        _ = try? capture.end()
        throw error
      }
      let printed = try capture.end()
      guard
        (try? JSONSerialization.jsonObject(with: printed, options: .fragmentsAllowed)) != nil
      else { return .error("the command printed no JSON") }
      return .result(Self.compact(printed))
    } catch let fault as OutputCapture.Fault { throw fault } catch {
      let message = Headlight.message(for: error)
      return .error(message.isEmpty ? "\(error)" : message)
    }
  }

  /// JSON without the spaces between its parts; numbers stay as they were printed.
  private static func compact(_ json: Data) -> Data {
    var result = Data()
    var (isInside, isEscaped) = (false, false)
    for byte in json {
      if isInside {
        result.append(byte)
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInside = false
        }
      } else if byte > 0x20 {
        result.append(byte)
        isInside = byte == UInt8(ascii: "\"")
      }
    }
    return result
  }
}

/// Catches what this process prints.
private final class OutputCapture {
  /// What was printed could not be kept, so that nobody knows the result.
  struct Fault: Error, CustomStringConvertible {
    let description: String

    /// - Parameter number: What `errno` was, if it is known.
    init(_ number: CInt?) {
      description =
        "what the command printed could not be kept in the folder of temporary files"
        + (number.map { " (\(String(cString: strerror($0))))" } ?? "") + "; make room there"
    }
  }

  private let file: UnsafeMutablePointer<FILE>
  private var saved: CInt = -1

  init() throws {
    guard let file = tmpfile() else {
      throw CommandError(
        "no file for what a command prints can be made in the folder of such files")
    }
    self.file = file
  }

  func begin() {
    fflush(nil)
    clearerr(stdout)
    ftruncate(fileno(file), 0)
    lseek(fileno(file), 0, SEEK_SET)
    saved = dup(1)
    dup2(fileno(file), 1)
  }

  func end() throws(Fault) -> Data {
    let number = fflush(stdout) == 0 ? nil : errno
    dup2(saved, 1)
    close(saved)
    // The mark also says of what was written before the end.
    guard number == nil, ferror(stdout) == 0 else {
      clearerr(stdout)
      throw Fault(number)
    }
    var data = Data()
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var offset: off_t = 0
    while true {
      let count = pread(fileno(file), &buffer, buffer.count, offset)
      if count < 0, errno == EINTR { continue }
      if count < 0 { throw Fault(errno) }
      if count == 0 { return data }
      data += buffer[..<count]
      offset += off_t(count)
    }
  }
}
