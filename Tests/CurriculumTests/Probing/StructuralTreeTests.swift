import Coursework
import Interpretability
import Tensors
import XCTest

@testable import Curriculum
@testable import Solution2

/// Exercise 2.9: what is rejected, what is accepted.
final class StructuralTreeTests: XCTestCase {
  private typealias Question = ProbingSheet.TreeQuestion
  private typealias Answer = ProbingSheet.TreeAnswer

  private let exercise = ProbingSheet.structuralTree

  private static func right(_ question: Question) throws -> Answer {
    let solution = Solution2.Answers()
    return Answer(
      squaredDistances: try solution.squaredDistances(
        between: question.vectors, under: question.projection),
      tree: try solution.tree(from: question.distances),
      score: try solution.attachmentScore(of: question.predicted, heads: question.heads))
  }

  private func misconception(
    _ name: String, says: String?,
    change: @escaping @Sendable (inout Answer, Question) throws -> Void
  ) -> Misconception {
    Misconception(of: exercise, name, says: says) { (question: Question) in
      var answer = try Self.right(question)
      try change(&answer, question)
      return answer
    }
  }

  /// The mapped vectors, `[word, rank]`.
  private static func points(_ question: Question) -> Tensor {
    question.vectors.matmul(transposing: question.projection)
  }

  private static func gold(_ question: Question) -> [WordEdge] {
    question.heads.enumerated().compactMap { word, head in head.map { WordEdge(word, $0) } }
  }

