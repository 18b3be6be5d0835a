import Coursework
import Laboratory
import PatchscopesVocabulary
import SheetTools
import Tensors
import Transformers

extension PatchscopesSheet {
  /// 6.3: what attention and MLPs add, put back in several blocks at once.
  static let windows = Exercise(
    "6.3", "Windows", points: 4, difficulty: 3, importance: 3, minutes: 25,
    hints: [
      """
      One block's MLP adds little, and restoring it alone does little. What if all MLPs around it are \
      put back too, at the same position?
      """,
      """
      Put back what the part *adds* (`attentionOut`, `mlpOut`), not the stream. One intervention for \
      each block of the window, all at the one position, all in one run.
      """,
      """
      W = 3 around block 2 are blocks 1, 2, 3; W = 2 are blocks 1, 2. At the ends the window is cut, \
      and has fewer blocks.
      """,
      """
      `let first = block - window / 2`, and the blocks `max(first, 0)..<min(first + window, blocks)`. \
      The rest is 6.2.
      """,
    ],
    interpretation: """
      In GPT-2 XL the MLPs light up at the subject's last token and attention at the last position: \
      facts are looked up early and fetched late. The window is what makes it visible, and what it \
      hides: a window of ten blocks says that somewhere among ten something suffices, and a smooth hump \
      comes from any single block by sliding the window over it. Show what W = 1 gives beside it.
      """,
    cases: { generator in
      var cases: [Case<FactToTrace, FactToTrace>] = []
      for (name, kind, part, window) in [
        ("MLPs, three blocks", ScopeModel.Kind.small, BlockPart.mlp, 3),
        ("attention, two blocks", .small, .attention, 2),
        ("attention, three blocks, turned positions", .rotary, .attention, 3),
      ] {
        let question = try drawn(
          using: &generator,
          { generator in
            let model = ScopeModel(kind, using: &generator)
            let made = try model.made()
            let noise = Tensor.randomNormal(
              [2, 2, made.configuration.width], standardDeviation: 3, using: &generator)
            guard
              let fact = try SubjectFact.random(
                of: model, length: 6, subject: 1..<3, using: &generator
              ).spoilt(by: noise, in: made)
            else { return nil }
            return FactToTrace(model: model, fact: fact, noise: noise, part: part, window: window)
          }, until: { try key($0).isDecided() })
        cases.append(Case(name, question))
      }
      let person = ReaderWorld.standard.people.randomElement(using: &generator)!
      let model = ScopeModel.reader
      let sigma = 3 * deviation(try model.made().embedding)
      cases.append(
        Case(
          "the reader",
          FactToTrace(
            model: model, fact: .profession(of: person),
            noise: .randomNormal([1, 2, 128], standardDeviation: sigma, using: &generator),
            part: .mlp, window: 3)))
      return cases
    },
    parts: [Part(PatchscopesAsks.windowTrace) { try key($0).judge }])

  /// The standard deviation of all entries.
  static func deviation(_ embedding: Tensor) -> Float {
    Float(DoubleCorrelation.deviation(embedding.values.map(Double.init)))
  }

  private static func key(_ question: FactToTrace) throws -> TensorKey {
    let model = try question.model.made()
    let (fact, blocks, window) = (question.fact, model.blockCount, question.window)
    let (samples, count) = (question.noise.shape[0], fact.tokens.count)
    func points(_ part: BlockPart) -> [HookPoint] {
      (0..<blocks).map { .block(.blocks, $0, part == .mlp ? .mlpOut : .attentionOut(.own)) }
    }
    func noise(_ sample: Int) -> Intervention {
      .noise(question.noise[at: sample], at: fact.subject)
    }
    let low = try (0..<samples).map {
      try model.probability(of: fact.answer, after: fact.tokens, [noise($0)])
    }
    /// The mean gain with the blocks of a window put back.
    func gains(
      _ points: [HookPoint], at positions: (Int) -> [Int] = { [$0] },
      _ range: (Int) -> Range<Int>
    ) throws -> Tensor {
      let clean = try model.outputs(of: points, fact.tokens)
      return try Tensor(blocks, count) { block, position in
        let restored = range(block).clamped(to: 0..<points.count).map { index in
          Intervention.rows(
            points[index], positions(position).map { ($0, clean[index][at: $0]) })
        }
        return try (0..<samples).reduce(0) { sum, sample in
          let found = try model.probability(
            of: fact.answer, after: fact.tokens, [noise(sample)] + restored)
          return sum + (found - low[sample]) / Double(samples)
        }
      }
    }
    let reach = (window + 1) / 2
    func centred(_ block: Int) -> Range<Int> { (block - window / 2)..<(block + reach) }
    let own = points(question.part)
    let right = try gains(own, centred)
    return TensorKey(right, named: "the gain", axes: ["block", "position"]) {
      var mistakes = [
        Mistake(
          "the window begins at the block; it stands around it, from l − ⌊W/2⌋ on",
          try gains(own) { $0..<($0 + window) }),
        Mistake(
          "the window has too many blocks: it has \(window), from l − ⌊W/2⌋ on",
          try gains(own) { ($0 - reach)..<($0 + reach + 1) }),
        Mistake(
          "only the block itself was put back: what of its neighbours?",
          try gains(own) { $0..<($0 + 1) }),
        Mistake(
          "attention and MLP are exchanged",
          try gains(points(question.part == .mlp ? .attention : .mlp), centred)),
        Mistake(
          "the residual stream was put back; what the part adds is asked for",
          try gains(Array(model.points.dropFirst()), centred)),
        Mistake(
          "all positions were put back at once; one position at a time",
          try gains(own, at: { _ in Array(0..<count) }, centred)),
        Mistake(
          "these are probabilities; the gain is what the run with noise and nothing put back lacks",
          right + Float(low.reduce(0, +) / Double(samples))),
      ]
      if samples > 1 {
        mistakes.append(
          Mistake("these are sums over samples; their mean is asked for", right * Float(samples)))
      }
      if window > 2 {
        mistakes.append(
          Mistake(
            "the window ends at the block; it stands around it, from l − ⌊W/2⌋ on",
            try gains(own) { ($0 - window + 1)..<($0 + 1) }))
      }
      return mistakes
    }
  }
}
