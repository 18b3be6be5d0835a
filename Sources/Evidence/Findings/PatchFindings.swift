import Interpretability
import Interventions
import Laboratory
import Tensors
import Transformers

extension Finding {
  static let patchFindings = [causalTracing, attentionKnockout, linearRelations]

  /// Where restoring a state brings a fact back.
  private static let causalTracing = Finding(
    name: "causal-tracing", title: "An early site at the subject and a late one at the end",
    sheet: 6,
    paper: Paper(
      "Meng et al.", "Locating and Editing Factual Associations in GPT", 2022, "arXiv:2202.05262"),
    published: [
      PublishedFigure(
        "restoring one state at the subject's last token brings back 8.7 points on the average, "
          + "of 18.6 that noise takes", of: "GPT-2 XL")
    ],
    measured: "Noise of three deviations on the subject; by how much one restored state raises the "
      + "probability of the answer, as a share of what noise took: at the subject's last token in the "
      + "first half of the blocks, at the text's last token in the second half, each at the layer that "
      + "is best on half of the facts, measured on the others.",
    rule: Rule(
      .above(0.235, "early, the subject's last token"), .above(0.235, "late, the last token"),
      .below(0.1, "early, the last token")),
    version: 1, asks: .knowing, needs: "facts that it knows"
  ) { subject in
    try subject.needsDecoder()
    let facts = try subject.knownFacts(subject.isLarge ? 24 : 60)
    let layers = subject.layers
    // By fact and layer: at the subject's last token, at the last token.
    var (atSubject, atEnd): ([[Double]], [[Double]]) = ([], [])
    for (index, fact) in facts.enumerated() {
      try subject.check()
      let outcome = try CausalTracing(
        subject.model, ModelInput(fact.tokens), subject: fact.subject, answer: fact.answer,
        samples: subject.isLarge ? 3 : 6, seed: UInt64(index)
      ).outcome(of: .residual) { _ in subject.goesOn() }
      let low = Double(outcome.corrupted.average)
      let taken = Double(outcome.clean) - low
      // A fact that survives the noise says nothing.
      guard taken > 0.1 else { continue }
      func gains(_ position: Int) -> [Double] {
        (0..<layers).map { (Double(outcome.probability[$0, position]) - low) / taken }
      }
      atSubject.append(gains(fact.subject[fact.subject.count - 1]))
      atEnd.append(gains(fact.tokens.count - 1))
    }
    let (early, late) = (0..<(layers / 2), (layers / 2)..<layers)
    func best(_ gains: [[Double]], _ range: Range<Int>) -> [Double] {
      let chosen =
        range.lowerBound
        + range.map { layer in gains.halves.first.map { $0[layer] }.mean }.greatest
      return gains.halves.second.map { $0[chosen] }
    }
    let restored = best(atSubject, early)
    return [
      try .mean("early, the subject's last token", of: restored, "facts"),
      try .mean("late, the last token", of: best(atEnd, late), "facts"),
      try .mean(
        "early, the last token",
        of: atEnd.halves.second.map { gains in early.map { gains[$0] }.mean },
        "facts"),
      try .mean(
        "late, the subject's last token",
        of: atSubject.halves.second.map { gains in gains[layers - 1] }, "facts"),
    ]
  }

  /// When an answer's position must read the subject.
  private static let attentionKnockout = Finding(
    name: "attention-knockout", title: "Two stages: the subject gathers, then the end reads it",
    sheet: 6,
    paper: Paper(
      "Geva et al.", "Dissecting Recall of Factual Associations in Auto-Regressive Language Models",
      2023, "arXiv:2304.14767"),
    published: [
      PublishedFigure(
        "the subject is enriched at its last token first; attention of the end to it matters in one "
          + "stretch of blocks", of: "GPT-2 XL, GPT-J 6B")
    ],
    measured:
      "The share of the answer's probability that is lost when attention is cut in a window of "
      + "blocks: from the subject's last token to its others in the first third, from the end to the "
      + "subject in the window that costs most on the other half of the facts, and in the last one.",
    rule: Rule(
      .above(0.2, "the end may not read the subject"),
      .above(0.2, "the subject's last token may not read its others, first blocks"),
      .below(0.2, "the end may not read the subject, last blocks")),
    version: 1, asks: .knowing, needs: "facts that it knows"
  ) { subject in
    try subject.needsDecoder()
    let facts = try subject.knownFacts(subject.isLarge ? 40 : 80)
    let layers = subject.layers
    let window = max(1, layers / 3)
    func losses(_ fact: MeasuredModel.Fact, from queries: [Int], to keys: [Int]) throws -> [Double]
    {
      try subject.check()
      let (clean, cut) = try AttentionKnockout(
        subject.model, ModelInput(fact.tokens), metric: .probability(of: [fact.answer])
      ).outcome(from: queries, to: keys, window: window)
      return (0...(layers - window)).map { Double((clean[0] - cut[0, $0]) / clean[0]) }
    }
    let reading = try facts.map {
      try losses($0, from: [$0.tokens.count - 1], to: $0.subject)
    }
    let several = facts.filter { $0.subject.count > 1 }
    let gathering = try several.map {
      try losses($0, from: $0.subject.suffix(1), to: $0.subject.dropLast())
    }
    let chosen = reading[0].indices.map { place in
      reading.halves.first.map { $0[place] }.mean
    }.greatest
    var found = [
      try MeasuredNumber.mean(
        "the end may not read the subject", of: reading.halves.second.map { $0[chosen] }, "facts"),
      try .mean(
        "the end may not read the subject, last blocks",
        of: reading.halves.second.map { $0[$0.count - 1] }, "facts"),
    ]
    if several.count > 5 {
      found.append(
        try .mean(
          "the subject's last token may not read its others, first blocks",
          of: gathering.map { $0[0] }, "facts"))
    }
    return found
  }

