import Answering
import Coursework
import Foundation

/// Something a hostile answer does in one exercise of Sheet 1, and what it must come to.
struct Attack {
  let name: String
  /// The exercise, whose method is replaced.
  let exercise: String
  /// The method's new body.
  let code: String
  /// What must become of the exercise.
  let statuses: Set<Verdict.Status>
  /// What the message must hold.
  let says: String
  /// The most that it may earn, in points.
  let points: Double

  init(
    _ name: String, _ exercise: String, _ statuses: Set<Verdict.Status>, says: String = "",
    atMost points: Double = 0, code: () -> String
  ) {
    self.name = name
    self.exercise = exercise
    self.code = code()
    self.statuses = statuses
    self.says = says
    self.points = points
  }
}

/// A file of answers with an attack in each of several exercises.
struct HostileFile {
  let student: String
  /// What stands before the answers.
  var prelude = ""
  let attacks: [Attack]

  /// The methods that exercises are answered by.
  private static let methods = [
    "1.1": "modelShape", "1.2": "attention", "1.3": "origin", "1.4": "rows", "1.5": "alignment",
    "1.6": "swapScores", "1.7": "headScores", "1.8": "rollout", "1.9": "capitalPrediction",
    "1.10": "headEffects", "1.11": "whatAttentionShows", "1.12": "whatToCheck",
  ]

  /// The file's text, from the sheet's template.
  func text(template: String) -> String {
    var lines = template.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    for attack in attacks {
      guard let method = Self.methods[attack.exercise],
        let begin = lines.firstIndex(where: { $0.contains("func \(method)(") }),
        let stub = lines[begin...].firstIndex(where: { $0.contains("throw Unanswered()") })
      else { preconditionFailure("the template has no stub for exercise \(attack.exercise)") }
      lines[stub] = attack.code
    }
    // Imports have to come first.
    let last = lines.lastIndex { $0.hasPrefix("import ") }!
    lines.insert(Self.tools + prelude, at: last + 1)
    return lines.joined(separator: "\n")
  }

  /// What several attacks use.
  private static let tools = """

    /// What an attack found out, told by an error's text.
    struct Finding: Error, CustomStringConvertible {
      let description: String
      init(leaks: Bool, _ text: String) { description = (leaks ? "LEAK " : "SAFE ") + text }
    }
    /// A function of the C library that Swift keeps out of sight.
    func hidden<Function>(_ name: String, as type: Function.Type) -> Function {
      unsafeBitCast(dlsym(nil, name), to: type)
    }
    func forkIt() -> Int32 {
      hidden("fork", as: (@convention(c) () -> Int32).self)()
    }
    func isReadable(_ path: String) -> Bool {
      let descriptor = open(path, O_RDONLY)
      if descriptor >= 0 { close(descriptor) }
      return descriptor >= 0
    }

    """
}
