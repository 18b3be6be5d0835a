import Coursework
import Foundation
import Interpretability
import Laboratory
import PatchscopesVocabulary
import Tensors
import Transformers

extension PatchMeasures {
  /// A relation asked of the same states by a prompt and by a probe.
  struct Task {
    var relation: ReaderRelation
    /// Whether each is right, test item by test item.
    var extraction: [Bool]
    var probe: [Bool]
  }

  /// Relations whose answers are classes, or names that a probe has never seen.
  static let tasks: [ReaderRelation] = [
    .continent, .region, .language, .currency, .capital, .country, .birthplace, .homeland,
    .profession, .seat, .product, .plural,
  ]

  /// A relation's test items, by extraction at layer l = l* and by a linear probe of the same layer
  /// that was fitted on the other half of the subjects.
  func task(_ relation: ReaderRelation, layer: Int, items: Int) throws -> Task {
    let model = try model.made()
    let facts = ReaderWorld.standard.facts(relation)
    // The last words of the wording before the answer: `The capital of {s} is`.
    let before = relation.wording.before.split(separator: " ").map(String.init)
    let after = relation.wording.after.split(separator: " ").map(String.init)
    func prompt(_ subject: [String]) -> [Int] {
      readerTokens((before + subject + after).joined(separator: " "))
    }
    let placeholder = before.count + facts[0].subject.count
    // The state stands at the placeholder's position in its own text too.
    func source(_ fact: ReaderFact) -> ScopePlace {
      let entity = fact.subject.map(readerToken)
      let filler = PatchscopesSheet.filler.prefix(placeholder + 1 - entity.count)
      return ScopePlace(tokens: filler + entity, position: placeholder, layer: layer)
    }
    let same = facts.filter { $0.subject.count <= placeholder }
    let training = same.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
    let testing = Array(
      same.enumerated().filter { $0.offset % 2 == 1 }.map(\.element).prefix(items))
    func answer(_ fact: ReaderFact) -> Int { readerToken(fact.answer[0]) }
    let choices = Array(Set(same.map(answer))).sorted()
    let stand = Array(repeating: "door", count: facts[0].subject.count)
    let extracted = try ask(
      PatchscopesAsks.extracted,
      Extraction(
        model: self.model, sources: testing.map(source),
        prompt: ScopePlace(tokens: prompt(stand), position: placeholder, layer: layer),
        choices: choices))
    func states(_ facts: [ReaderFact]) throws -> Tensor {
      .stack(
        try facts.map { fact in
          let place = source(fact)
          return try model.layers(of: place.tokens)[layer][at: placeholder]
        })
    }
    let (x, fresh) = (try states(training), try states(testing))
    let y = Tensor(training.count, choices.count) { row, column in
      answer(training[row]) == choices[column] ? 1 : 0
    }
    let mean = x.mean(axis: 0)
    let matrix = (x - mean).leastSquares(to: y - y.mean(axis: 0), ridge: 0.3)
    let probed = ((fresh - mean).matmul(matrix) + y.mean(axis: 0)).argmax().map { choices[$0] }
    let right = testing.map(answer)
    return Task(
      relation: relation, extraction: zip(extracted, right).map { $0 == $1 },
      probe: zip(probed, right).map { $0 == $1 })
  }

  /// How often a state of the source's is read by an identity prompt of another model as the source
  /// itself would go on, by layer.
  func explained(by target: ScopeModel, places: Int) throws -> [Double] {
    let (from, into) = (try model.made(), try target.made())
    var writer = ReaderWriter(split: .test, seed: 9)
    let kinds: [ReaderKind] = [.facts, .fewShot, .narrative, .sequences]
    func text(_ index: Int) -> [Int] {
      Array(ReaderVocabulary.encode(writer.text(kinds[index % 4]).words).prefix(32))
    }
    let training = ModelInput.padding((0..<60).map(text), with: 0, at: .front)
    let input = ModelInput(tokens: training.0, mask: training.1)
    let stitches = try ask(
      PatchscopesAsks.stitches,
      ModelsToStitch(
        from: try from.residualStates(of: input).thinned(to: 700),
        to: try into.residualStates(of: input).thinned(to: 700), model: model,
        source: ScopePlace(tokens: [], position: 0, layer: 0), stitches: [], prompt: [],
        target: target))
    let empty = ResidualStates(.zeros([1, 1, 1]), lastIsNormed: false)
    var generator = SeededGenerator(seed: 4)
    let questions = (0..<places).map { index in
      let tokens = text(index)
      return ModelsToStitch(
        from: empty, to: empty, model: model,
        source: ScopePlace(
          tokens: tokens, position: Int.random(in: 2..<tokens.count, using: &generator), layer: 0),
        stitches: stitches, prompt: Self.identityPrompt, target: target)
    }
    let found = try ask.all(PatchscopesAsks.explained, questions)
    let own = try questions.map {
      try from.logits(of: $0.source.tokens)[at: $0.source.position].argmax()[0]
    }
    return (0..<from.points.count).map { layer in
      Double(zip(found, own).count { $0[at: layer].argmax()[0] == $1 }) / Double(places)
    }
  }
}

extension ReaderRelation {
  /// A wording of training with the answer at its end, as what stands before the subject and behind it.
  var wording: (before: String, after: String) {
    switch self {
    case .capital: ("The capital of", "is")
    case .currency: ("The money of", "is the")
    case .language: ("People in", "speak")
    case .continent: ("The continent of", "is")
    case .region: ("You find", "in")
    case .country: ("The city of", "lies in")
    case .birthplace: ("The birthplace of", "is")
    case .homeland: ("The home country of", "is")
    case .profession: ("The profession of", "is")
    case .seat: ("The offices of", "are in")
    case .product: ("The company", "is known for")
    case .opposite: ("The opposite of", "is")
    case .plural: ("The plural of", "is")
    case .past: ("The past of", "is")
    }
  }
}

extension ResidualStates {
  /// So many of the positions, spread evenly.
  fileprivate func thinned(to count: Int) -> ResidualStates {
    guard positionCount > count else { return self }
    return at((0..<count).map { $0 * positionCount / count })
  }
}