  func testWrongDistancesAreRejectedWithTheirSentence() {
    let misconceptions = [
      misconception("root taken", says: "take no root") { answer, _ in
        answer.squaredDistances = answer.squaredDistances!.relu().squareRoot()
      },
      misconception("not mapped", says: "map them by B first") { answer, question in
        let x = question.vectors
        let identity = Tensor(
          (0..<(x.shape[1] * x.shape[1])).map { $0 % (x.shape[1] + 1) == 0 ? 1 : 0 },
          shape: [x.shape[1], x.shape[1]])
        answer.squaredDistances = StructuralProbe(.distance, projection: identity).distances(x)
      },
      misconception("products", says: "products of the mapped vectors") { answer, question in
        let points = Self.points(question)
        answer.squaredDistances = points.matmul(transposing: points)
      },
      misconception("mean", says: "averaged over the rows of B") { answer, question in
        answer.squaredDistances =
          answer.squaredDistances! / Float(question.projection.shape[0])
      },
      misconception("absolute differences", says: "square them") { answer, question in
        let points = Self.points(question)
        let (count, rank) = (points.shape[0], points.shape[1])
        let difference =
          points.reshaped(to: [count, 1, rank]) - points.reshaped(to: [1, count, rank])
        answer.squaredDistances = (difference.relu() + (-difference).relu()).sum(axis: 2)
      },
      misconception("product once", says: "the product counts twice") { answer, question in
        let points = Self.points(question)
        let squares = (points * points).sum(axis: 1, keepingAxis: true)
        answer.squaredDistances =
          squares + squares.transposed() - points.matmul(transposing: points)
      },
      misconception("one sentence's depths", says: "has the shape") { answer, question in
        let points = Self.points(question)
        answer.squaredDistances = (points * points).sum(axis: 1)
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  func testWrongTreesAreRejectedWithTheirSentence() {
    @Sendable func length(_ question: Question, _ a: Int, _ b: Int) -> Float {
      question.distances[a, b]
    }
    let misconceptions = [
      misconception("greatest", says: "greatest length") { answer, question in
        answer.tree = try Solution2.Answers().tree(from: question.distances * -1)
      },
      misconception("nearest neighbours", says: "joined to its nearest") { answer, question in
        let count = question.heads.count
        answer.tree = Array(
          Set(
            (0..<count).map { word in
              let others = (0..<count).filter { $0 != word }
              return WordEdge(
                word, others.min { length(question, word, $0) < length(question, word, $1) }!)
            }))
      },
      misconception("both ways", says: "an edge is there twice") { answer, _ in
        answer.tree! += answer.tree!
      },
      misconception("neighbours", says: "joined to the next") { answer, question in
        answer.tree = (1..<question.heads.count).map { WordEdge($0 - 1, $0) }
      },
      misconception("star", says: "all edges lead to the word 0") { answer, question in
        answer.tree = (1..<question.heads.count).map { WordEdge(0, $0) }
      },
      misconception("on from the last", says: "the one that was added last") { answer, question in
        var (last, rest) = (0, Array(1..<question.heads.count))
        answer.tree = []
        while let next = rest.min(by: { length(question, last, $0) < length(question, last, $1) }) {
          answer.tree!.append(WordEdge(last, next))
          rest.removeAll { $0 == next }
          last = next
        }
      },
      misconception("the shortest n − 1", says: "the edges make a circle") { answer, question in
        let count = question.heads.count
        let pairs = (0..<count).flatMap { a in (0..<a).map { WordEdge(a, $0) } }
        answer.tree = Array(
          pairs.sorted {
            length(question, $0.first, $0.second) < length(question, $1.first, $1.second)
          }.prefix(count - 1))
      },
      misconception("an edge to itself", says: "there is no edge between the words 0 and 0") {
        answer, _ in
        answer.tree!.append(WordEdge(0, 0))
      },
      misconception("all pairs", says: "a tree over 6 words has 5") { answer, question in
        let count = question.heads.count
        answer.tree = (0..<count).flatMap { a in (0..<a).map { WordEdge(a, $0) } }
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  func testWrongScoresAreRejectedWithTheirSentence() {
    func misconception(
      _ name: String, says: String?, score: @escaping @Sendable (Double, Question) -> Double
    ) -> Misconception {
      self.misconception(name, says: says) { answer, question in
        let gold = Set(Self.gold(question))
        answer.score = score(Double(question.predicted.count { gold.contains($0) }), question)
      }
    }
    let misconceptions = [
      misconception("count", says: "divide by how many there are") { found, _ in found },
      misconception("per cent", says: "in per cent") {
        100 * $0 / Double($1.heads.count - 1)
      },
      misconception("the root counts", says: "one edge fewer than words") {
        $0 / Double($1.heads.count)
      },
      misconception("precision", says: "the share is of the predicted edges") {
        $0 / Double($1.predicted.count)
      },
      misconception("missed", says: "that were missed") { 1 - $0 / Double($1.heads.count - 1) },
      misconception("directed", says: "whose head stands first") { _, question in
        Double(question.predicted.count { question.heads[$0.second] == $0.first })
          / Double(question.heads.count - 1)
      },
      misconception("either tree", says: "in either tree") { found, question in
        found / Double(Set(Self.gold(question)).union(question.predicted).count)
      },
    ]
    XCTAssertEqual(misconceptions.compactMap { $0.fault() }, [])
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, "the library's") { (question: Question) in
        Answer(
          squaredDistances: StructuralProbe(.distance, projection: question.projection)
            .distances(question.vectors),
          tree: minimumSpanningTree(question.distances.doubleRows),
          score: undirectedAttachment(question.predicted, gold: Self.gold(question)))
      },
      Variant(of: exercise, "loops, Borůvka's trees, edges as pairs") { (question: Question) in
        let count = question.heads.count
        let (x, b) = (question.vectors, question.projection)
        var squares = Tensor.zeros([count, count])
        for i in 0..<count {
          for j in 0..<count {
            var sum = 0.0
            for row in 0..<b.shape[0] {
              var difference = 0.0
              for column in 0..<b.shape[1] {
                difference += Double(b[row, column]) * Double(x[i, column] - x[j, column])
              }
              sum += difference * difference
            }
            squares[i, j] = Float(sum)
          }
        }
        var piece = Array(0..<count)
        var edges: Set<WordEdge> = []
        while Set(piece).count > 1 {
          // Every piece takes its shortest way out.
          let chosen = Set(piece).map { own in
            (0..<count).flatMap { i in (0..<count).map { (i, $0) } }
              .filter { piece[$0.0] == own && piece[$0.1] != own }
              .min { question.distances[$0.0, $0.1] < question.distances[$1.0, $1.1] }!
          }
          for (i, j) in chosen {
            edges.insert(WordEdge(i, j))
            let (old, new) = (piece[j], piece[i])
            piece = piece.map { $0 == old ? new : $0 }
          }
        }
        let found = question.heads.indices.count { word in
          question.predicted.contains {
            $0.first == word && $0.second == question.heads[word]
              || $0.second == word && $0.first == question.heads[word]
          }
        }
        return Answer(
          squaredDistances: squares, tree: edges.reversed(),
          score: Double(found) / Double(count - 1))
      },
    ]
    XCTAssertEqual(variants.compactMap { $0.fault() }, [])
  }

  func testNonsenseEarnsNoFullMarks() {
    let tensors = [
      Tensor.zeros([0]), Tensor(repeating: .nan, shape: [6, 6]), Tensor.zeros([6, 6]),
      Tensor(repeating: 1e38, shape: [6, 6]), Tensor(scalar: 1),
    ]
    let trees: [[WordEdge]] = [
      [], [WordEdge(-5, 2)], [WordEdge(0, .max)], [WordEdge(.min, .max)],
      Array(repeating: WordEdge(0, 1), count: 5),
    ]
    let scores: [Double] = [.nan, .infinity, -1e300, 0, 2]
    for index in tensors.indices {
      let nonsense = Misconception(of: exercise, "nonsense", says: nil) { (_: Question) in
        Answer(squaredDistances: tensors[index], tree: trees[index], score: scores[index])
      }
      XCTAssertNil(nonsense.fault())
    }
  }

  func testAThirdOfTheAnswerEarnsAThird() {
    struct Third: ProbingAnswersStub {
      func tree(from distances: Tensor) throws -> [WordEdge] {
        try Solution2.Answers().tree(from: distances)
      }
    }
    let result = Checker.check(exercise, Third())
    XCTAssertEqual(result.points, 1.5)
    XCTAssertTrue(
      result.message.contains("`squaredDistances` is not answered yet"), result.message)
  }
}
