import CircuitsVocabulary
import Laboratory
import Tensors
import Transformers

/// What keeps a question from being asked.
struct CircuitTaskError: Error, CustomStringConvertible {
  let description: String
}

/// The first of what is drawn that can be asked; a case too small to decide is drawn again.
func drawing<Value>(
  _ name: String, using generator: inout SeededGenerator, tries: Int = 400,
  _ make: (inout SeededGenerator) throws -> Value?
) throws -> Value {
  for _ in 0..<tries {
    if let value = try make(&generator) { return value }
  }
  throw CircuitTaskError(description: "nothing that decides was drawn for \(name)")
}

extension CircuitModel {
  /// A small model.
  static func drawn(
    _ norm: Norm, layers: Int = 3, using generator: inout SeededGenerator
  ) -> CircuitModel { .drawn(norm, layers: layers, seed: generator.next()) }

  /// Pairs of a model that is drawn.
  ///
  /// The texts of a template share every other token, the twins have other tokens in all other places.
  /// The answer is what the model says behind the clean text, the foil
  /// what it says behind the corrupted one.
  ///
  /// - Parameter templates: How long texts are and how many pairs there are, a template each.
  func pairs(
    _ templates: [(length: Int, count: Int)], using generator: inout SeededGenerator
  ) throws -> [TaskPair] {
    let model = try made()
    func token(_ generator: inout SeededGenerator) -> Int {
      Int.random(in: 0..<Self.vocabulary, using: &generator)
    }
    var pairs: [TaskPair] = []
    for (index, template) in templates.enumerated() {
      let frame = (0..<template.length).map { _ in token(&generator) }
      var found = 0
      while found < template.count {
        func text(_ generator: inout SeededGenerator) -> [Int] {
          frame.indices.map {
            $0 % 2 == (template.length - 1) % 2 ? token(&generator) : frame[$0]
          }
        }
        let (clean, corrupted) = (text(&generator), text(&generator))
        let said = try model(ModelInput(tokens: [clean, corrupted]))
          .slice(axis: 1, (template.length - 1)..<template.length).argmax()
        guard said[0] != said[1] else { continue }
        pairs.append(
          TaskPair(
            clean: clean, corrupted: corrupted, answer: said[0], foil: said[1], template: index))
        found += 1
      }
    }
    return pairs
  }

  /// All heads and MLPs of a model that is drawn, in the order in which it computes them.
  static func nodes(layers: Int) -> [Node] {
    (0..<layers).flatMap { layer in
      (0..<heads).map { Node.head(layer: layer, head: $0) } + [.mlp(layer: layer)]
    }
  }

  /// Pairs of a task that is built in and that the reader does, every answer asked as often as others
  /// where that can be.
  static func readerPairs(_ name: String, count: Int, seed: UInt64) throws -> [TaskPair] {
    let task = ReaderTask.all.first { $0.name == name }!
    let model = try CircuitModel.reader.made()
    let all = task.texts(6 * count, seed: seed).compactMap { texts -> TaskPair? in
      func words(_ text: String) -> [Int] {
        ReaderVocabulary.encode(text.split(separator: " ").map(String.init))
      }
      let (answer, foil) = (words(texts.answer)[1], words(texts.foil)[1])
      let (clean, corrupted) = (words(texts.clean), words(texts.corrupted))
      guard clean.count == corrupted.count, answer != foil else { return nil }
      return TaskPair(
        clean: clean, corrupted: corrupted, answer: answer, foil: foil,
        template: texts.template)
    }
    var groups: [Int: Int] = [:]
    var kept: [TaskPair] = []
    for limit in 1...max(1, all.count) where kept.count < count {
      for pair in all
      where kept.count < count && groups[pair.answer, default: 0] < limit && !kept.contains(pair) {
        let last = pair.clean.count - 1
        let shares = try model(ModelInput(pair.clean))[at: 0].slice(last..<(last + 1)).softmax()
        guard Double(shares[0, pair.answer]) >= task.leastProbability else { continue }
        groups[pair.answer, default: 0] += 1
        kept.append(pair)
      }
    }
    return kept
  }
}
