import Coursework
import PatchscopesVocabulary
import SheetTools
import Tensors
import Transformers

extension PatchscopesSheet {
  /// 6.10: the first step's result in the place of the second's subject.
  static let twoHops = Exercise(
    "6.10", "Two hops", points: 4, difficulty: 4, importance: 3, minutes: 30,
    hints: [
      """
      A model that knows both steps may still fail their sum: the first result comes too late for the \
      blocks that would use it. What could you carry from where it is known to where it is needed?
      """,
      """
      The state at the end of the first step's text, after `layer` blocks, goes to the placeholder of the \
      second step's text after `targetLayer` blocks. Late states are longer than early ones: make it as \
      long as the one that it replaces.
      """,
      """
      Length: the root of the sum of squares. Step by step needs no patch: the likeliest token behind \
      the first text is written into the placeholder.
      """,
      """
      `resolved * (length(old) / length(resolved))`, with `old` the second text's own state there. \
      Mended: among the questions whose vanilla answer is wrong, the share that the patch gets right; \
      broken: among those whose vanilla answer is right, the share that it gets wrong.
      """,
    ],
    interpretation: """
      In the paper the patch raises accuracy from 19.57 to 50 %, on questions for which both steps alone \
      are known. A gain of the mean hides what was broken: report both. Step by step is better than any \
      patch here, and tells why: the token is a clean copy of the first result, the state is not. And a \
      scaling that nobody would have guessed is a part of the method: say so.
      """,
    cases: { generator in
      var cases: [Case<HopsOfModel, HopsOfModel>] = []
      for (name, kind, layer, targetLayer, rightAtOnce) in [
        ("from a late layer to an early one", ScopeModel.Kind.small, 3, 1, 0.35),
        ("from the last layer to the first", .small, ScopeModel.layers, 0, 0.35),
        ("turned positions", .rotary, 3, 1, 0.35),
        ("no answer right in one text", .small, 3, 0, 0.0),
        ("every answer right in one text", .small, 2, 1, 1.0),
      ] {
        let question = try drawn(
          using: &generator,
          { generator -> HopsOfModel? in
            let hops = (0..<6).map { _ in
              TwoHops(
                joint: ScopeModel.text(7, using: &generator),
                first: ScopeModel.text(5, using: &generator),
                second: ScopeModel.text(6, using: &generator),
                placeholder: Int.random(in: 2...3, using: &generator))
            }
            var (answers, truths): ([HopAnswers], [Int]) = ([], [])
            for _ in 0..<30 {
              let truth = Int.random(in: 0..<ScopeModel.vocabulary, using: &generator)
              func said(_ chance: Double) -> Int {
                Double.random(in: 0..<1, using: &generator) < chance
                  ? truth : (truth + 1) % ScopeModel.vocabulary
              }
              truths.append(truth)
              answers.append(
                HopAnswers(vanilla: said(rightAtOnce), patched: said(0.55), stepped: said(0.85)))
            }
            return HopsOfModel(
              model: ScopeModel(kind, using: &generator), hops: hops, layer: layer,
              targetLayer: targetLayer, answers: answers, truths: truths)
          },
          until: {
            // Of no questions, shares of these and of those are the same.
            try HopKey($0).isDecided()
              && tallyKey($0).isDecided(allowsSame: rightAtOnce == 0 || rightAtOnce == 1)
          })
        cases.append(Case(name, question))
      }
      return cases
    },
    parts: [
      Part(PatchscopesAsks.hops) { try HopKey($0).judge() },
      Part(PatchscopesAsks.tally) { question in
        let key = tallyKey(question)
        return Judgement { try key.judge.verdict(on: tensor($0)) }
      },
    ])

  private static func tensor(_ tally: HopTally) -> Tensor {
    Tensor(
      [tally.vanilla, tally.patched, tally.stepped, tally.mended, tally.broken].map(Float.init))
  }

