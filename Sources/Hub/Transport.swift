import CCurl
import Foundation

/// The head of a server's reply.
struct Reply {
  let status: Int
  /// Values by their names in small letters; of a name that is repeated, the last.
  var fields: [String: String] = [:]

  subscript(_ field: String) -> String? { fields[field] }

  /// The length of the body as the server gives it.
  var length: Int? { self["content-length"].flatMap { Int($0) } }
}

/// What takes a reply's body.
protocol ReplyReader: AnyObject {
  /// Takes note of the head before the body comes.
  func begin(_ reply: Reply) throws(HubError)
  /// Takes the next piece of the body.
  func append(_ bytes: UnsafeRawBufferPointer) throws(HubError)
}

/// Does HTTP requests one after the other, on the thread that asks.
///
/// Foundation's `URLSession` is not up to it on Linux: it traps when a server hangs up in the middle
/// of a header, and what the disk is too slow for piles up in memory.
final class Transport {
  private let client: OpaquePointer
  private let patience: Patience
  private let isStopped: @Sendable () -> Bool

  /// - Parameter isStopped: asked about ten times a second whether to end.
  init(_ patience: Patience, isStopped: @escaping @Sendable () -> Bool) throws(HubError) {
    var problem = [CChar](repeating: 0, count: 256)
    guard let client = curl_client_open(&problem) else {
      throw HubError(
        "downloads need libcurl, which could not be opened: \(text(problem)); install libcurl4")
    }
    self.client = client
    self.patience = patience
    self.isStopped = isStopped
  }

  deinit { curl_client_close(client) }

  /// Sends one request; redirects come back as replies.
  ///
  /// - Parameter reader: gets the body of a reply of status 200 or 206.
  func send(
    _ url: URL, headers: [(String, String)], isHead: Bool = false, to reader: (any ReplyReader)?
  ) throws(HubError) -> Reply {
    let exchange = Exchange(reader, stall: patience.stall, isStopped: isStopped)
    let lines = headers.map { strdup("\($0.0): \($0.1)") }
    defer { lines.forEach { free($0) } }
    let pointers = lines.map { UnsafePointer<CChar>($0) } + [nil]
    let result = url.absoluteString.withCString { address in
      pointers.withUnsafeBufferPointer { pointers in
        var request = curl_request()
        request.url = address
        request.headers = pointers.baseAddress
        request.is_head = isHead ? 1 : 0
        request.connect_milliseconds = Int(patience.connection * 1_000)
        request.context = Unmanaged.passUnretained(exchange).toOpaque()
        request.on_header = { Exchange.at($0).header($1!, $2) }
        request.on_body = { Exchange.at($0).body($1!, $2) }
        request.on_tick = { Exchange.at($0).tick() }
        return withExtendedLifetime(exchange) { curl_client_perform(client, &request) }
      }
    }
    return try exchange.outcome(result, host: url.host ?? "the server")
  }

  /// Waits, but not beyond a wish to end.
  func wait(seconds: Double) throws(HubError) {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
      if isStopped() { throw HubError.stopped }
      usleep(UInt32(min(0.05, seconds) * 1e6))
    }
    if isStopped() { throw HubError.stopped }
  }
}

/// One request on its way, and what came of it so far.
private final class Exchange {
  private static let longestIgnoredBody = 1 << 20

  private let reader: (any ReplyReader)?
  private let stall: Double
  private let isStopped: () -> Bool
  private var reply: Reply?
  private var isHeaderComplete = false
  private var ignored = 0
  private var error: HubError?
  private var lastSign = ContinuousClock.now

  init(_ reader: (any ReplyReader)?, stall: Double, isStopped: @escaping () -> Bool) {
    self.reader = reader
    self.stall = stall
    self.isStopped = isStopped
  }

  static func at(_ pointer: UnsafeMutableRawPointer?) -> Exchange {
    Unmanaged<Exchange>.fromOpaque(pointer!).takeUnretainedValue()
  }

  private func attempt(_ body: () throws(HubError) -> Void) -> CInt {
    do throws(HubError) {
      try body()
      return 0
    } catch {
      self.error = error
      return 1
    }
  }

  func header(_ bytes: UnsafePointer<CChar>, _ count: Int) -> CInt {
    lastSign = .now
    let line = String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    if line.hasPrefix("HTTP/") {
      let status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
      reply = Reply(status: status)
      isHeaderComplete = false
    } else if line.isEmpty {
      // A reply of 100 to 199 only announces another one.
      guard let reply, reply.status >= 200, !isHeaderComplete else { return 0 }
      isHeaderComplete = true
      guard reply.status == 200 || reply.status == 206, let reader else { return 0 }
      return attempt { () throws(HubError) in try reader.begin(reply) }
    } else if let colon = line.firstIndex(of: ":"), !isHeaderComplete {
      let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
      reply?.fields[line[..<colon].lowercased()] = value
    }
    return 0
  }

  func body(_ bytes: UnsafePointer<CChar>, _ count: Int) -> CInt {
    // What the disk takes its time for is not the server's silence.
    defer { lastSign = .now }
    let buffer = UnsafeRawBufferPointer(start: bytes, count: count)
    guard let reader, reply?.status == 200 || reply?.status == 206 else {
      ignored += count
      return ignored > Self.longestIgnoredBody ? 1 : 0
    }
    return attempt { () throws(HubError) in try reader.append(buffer) }
  }

  func tick() -> CInt {
    if isStopped() {
      error = .stopped
      return 1
    }
    return ContinuousClock.now - lastSign > .seconds(stall) ? 1 : 0
  }

  /// The reply, or why there is none that is whole.
  func outcome(_ result: curl_result, host: String) throws(HubError) -> Reply {
    if let error { throw error }
    // The reason is libcurl's own, in English.
    let reason = withUnsafeBytes(of: result.message) { text($0.bindMemory(to: CChar.self)) }
    if result.was_stopped != 0 {
      throw HubError(
        "\(host) has sent nothing for \(Int(stall.rounded(.up))) s; try again later",
        isPassing: true)
    }
    switch result.code {
    case 0:
      guard let reply, isHeaderComplete else {
        throw HubError("\(host) hung up before its reply was whole; try again", isPassing: true)
      }
      return reply
    case 5, 6, 7:
      throw HubError(
        "\(host) cannot be reached (\(reason)); is there a network?", isPassing: true)
    case 28:
      throw HubError("\(host) does not answer (\(reason)); is there a network?", isPassing: true)
    case 51, 58, 60, 77, 83, 90, 91:
      throw HubError(
        "the certificate of \(host) is not trusted (\(reason)); is the package ca-certificates "
          + "installed?")
    default:
      // A redirect or a refusal whose long text was cut off has said what it had to say.
      if let reply, isHeaderComplete, ignored > Self.longestIgnoredBody { return reply }
      throw HubError(
        "the connection to \(host) broke (\(reason)); try again", isPassing: true)
    }
  }
}

/// A text of C's, on one line.
private func text(_ characters: some Collection<CChar>) -> String {
  let bytes = characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
  return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
    .joined(separator: " ")
}
