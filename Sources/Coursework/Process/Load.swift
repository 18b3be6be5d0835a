import Foundation

/// What a process and all that descend from it have had of the machine so far, as `/proc` shows it.
struct Load {
  /// How many processes there are.
  private(set) var processes = 0
  /// The seconds that all of them computed together.
  private(set) var computed = 0.0
  /// The seconds that each thread was ready to compute and had to wait for a processor.
  private(set) var waited: [pid_t: Double] = [:]

  /// More than a sandbox around a program, or a compiler and its helpers, are made of.
  private static let mostProcesses = 12

  /// One look at the processes.
  init(of root: pid_t) {
    for process in ProcessTree.descendants(of: root) {
      processes += 1
      let threads =
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
      for thread in threads.compactMap({ pid_t($0) }) {
        let place = "/proc/\(process)/task/\(thread)/schedstat"
        guard let text = FileManager.default.contents(atPath: place) else { continue }
        let numbers = String(decoding: text, as: UTF8.self).split(separator: " ")
          .compactMap { Double($0) }
        guard numbers.count >= 2 else { continue }
        computed += numbers[0] / 1e9
        waited[thread] = numbers[1] / 1e9
      }
    }
  }

  /// Whether the machine, since an earlier look, kept from the processes what they were ready to
  /// use: one thread waited for a processor for a quarter of the seconds that passed, and together
  /// they computed less than was due to them.
  ///
  /// An endless loop computes for as long as it is let, and one that sleeps waits for no processor.
  /// A program with more threads at work than processors, or with a herd of processes, of which
  /// many are gone before they are counted, crowds itself out.
  func isStarved(since earlier: Load, passed: Double, due: Double) -> Bool {
    let waiting = waited.count { $0.value - (earlier.waited[$0.key] ?? 0) >= passed / 4 }
    let crowd = 2 * ProcessInfo.processInfo.activeProcessorCount
    return (1...crowd).contains(waiting) && processes <= Self.mostProcesses
      && computed - earlier.computed < due * 0.9
  }
}