  private static func tallyKey(_ question: HopsOfModel) -> TensorKey {
    let pairs = Array(zip(question.answers, question.truths))
    func share(_ count: Int, of all: Int) -> Double {
      all == 0 ? 0 : Double(count) / Double(all)
    }
    let all = pairs.count
    let vanilla = pairs.count { $0.vanilla == $1 }
    let patched = pairs.count { $0.patched == $1 }
    let mended = pairs.count { $0.vanilla != $1 && $0.patched == $1 }
    let broken = pairs.count { $0.vanilla == $1 && $0.patched != $1 }
    let stepped = pairs.count { $0.stepped == $1 }
    func tally(_ mended: Double, _ broken: Double) -> Tensor {
      tensor(
        HopTally(
          vanilla: share(vanilla, of: all), patched: share(patched, of: all),
          stepped: share(stepped, of: all), mended: mended, broken: broken))
    }
    let right = tally(share(mended, of: all - vanilla), share(broken, of: vanilla))
    // Where nothing can be mended, or nothing broken, a plain quotient is 0 by 0.
    let quotients = tally(
      Double(mended) / Double(all - vanilla), Double(broken) / Double(vanilla))
    return TensorKey(right, named: "the tally", axes: ["share"]) {
      let sames = question.answers.count { $0.vanilla == $0.patched }
      let undefined =
        vanilla == 0 || vanilla == all
        ? [Mistake("0 was divided by 0: a share of no questions is 0", quotients)] : []
      return undefined + [
        Mistake(
          "mended and broken are shares of all questions; of those that could be mended, or broken, is asked",
          tally(share(mended, of: all), share(broken, of: all))),
        Mistake(
          "mended and broken are exchanged",
          tally(share(broken, of: vanilla), share(mended, of: all - vanilla))),
        Mistake(
          "mended is a share of what the patch gets right; of what was wrong in one text is asked",
          tally(share(mended, of: patched), share(broken, of: all - patched))),
        Mistake(
          "each is a share of the other's questions: the wrong ones can be mended, the right ones broken",
          tally(share(mended, of: vanilla), share(broken, of: all - vanilla))),
        Mistake("these are per cent; shares from 0 to 1 are asked for", right * 100),
        Mistake(
          "these are counts; shares are asked for",
          tensor(
            HopTally(
              vanilla: Double(vanilla), patched: Double(patched), stepped: Double(stepped),
              mended: Double(mended), broken: Double(broken)))),
        Mistake(
          "mended is the gain of the mean; it hides what was broken",
          tally(share(patched - vanilla, of: all), share(broken, of: vanilla))),
        Mistake(
          "a changed answer is not a mended one: compare with the truth",
          tally(share(all - sames, of: all), share(broken, of: vanilla))),
      ]
    }
  }
}

/// What a model says to questions of two steps, right and wrong.
private struct HopKey {
  private let question: HopsOfModel
  private let model: Transformer
  private var right: [HopAnswers] = []
  /// By how much the best token wins at least.
  private var margin = Float.infinity

  init(_ question: HopsOfModel) throws {
    self.question = question
    model = try question.model.made()
    for hop in question.hops {
      let ways = [try said(hop.joint), try patched(hop), try stepped(hop)]
      right.append(
        HopAnswers(vanilla: ways[0].token, patched: ways[1].token, stepped: ways[2].token))
      let first = try said(hop.first)
      margin = (ways + [first]).map(\.margin).reduce(margin, min)
    }
  }

  private func said(
    _ tokens: [Int], _ changes: [Intervention] = []
  ) throws -> (token: Int, margin: Float) {
    let row = try model.logits(of: tokens, changes)[at: tokens.count - 1]
    let sorted = row.values.sorted(by: >)
    return (row.argmax()[0], sorted[0] - sorted[1])
  }

  private func length(_ state: Tensor) -> Double {
    state.values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
  }

