import Interpretability
import Interventions
package import Laboratory
import Tensors
package import Transformers

/// Whether something that is known of large models is there in a reader, and how much of it.
package struct ReaderPhenomenon: Codable, Sendable, Equatable {
  /// One figure, such as one layer's.
  package struct Figure: Codable, Sendable, Equatable {
    package var name: String
    package var value: Double
  }

  /// What is measured, in words.
  package var name: String
  package var figures: [Figure]
  /// What was published of it, in a sentence.
  package var published: String

  package init(_ name: String, _ figures: [(String, Double)], published: String) {
    self.name = name
    self.figures = figures.map(Figure.init)
    self.published = published
  }

  /// Measures all that the later sheets need.
  ///
  /// - Parameter split: Whose texts; test for a model card.
  package static func measure(
    _ model: Transformer, split: ReaderSplit = .test, progress: (Double) -> Void = { _ in }
  ) throws -> [ReaderPhenomenon] {
    let parts = [lenses, tracing, binding, matching, suppression, sequences, partners, idioms]
    return try parts.enumerated().flatMap { index, part in
      defer { progress(Double(index + 1) / Double(parts.count)) }
      return try part(model, split)
    }
  }
}

/// Texts as one batch, and the questions in them.
struct ReaderQuestions {
  /// A question: what comes at a place of a text.
  struct Question {
    /// The row of the batch.
    var row: Int
    /// The position that predicts the answer's first word; the start token is position 0.
    var position: Int
    /// The answer's first word.
    var answer: Int
    /// Its plant.
    var plant: ReaderText.Plant
  }

  let texts: [ReaderText]
  let input: ModelInput
  let questions: [Question]

  /// All plants of texts that are held out and meant.
  init(_ texts: [ReaderText], where isMeant: (ReaderText.Plant) -> Bool = { $0.isHeldOut }) {
    self.texts = texts
    let rows = texts.map { ReaderVocabulary.encode($0.words) }
    // Padding stands behind every question, where a causal model never looks.
    input = ModelInput(tokens: ModelInput.padding(rows, with: 0).tokens)
    questions = texts.enumerated().flatMap { row, text in
      text.plants.filter(isMeant).map { plant in
        Question(
          row: row, position: plant.answer.lowerBound,
          answer: rows[row][plant.answer.lowerBound + 1], plant: plant)
      }
    }
  }

  /// So many texts of one kind.
  init(
    _ kind: ReaderKind, count: Int, split: ReaderSplit,
    where isMeant: (ReaderText.Plant) -> Bool = { $0.isHeldOut }
  ) {
    var writer = ReaderWriter(split: split, seed: 2)
    var texts: [ReaderText] = []
    // Narrow conditions are met by some texts in a few hundred; never look for ever.
    for _ in 0..<(count * 200) where texts.count < count {
      let text = writer.text(kind)
      if text.plants.contains(where: isMeant) { texts.append(text) }
    }
    self.init(texts, where: isMeant)
  }

  /// The log-probabilities of all words at each question, `[question][word]`, natural.
  func distributions(
    of model: Transformer, intervening interventions: [Intervention] = []
  ) throws -> [[Float]] {
    let logits = try model.run(input, intervening: interventions).logits.logSoftmax()
    let (length, width) = (logits.shape[1], logits.shape[2])
    return logits.withUnsafeValues { values in
      questions.map { question in
        let first = (question.row * length + question.position) * width
        return Array(values[first..<(first + width)])
      }
    }
  }

  /// The mean log-probability of the answers, in nats.
  func logProbability(
    of model: Transformer, intervening interventions: [Intervention] = []
  ) throws -> Double {
    let rows = try distributions(of: model, intervening: interventions)
    return zip(rows, questions).reduce(0) { $0 + Double($1.0[$1.1.answer]) }
      / Double(max(questions.count, 1))
  }

  /// How many nats each head is worth: what the answers lose when its output is zero.
  func drops(of model: Transformer) throws -> [(head: HeadAddress, drop: Double)] {
    let clean = try logProbability(of: model)
    return try model.configuration.heads.map { head in
      (head, clean - (try logProbability(of: model, intervening: [head.knockout])))
    }
  }

  /// The attention of every head, by layer `[row, head, query, key]`.
  func attention(of model: Transformer) throws -> [Tensor] {
    let points = model.stacks[0].blocks.indices.map {
      HookPoint.block(.blocks, $0, .attention(.own, .pattern))
    }
    let trace = try model.run(input, capturing: .points(Set(points)), logitsAt: 0..<1).trace
    return try points.map { try trace[$0] }
  }

  /// The mean attention that each head pays, where a question is asked, to some words of its text.
  func attention(
    of model: Transformer, to places: (Question) -> [Int]
  ) throws -> [(head: HeadAddress, mean: Double)] {
    let patterns = try attention(of: model)
    return model.configuration.heads.map { head in
      let pattern = patterns[head.layer]
      let sum = questions.reduce(0.0) { sum, question in
        // A word's position is one more than its place: the start token comes first.
        places(question).reduce(sum) {
          $0 + Double(pattern[question.row, head.head, question.position, $1 + 1])
        }
      }
      return (head, sum / Double(max(questions.count, 1)))
    }
  }
}
