import Coursework
import Interpretability
import ProbingVocabulary
import SheetTools
import Tensors
import Transformers

extension ProbingSheet {
  /// 2.9: distances under a map, the tree in them, and how much of it is right.
  static let structuralTree = Exercise(
    "2.9", "A tree in the distances", points: 4, difficulty: 4, importance: 4, minutes: 45,
    hints: [
      """
      Three steps, each short: map the vectors and measure squared distances; connect all words as \
      cheaply as possible; count how many edges of the gold tree you have found.
      """,
      """
      ‖B (hᵢ − hⱼ)‖² is the squared length of a difference of rows of \
      `vectors.matmul(transposing: projection)`. No root: the probe is trained so that the *square* \
      is the number of edges between two words.
      """,
      """
      Prim's method: begin with word 0. Of all pairs of a word inside the tree and one outside take \
      the nearest, add that edge, and the word is inside. After n − 1 edges you are done. The word \
      nearest to each word is not enough: that leaves pieces that nothing connects.
      """,
      """
      For the score make the gold edges first: `WordEdge(word, head)` for every word with a head; the \
      root has none, so n words have n − 1. `WordEdge` puts the smaller index first by itself, so \
      `Set(gold).intersection(predicted).count` counts those found. Divide by the gold edges.
      """,
    ],
    interpretation: """
      Nobody told the translator about trees. Yet a linear map of its vectors gives distances that \
      follow the tree of the sentence, and best of all in the middle of the encoder rather than at \
      its end. Two cautions. The map was trained on trees, so an untrained model with the same probe \
      is the number to compare with. And in short sentences neighbours are often joined: connecting \
      every word to the next is a baseline that already finds many edges.
      """,
    cases: { generator in
      [
        treeCase("a short sentence", words: 6, width: 8, rank: 3, using: &generator),
        treeCase("a long sentence", words: 19, width: 12, rank: 12, using: &generator),
        treeCase("more rows than columns", words: 11, width: 4, rank: 7, using: &generator),
        treeCase("two words", words: 2, width: 5, rank: 2, using: &generator),
      ]
    },
    parts: [
      Part(ProbingAsks.squaredDistances, judge: distanceJudge),
      Part(ProbingAsks.tree, judge: treeJudge),
      Part(ProbingAsks.attachmentScore, judge: scoreJudge),
    ])

  private static func distanceJudge(_ question: TreeSentence) -> Expected<Tensor> {
    TreeWork(question).squaredDistances
  }

  private static func treeJudge(_ question: TreeSentence) -> Judgement<[WordEdge]> {
    Judgement { TreeWork(question).verdict(onTree: $0) }
  }

  private static func scoreJudge(_ question: TreeSentence) -> Expected<Double> {
    TreeWork(question).score
  }

  /// Random vectors, distances without ties, and a prediction that is right in part.
  private static func treeCase(
    _ name: String, words count: Int, width: Int, rank: Int, using generator: inout SeededGenerator
  ) -> Case<TreeSentence, TreeSentence> {
    let vectors = Tensor.randomNormal([count, width], using: &generator)
    let projection = Tensor.randomNormal([rank, width], standardDeviation: 0.5, using: &generator)
    // Every pair has a distance of its own, so that one tree alone is least.
    let lengths = Array(1...(count * (count - 1) / 2)).shuffled(using: &generator)
    var distances = Tensor.zeros([count, count])
    var next = 0
    for a in 0..<count {
      for b in 0..<a {
        distances[a, b] = 0.5 + Float(lengths[next]) * 0.1
        distances[b, a] = distances[a, b]
        next += 1
      }
    }
    let order = Array(0..<count).shuffled(using: &generator)
    var heads = [Int?](repeating: nil, count: count)
    for place in 1..<count {
      heads[order[place]] = order[Int.random(in: 0..<place, using: &generator)]
    }
    let gold = heads.enumerated().compactMap { word, head in head.map { WordEdge(word, $0) } }
    // A prediction need not be a tree; here it has more edges than one, so that shares differ.
    var predicted = Array(gold.shuffled(using: &generator).prefix(max(1, gold.count * 2 / 5)))
    let others = (0..<count).flatMap { a in (0..<a).map { WordEdge($0, a) } }.filter {
      !gold.contains($0)
    }
    predicted += others.shuffled(using: &generator).prefix(gold.count + 1)
    predicted.shuffle(using: &generator)
    let question = TreeSentence(
      vectors: vectors, projection: projection, distances: distances, predicted: predicted,
      heads: heads)
    return Case(name, question)
  }
}
