import Coursework
import Foundation

/// A submission that looks for what it should not see, and for ways out.
///
/// Its error texts begin with SAFE or LEAK; public details show them.
struct SpyingFile {
  /// Paths on this machine that hold secrets.
  let secrets: [String]
  /// A port of this machine that somebody listens on.
  let port: UInt16
  /// A variable of the grader's environment.
  static let variable = "HEADLIGHT_TEST_SECRET"

  var file: HostileFile {
    let paths = secrets.map { "\"\($0)\"" }.joined(separator: ", ")
    return HostileFile(
      student: "spy",
      attacks: [
        Attack("solutions, submissions and seeds", "1.1", [.failed]) {
          """
          let found = [\(paths)].filter(isReadable)
          throw Finding(leaks: !found.isEmpty, "\\(found.count) files")
          """
        },
        Attack("the environment", "1.2", [.failed]) {
          """
          var texts = ProcessInfo.processInfo.environment.keys.joined()
          for process in 1..<300 {
            if let data = FileManager.default.contents(atPath: "/proc/\\(process)/environ") {
              texts += String(decoding: data, as: UTF8.self)
            }
          }
          throw Finding(leaks: texts.contains("\(Self.variable)"), "environment")
          """
        },
        Attack("command lines", "1.3", [.failed]) {
          """
          var texts = ""
          for process in 1..<300 {
            if let data = FileManager.default.contents(atPath: "/proc/\\(process)/cmdline") {
              texts += String(decoding: data, as: UTF8.self)
            }
          }
          throw Finding(leaks: texts.contains("headlight-grading"), "command lines")
          """
        },
        Attack("descriptors", "1.4", [.failed]) {
          """
          var open: [String] = []
          for descriptor in Int32(3)..<256 where fcntl(descriptor, F_GETFD) >= 0 {
            var target = [UInt8](repeating: 0, count: 512)
            let count = target.withUnsafeMutableBytes {
              readlink("/proc/self/fd/\\(descriptor)", $0.baseAddress!, 511)
            }
            let text = String(decoding: target.prefix(max(count, 0)), as: UTF8.self)
            if !text.hasPrefix("pipe:") && !text.hasPrefix("anon_inode:") && !text.hasPrefix("/proc")
              && !text.hasPrefix("/dev/")
            { open.append(text) }
          }
          throw Finding(leaks: !open.isEmpty, "descriptors \\(open)")
          """
        },
        Attack("writing anywhere", "1.5", [.failed]) {
          """
          let folders = ["/", "/usr", "/etc", "/dev", "/dev/shm", "/var/tmp", "/job", "/course",
            "/home", "/root", "/run", "/opt", "."]
          let written = folders.filter {
            let descriptor = open($0 + "/headlight-attack", O_WRONLY | O_CREAT, 0o600)
            if descriptor >= 0 { close(descriptor) }
            return descriptor >= 0
          }
          throw Finding(leaks: !written.isEmpty, "writable \\(written)")
          """
        },
        Attack("links out", "1.6", [.failed]) {
          """
          let link = NSTemporaryDirectory() + "/link"
          let found = [\(paths)].filter {
            unlink(link)
            return symlink($0, link) == 0 && isReadable(link)
          }
          throw Finding(leaks: !found.isEmpty, "links \\(found.count)")
          """
        },
        Attack("the network", "1.7", [.failed]) {
          """
          var reached: [String] = []
          for kind in [SOCK_STREAM, SOCK_DGRAM] {
            let descriptor = socket(AF_INET, Int32(kind.rawValue), 0)
            guard descriptor >= 0 else { continue }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = UInt16(\(port)).bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let result = withUnsafePointer(to: &address) {
              $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
              }
            }
            if result == 0, write(descriptor, "x", 1) == 1 { reached.append("\\(kind)") }
          }
          throw Finding(leaks: !reached.isEmpty, "sockets \\(reached)")
          """
        },
        Attack("more rights", "1.8", [.failed]) {
          """
          let unshare = hidden("unshare", as: (@convention(c) (Int32) -> Int32).self)
          let became = setuid(0) == 0
          let shared = unshare(0x1000_0000) == 0
          throw Finding(leaks: became || shared, "root \\(became), namespaces \\(shared)")
          """
        },
      ])
  }
}
