import Interpretability
import Tensors
import Transformers
import XCTest

/// A sentence whose tree is drawn at random; its last word is a full stop.
private func drawnSentence(_ words: Int, using generator: inout SeededGenerator)
  -> AnnotatedSentence
{
  let order = Array(0..<words).shuffled(using: &generator)
  var heads = [Int?](repeating: nil, count: words)
  for place in 1..<words {
    heads[order[place]] = order[Int.random(in: 0..<place, using: &generator)]
  }
  return AnnotatedSentence(
    id: "drawn", text: "",
    words: heads.enumerated().map { index, head in
      AnnotatedWord(
        "w", lemma: "w", labels: [:], head: head, place: 0..<1, isPunctuation: index == words - 1)
    })
}

/// Vectors whose squared distance in the first numbers is the tree's: one direction an edge.
private func embedding(
  of sentence: AnnotatedSentence, width: Int, noise: Float, using generator: inout SeededGenerator
) -> Tensor {
  let words = sentence.words
  var vectors = Tensor.zeros([words.count, width])
  for index in words.indices {
    var word = index
    while let head = words[word].head {
      vectors[index, word] = 1
      word = head
    }
  }
  let random = Tensor.randomNormal(
    [words.count, width], standardDeviation: noise, using: &generator)
  for row in words.indices {
    for column in 16..<width { vectors[row, column] = random[row, column] }
  }
  return vectors
}

final class StructuralProbeTests: XCTestCase {
  private func examples(
    _ count: Int, noise: Float, seed: UInt64
  ) -> [StructuralProbe.Example] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
      let sentence = drawnSentence(Int.random(in: 6...12, using: &generator), using: &generator)
      return .init(
        sentence,
        vectors: embedding(of: sentence, width: 24, noise: noise, using: &generator))
    }
  }

  func testDepthsAndDistancesOfATreeByHand() {
    let heads: [Int?] = [1, 3, 1, nil, 3]
    let sentence = AnnotatedSentence(
      id: "hand", text: "",
      words: heads.map {
        AnnotatedWord(
          "w", lemma: "w", labels: [:], head: $0, place: 0..<1, isPunctuation: false)
      })
    XCTAssertEqual(sentence.depths, [2, 1, 2, 0, 1])
    XCTAssertEqual(
      sentence.distances,
      [[0, 1, 2, 2, 3], [1, 0, 1, 1, 2], [2, 1, 0, 2, 3], [2, 1, 2, 0, 1], [3, 2, 3, 1, 0]])
    XCTAssertEqual(sentence.label("depth", ofWord: 2), "2")
  }

  func testThePlantedMapMeasuresTheTreeExactly() throws {
    var rows = Tensor.zeros([16, 24])
    for index in 0..<16 { rows[index, index] = 1 }
    let probe = StructuralProbe(.distance, projection: rows)
    for example in examples(10, noise: 5, seed: 1) {
      let distances = probe.distances(example.vectors)
      for (a, row) in example.distances.enumerated() {
        for (b, distance) in row.enumerated() {
          XCTAssertEqual(distances[a, b], Float(distance), accuracy: 1e-4)
        }
      }
    }
    let scores = probe.scores(on: examples(10, noise: 5, seed: 1))
    XCTAssertEqual(scores.undirectedAttachment?.value, 1)
    XCTAssertEqual(try XCTUnwrap(scores.spearman), 1, accuracy: 1e-6)
    let depth = StructuralProbe(.depth, projection: rows)
    let depths = depth.scores(on: examples(10, noise: 5, seed: 1))
    XCTAssertEqual(depths.rootAccuracy?.value, 1)
    XCTAssertEqual(try XCTUnwrap(depths.spearman), 1, accuracy: 1e-6)
  }

  func testTrainingFindsThePlantedTreesAmidNoise() throws {
    let (training, test) = (examples(300, noise: 0.5, seed: 2), examples(60, noise: 0.5, seed: 3))
    for quantity in StructuralProbe.Quantity.allCases {
      let (probe, losses) = try StructuralProbe.training(
        quantity, on: training, development: examples(60, noise: 0.5, seed: 4))
      let scores = probe.scores(on: test)
      let share = scores.undirectedAttachment ?? scores.rootAccuracy
      XCTAssertGreaterThan(share!.value, 0.9, "\(quantity)")
      XCTAssertGreaterThan(scores.spearman!, 0.9, "\(quantity)")
      XCTAssertLessThan(losses.last!, 0.5 * losses[0], "\(quantity)")
    }
  }

  func testVectorsWithoutATreeGiveNone() throws {
    func noise(_ count: Int, _ seed: UInt64) -> [StructuralProbe.Example] {
      var generator = SeededGenerator(seed: seed)
      return examples(count, noise: 1, seed: seed).map {
        var example = $0
        example.vectors = .randomNormal($0.vectors.shape, using: &generator)
        return example
      }
    }
    let probe = try StructuralProbe.training(.distance, on: noise(300, 5)).probe
    let scores = probe.scores(on: noise(80, 6))
    XCTAssertLessThan(scores.undirectedAttachment!.value, 0.35)
    XCTAssertLessThan(abs(scores.spearman!), 0.15)
  }

  func testTreesAndCorrelationsEqualSciPys() throws {
    let fixture = try ProbingFixture.loaded.get()
    for tree in fixture.trees {
      let edges = minimumSpanningTree(tree.distances)
      XCTAssertEqual(Set(edges), Set(tree.edges.map { WordEdge($0[0], $0[1]) }))
      XCTAssertEqual(
        undirectedAttachment(edges, gold: tree.gold.map { WordEdge($0[0], $0[1]) })!,
        tree.attachment, accuracy: 1e-12)
    }
    for known in fixture.correlations {
      XCTAssertEqual(try XCTUnwrap(spearman(known.x, known.y)), known.rho, accuracy: 1e-9)
    }
    XCTAssertNil(spearman([1, 1, 1], [1, 2, 3]))
  }

  func testPunctuationIsNotSpanned() {
    let distances = [[0.0, 9, 1], [9, 0, 1], [1, 1, 0]]
    XCTAssertEqual(
      Set(minimumSpanningTree(distances)), [WordEdge(0, 2), WordEdge(1, 2)])
    XCTAssertEqual(minimumSpanningTree(distances, over: [0, 1]), [WordEdge(0, 1)])
    XCTAssertEqual(minimumSpanningTree(distances, over: []), [])
  }

  func testLengthsCountAlike() {
    // Two sentences of length 5 and one of 6; one of 4 is too short.
    let mean = meanOverLengths([(5, [1, 0]), (5, [0.5]), (6, [0]), (4, [1])])
    XCTAssertEqual(mean!, 0.25, accuracy: 1e-12)
    XCTAssertNil(meanOverLengths([(4, [1])]))
  }

  func testAProbeNeedsATree() {
    XCTAssertThrowsError(try StructuralProbe.training(.depth, on: [])) {
      XCTAssertEqual(
        "\($0)", "no sentence has two words or more; a tree needs at least one edge")
    }
  }
}
