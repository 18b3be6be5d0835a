package import Coursework
package import Foundation

/// What became of one submission: the whole content of `GRADES/<student>/result.json`, from which
/// every report is made.
///
/// It holds nothing a student may not see: details of hidden cases are gone before it is made.
/// Texts of the student's making (file names, compile messages, details, open answers) are free of
/// control characters, and are otherwise as they were: whoever prints them into HTML, XML or a table
/// escapes them.
package struct SubmissionResult: Codable, Hashable, Sendable {
  /// The student: the login or number where a platform tells one, and else what the submission is
  /// called.
  package var student: String
  /// The student's name, where there is one beside the login or number.
  package var name: String?
  /// Where it was handed in, where its name tells.
  package var platform: Platform?
  /// The sheet's number.
  package var sheet: Int
  /// What became of the submission as a whole.
  package var status: Status
  /// One sentence for the student about the submission as a whole.
  package var message: String
  /// What counts: the points of all exercises, less what ``lateness`` takes.
  package var points: Double
  /// The points of the sheet altogether, with those that the instructor gives by hand.
  package var maxPoints: Int
  /// How far the student's code was held back while it ran.
  package var sandbox: SandboxLevel
  /// The fingerprint of the secret seed, which says whether two grades had the same questions.
  package var seed: String
  /// Every exercise of the sheet, in the sheet's order, whatever became of the submission.
  package var exercises: [ExerciseOutcome]
  /// The figures of the student's answers; their files lie beside this result.
  package var figures: [FigureOutcome]
  /// How long each step took.
  package var durations: Durations
  /// What was noticed while the submission was collected: which file was taken, what was left out.
  package var notes: [String]
  /// What the compiler said about the student's file, in its own line numbers; at most twenty.
  package var compileMessages: [CompileMessage]
  /// How late the submission was, or nil when no deadline was given.
  package var lateness: Lateness?
  /// The digest of what was submitted, by which a changed submission is known.
  package var submission: String
  /// The version of the grader, by which an outdated result is known.
  package var grader: String
  /// When it was graded.
  package var gradedAt: Date

  /// A result with every part of it.
  package init(
    student: String, sheet: Int, status: Status, message: String, points: Double, maxPoints: Int,
    sandbox: SandboxLevel, seed: String, exercises: [ExerciseOutcome],
    figures: [FigureOutcome] = [], durations: Durations = Durations(), notes: [String] = [],
    compileMessages: [CompileMessage] = [], lateness: Lateness? = nil, submission: String,
    grader: String, gradedAt: Date, name: String? = nil, platform: Platform? = nil
  ) {
    self.student = student
    self.name = name
    self.platform = platform
    self.sheet = sheet
    self.status = status
    self.message = message
    self.points = points
    self.maxPoints = maxPoints
    self.sandbox = sandbox
    self.seed = seed
    self.exercises = exercises
    self.figures = figures
    self.durations = durations
    self.notes = notes
    self.compileMessages = compileMessages
    self.lateness = lateness
    self.submission = submission
    self.grader = grader
    self.gradedAt = gradedAt
  }

  /// What became of a submission as a whole.
  package enum Status: String, Codable, Hashable, Sendable, CaseIterable {
    /// It was compiled and every exercise was asked.
    case graded
    /// There is no file in it that could be graded.
    case nothingToGrade
    /// The file does not compile.
    case doesNotCompile
    /// The grader itself failed; no grade is meant by this, and the next run tries again.
    case error
  }

  /// The student for a reader: the login or number with the name.
  package var shownStudent: String { name.map { "\(student) (\($0))" } ?? student }

  /// What the exercises earned before anything was taken for lateness.
  package var earnedPoints: Double { exercises.reduce(0) { $0 + $1.points } }
}

