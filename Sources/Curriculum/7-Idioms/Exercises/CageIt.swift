import Coursework
import IdiomsVocabulary
import Tensors
import Transformers

extension IdiomsSheet {
  /// 7.2: run once, read often.
  static let cageIt = Exercise(
    "7.2", "Cage it", points: 4, difficulty: 2, importance: 3, minutes: 20,
    hints: [
      "When may what is kept be handed out? When it is of just this sentence, by just this model.",
      """
      So the name under which it is kept says both: all tokens in their order, and the model. Neither \
      the place in a list nor the length tells two sentences apart.
      """,
      """
      And what is there may be damaged: `[head, query, key]` of a sentence of n tokens has n queries. \
      What does not fit is run again, and takes the place of what was there.
      """,
      """
      `let name = "\\(model) \\(tokens)"`; `if let kept = cage[name], kept.shape[1] == tokens.count { \
      return kept }`; else run, set `cage[name]`, return.
      """,
    ],
    interpretation: """
      The thesis caged its activations too, and reading its cage was slower than running again. Whether \
      a cage pays is a measurement, and depends on how many scorers read it. What it never may do is \
      change a number, and the way there is short: a name that forgets the model, or a file that was not \
      finished.
      """,
    cases: { generator in
      func text(_ count: Int) -> [Int] {
        (0..<count).map { _ in Int.random(in: 0..<IdiomsModel.vocabulary, using: &generator) }
      }
      let models = [
        "one": IdiomsModel(using: &generator), "other": IdiomsModel(using: &generator),
      ]
      func script(_ name: String, _ steps: [CageScript.Step]) -> Case<CageScript, CageScript> {
        Case(name, CageScript(models: models, steps: steps))
      }
      let (a, b) = (text(6), text(6))
      var turned = a
      turned.swapAt(1, 4)
      if turned == a { turned[1] = (a[1] + 1) % IdiomsModel.vocabulary }
      return [
        script("a sentence twice", [.init(a, "one"), .init(b, "one"), .init(a, "one")]),
        script(
          "sentences that are alike",
          [
            .init(a, "one"), .init(turned, "one"), .init(Array(a.prefix(4)), "one"),
            .init(a, "one"), .init(turned, "one"),
          ]),
        script(
          "two models", [.init(a, "one"), .init(a, "other"), .init(a, "one"), .init(b, "other")]),
        script(
          "a damaged cage",
          [
            .init(a, "one"), .init(b, "one"), .init(a, "one", damages: true), .init(a, "one"),
            .init(b, "one"),
          ]),
      ]
    },
    parts: [Part(IdiomsAsks.caged, judge: cageJudge)])

  private static func cageJudge(_ key: CageScript) throws -> Judgement<[CageReading]> {
    let models = try key.models.mapValues { try $0.made() }
    let wanted = try key.steps.map { step in
      try models[step.model]!.run(ModelInput(step.tokens), capturing: .matching("*hook_pattern"))
        .trace[.pattern(.blocks, 1)][at: 0]
    }
    return Judgement { readings in
      guard readings.count == wanted.count else {
        return .invalid("there are \(readings.count) readings of \(wanted.count) requests")
      }
      /// What a whole cage holds, and what a damaged one may hold in pieces that are whole, by model
      /// and sentence.
      var (kept, known): (Set<String>, Set<String>) = ([], [])
      for (index, (reading, step)) in zip(readings, key.steps).enumerated() {
        if step.damages { kept = [] }
        let name = "\(step.model) \(step.tokens)"
        let isThere = kept.contains(name)
        let others = zip(key.steps, wanted).first { other, values in
          Verdict.areSame(reading.values.values, values.values)
            && (other.tokens != step.tokens || other.model != step.model)
        }
        if reading.values.shape != wanted[index].shape {
          return .failed(
            reading.values.shape.count == 3 && reading.values.shape[1] + 1 == step.tokens.count
              ? "a damaged tensor was handed out: it has fewer queries than the sentence has tokens"
              : "what came has the shape \(reading.values.shape), which is not this sentence's "
                + "[head, query, key]: is what is kept known by all its tokens?")
        }
        if !Verdict.areSame(reading.values.values, wanted[index].values) {
          if let other = others?.0 {
            return .failed(
              other.model != step.model && other.tokens == step.tokens
                ? "what another model made of the sentence was handed out; the name must say the model"
                : "another sentence's activation was handed out; the name must say all its tokens in "
                  + "their order")
          }
          return .compare(reading.values, to: wanted[index], named: "what came from the cage")
        }
        if isThere, !reading.runs.isEmpty {
          return .failed(
            "a sentence that the cage holds was run again; look first, and keep what was run")
        }
        if reading.runs.count > 1 || reading.runs.contains(where: { $0 != step.tokens }) {
          return .failed("more was run than the sentence that was asked for, once")
        }
        if !known.contains(name), reading.runs.isEmpty {
          return .failed(
            "nothing was run where the cage held nothing; what is asked for comes from `run` or `cage`"
          )
        }
        kept.insert(name)
        known.insert(name)
      }
      return .passed()
    }
  }
}
