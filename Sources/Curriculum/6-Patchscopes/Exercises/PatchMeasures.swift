import Coursework
import Figures
import Foundation
import Interpretability
import Laboratory
import PatchscopesVocabulary
import Tensors
import Transformers

/// What a student's methods say of the readers: the numbers that figures show.
struct PatchMeasures {
  let ask: Asking
  var model = ScopeModel.reader

  private static let world = ReaderWorld.standard

  /// People of the reader's world, spread over it.
  static func people(_ count: Int) -> [ReaderPerson] {
    let all = world.people
    return (0..<count).map { all[$0 * all.count / count] }
  }

  /// Two people of one surname who do different things.
  static var namesakes: (ReaderPerson, ReaderPerson) {
    let one = world.people[3]
    let other = world.people.first {
      $0.name[1] == one.name[1] && $0.profession != one.profession
    }!
    return (one, other)
  }

  /// The effects of 6.1 on two namesakes.
  func effects(_ direction: PatchDirection) throws -> Tensor {
    let (one, other) = Self.namesakes
    let texts = [one, other].map(SubjectFact.profession)
    let contrast = Contrast(
      clean: texts[0].tokens, corrupted: texts[1].tokens, answer: texts[0].answer,
      foil: texts[1].answer)
    return try ask(
      PatchscopesAsks.effects,
      ContrastOfModel(model: model, contrast: contrast, direction: direction))
  }

  /// The mean gain over people; nil asks for the residual stream of 6.2.
  func gains(_ part: BlockPart?, window: Int = 1, people: Int, samples: Int) throws -> Tensor {
    let sigma = PatchscopesSheet.deviation(try model.made().embedding)
    var generator = SeededGenerator(seed: 7)
    let questions = try Self.people(people).map { person in
      FactToTrace(
        model: model, fact: .profession(of: person),
        noise: .randomNormal(
          [samples, 2, try model.made().configuration.width],
          standardDeviation: part == nil ? 1 : 3 * sigma, using: &generator), part: part ?? .mlp,
        window: window)
    }
    let found = try ask.all(
      part == nil ? PatchscopesAsks.causalTrace : PatchscopesAsks.windowTrace, questions)
    return try mean(found)
  }

  private func mean(_ found: [Tensor]) throws -> Tensor {
    guard Set(found.map(\.shape)).count == 1 else {
      throw FigureError("The answers have the shapes \(found.map(\.shape)), not one.")
    }
    return found.reduce(.zeros(found[0].shape), +) / Float(found.count)
  }

  /// What people's professions lose by a cut, `[person, block]`.
  func losses(from query: Int, to keys: [Int], window: Int, people: Int) throws -> Tensor {
    .stack(
      try ask.all(
        PatchscopesAsks.knockout,
        Self.people(people).map { person in
          let fact = SubjectFact.profession(of: person)
          return CutOfModel(
            model: model, tokens: fact.tokens, answer: fact.answer, query: query, keys: keys,
            window: window)
        }))
  }

  /// A prompt that the reader follows; the last word is overwritten.
  static let identityPrompt = readerTokens("dog -> dog ; Rome -> Rome ; seven -> seven ; door")

  /// The share of words that come back from an identity prompt, by l and l*, `[layer, layer]`.
  func identities(words: [String]) throws -> Tensor {
    let layers = try model.made().points.count
    let prompt = Self.identityPrompt
    let questions = (0..<layers).flatMap { from in
      (0..<layers).flatMap { into in
        words.map { word in
          let source = ScopePlace(
            tokens: readerTokens("The teacher saw the \(word)"), position: 5, layer: from)
          return scope(
            source, into: ScopePlace(tokens: prompt, position: prompt.count - 1, layer: into))
        }
      }
    }
    let hits = zip(try ask.all(PatchscopesAsks.logits, questions), 0...).map { logits, index in
      logits[at: logits.shape[0] - 1].argmax()[0] == readerToken(words[index % words.count])
    }
    return Tensor(layers * layers, 1) { cell, _ in
      let own = hits[(cell * words.count)..<((cell + 1) * words.count)]
      return Double(own.count { $0 }) / Double(words.count)
    }.reshaped(to: [layers, layers])
  }

  private func scope(_ source: ScopePlace, into target: ScopePlace) -> ScopeOfModels {
    ScopeOfModels(
      model: model, target: model,
      scope: Scope(source: ScopeRun(source), target: ScopeRun(target)),
      fact: SubjectFact(tokens: [], subject: 0..<0, answer: 0), noise: Tensor([]), position: 0,
      layer: 0, keys: [], blocks: 0..<0)
  }

  /// A relation that is looked at as a map: a wording, and subjects with their answers.
  struct MappedRelation {
    var name: String
    var before: String
    var after: String
    var facts: [ReaderFact]
  }

  static let mappedRelations = [
    MappedRelation(
      name: "capital of a country", before: "The capital of", after: "is",
      facts: world.facts(.capital).filter { $0.subject.count == 1 && $0.answer.count == 1 }),
    MappedRelation(
      name: "profession of a person", before: "The profession of", after: "is",
      facts: world.facts(.profession)),
  ]

  /// How often a relation's map says what the model says, by layer and β, over subjects on which it was
  /// not fitted.
  func faithfulness(
    of relation: MappedRelation, layers: [Int], betas: [Float], prompts: Int, subjects: Int
  ) throws -> Tensor {
    let model = try model.made()
    let facts = (0..<(prompts + subjects)).map {
      relation.facts[$0 * relation.facts.count / (prompts + subjects)]
    }
    let texts = facts.map { fact in
      readerTokens("\(relation.before) \(fact.subject.joined(separator: " ")) \(relation.after)")
    }
    func place(_ text: [Int]) -> Int {
      text.count - 1 - relation.after.split(separator: " ").count
    }
    // Every fourth or so is a prompt, the others are asked.
    let step = (prompts + subjects) / prompts
    let asked = texts.indices.filter { $0 % step != 0 || $0 / step >= prompts }
    let own = try asked.map { try model.logits(of: texts[$0])[at: texts[$0].count - 1].argmax()[0] }
    return .stack(
      try layers.map { layer in
        let states = Tensor.stack(
          try asked.map { try model.layers(of: texts[$0])[layer][at: place(texts[$0])] })
        let question = RelationOfModel(
          model: self.model,
          prompts: (0..<prompts).map {
            RelationPrompt(tokens: texts[$0 * step], subject: place(texts[$0 * step]))
          }, layer: layer, relation: AffineMap(weight: .zeros([1, 1]), bias: .zeros([1])),
          states: states, beta: 1)
        let map = try ask(PatchscopesAsks.relation, question)
        return Tensor(
          try betas.map { beta in
            var question = question
            question.prompts = []
            question.relation = map
            question.beta = beta
            let said = try ask(PatchscopesAsks.objects, question).argmax()
            return Float(zip(said, own).count { $0 == $1 }) / Float(own.count)
          })
      })
  }

  /// The descriptions of an entity by layer, as words.
  func descriptions(of name: [String], count: Int) throws -> [String] {
    try ask(
      PatchscopesAsks.descriptions,
      PatchscopesSheet.describing(name, count: count, model: model)
    ).map { $0.map(readerWord).joined(separator: " ") }
  }
}
