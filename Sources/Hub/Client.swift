import Checkpoints
import Foundation

/// Asks the hub: follows redirects, tries again what may pass, and puts refusals into words.
final class Client {
  private static let mostRedirects = 8

  let endpoint: Endpoint
  let patience: Patience
  private let transport: Transport
  /// Whether the hub has answered yet; before that, a network that is not there is told at once.
  private var wasReached = false

  init(
    _ endpoint: Endpoint, _ patience: Patience, isStopped: @escaping @Sendable () -> Bool
  ) throws(HubError) {
    self.endpoint = endpoint
    self.patience = patience
    transport = try Transport(patience, isStopped: isStopped)
  }

  /// What a request is about, for messages.
  struct Subject {
    let name: HubName
    /// The file asked for, or nil for the model itself.
    var file: String?
  }

  /// A whole small document.
  func document(_ url: URL, of subject: Subject, limit: Int) throws(HubError) -> Data {
    try patiently { () throws(HubError) in
      let reader = DocumentReader(limit: limit, host: endpoint.host)
      try send(url, of: subject, to: reader)
      return reader.data
    }
  }

  /// The heads of the replies on the way to a file, the last one first: what the hub says of it.
  func head(_ url: URL, of subject: Subject) throws(HubError) -> [Reply] {
    try patiently { () throws(HubError) in
      try send(url, of: subject, isHead: true, to: nil)
    }
  }

  /// Does something again while it fails in a passing way and the patience lasts.
  ///
  /// - Parameter progress: a number that grows when a failed attempt brought something nevertheless.
  func patiently<Value>(
    progress: () -> Int = { 0 }, _ attempt: () throws(HubError) -> Value
  ) throws(HubError) -> Value {
    var failures = 0
    var known = progress()
    while true {
      do throws(HubError) {
        return try attempt()
      } catch {
        if progress() > known { failures = 0 }
        known = max(known, progress())
        failures += 1
        guard error.isPassing, wasReached, failures < patience.attempts else { throw error }
        try transport.wait(seconds: patience.pause(after: failures))
      }
    }
  }

  /// Waits, but not beyond a wish to end.
  func wait(seconds: Double) throws(HubError) { try transport.wait(seconds: seconds) }

  /// Ends when that is wished.
  func checkStop() throws(HubError) { try transport.wait(seconds: 0) }

  /// Sends a request and follows its redirects.
  ///
  /// - Returns: The heads of all replies, the last one first; its status is 200 or 206, or that of a
  ///   redirect when the request was for a head and the redirect leads away.
  @discardableResult
  func send(
    _ url: URL, of subject: Subject, isHead: Bool = false, range: String? = nil,
    to reader: (any ReplyReader)?
  ) throws(HubError) -> [Reply] {
    var target = url
    var replies: [Reply] = []
    while true {
      var headers = endpoint.headers(for: target)
      if let range { headers.append(("Range", range)) }
      let reply = try transport.send(target, headers: headers, isHead: isHead, to: reader)
      wasReached = true
      replies.insert(reply, at: 0)
      switch reply.status {
      case 200, 206: return replies
      case 301, 302, 303, 307, 308:
        // A head that tells size and hash need not be followed to where the bytes are.
        if isHead, reply["x-linked-etag"] != nil, reply["x-linked-size"] != nil { return replies }
        guard replies.count <= Self.mostRedirects, let location = reply["location"] else {
          throw HubError(
            "\(target.host ?? endpoint.host) redirects again and again; try again later")
        }
        target = try endpoint.target(of: location, from: target)
      default: throw refusal(reply, of: subject, by: target)
      }
    }
  }

  private func refusal(_ reply: Reply, of subject: Subject, by url: URL) -> HubError {
    let name = subject.name
    let host = url.host ?? endpoint.host
    let isGated = reply["x-error-code"] == "GatedRepo"
    switch reply.status {
    case 401 where isGated, 403:
      let terms = "accept its terms at \(endpoint.page(of: name))"
      return endpoint.hasToken
        ? HubError(
          "the account of HF_TOKEN may not read \(name.repository) (\(reply.status)); \(terms) as "
            + "that account, and see that the token may read models")
        : HubError(
          "\(name.repository) is gated (\(reply.status)); \(terms), and set HF_TOKEN to a token of "
            + "your account")
    case 401:
      return endpoint.hasToken
        ? HubError(
          "\(host) has no model \(name.repository) that the token in HF_TOKEN may read (401); check "
            + "the name and the token")
        : HubError(
          "\(host) has no public model \(name.repository) (401); check the name, and if the model is "
            + "private or gated, set HF_TOKEN to a token of an account that may read it")
    case 404 where subject.file != nil:
      return HubError(
        "\(host) lists \(subject.file!) in \(name.repository) and does not have it (404); try again "
          + "later")
    case 404:
      let isRevision =
        reply["x-error-code"] == "RevisionNotFound"
        || reply["x-error-code"] == nil && name.revision != HubName.usualRevision
      return isRevision
        ? HubError(
          "\(name.repository) has no revision \(name.revision) on \(host) (404); its branches and "
            + "tags are listed at \(endpoint.page(of: name))")
        : HubError(
          "\(host) has no model \(name.repository) (404); check the name, which is written OWNER/NAME"
        )
    case 429:
      return HubError(
        "\(host) has had too many requests of late (429); try again later", isPassing: true)
    case 408, 500...599:
      return HubError(
        "\(host) is in trouble and answers with status \(reply.status); try again later",
        isPassing: true)
    case 416:
      return HubError(
        "\(host) does not go on where a download broke off (416)", isPassing: true,
        refusesRange: true)
    default:
      return HubError("\(host) answers with status \(reply.status), which was not expected")
    }
  }
}

/// Keeps a short body in memory.
private final class DocumentReader: ReplyReader {
  private let limit: Int
  private let host: String
  private(set) var data = Data()

  init(limit: Int, host: String) {
    self.limit = limit
    self.host = host
  }

  func begin(_ reply: Reply) { data = Data() }

  func append(_ bytes: UnsafeRawBufferPointer) throws(HubError) {
    guard data.count + bytes.count <= limit else {
      throw HubError(
        "\(host) describes the model in more than \(limit) bytes, which no model needs")
    }
    data.append(contentsOf: bytes)
  }
}