  private func patched(
    _ hop: TwoHops, layer: Int? = nil, target: Int? = nil, from: Int? = nil, into: Int? = nil,
    scale: ((_ old: Double, _ new: Double) -> Double)? = nil
  ) throws -> (token: Int, margin: Float) {
    let (layer, target) = (layer ?? question.layer, target ?? question.targetLayer)
    let place = into ?? hop.placeholder
    let state = try model.layers(of: hop.first)[layer][at: from ?? hop.first.count - 1]
    let old = try model.layers(of: hop.second)[target][at: place]
    let factor = (scale ?? { $0 / $1 })(length(old), length(state))
    return try said(
      hop.second, [.rows(model.points[target], [(place, state * Float(factor))])])
  }

  private func stepped(_ hop: TwoHops, with token: Int? = nil) throws -> (token: Int, margin: Float)
  {
    var tokens = hop.second
    tokens[hop.placeholder] = try token ?? said(hop.first).token
    return try said(tokens)
  }

  private func mistakes() throws -> [Mistake<[HopAnswers]>] {
    func with(
      _ part: WritableKeyPath<HopAnswers, Int>, _ value: (TwoHops) throws -> Int
    ) rethrows -> [HopAnswers] {
      try zip(question.hops, right).map { hop, answers in
        var answers = answers
        answers[keyPath: part] = try value(hop)
        return answers
      }
    }
    // What is put in behind the last block changes no other position: there the two patch nothing.
    let isLast = question.layer == model.blockCount
    let misplaced =
      isLast
      ? []
      : [
        Mistake(
          "l and l* are exchanged",
          try with(\.patched) {
            try patched($0, layer: question.targetLayer, target: question.layer).token
          }),
        Mistake(
          "the state went in at the layer that it comes from; it is to go in at l*",
          try with(\.patched) { try patched($0, target: question.layer).token }),
      ]
    return misplaced + [
      Mistake(
        "the state was put in as it is; make it as long as the one that it replaces",
        try with(\.patched) { try patched($0, scale: { _, _ in 1 }).token }),
      Mistake(
        "the state was made one long; it is to be as long as the one that it replaces",
        try with(\.patched) { try patched($0, scale: { 1 / $1 }).token }),
      Mistake(
        "the scale is upside down: the new state takes the old one's length",
        try with(\.patched) { try patched($0, scale: { $1 / $0 }).token }),
      Mistake(
        "the state is not that of the first text's last position, where its answer is about to be said",
        try with(\.patched) { try patched($0, from: $0.placeholder).token }),
      Mistake(
        "the state went into the second text's last token, not the placeholder",
        try with(\.patched) { try patched($0, into: $0.second.count - 1).token }),
      Mistake(
        "nothing was patched: this is the second text with its placeholder",
        try with(\.patched) { try said($0.second).token }),
      Mistake(
        "step by step needs the first text's answer in the placeholder; here it was left as it was",
        try with(\.stepped) { try said($0.second).token }),
      Mistake(
        "the answer of the joint text went into the placeholder; that of the first step belongs there",
        try with(\.stepped) { try stepped($0, with: said($0.joint).token).token }),
      Mistake(
        "vanilla is the second text; both steps in one is the joint one",
        try with(\.vanilla) { try said($0.second).token }),
      Mistake(
        "vanilla is the first text; both steps in one is the joint one",
        try with(\.vanilla) { try said($0.first).token }),
      Mistake(
        "what the patch says and what step by step says are exchanged",
        right.map {
          HopAnswers(vanilla: $0.vanilla, patched: $0.stepped, stepped: $0.patched)
        }),
    ]
  }

  func judge() -> Expected<[HopAnswers]> {
    Expected(right, named: "the list of answers", of: "question", mistakes: mistakes)
  }

  /// Whether every mistake shows, each in its own way, and no token is a matter of rounding.
  func isDecided() throws -> Bool {
    try margin >= 0.02 && mistakes().areDistinct(from: right)
  }
}
