import Foundation
import Synchronization

/// A server on this machine that sends exactly the bytes it is told to, however wrong they are.
final class LoopbackServer: Sendable {
  struct Request: Equatable, Sendable {
    var method: String
    var path: String
    /// Values by their names in small letters.
    var fields: [String: String]

    /// The first byte of `Range: bytes=5-`.
    var rangeStart: Int? {
      fields["range"].flatMap { Int($0.dropFirst("bytes=".count).prefix { $0 != "-" }) }
    }
  }

  /// What the server does, one after the other.
  enum Step: Sendable {
    case send([UInt8])
    /// Keeps the connection and sends nothing until the other side has given up.
    case stall
    case hangUp
  }

  /// The port, on 127.0.0.1.
  let port: UInt16
  private let listener: CInt
  private let answer: @Sendable (Request, Int) -> [Step]
  private let log = Mutex<[Request]>([])
  private let isOpen = Mutex(true)

  /// - Parameter answer: what to do on a request; the number counts the earlier ones that were the
  ///   same in method and path.
  init(_ answer: @escaping @Sendable (Request, Int) -> [Step]) throws {
    self.answer = answer
    let listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    self.listener = listener
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    var status: CInt = 0
    withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        status = bind(listener, pointer, length) | listen(listener, 64)
        status |= getsockname(listener, pointer, &length)
      }
    }
    guard status == 0 else { throw POSIXError(.EADDRNOTAVAIL) }
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread { self.acceptAll() }
  }

  /// All requests so far, in order.
  var requests: [Request] { log.withLock { $0 } }

  /// Ends the server; connections that stall end with it.
  func stop() {
    isOpen.withLock { $0 = false }
    shutdown(listener, CInt(SHUT_RDWR))
    close(listener)
  }

  private func acceptAll() {
    while isOpen.withLock({ $0 }) {
      let connection = accept(listener, nil, nil)
      guard connection >= 0 else { return }
      Thread.detachNewThread {
        self.serve(connection)
        close(connection)
      }
    }
  }

  private func serve(_ connection: CInt) {
    while let request = read(from: connection) {
      let earlier = log.withLock { log in
        defer { log.append(request) }
        return log.count { $0.method == request.method && $0.path == request.path }
      }
      for step in answer(request, earlier) {
        switch step {
        case .send(let bytes): guard send(bytes, to: connection) else { return }
        case .hangUp: return
        case .stall:
          // The other side's end shows as something to read.
          var item = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
          while isOpen.withLock({ $0 }), poll(&item, 1, 50) == 0 {}
          return
        }
      }
    }
  }

  private func send(_ bytes: [UInt8], to connection: CInt) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Foundation.send(connection, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  private func read(from connection: CInt) -> Request? {
    var bytes: [UInt8] = []
    while !bytes.suffix(4).elementsEqual("\r\n\r\n".utf8) {
      var byte: UInt8 = 0
      guard recv(connection, &byte, 1, 0) == 1 else { return nil }
      bytes.append(byte)
    }
    let lines = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ").map(String.init)
    var fields: [String: String] = [:]
    for line in lines.dropFirst() where line.contains(": ") {
      let parts = line.components(separatedBy: ": ")
      fields[parts[0].lowercased()] = parts.dropFirst().joined(separator: ": ")
    }
    return Request(method: words[0], path: words[1], fields: fields)
  }
}

extension LoopbackServer.Step {
  /// A reply of a status, fields and a body; the length is right unless a field says another one.
  static func reply(
    _ status: Int, _ fields: [String: String] = [:], _ body: [UInt8] = [], isHead: Bool = false
  ) -> LoopbackServer.Step {
    var fields = fields
    if fields["Content-Length"] == nil { fields["Content-Length"] = "\(body.count)" }
    let lines = fields.map { "\($0.key): \($0.value)\r\n" }.sorted().joined()
    return .send(Array("HTTP/1.1 \(status) X\r\n\(lines)\r\n".utf8) + (isHead ? [] : body))
  }
}
