import Foundation

/// The processes that descend from one, as `/proc` shows them.
enum ProcessTree {
  /// One look at a process.
  struct Member {
    let process: pid_t
    let parent: pid_t
    let isZombie: Bool
  }

  /// A process's state and parent, or nil when there is none of that number.
  static func member(_ process: pid_t) -> Member? {
    guard let status = FileManager.default.contents(atPath: "/proc/\(process)/stat"),
      // State and parent follow the name, which stands in parentheses and may hold anything.
      let end = status.lastIndex(of: UInt8(ascii: ")"))
    else { return nil }
    let fields = status[(end + 1)...].split(separator: UInt8(ascii: " "), maxSplits: 2)
    guard fields.count == 3, let parent = pid_t(String(decoding: fields[1], as: UTF8.self)) else {
      return nil
    }
    return Member(
      process: process, parent: parent, isZombie: fields[0].first == UInt8(ascii: "Z"))
  }

  /// Every process there is.
  static var processes: [pid_t] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { pid_t($0) }
  }

  /// A process and all that descend from it.
  static func descendants(of root: pid_t) -> [pid_t] {
    let children = Dictionary(grouping: processes.compactMap(member), by: \.parent)
    var found = [root]
    var index = 0
    while index < found.count {
      found += (children[found[index]] ?? []).map(\.process)
      index += 1
    }
    return found
  }

  /// The memory of a process and all that descend from it, in bytes: what they wrote to, and what
  /// they share with each other.
  static func memoryBytes(of root: pid_t) -> Int {
    descendants(of: root).reduce(0) { sum, process in
      guard let status = FileManager.default.contents(atPath: "/proc/\(process)/status") else {
        return sum
      }
      let lines = String(decoding: status, as: UTF8.self).split(separator: "\n")
      return lines.reduce(sum) { sum, line in
        guard line.hasPrefix("RssAnon:") || line.hasPrefix("RssShmem:") else { return sum }
        return sum + (line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 1_024
      }
    }
  }
}
