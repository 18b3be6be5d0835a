import Coursework
import Interpretability
import ProbingVocabulary
import Tensors

extension ProbingSheet {
  /// An interval over lemmas, and over what is not independent.
  struct GenderIntervals {
    var lemmas: Estimate
    var words: Estimate
    var sentences: Estimate

    /// - Parameters:
    ///   - isRight: Whether each test word is answered rightly.
    ///   - lemmas: The lemma of each, as a number.
    ///   - sentences: The sentence of each.
    init(_ isRight: [Bool], lemmas: [Int], sentences: [Int]) {
      let bootstrap = Bootstrap(samples: 4_000, level: 0.95, seed: 5)
      func interval(_ units: [Int]) -> Estimate {
        bootstrap.mean(of: isRight.map { $0 ? 1 : 0 }, groups: units)
      }
      self.lemmas = interval(lemmas)
      words = interval(Array(isRight.indices))
      self.sentences = interval(sentences)
    }
  }

  /// Words whose accuracy is known before any probe is trained.
  ///
  /// In training, one group of columns tells the class without fault; on the test words it tells
  /// the class of as many as planted. Every lemma has a column of its own besides, by which any
  /// word that is trained on can be known by heart. Some words come twice, with two classes, so
  /// that even the training words are not all answered rightly.
  static func planted(
    _ name: String, classes: Int, using generator: inout SeededGenerator
  ) -> Case<LemmasAndWords, GenderKey> {
    let (trainingLemmas, testLemmas, repeats, pairs) = (30, 30, 3, 5)
    // Frequent nouns and rare ones, so that a sample of lemmas has many sizes.
    let sizes =
      Array(repeating: repeats, count: trainingLemmas)
      + (0..<testLemmas).map { 1 + $0 % 5 }.shuffled(using: &generator)
    let lemmaOfWord = sizes.indices.flatMap { Array(repeating: $0, count: sizes[$0]) }
    var labels = lemmaOfWord.map { $0 % classes }
    let trainingCount = trainingLemmas * repeats
    // The last lemmas of training have words alike with two classes.
    for pair in 0..<pairs {
      let place = trainingCount - 1 - pair * repeats
      labels[place] = (labels[place - 1] + 1) % classes
    }
    let (count, test) = (labels.count, trainingCount..<labels.count)
    // Of the three words of such a lemma the two of its own class are answered rightly.
    let rightInTraining = trainingCount - pairs
    let shown = lemmaOfWord.map { $0 % classes }

    // A layer tells the class of all words of a lemma, or of none.
    let goodLemmas = [testLemmas, testLemmas - 6, testLemmas - 11, testLemmas - 16]
      .shuffled(using: &generator)
      .map { Set(Array(trainingLemmas..<sizes.count).shuffled(using: &generator).prefix($0)) }
    let rights = goodLemmas.map { good in test.count { good.contains(lemmaOfWord[$0]) } }
    let decoys = rights.map { _ in Int.random(in: 5...20, using: &generator) }
    let width = rights.count * classes + trainingLemmas + testLemmas
    let columns = Array(0..<width).shuffled(using: &generator)
    func group(_ layer: Int, _ label: Int) -> Int { columns[layer * classes + label] }
    func wrong(_ label: Int) -> Int {
      (label + Int.random(in: 1..<classes, using: &generator)) % classes
    }
    let layers = rights.indices.map { layer in
      var vectors = Tensor.zeros([count, width])
      let decoyed = Set(Array(test).shuffled(using: &generator).prefix(decoys[layer]))
      for word in 0..<count {
        let isTold = !test.contains(word) || goodLemmas[layer].contains(lemmaOfWord[word])
        vectors[word, group(layer, isTold ? shown[word] : wrong(labels[word]))] = 3
        if layer > 0, test.contains(word) {
          // What the first layer's probe would read here; in training it is not there to be read.
          vectors[word, group(0, decoyed.contains(word) ? labels[word] : wrong(labels[word]))] = 0.9
        }
        vectors[word, columns[rights.count * classes + lemmaOfWord[word]]] = 1.5
      }
      return vectors
    }
    // The order of words tells nothing.
    let order = Array(0..<count).shuffled(using: &generator)
    // Words of a sentence are of several lemmas.
    let sentences = (0..<count).map { $0 % (count / 3) }.shuffled(using: &generator)
    var places = [Int](repeating: 0, count: count)
    for (place, word) in order.enumerated() { places[word] = place }
    let question = LemmasAndWords(
      lemmas: runningLemmas(using: &generator), seed: generator.next() >> 1,
      words: LayeredWords(
        layers: layers.map { $0.gathering(order) }, labels: order.map { labels[$0] },
        classes: classes, lemmas: order.map { "lemma\(lemmaOfWord[$0])" },
        sentences: order.map { sentences[$0] }),
      split: SplitPlaces(
        training: (0..<trainingCount).map { places[$0] }.sorted(),
        test: test.map { places[$0] }.sorted()))
    func share(_ rights: [Int], of count: Int) -> [Double] {
      rights.map { Double($0) / Double(count) }
    }
    let key = GenderKey(
      lemmas: question.lemmas, expected: share(rights, of: test.count),
      tolerances: rights.map { _ in 1.5 / Double(test.count) },
      mistakes: GenderMistakes(
        onTraining: share(rights.map { _ in rightInTraining }, of: trainingCount),
        onEverything: share(rights.map { $0 + rightInTraining }, of: count),
        withFirstProbe: share([rights[0]] + decoys.dropFirst(), of: test.count)),
      testCount: test.count,
      intervals: goodLemmas.map { good in
        GenderIntervals(
          test.map { good.contains(lemmaOfWord[$0]) }, lemmas: test.map { lemmaOfWord[$0] },
          sentences: test.map { sentences[$0] })
      })
    return Case(name, question: question, key: key)
  }
}
