import Answering
import Coursework
import Foundation

/// A submission that looks for the right answers where the course keeps them, and what is looked for.
struct Oracle: Sendable {
  /// A name for the student who hands it in.
  let student: String
  let sheet: Int
  let exercise: String
  /// Methods by name, and their bodies.
  let methods: [String: String]
  /// What stands in front of the answers: imports, and code around them.
  var prelude = ""

  /// The file's text, from the sheet's template.
  func text(template: String) -> String {
    var lines = template.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    for (method, body) in methods {
      guard let begin = lines.firstIndex(where: { $0.contains("func \(method)(") }),
        let stub = lines[begin...].firstIndex(where: { $0.contains("throw Unanswered()") })
      else { preconditionFailure("the template has no stub of \(method)") }
      lines[stub] = body
    }
    let last = lines.lastIndex { $0.hasPrefix("import ") }!
    lines.insert(prelude, at: last + 1)
    return lines.joined(separator: "\n")
  }
}

/// A submission for every way to the right answers that somebody has thought of.
enum OracleFiles {
  static let all = [
    // SplitMix64 can be run backwards: if both seeds of a question come from one stream, so does all
    // else of the exercise.
    Oracle(
      student: "inverts-a-seed", sheet: 5, exercise: "5.5",
      methods: [
        "prompts": """
        guard Stream.follows(seed) else { throw Found() }
        var generator = SeededGenerator(seed: seed)
        var known: Set<[Int]> = []
        let different = texts.filter { known.insert($0).inserted }.shuffled(using: &generator)
        var taken: Set<[Int]> = []
        let parts = [0, 1].map { part in
          let own = different.indices.filter { $0 % 2 == part }
          let all = own.flatMap { text in
            (2...different[text].count).map { Array(different[text].prefix($0)) }
          }
          return Array(
            all.shuffled(using: &generator).filter { taken.insert($0).inserted }.prefix(count))
        }
        return PromptSplit(training: parts[0], evaluation: parts[1])
        """
      ],
      prelude: """
        struct Found: Error {}
        enum Stream {
          nonisolated(unsafe) static var first: UInt64?
          static func unshift(_ x: UInt64, _ by: UInt64) -> UInt64 {
            var y = x
            for _ in 0..<6 { y = x ^ (y >> by) }
            return y
          }
          static func inverse(_ x: UInt64) -> UInt64 {
            var y = x
            for _ in 0..<6 { y = y &* (2 &- x &* y) }
            return y
          }
          /// The state that SplitMix64 was in when it gave a number.
          static func state(of number: UInt64) -> UInt64 {
            var z = unshift(number, 31) &* inverse(0x94D0_49BB_1331_11EB)
            z = unshift(z, 27) &* inverse(0xBF58_476D_1CE4_E5B9)
            return unshift(z, 30)
          }
          /// Whether a question's second seed is what follows its first; the first is asked of twice.
          static func follows(_ seed: UInt64) -> Bool {
            guard let known = first else {
              first = seed
              return true
            }
            if known == seed { return true }
            first = nil
            return state(of: seed) == state(of: known) &+ 0x9E37_79B9_7F4A_7C15
          }
        }
        """),
    Oracle(
      student: "asks-the-judge", sheet: 1, exercise: "1.8",
      methods: [
        "entropy": """
        let exercise = try AttentionSheet.sheet.exercise("1.8")
        let question = Data("{}".utf8)
        throw Told("\\(exercise.verdict(key: question, answer: question).detail ?? "")")
        """
      ], prelude: "import AttentionExercises\nimport Coursework\n" + told),
    Oracle(
      student: "binds-the-judge", sheet: 1, exercise: "1.8",
      methods: [
        "entropy": """
        let exercise = try AttentionSheet.sheet.exercise("1.8")
        let question = Data("{}".utf8)
        throw Told("\\(exercise.judged(key: question, answer: question))")
        """
      ],
      prelude: "import AttentionExercises\nimport Coursework\n" + told + """

        extension Exercise {
          @_silgen_name("\(Self.verdictSymbol)")
          func judged(key: Data, answer: Data) -> Verdict
        }
        """),
    Oracle(
      student: "looks-up-the-judge", sheet: 1, exercise: "1.10",
      methods: [
        "headEffects": """
        let symbols = ["\(Self.verdictSymbol)", "\(Self.casesSymbol)"]
        let found = symbols.filter { dlsym(nil, $0) != nil }
        if found.isEmpty { throw Told("SAFE") }
        throw Told("LEAK \\(found)")
        """
      ], prelude: told),
    Oracle(
      student: "looks-into-the-exercise", sheet: 1, exercise: "1.8",
      methods: [
        "entropy": """
        let exercise = try AttentionSheet.sheet.exercise("1.8")
        let names = Mirror(reflecting: exercise).children.compactMap(\\.label)
        var text = ""
        dump(exercise, to: &text)
        if names.isEmpty, !text.contains("Encoded") { throw Told("SAFE") }
        throw Told("LEAK \\(names)")
        """
      ], prelude: "import AttentionExercises\nimport Coursework\n" + told),
    Oracle(
      student: "names-the-package", sheet: 1, exercise: "1.1",
      methods: [
        "modelShape": """
        let cases = try Course.sheets[0].exercise("1.1").cases(seed: 2_026)
        throw Told("\\(cases.count)")
        """
      ], prelude: "import Curriculum\n" + told),
    Oracle(
      student: "makes-the-cases", sheet: 1, exercise: "1.3",
      methods: [
        "origin": """
        for seed in UInt64(0)..<1_000 {
          for one in try AttentionSheet.sheet.exercise("1.3").cases(seed: seed) {
            if one.question == Data("\\(map)".utf8) { return .cross }
          }
        }
        throw Told("none")
        """
      ], prelude: "import AttentionExercises\nimport Coursework\n" + told),
    Oracle(
      student: "checks-itself", sheet: 1, exercise: "1.6",
      methods: [
        "swapScores": """
        let result = Checker.check(try AttentionSheet.sheet.exercise("1.6"), Answers())
        throw Told(result.explanation)
        """
      ], prelude: "import AttentionExercises\nimport Coursework\n" + told),
    Oracle(
      student: "checks-another", sheet: 1, exercise: "1.7",
      methods: [
        "headScores": """
        let checker = ProcessChecker(command: [CommandLine.arguments[0]])
        let exercise = try AttentionSheet.sheet.exercise("1.7")
        Task { print(await checker.check(exercise).explanation) }
        throw Told("asked")
        """
      ], prelude: "import AttentionExercises\nimport Coursework\n" + told),
    Oracle(
      student: "knows-the-corpus", sheet: 1, exercise: "1.5",
      methods: [
        "alignment": """
        let known = TranslatorCorpus().training(count: 1_000)
        return pair.targetWords.indices.map { $0 < known.count ? $0 : nil }
        """
      ], prelude: "import Laboratory"),
    Oracle(
      student: "has-it-trained", sheet: 4, exercise: "4.6",
      methods: [
        "train": """
        var trainer = SorterTrainer(lists: sorter.lists)
        while !trainer.isFinished { trainer.advance() }
        return trainer.sorter
        """
      ], prelude: "import SortingExercises"),
    Oracle(
      student: "imports-the-solution", sheet: 1, exercise: "1.2",
      methods: ["attention": "return try Solution1.Answers().attention(of: head)"],
      prelude: "import Solution1"),
    Oracle(
      student: "hashes", sheet: 2, exercise: "2.3",
      methods: [
        "controlLabels": """
        return words.map { word in
          var hasher = Hasher()
          hasher.combine(word.lowercased())
          hasher.combine(seed)
          return Int(UInt(bitPattern: hasher.finalize()) % UInt(classes))
        }
        """
      ]),
  ]

