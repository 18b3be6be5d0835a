import Coursework
import Interpretability
import SheetTools
import Tensors
import Transformers
import XCTest

@testable import ProbingExercises
@testable import ProbingVocabulary
@testable import Solution2

/// Exercise 2.9: what is rejected, what is accepted.
final class StructuralTreeTests: XCTestCase {
  private typealias Question = TreeSentence

  private let exercise = ProbingSheet.structuralTree

  private func misconception(
    _ name: String, says: String?,
    distances: @escaping @Sendable (Question) throws -> Tensor
  ) -> Misconception {
    Misconception(
      of: exercise, in: ProbingAsks.squaredDistances, name, says: says, answer: distances)
  }

  private func misconception(
    _ name: String, says: String?, tree: @escaping @Sendable (Question) throws -> [WordEdge]
  ) -> Misconception {
    Misconception(of: exercise, in: ProbingAsks.tree, name, says: says, answer: tree)
  }

  private static func distances(_ question: Question) throws -> Tensor {
    try Solution2.Answers().squaredDistances(
      between: question.vectors, under: question.projection)
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
      misconception(
        "root taken", says: "take no root",
        distances: { try Self.distances($0).relu().squareRoot() }),
      misconception(
        "not mapped", says: "map them by B first",
        distances: { question in
          let x = question.vectors
          let identity = Tensor(
            (0..<(x.shape[1] * x.shape[1])).map { $0 % (x.shape[1] + 1) == 0 ? 1 : 0 },
            shape: [x.shape[1], x.shape[1]])
          return StructuralProbe(.distance, projection: identity).distances(x)
        }),
      misconception(
        "products", says: "products of the mapped vectors",
        distances: { question in
          let points = Self.points(question)
          return points.matmul(transposing: points)
        }),
      misconception(
        "mean", says: "averaged over the rows of B",
        distances: { try Self.distances($0) / Float($0.projection.shape[0]) }),
      misconception(
        "absolute differences", says: "square them",
        distances: { question in
          let points = Self.points(question)
          let (count, rank) = (points.shape[0], points.shape[1])
          let difference =
            points.reshaped(to: [count, 1, rank]) - points.reshaped(to: [1, count, rank])
          return (difference.relu() + (-difference).relu()).sum(axis: 2)
        }),
      misconception(
        "product once", says: "the product counts twice",
        distances: { question in
          let points = Self.points(question)
          let squares = (points * points).sum(axis: 1, keepingAxis: true)
          return squares + squares.transposed() - points.matmul(transposing: points)
        }),
      misconception(
        "one sentence's depths", says: "has the shape",
        distances: { question in
          let points = Self.points(question)
          return (points * points).sum(axis: 1)
        }),
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testWrongTreesAreRejectedWithTheirSentence() {
    @Sendable func length(_ question: Question, _ a: Int, _ b: Int) -> Float {
      question.distances[a, b]
    }
    let misconceptions = [
      misconception(
        "greatest", says: "greatest length",
        tree: { try Solution2.Answers().tree(from: $0.distances * -1) }),
      misconception(
        "nearest neighbours", says: "joined to its nearest",
        tree: { question in
          let count = question.heads.count
          return Array(
            Set(
              (0..<count).map { word in
                let others = (0..<count).filter { $0 != word }
                return WordEdge(
                  word, others.min { length(question, word, $0) < length(question, word, $1) }!)
              }))
        }),
      misconception(
        "both ways", says: "an edge is there twice",
        tree: { question in
          let tree = try Solution2.Answers().tree(from: question.distances)
          return tree + tree
        }),
      misconception(
        "neighbours", says: "joined to the next",
        tree: { question in (1..<question.heads.count).map { WordEdge($0 - 1, $0) } }),
      misconception(
        "star", says: "all edges lead to the word 0",
        tree: { question in (1..<question.heads.count).map { WordEdge(0, $0) } }),
      misconception(
        "on from the last", says: "the one that was added last",
        tree: { question in
          var (last, rest) = (0, Array(1..<question.heads.count))
          var tree: [WordEdge] = []
          while let next = rest.min(by: { length(question, last, $0) < length(question, last, $1) })
          {
            tree.append(WordEdge(last, next))
            rest.removeAll { $0 == next }
            last = next
          }
          return tree
        }),
      misconception(
        "the shortest n − 1", says: "the edges make a circle",
        tree: { question in
          let count = question.heads.count
          let pairs = (0..<count).flatMap { a in (0..<a).map { WordEdge(a, $0) } }
          return Array(
            pairs.sorted {
              length(question, $0.first, $0.second) < length(question, $1.first, $1.second)
            }.prefix(count - 1))
        }),
      misconception(
        "an edge to itself", says: "there is no edge between the words 0 and 0",
        tree: { try Solution2.Answers().tree(from: $0.distances) + [WordEdge(0, 0)] }),
      misconception(
        "all pairs", says: "a tree over 6 words has 5",
        tree: { question in
          let count = question.heads.count
          return (0..<count).flatMap { a in (0..<a).map { WordEdge(a, $0) } }
        }),
    ]
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testWrongScoresAreRejectedWithTheirSentence() {
    func misconception(
      _ name: String, says: String?, score: @escaping @Sendable (Double, Question) -> Double
    ) -> Misconception {
      Misconception(of: exercise, in: ProbingAsks.attachmentScore, name, says: says) { question in
        let gold = Set(Self.gold(question))
        return score(Double(question.predicted.count { gold.contains($0) }), question)
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
    XCTAssertEqual(misconceptions.faults(), [])
  }

  func testOtherRightWaysAreAccepted() {
    let variants = [
      Variant(of: exercise, in: ProbingAsks.squaredDistances, "the library's") { question in
        StructuralProbe(.distance, projection: question.projection).distances(question.vectors)
      },
      Variant(of: exercise, in: ProbingAsks.tree, "the library's") { question in
        minimumSpanningTree(question.distances.doubleRows)
      },
      Variant(of: exercise, in: ProbingAsks.attachmentScore, "the library's") { question in
        undirectedAttachment(question.predicted, gold: Self.gold(question)) ?? .nan
      },
      Variant(of: exercise, in: ProbingAsks.squaredDistances, "loops") { question in
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
        return squares
      },
      Variant(of: exercise, in: ProbingAsks.tree, "Borůvka's trees") { question in
        let count = question.heads.count
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
        return edges.reversed()
      },
      Variant(of: exercise, in: ProbingAsks.attachmentScore, "edges as pairs") { question in
        let found = question.heads.indices.count { word in
          question.predicted.contains {
            $0.first == word && $0.second == question.heads[word]
              || $0.second == word && $0.first == question.heads[word]
          }
        }
        return Double(found) / Double(question.heads.count - 1)
      },
    ]
    XCTAssertEqual(variants.faults(), [])
  }

  func testNonsenseEarnsNoFullMarks() throws {
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
      XCTAssertEqual(
        try exercise.casesPassed(by: tensors[index], in: ProbingAsks.squaredDistances), [])
      XCTAssertEqual(try exercise.casesPassed(by: trees[index], in: ProbingAsks.tree), [])
    }
    for score in scores {
      let verdicts = try exercise.only(ProbingAsks.attachmentScore).verdicts(on: score)
      // A prediction may hold none of the gold edges, and then 0 is right.
      XCTAssertTrue(verdicts.contains { $0.verdict.fraction < 1 }, "\(score)")
    }
  }

  func testAThirdOfTheAnswerEarnsAThird() {
    struct Third: ProbingAnswersStub {
      func tree(from distances: Tensor) throws -> [WordEdge] {
        try Solution2.Answers().tree(from: distances)
      }
    }
    let result = Checker.check(exercise, Third())
    // Of 4 points, in halves.
    XCTAssertEqual(result.points, 1)
    XCTAssertTrue(
      result.message.contains("`squaredDistances` is not answered yet"), result.message)
  }
}
