import Interpretability
import Interventions
import Laboratory
import Tensors
import Transformers

extension Finding {
  static let patchscopeFindings = [featureExtraction, entityDescriptions, twoHops]

  /// A prompt against a probe.
  private static let featureExtraction = Finding(
    name: "feature-extraction", title: "A prompt extracts attributes that a probe does not",
    sheet: 6,
    paper: patchscopes,
    published: [
      PublishedFigure(
        "better than a linear probe on 6 of 12 tasks", of: "GPT-J 6B", level: 0.5)
    ],
    measured:
      "On twelve relations, a subject's state after one block is put into “The capital of x is”, "
      + "and a linear probe of the same state is fitted on the other half of the subjects; a task is won "
      + "when the interval of the paired difference lies above 0.",
    rule: Rule(.above(0.25, "tasks that extraction wins")), version: 1, asks: [.reader],
    needs: "the relations of the reader's world"
  ) { subject in
    let relations: [ReaderRelation] = [
      .continent, .region, .language, .currency, .capital, .country, .birthplace, .homeland,
      .profession, .seat, .product, .plural,
    ]
    var (differences, wins, losses): ([Double], [Bool], [Bool]) = ([], [], [])
    for relation in relations {
      try subject.check()
      let (extracted, probed) = try subject.extraction(of: relation)
      let difference = try MeasuredNumber.difference("", extracted, probed, "subjects").estimate
      differences.append(difference.value)
      wins.append(difference.lower > 0)
      losses.append(difference.upper < 0)
    }
    return [
      try .share("tasks that extraction wins", of: wins, "tasks"),
      try .share("tasks that the probe wins", of: losses, "tasks"),
      try .mean("extraction less probe, accuracy", of: differences, "tasks"),
    ]
  }

  /// A prompt that describes.
  private static let entityDescriptions = Finding(
    name: "entity-descriptions", title: "Entities are described from very early layers", sheet: 6,
    paper: patchscopes,
    published: [
      PublishedFigure(
        "names of several words are described in the very first layers", of: "Vicuna 13B")
    ],
    measured:
      "The state of an entity's last word, at the index of the placeholder, is put into “Norway : "
      + "a country in Northern Europe ; … ; x :” at its own layer; the model goes on, and its whole "
      + "description has to be right. The layer is the best of the first half, by half of the entities.",
    rule: Rule(
      .above(0.2, "described by the embedding or an early layer"),
      .above(0.2, "people and companies described")),
    version: 1, asks: [.reader], needs: "the descriptions of the reader's world"
  ) { subject in
    let kinds: [ReaderEntityClass] = [.country, .person, .company]
    let layers = 0...(subject.layers / 2)
    var right = layers.map { _ in [Double]() }
    var named: [ReaderEntityClass] = []
    for kind in kinds {
      let all = ReaderWriter.described[kind]!
      for index in 0..<24 {
        try subject.check()
        let entity = all[(index * 7 + 3) % all.count]
        for layer in layers {
          let isRight = try subject.isDescribed(entity, layer: layer)
          right[layer].append(isRight ? 1 : 0)
        }
        named.append(kind)
      }
    }
    let best = right.map { $0.halves.first.mean }.greatest
    let kept = right[best].halves.second
    let several = zip(kept, named.halves.second).filter { $1 != .country }.map(\.0)
    return [
      try .mean("described by the embedding or an early layer", of: kept, "entities"),
      try .mean("people and companies described", of: several, "entities"),
    ]
  }

  /// The resolved first hop in the place of the second's subject.
  private static let twoHops = Finding(
    name: "two-hops", title: "A patched first hop mends questions of two hops", sheet: 6,
    paper: patchscopes,
    published: [
      PublishedFigure(
        "right from 19.57 to 50 % where each hop alone is known", of: "Vicuna 13B", level: 0.3043)
    ],
    measured:
      "“The money of the country where Anna Weber was born is the”, for people and questions that "
      + "training never joined and whose hops are known: the last state of the first hop alone is put "
      + "into the second's prompt, scaled to what it replaces. Layers are chosen on half of the questions.",
    rule: Rule(.above(0.152, "patched less both hops in one text")), version: 1, asks: [.reader],
    needs: "the people of the reader's world"
  ) { subject in
    let questions = try subject.hops()
    let sources = (subject.layers / 2)...subject.layers
    var tries: [[Double]] = []
    for source in sources {
      for target in 0...(subject.layers / 2) {
        try subject.check()
        tries.append(try subject.patched(questions, from: source, into: target))
      }
    }
    let best = tries.map { $0.halves.first.mean }.greatest
    let joint = questions.map { $0.isJointRight ? 1.0 : 0 }.halves.second
    let patched = tries[best].halves.second
    return [
      try .difference("patched less both hops in one text", patched, joint, "questions"),
      try .mean("both hops in one text", of: joint, "questions"),
      try .mean("patched", of: patched, "questions"),
    ]
  }
}

extension MeasuredModel {
  /// Words that stand before an entity, so that it ends where a placeholder does.
  private static let filler = ReaderVocabulary.encode(
    "The teacher met the old man near the river . The teacher met the old man near the river . "
      .split(separator: " ").map(String.init))

  /// A subject's own text, in which it ends at a position.
  private func source(_ subject: [String], endingAt position: Int) -> [Int] {
    let entity = ReaderVocabulary.encode(subject).dropFirst()
    var filler = Self.filler
    while filler.count < position + 1 { filler += Self.filler.dropFirst() }
    return Array(filler.prefix(position + 1 - entity.count) + entity)
  }

