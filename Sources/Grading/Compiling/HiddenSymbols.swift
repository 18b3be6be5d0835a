/// What of the course's library a submission cannot bind to by a symbol's name, in whatever module it
/// says that it is declared: judges, what makes cases, and the corpora that keys are read off.
enum HiddenSymbols {
  /// Mangled names, as a linker's version script takes them.
  static let patterns =
    mangled(
      "Coursework",
      [
        "Exercise": "V*F", "Checker": "*", "ProcessChecker": "*", "Sheet": "V*F", "CaseKey": "*",
        "ReadyCase": "*", "Part": "*", "Expected": "*", "Judgement": "*", "Misconception": "*",
      ])
    + mangled("Curriculum", ["Course": "*"]) + ["$s10Curriculum*Judge*"]
    + mangled(
      "Laboratory", ["TranslatorCorpus": "*", "ReaderWriter": "*", "SorterTrainer": "*"])

  /// The names of types' members in a module, and what follows them.
  private static func mangled(_ module: String, _ types: [String: String]) -> [String] {
    types.sorted { $0.key < $1.key }.map { type, rest in
      "$s\(module.utf8.count)\(module)\(type.utf8.count)\(type)\(rest)"
    }
  }
}
