import Foundation
import Interpretability
import Laboratory
import Tensors
import Transformers

extension ReaderPhenomenon {
  /// Causal tracing of facts of people: noise on the subject, one clean state put back.
  static func tracing(_ model: Transformer, _ split: ReaderSplit) throws -> [ReaderPhenomenon] {
    let batch = ReaderQuestions(.facts, count: 60, split: split) { plant in
      guard plant.isHeldOut, case .fact(let relation, .some) = plant.ability else { return false }
      return [.birthplace, .homeland, .profession].contains(relation)
    }
    let points = model.configuration.residualPoints
    let trace = try model.run(batch.input, capturing: .points(Set(points)), logitsAt: 0..<1).trace
    let table = model.embedding.values
    let deviation = (table.reduce(0) { $0 + $1 * $1 } / Float(table.count)).squareRoot()
    var generator = SeededGenerator(seed: 5)
    let noise = Tensor.randomNormal(
      try trace[points[0]].shape, standardDeviation: 3 * deviation, using: &generator)
    let subjects = batch.questions.map { question in
      (question.row, question.plant.sources[0].map { $0 + 1 })
    }
    let corrupted = Intervention(at: .embedding) { clean in
      blend(clean, clean + noise, at: subjects)
    }
    func probability(_ interventions: [Intervention]) throws -> Double {
      let rows = try batch.distributions(of: model, intervening: interventions)
      return zip(rows, batch.questions).reduce(0) { $0 + exp(Double($1.0[$1.1.answer])) }
        / Double(batch.questions.count)
    }
    let (clean, low) = (try probability([]), try probability([corrupted]))
    var figures = [("clean", clean), ("corrupted", low)]
    let sites: [(String, (Int, [Int]) -> [Int])] = [
      ("surname", { _, subject in subject.suffix(1) }), ("last word", { row, _ in [row] }),
    ]
    let ends = Dictionary(uniqueKeysWithValues: batch.questions.map { ($0.row, $0.position) })
    for (name, positions) in sites {
      let places = subjects.map { row, subject in (row, positions(ends[row]!, subject)) }
      for (layer, point) in points.enumerated() {
        let state = try trace[point]
        let restored = Intervention(at: point) { blend($0, state, at: places) }
        figures.append(
          ("\(name) restored at layer \(layer)", try probability([corrupted, restored]) - low))
      }
    }
    return [
      ReaderPhenomenon(
        "causal tracing, mean probability of the answer, and its gain", figures,
        published: "An early site at the subject's last token and a late one at the last token "
          + "(Meng et al., 2022).")
    ]
  }

  /// Whether the last word of a name carries the whole: the state of another person with the same
  /// last name is put there, and the other person's answer expected.
  static func binding(_ model: Transformer, _ split: ReaderSplit) throws -> [ReaderPhenomenon] {
    let world = ReaderWorld.standard
    let relation = ReaderRelation.profession
    var texts: [ReaderText] = []
    var pairs: [(own: Int, other: Int)] = []
    for (index, fact) in world.facts(relation).enumerated() where texts.count < 120 {
      let other = world.facts(relation).indices.first {
        $0 > index && world.facts(relation)[$0].subject[1] == fact.subject[1]
          && world.facts(relation)[$0].answer != fact.answer
      }
      guard let other else { continue }
      for fact in [fact, world.facts(relation)[other]] {
        var builder = ReaderTextBuilder()
        let place = builder.add(
          relation.templates[0], subject: fact.subject, answer: fact.answer)
        builder.plant(
          .fact(relation, template: 0), place.answer, from: [place.subject], isHeldOut: true)
        texts.append(builder.text(.facts))
      }
      pairs.append((texts.count - 2, texts.count - 1))
    }
    let batch = ReaderQuestions(texts)
    let points = model.configuration.residualPoints
    let trace = try model.run(batch.input, capturing: .points(Set(points)), logitsAt: 0..<1).trace
    let exchanges = pairs
    // All templates are the same, so the last name stands at one position in all of them.
    let place = batch.questions[0].plant.sources[0].upperBound
    let figures = try points.enumerated().map { layer, point in
      let state = try trace[point]
      let width = state.shape[2]
      let length = state.shape[1]
      let exchanged = Intervention(at: point) { states in
        var result = states
        result.withUnsafeMutableValues { values in
          state.withUnsafeValues { given in
            for (own, other) in exchanges {
              for column in 0..<width {
                values[(own * length + place) * width + column] =
                  given[(other * length + place) * width + column]
              }
            }
          }
        }
        return result
      }
      let rows = try batch.distributions(of: model, intervening: [exchanged])
      let right = exchanges.count { own, other in
        rows[own].max() == rows[own][batch.questions[other].answer]
      }
      return ("layer \(layer)", Double(right) / Double(exchanges.count))
    }
    return [
      ReaderPhenomenon(
        "names bound at their last word: the other's answer after an exchange there", figures,
        published: "A subject gathers at its last token (Geva et al., 2023).")
    ]
  }

  /// A tensor `[row, position, width]` with some positions taken from another.
  private static func blend(
    _ base: Tensor, _ other: Tensor, at places: [(row: Int, positions: [Int])]
  ) -> Tensor {
    let (length, width) = (base.shape[1], base.shape[2])
    var result = base
    result.withUnsafeMutableValues { values in
      other.withUnsafeValues { given in
        for (row, positions) in places {
          for position in positions {
            let first = (row * length + position) * width
            for index in first..<(first + width) { values[index] = given[index] }
          }
        }
      }
    }
    return result
  }
}