  /// Relations that are an affine map.
  private static let linearRelations = Finding(
    name: "linear-relations", title: "Some relations are affine maps", sheet: 6,
    paper: Paper(
      "Hernandez et al.", "Linearity of Relation Decoding in Transformer Language Models", 2024,
      "arXiv:2308.09124"),
    published: [
      PublishedFigure(
        "48 % of 47 relations are read faithfully for more than 60 % of subjects", of: "GPT-J 6B",
        level: 0.48)
    ],
    measured:
      "For each relation of the reader's world, a map from five prompts; on 20 other subjects, "
      + "how often its likeliest token is the model's own. Layer and β are chosen on ten more.",
    rule: Rule(.above(0.24, "relations read for more than 60 % of subjects")),
    version: 1, asks: [.reader], needs: "the relations of the reader's world"
  ) { subject in
    var shares: [Double] = []
    for relation in ReaderRelation.allCases {
      let asked = try subject.statements(of: relation)
      guard asked.count >= 25 else { continue }
      let prompts = asked.prefix(5).map {
        LinearRelation.Prompt($0.tokens, subject: $0.subject[$0.subject.count - 1])
      }
      let (chosen, kept) = (Array(asked[5..<15]), Array(asked[15..<min(35, asked.count)]))
      var best = (score: -1.0, share: 0.0)
      for layer in Set([1, subject.layers / 2]).sorted() {
        try subject.check()
        let map = try LinearRelation(subject.model, prompts: prompts, layer: layer)
        let (trial, final) = (
          try subject.subjectStates(chosen, layer), try subject.subjectStates(kept, layer)
        )
        for beta: Float in [1, 2, 4] {
          func share(_ states: Tensor, _ facts: [MeasuredModel.Fact]) -> Double {
            let said = map.logits(of: states, beta: beta, in: subject.model).argmax()
            return Double(zip(said, facts).count { $0 == $1.answer }) / Double(facts.count)
          }
          let score = share(trial, chosen)
          if score > best.score { best = (score, share(final, kept)) }
        }
      }
      shares.append(best.share)
    }
    return [
      try .share(
        "relations read for more than 60 % of subjects", of: shares.map { $0 > 0.6 }, "relations"),
      try .mean("subjects read faithfully", of: shares, "relations"),
    ]
  }
}

extension MeasuredModel {
  /// What a relation says of its subjects, in a wording that does not begin with the subject, up to the
  /// answer; the answer is what the model says.
  ///
  /// - Parameter beginning: How many facts are looked at.
  func statements(of relation: ReaderRelation) throws -> [Fact] {
    let facts = ReaderWorld.standard.facts(relation)
    let wording = Self.wording(of: relation)
    let order = facts.indices.map { $0 * 41 % facts.count }
    var found: [Fact] = []
    var seen: Set<Int> = []
    for index in order where found.count < 40 && seen.insert(index).inserted {
      try check()
      let fact = facts[index]
      let tokens = try ids(wording.before + fact.subject + wording.after)
      let start = wording.before.count + 1
      found.append(
        Fact(
          tokens: tokens, subject: Array(start..<(start + fact.subject.count)),
          answer: try next(tokens).token))
    }
    return found
  }

  /// A wording of training in which the subject is not the first word, as what stands before the
  /// subject and between it and the answer.
  static func wording(of relation: ReaderRelation) -> (before: [String], after: [String]) {
    for template in relation.templates {
      var builder = ReaderTextBuilder()
      let places = builder.add(template, subject: ["{s}"], answer: ["{a}"])
      let words = builder.text(.facts).words
      guard places.subject.lowerBound > 0, places.answer.lowerBound > places.subject.upperBound
      else { continue }
      return (
        Array(words[..<places.subject.lowerBound]),
        Array(words[places.subject.upperBound..<places.answer.lowerBound])
      )
    }
    preconditionFailure("\(relation) has a wording in which its subject is not the first word")
  }

  /// The states of subjects' last tokens after some blocks, `[fact, width]`.
  func subjectStates(_ facts: [Fact], _ layer: Int) throws -> Tensor {
    let point = configuration.residualPoints[layer]
    return .stack(
      try facts.map { fact in
        try model.run(ModelInput(fact.tokens), capturing: [point], logitsAt: 0..<1)
          .trace[point][at: 0][at: fact.subject[fact.subject.count - 1]]
      })
  }
}