  /// The state at a text's last position after some blocks, `[1, width]`.
  private func lastState(_ tokens: [Int], _ layer: Int) throws -> Tensor {
    try Patchscope.Source(model, tokens, position: tokens.count - 1, layer: layer).state()
  }

  /// Whether a prompt and a probe are right, on the same subjects: 1 for right.
  func extraction(of relation: ReaderRelation) throws -> (extracted: [Double], probed: [Double]) {
    let facts = ReaderWorld.standard.facts(relation)
    let (before, after) = Self.wording(of: relation)
    let stand = Array(repeating: "door", count: facts[0].subject.count)
    let prompt = try ids(before + stand + after)
    let placeholder = before.count + stand.count
    let same = facts.filter { $0.subject.count <= placeholder }
    let (training, testing) = (same.halves.first, Array(same.halves.second.prefix(40)))
    func states(_ facts: [ReaderFact]) throws -> Tensor {
      .concatenation(
        try facts.map { try lastState(source($0.subject, endingAt: placeholder), 1) }, axis: 0)
    }
    func answer(_ fact: ReaderFact) -> Int { token(fact.answer[0])! }
    let choices = Array(Set(same.map(answer))).sorted()
    let (x, fresh) = (try states(training), try states(testing))
    let logits = try Patchscope.Target(model, prompt, position: placeholder, layer: 1)
      .logits(patching: fresh, at: prompt.count - 1)
    // A probe has its classes to choose from; the prompt gets the same.
    let extracted = logits.gatheringChoices(choices)
    var y = Tensor.zeros([training.count, choices.count])
    for (row, fact) in training.enumerated() { y[row, choices.firstIndex(of: answer(fact))!] = 1 }
    let probed = AffineMap.leastSquares(from: x, to: y, ridge: 0.3)(fresh).argmax()
      .map { choices[$0] }
    let right = testing.map(answer)
    return (
      zip(extracted, right).map { $0 == $1 ? 1 : 0 }, zip(probed, right).map { $0 == $1 ? 1 : 0 }
    )
  }

  /// Whether the model goes on with an entity's whole description when its state stands for the
  /// placeholder.
  func isDescribed(
    _ entity: (name: [String], lead: [String], end: [String]), layer: Int
  ) throws -> Bool {
    let shown = [ReaderEntityClass.country, .person, .company].flatMap { kind -> [String] in
      let all = ReaderWriter.described[kind]!
      let one = all.first { $0.name != entity.name && $0.end != entity.end }!
      return one.name + [":"] + one.lead + one.end + [";"]
    }
    let stand = Array(repeating: "door", count: entity.name.count)
    let prompt = try ids(shown + stand + [":"])
    let position = prompt.count - 2
    let grid = PatchscopeGrid(
      source: .init(
        model, source(entity.name, endingAt: position), position: position, layer: layer),
      target: .init(model, prompt, position: position, layer: layer), sourceLayers: [layer],
      targetLayers: [layer])
    let wanted = ReaderVocabulary.encode(entity.lead + entity.end).dropFirst()
    let written = try grid.generations(maximumNewTokens: wanted.count)[0][0]
    return written.suffix(wanted.count).elementsEqual(wanted)
  }

  /// A question of two hops that training never joined.
  struct Hops {
    var first: [Int]
    var second: [Int]
    var placeholder: Int
    var answer: Int
    var isJointRight: Bool
  }

  /// Questions whose hops the model knows, one by one.
  func hops() throws -> [Hops] {
    let world = ReaderWorld.standard
    let asked: [ReaderRelation] = [.currency, .language, .continent, .region]
    var found: [Hops] = []
    for person in world.people where person.homeland.count == 1 {
      let country = world.countries.first { $0.name == person.homeland }!
      let opening = ["The", "country", "where"] + person.name + ["was", "born", "is"]
      let first = try ids(opening)
      guard try next(first).token == token(country.name[0]) else { continue }
      for relation in asked
      where ReaderHoldOuts.split(ofHopFrom: person.name, to: relation) != .training {
        try check()
        let (before, after) = Self.wording(of: relation)
        let fact = world.facts(relation).first { $0.subject == country.name }!
        let answer = token(fact.answer[0])!
        let known = try ids(before + country.name + after)
        guard try next(known).token == answer else { continue }
        let joint = try ids(
          before + ["the", "country", "where"] + person.name + ["was", "born"] + after)
        found.append(
          Hops(
            first: first, second: try ids(before + ["door"] + after),
            placeholder: before.count + 1, answer: answer,
            isJointRight: try next(joint).token == answer))
      }
    }
    guard found.count >= 12 else {
      throw NotAsked(
        "\(name) knows both hops of \(found.count) questions that training never joined, too few to "
          + "measure")
    }
    return found
  }

  /// Whether the second hop's answer is right with the first hop's state in the placeholder: 1 for
  /// right.
  func patched(_ questions: [Hops], from source: Int, into target: Int) throws -> [Double] {
    try questions.map { question in
      let state = try lastState(question.first, source)
      let place = try lastState(Array(question.second.prefix(question.placeholder + 1)), target)
      func length(_ x: Tensor) -> Float { (x * x).sum().scalar.squareRoot() }
      let scaled = state * (length(place) / length(state))
      let logits = try Patchscope.Target(
        model, question.second, position: question.placeholder, layer: target
      ).logits(patching: scaled, at: question.second.count - 1)
      return logits.argmax()[0] == question.answer ? 1 : 0
    }
  }
}

extension Tensor {
  /// For every row the likeliest of some columns.
  fileprivate func gatheringChoices(_ columns: [Int]) -> [Int] {
    (0..<shape[0]).map { row in columns.max { self[row, $0] < self[row, $1] }! }
  }
}
