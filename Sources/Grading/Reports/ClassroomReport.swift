import Foundation

/// The `result.json` of Classroom 50, version 1.
///
/// The format takes whole numbers, and points are in halves, so what it calls a score counts half
/// points: 5 of 8 are a score of 10 with a maximum of 16. What Headlight cannot know is empty.
struct ClassroomReport: Encodable {
  let schema = "classroom50/result/v1"
  let classroom = ""
  let assignment: String
  let assignmentType = "individual"
  let owner: String
  let submission: String
  let commit = ""
  let release = ""
  let review = ""
  /// When it was handed in, which a regrade does not change, or when it was graded first.
  let datetime: Date
  let gradedAt: Date
  let score: Int
  let maxScore: Int
  let tests: [Test]

  struct Test: Encodable {
    let name: String
    let passed: Bool
    let score: Int
    let maxScore: Int

    enum CodingKeys: String, CodingKey {
      case passed, score
      case name = "test-name"
      case maxScore = "max-score"
    }
  }

  enum CodingKeys: String, CodingKey {
    case schema, classroom, assignment, owner, submission, commit, release, review, datetime
    case score, tests
    case assignmentType = "assignment_type"
    case gradedAt = "graded_at"
    case maxScore = "max-score"
  }

  /// The report of a result.
  ///
  /// - Parameter first: when this submission was graded for the first time.
  init(_ result: SubmissionResult, assignment: String, first: Date) {
    self.assignment = assignment
    owner = result.student
    submission = result.submission
    datetime = result.lateness?.submittedAt ?? first
    gradedAt = result.gradedAt
    score = Self.halves(result.points)
    maxScore = 2 * result.maxPoints
    tests = result.exercises.map {
      Test(
        name: $0.name, passed: $0.points >= Double($0.maxPoints), score: Self.halves($0.points),
        maxScore: 2 * $0.maxPoints)
    }
  }

  private static func halves(_ points: Double) -> Int { Int((points * 2).rounded()) }

  /// The date in an earlier report of the same submission.
  static func date(inReport data: Data, of submission: String) -> Date? {
    struct Earlier: Decodable {
      let submission: String
      let datetime: Date
    }
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    guard let earlier = try? decoder.decode(Earlier.self, from: data),
      earlier.submission == submission
    else { return nil }
    return earlier.datetime
  }
}
