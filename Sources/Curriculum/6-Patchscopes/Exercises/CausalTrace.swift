import Coursework
import Foundation
import Laboratory
import PatchscopesVocabulary
import SheetTools
import Tensors
import Transformers

extension PatchscopesSheet {
  /// 6.2: spoil the subject, put one state back.
  static let causalTrace = Exercise(
    "6.2", "Causal tracing", points: 4, difficulty: 3, importance: 4, minutes: 30,
    hints: [
      """
      Here nobody has a corrupted text: noise makes one. How much noise is much? Measure it in units of \
      how much embeddings differ among themselves.
      """,
      """
      σ is the deviation of *all* entries of the embedding matrix, one number; the noise is 3σ times the \
      draws. One draw is one corrupted run, and all of its restorations have the same noise.
      """,
      """
      Two interventions in a run: at `HookPoint.embedding` add the noise to the subject's rows, and at \
      the layer's residual point put one clean row back. Clean states come from a run without noise.
      """,
      """
      For each sample: `low` = probability with noise alone; for each layer and position `found` = \
      probability with noise and one row put back; add `(found − low) / samples`.
      """,
    ],
    interpretation: """
      Two places light up: an early one at the subject's last token, and a late one at the text's last \
      position, where the answer is about to be said and nearly any state would do. Only the early one \
      is news. Meng et al. found it in GPT-2 XL at the last token of the subject. Noise of another size, \
      another seed or few samples move the numbers: report them.
      """,
    cases: { generator in
      var cases: [Case<FactToTrace, FactToTrace>] = []
      for (name, kind, subject, samples) in [
        ("a subject of two tokens", ScopeModel.Kind.small, 1..<3, 3),
        ("a subject in the middle", .small, 2..<4, 2),
        ("turned positions", .rotary, 1..<3, 2),
      ] {
        let question = try drawn(
          using: &generator,
          { generator in
            let model = ScopeModel(kind, using: &generator)
            let made = try model.made()
            let draws = Tensor.randomNormal(
              [samples, subject.count, made.configuration.width], using: &generator)
            let noise = draws * (3 * deviation(made.embedding))
            guard
              let fact = try SubjectFact.random(
                of: model, length: 6, subject: subject, using: &generator
              ).spoilt(by: noise, in: made)
            else { return nil }
            return FactToTrace(model: model, fact: fact, noise: draws)
          }, until: { try key($0).isDecided() })
        cases.append(Case(name, question))
      }
      let person = ReaderWorld.standard.people.randomElement(using: &generator)!
      cases.append(
        Case(
          "the reader",
          FactToTrace(
            model: .reader, fact: .profession(of: person),
            noise: .randomNormal([1, 2, 128], using: &generator))))
      return cases
    },
    parts: [Part(PatchscopesAsks.causalTrace) { try key($0).judge }])

  private static func key(_ question: FactToTrace) throws -> TensorKey {
    let model = try question.model.made()
    let (fact, points) = (question.fact, model.points)
    let (samples, count) = (question.noise.shape[0], fact.tokens.count)
    let clean = try model.layers(of: fact.tokens)
    func deviation(_ values: [Float]) -> Double {
      DoubleCorrelation.deviation(values.map(Double.init))
    }
    let sigma = deviation(model.embedding.values)
    /// The probability with nothing put back, and with each state.
    func probabilities(
      _ scale: Double, _ draws: [Tensor], states: (Tensor, Int) throws -> Tensor = { $0[at: $1] }
    ) throws -> [(low: Double, restored: [[Double]])] {
      try draws.map { draw in
        let noise = Intervention.noise(draw * Float(scale), at: fact.subject)
        return (
          try model.probability(of: fact.answer, after: fact.tokens, [noise]),
          try points.indices.map { layer in
            try (0..<count).map { position in
              let row = Intervention.rows(
                points[layer], [(position, try states(clean[layer], position))])
              return try model.probability(of: fact.answer, after: fact.tokens, [noise, row])
            }
          }
        )
      }
    }
    func table(
      _ found: [(low: Double, restored: [[Double]])],
      _ value: (_ restored: Double, _ low: Double) -> Double = { $0 - $1 }
    ) -> Tensor {
      Tensor(points.count, count) { layer, position in
        found.reduce(0) { $0 + value($1.restored[layer][position], $1.low) } / Double(found.count)
      }
    }
    let draws = (0..<samples).map { question.noise[at: $0] }
    let found = try probabilities(3 * sigma, draws)
    let right = table(found)
    return TensorKey(right, named: "the gain", axes: ["layer", "position"]) {
      let own = fact.subject.flatMap { model.embedding[at: fact.tokens[$0]].values }
      let mean = draws.reduce(Tensor.zeros(draws[0].shape), +) / Float(samples)
      let whole = try model.probability(of: fact.answer, after: fact.tokens)
      return [
        Mistake(
          "these are probabilities; the gain is what the run with noise and nothing put back lacks",
          table(found) { restored, _ in restored }),
        Mistake(
          "this is what is still lost, clean less restored; asked is what was gained, restored less "
            + "spoilt", table(found) { restored, _ in whole - restored }),
        Mistake("the sign is wrong", right * -1),
        Mistake("the noise has one deviation, not three", table(try probabilities(sigma, draws))),
        Mistake(
          "the noise is three times the draws; three deviations of the embeddings are meant",
          table(try probabilities(3, draws))),
        Mistake(
          "the noise was scaled by a variance; take its root",
          table(try probabilities(3 * sigma * sigma, draws))),
        Mistake(
          "σ is that of all entries of the embeddings, not of the subject's rows",
          table(try probabilities(3 * deviation(own), draws))),
        Mistake(
          "the draws were averaged into one; each is a run of its own",
          table(try probabilities(3 * sigma, [mean]))),
        Mistake(
          "only the first sample was used", table([found[0]])),
        Mistake(
          "these are sums over samples; their mean is asked for", right * Float(samples)),
        Mistake(
          "these are logarithms; a gain of probability is asked for",
          table(found) { log($0) - log($1) }),
        Mistake(
          "nothing comes back: are the states those of the run without noise, and put back after it?",
          right * 0),
        Mistake(
          "the noise was gone from the restored runs: both changes belong into one run",
          table(found) { _, low in whole - low }),
        Mistake(
          "there is one layer too few: what leaves the last block is a layer too",
          right.slice(0..<(points.count - 1))),
        Mistake(
          "there is one layer too few: what the first block reads is a layer too",
          right.slice(1..<points.count)),
      ]
    }
  }
}