  /// Opens what the package keeps to itself, in modules that were compiled for testing.
  static let testable = [
    Oracle(
      student: "imports-for-testing", sheet: 4, exercise: "4.1",
      methods: [
        "logProbabilities": """
        return .stack(
          tokens.indices.map { row in
            logits[at: row].slice(0..<(tokens[row].count - 1)).logSoftmax()
              .gatheringColumns(Array(tokens[row].dropFirst()))
              .reshaped(to: [tokens[row].count - 1])
          })
        """
      ], prelude: "@testable import Tensors\n"),
    Oracle(
      student: "imports-with-a-blank", sheet: 4, exercise: "4.3",
      methods: [
        "loss": """
        let rows = batch.tokens.indices.flatMap { row in
          batch.tokens[row].indices.map { place -> Int? in
            let next = place + 1
            guard next < batch.tokens[row].count, batch.mask[row][place], batch.mask[row][next]
            else { return nil }
            return batch.tokens[row][next]
          }
        }
        return logits.reshaped(to: [rows.count, logits.shape[2]]).crossEntropy(targets: rows).scalar
        """
      ], prelude: "@testable /* for a reason */ import Tensors\n"),
    Oracle(
      student: "binds-by-name", sheet: 4, exercise: "4.1",
      methods: ["logProbabilities": "return bound(logits, tokens[0])"],
      prelude: """
        @_silgen_name("$s7Tensors6TensorV16gatheringColumnsyACSaySiGF")
        func bound(_ logits: Tensor, _ tokens: [Int]) -> Tensor
        """),
  ]

  private static let told = """
    struct Told: Error, CustomStringConvertible {
      let description: String
      init(_ text: String) { description = text }
    }
    """
  /// Symbols that are there wherever the judges are linked: metadata of an exercise and of a sheet.
  static let verdictSymbol = "$s10Coursework8ExerciseVMa"
  static let casesSymbol = "$s18AttentionExercises0A5SheetOMa"
}