/// What became of one exercise of a submission.
package struct ExerciseOutcome: Codable, Hashable, Sendable {
  /// Sheet and place in it, as in "1.5".
  package var id: String
  package var title: String
  /// The points earned, in halves: those of the hidden part, whose cases no one could look up, or of
  /// the public part where they are fewer.
  ///
  /// An open exercise has 0 until it is marked.
  package var points: Double
  package var maxPoints: Int
  /// What became of it: a verdict on the cases, or that it was never asked.
  package var status: Verdict.Status
  /// One sentence for the student, without hidden inputs or expected values.
  package var message: String
  /// The cases that students have on their own machines, or nil when they were not asked.
  package var publicPart: PartOutcome?
  /// The cases of the secret seed, or nil when they were not asked or the exercise is open.
  package var hiddenPart: PartOutcome?
  /// Whether the instructor marks it by hand.
  package var isOpen: Bool
  /// The text of an open answer, when there is one.
  package var text: String?
  /// What the instructor gave an open answer, or nil before it is marked.
  package var mark: Mark?
  package var seconds: Double

  package init(
    id: String, title: String, points: Double, maxPoints: Int, status: Verdict.Status,
    message: String, publicPart: PartOutcome? = nil, hiddenPart: PartOutcome? = nil,
    isOpen: Bool = false, text: String? = nil, mark: Mark? = nil, seconds: Double = 0
  ) {
    self.id = id
    self.title = title
    self.points = points
    self.maxPoints = maxPoints
    self.status = status
    self.message = message
    self.publicPart = publicPart
    self.hiddenPart = hiddenPart
    self.isOpen = isOpen
    self.text = text
    self.mark = mark
    self.seconds = seconds
  }
}

/// What became of the public or of the hidden cases of an exercise.
package struct PartOutcome: Codable, Hashable, Sendable {
  /// What these cases alone would earn.
  package var points: Double
  package var status: Verdict.Status
  /// One sentence for the student, without expected values.
  package var message: String
  /// More, such as an expected value; of public cases alone.
  package var detail: String?
  package var rightCases: Int
  package var caseCount: Int

  package init(
    points: Double, status: Verdict.Status, message: String, detail: String? = nil,
    rightCases: Int, caseCount: Int
  ) {
    self.points = points
    self.status = status
    self.message = message
    self.detail = detail
    self.rightCases = rightCases
    self.caseCount = caseCount
  }
}

/// A figure of the sheet with the student's answers.
package struct FigureOutcome: Codable, Hashable, Sendable {
  /// The file's name in the sheet's own `Figures`, and in `figures` beside the result.
  package var name: String
  package var caption: String
  /// Why there is no such file, in a sentence; nil when it was drawn.
  package var missing: String?

  package init(name: String, caption: String, missing: String? = nil) {
    self.name = name
    self.caption = caption
    self.missing = missing
  }
}

/// One thing the compiler said about the student's file.
package struct CompileMessage: Codable, Hashable, Sendable {
  package enum Severity: String, Codable, Hashable, Sendable { case error, warning }

  package var severity: Severity
  /// The line in the student's own file, or nil when it concerns the file as a whole.
  package var line: Int?
  package var column: Int?
  package var text: String
  /// The line of source it is about.
  package var source: String?

  package init(
    severity: Severity, line: Int? = nil, column: Int? = nil, text: String, source: String? = nil
  ) {
    self.severity = severity
    self.line = line
    self.column = column
    self.text = text
    self.source = source
  }
}

/// How long the steps of grading took, in seconds.
package struct Durations: Codable, Hashable, Sendable {
  /// Finding and copying the student's file.
  package var collect: Double
  package var compile: Double
  /// The student's processes, from start to end.
  package var run: Double
  /// Making questions and keys, and holding answers against keys.
  package var verify: Double

  package init(collect: Double = 0, compile: Double = 0, run: Double = 0, verify: Double = 0) {
    self.collect = collect
    self.compile = compile
    self.run = run
    self.verify = verify
  }

  package var total: Double { collect + compile + run + verify }
}

/// How late a submission was, and what that costs.
package struct Lateness: Codable, Hashable, Sendable {
  package var deadline: Date
  package var submittedAt: Date
  /// The share of the earned points that is taken, from 0 to 1.
  package var deduction: Double
  /// One sentence for the student.
  package var message: String

  package init(deadline: Date, submittedAt: Date, deduction: Double, message: String) {
    self.deadline = deadline
    self.submittedAt = submittedAt
    self.deduction = deduction
    self.message = message
  }
}
