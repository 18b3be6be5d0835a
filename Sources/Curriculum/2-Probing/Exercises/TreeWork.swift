import Coursework
import Interpretability
import ProbingVocabulary
import SheetTools
import Tensors
import Transformers

/// Recognises other distances, edges that are no least tree, and other shares.
struct TreeWork {
  private let question: TreeSentence

  init(_ question: TreeSentence) { self.question = question }

  private var count: Int { question.heads.count }

  // MARK: Distances

  var squaredDistances: Expected<Tensor> {
    let (vectors, projection) = (question.vectors.doubleRows, question.projection.doubleRows)
    func product(_ a: [Double], _ b: [Double]) -> Double {
      zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let points = vectors.map { vector in projection.map { product($0, vector) } }
    func matrix(_ value: (Int, Int) -> Double) -> Tensor {
      Tensor(
        (0..<count).flatMap { a in (0..<count).map { Float(value(a, $0)) } }, shape: [count, count])
    }
    func square(_ a: [Double], _ b: [Double]) -> Double {
      zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
    let right = matrix { square(points[$0], points[$1]) }
    return Expected(
      right, tolerance: 1e-3, named: "the matrix of squared distances", axes: ["word", "word"],
      revealing: false
    ) {
      [
        Mistake(
          "these are distances; their squares are asked for, so take no root",
          matrix { square(points[$0], points[$1]).squareRoot() }),
        Mistake(
          "the vectors are compared as they are; map them by B first",
          matrix { square(vectors[$0], vectors[$1]) }),
        Mistake(
          "these are products of the mapped vectors; the length of their difference is asked for",
          matrix { product(points[$0], points[$1]) }),
        Mistake(
          "the squares are averaged over the rows of B; add them up",
          matrix { square(points[$0], points[$1]) / Double(projection.count) }),
        Mistake(
          "absolute differences are added up; square them",
          matrix { a, b in zip(points[a], points[b]).reduce(0) { $0 + abs($1.0 - $1.1) } }),
        Mistake(
          "‖a − b‖² is ‖a‖² + ‖b‖² − 2 a · b: the product counts twice",
          matrix {
            product(points[$0], points[$0]) + product(points[$1], points[$1])
              - product(points[$0], points[$1])
          }),
      ]
    }
  }

  // MARK: The tree

  func verdict(onTree answer: [WordEdge]) -> Verdict {
    for edge in answer where edge.first < 0 || edge.second >= count || edge.first == edge.second {
      return .invalid(
        "there is no edge between the words \(edge.first) and \(edge.second): an edge joins two of "
          + "the words 0 to \(count - 1)")
    }
    let edges = Set(answer)
    if edges == leastTree { return countVerdict(answer) ?? .passed() }
    // Of two words there is one tree, so whatever else is said would be about nothing.
    if let problem = countVerdict(answer) { return problem }
    if edges == spanningTree(shortestFirst: false) {
      return .failed("that is the tree of greatest length; the least is asked for")
    }
    if edges == Set((1..<count).map { WordEdge($0 - 1, $0) }) {
      return .failed("every word is joined to the next; look at the distances")
    }
    if let hub = (0..<count).first(where: { word in
      edges.allSatisfy { $0.first == word || $0.second == word }
    }), count > 3 {
      return .failed(
        "all edges lead to the word \(hub): also words that joined later can be the nearest")
    }
    if edges == nearestChain {
      return .failed(
        "each word is joined to the one that was added last: any word inside may be the nearest")
    }
    return .failed("these edges join all words, but not by the least total length")
  }

  /// What is wrong with the number of edges or with what they join.
  private func countVerdict(_ answer: [WordEdge]) -> Verdict? {
    let edges = Set(answer)
    if edges.count < answer.count { return .failed("an edge is there twice") }
    if edges == nearestNeighbours, edges.count < count - 1 {
      return .failed(
        "each word is joined to its nearest: that leaves pieces which no edge connects")
    }
    if edges.count != count - 1 {
      return .failed(
        "there are \(edges.count) edges; a tree over \(count) words has \(count - 1)")
    }
    var pieces = Pieces(count)
    for edge in edges where !pieces.join(edge) {
      return .failed("the edges make a circle, so some words are not connected")
    }
    return nil
  }

  private var pairs: [WordEdge] { (0..<count).flatMap { a in (0..<a).map { WordEdge($0, a) } } }

  private func length(_ edge: WordEdge) -> Float { question.distances[edge.first, edge.second] }

  /// Kruskal's: all pairs by their length, each kept that joins two pieces.
  private func spanningTree(shortestFirst: Bool) -> Set<WordEdge> {
    var pieces = Pieces(count)
    let sorted = pairs.sorted { (length($0) < length($1)) == shortestFirst }
    return Set(sorted.filter { pieces.join($0) })
  }

  private var leastTree: Set<WordEdge> { spanningTree(shortestFirst: true) }

  private var nearestNeighbours: Set<WordEdge> {
    Set(
      (0..<count).map { word in
        pairs.filter { $0.first == word || $0.second == word }.min { length($0) < length($1) }!
      })
  }

  /// From word 0 always on to the nearest word not yet visited.
  private var nearestChain: Set<WordEdge> {
    var (last, rest) = (0, Set(1..<count))
    var edges: Set<WordEdge> = []
    while let next = rest.min(by: { length(WordEdge(last, $0)) < length(WordEdge(last, $1)) }) {
      edges.insert(WordEdge(last, next))
      rest.remove(next)
      last = next
    }
    return edges
  }

  // MARK: The score

  var score: Expected<Double> {
    let gold = Set(
      question.heads.enumerated().compactMap { word, head in head.map { WordEdge(word, $0) } })
    let found = Double(question.predicted.count { gold.contains($0) })
    let right = found / Double(gold.count)
    func isNear(_ answer: Double, _ value: Double) -> Bool { abs(answer - value) < 1e-6 }
    return Expected(
      comparing: { answer in
        guard answer.isFinite else { return .invalid("the score is not a finite number") }
        return isNear(answer, right)
          ? .passed()
          : .failed("the score is not the share of gold edges that are among the predicted ones")
      },
      isSame: isNear
    ) {
      // A `WordEdge` has the smaller index first, which is the head of some words alone.
      let forwards = Double(
        question.predicted.count { question.heads[$0.second] == $0.first })
      return [
        Mistake("that is how many edges were found; divide by how many there are", found),
        Mistake("the score is in per cent; give it as a share, between 0 and 1", 100 * right),
        Mistake(
          "the root has no head and so no edge: a tree has one edge fewer than words",
          found / Double(count)),
        Mistake(
          "the share is of the predicted edges; that of the gold edges is asked for",
          found / Double(question.predicted.count)),
        Mistake("that is the share of gold edges that were missed", 1 - right),
        Mistake(
          "only edges whose head stands first are counted; which end is which does not matter",
          forwards / Double(gold.count)),
        Mistake(
          "the share is of all edges in either tree; that of the gold edges is asked for",
          found / Double(gold.union(question.predicted).count)),
      ]
    }
  }
}

/// Which words are connected.
private struct Pieces {
  private var piece: [Int]

  init(_ count: Int) { piece = Array(0..<count) }

  /// Joins the pieces of two words; false where they were one already.
  mutating func join(_ edge: WordEdge) -> Bool {
    let (a, b) = (piece[edge.first], piece[edge.second])
    for index in piece.indices where piece[index] == b { piece[index] = a }
    return a != b
  }
}
