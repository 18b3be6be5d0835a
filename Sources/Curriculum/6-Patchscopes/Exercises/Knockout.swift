import Coursework
import Foundation
import Laboratory
import PatchscopesVocabulary
import SheetTools
import Tensors
import Transformers

extension PatchscopesSheet {
  /// 6.4: one query may not attend to some keys.
  static let knockout = Exercise(
    "6.4", "Attention knockout", points: 4, difficulty: 3, importance: 4, minutes: 25,
    hints: [
      """
      To forbid is not to put a zero somewhere: what attention would have gone to the keys has to go to \
      the others. Where must the cut be, before the softmax or behind it?
      """,
      """
      `HookPoint.block(.blocks, l, .attention(.own, .scores))` are the scaled and masked scores, \
      `[batch, head, query, key]`. Set those of the one query and the keys to `-Float.infinity`, in \
      every head.
      """,
      """
      For a window of W blocks from l on, give the run one intervention for each of the blocks \
      `l..<min(l + window, blocks)`.
      """,
      "The value for block l is `clean - cut`, two probabilities of the answer at the last position.",
    ],
    interpretation: """
      Cut the way from the subject to the last position, and the answer falls where the subject's facts \
      are fetched, in middle blocks. Cut the way within the subject, from its last token to its first, \
      and the answer falls if the two have to meet there, and only in the blocks before they are \
      fetched. Geva et al. saw these two stages in GPT-2 XL and GPT-J. What falls when a way is cut was \
      needed; that the model could not have gone another way, had it been trained to, is not shown.
      """,
    cases: { generator in
      var cases: [Case<CutOfModel, CutOfModel>] = []
      for (name, kind, query, keys, window) in [
        ("from the last position", ScopeModel.Kind.small, 6, [1, 2], 2),
        ("from a middle position", .small, 4, [2, 3], 2),
        ("turned positions", .rotary, 6, [2, 3], 2),
      ] {
        let question = try drawn(
          using: &generator,
          { generator in
            let model = ScopeModel(kind, using: &generator)
            let tokens = ScopeModel.text(7, using: &generator)
            // The answer is the token that a cut in the first blocks changes most.
            let made = try model.made()
            let clean = probabilities(try made.logits(of: tokens)[at: 6])
            let cut = probabilities(
              try made.logits(
                of: tokens, (0..<window).map { .between([query], keys, block: $0) })[at: 6])
            let answer = clean.indices.max { abs(clean[$0] - cut[$0]) < abs(clean[$1] - cut[$1]) }!
            guard abs(clean[answer] - cut[answer]) > 0.1 else { return nil }
            return CutOfModel(
              model: model, tokens: tokens, answer: answer, query: query, keys: keys,
              window: window)
          }, until: { try key($0).isDecided() })
        cases.append(Case(name, question))
      }
      let person = ReaderWorld.standard.people.randomElement(using: &generator)!
      let fact = SubjectFact.profession(of: person)
      cases.append(
        Case(
          "the reader",
          CutOfModel(
            model: .reader, tokens: fact.tokens, answer: fact.answer, query: 2, keys: [1],
            window: 2)))
      return cases
    },
    parts: [Part(PatchscopesAsks.knockout) { try key($0).judge }])

  private static func key(_ question: CutOfModel) throws -> TensorKey {
    let model = try question.model.made()
    let (blocks, window, query, keys) = (
      model.blockCount, question.window, question.query, question.keys
    )
    func probability(_ changes: [Intervention]) throws -> Double {
      try model.probability(of: question.answer, after: question.tokens, changes)
    }
    let clean = try probability([])
    /// The probability by block, under cuts of some blocks each.
    func cut(
      _ range: (Int) -> Range<Int>, _ one: (Int) -> Intervention
    ) throws -> [Double] {
      try (0..<blocks).map {
        try probability(range($0).clamped(to: 0..<blocks).map(one))
      }
    }
    func onward(_ block: Int) -> Range<Int> { block..<(block + window) }
    func forbidden(_ block: Int) -> Intervention { .between([query], keys, block: block) }
    func lost(_ found: [Double]) -> Tensor { Tensor(found.map { Float(clean - $0) }) }
    let found = try cut(onward, forbidden)
    let right = lost(found)
    return TensorKey(right, named: "the loss", axes: ["block"]) {
      let later = Array((query + 1)..<max(question.tokens.count, query + 1))
      return [
        Mistake(
          "the pattern was set to zero behind the softmax; the others would have had that attention: cut "
            + "the scores",
          lost(
            try cut(onward) { .between([query], keys, block: $0, .pattern, becomes: 0) })),
        Mistake(
          "a score of 0 does not forbid anything: its exponential is 1",
          lost(try cut(onward) { .between([query], keys, block: $0, becomes: 0) })),
        Mistake(
          "query and key are exchanged; a causal model has nothing to cut there",
          lost(try cut(onward) { .between(keys, [query], block: $0) })),
        Mistake(
          "only one block was cut; the window has \(window)",
          lost(try cut({ $0..<($0 + 1) }, forbidden))),
        Mistake(
          "the window stands around the block; here it begins with it",
          lost(
            try cut(
              { ($0 - window / 2)..<($0 + (window + 1) / 2) }, forbidden))),
        Mistake(
          "the window goes on to the last block; it has \(window)",
          lost(try cut({ $0..<blocks }, forbidden))),
        Mistake(
          "every later position was cut from the keys too; only the query is meant",
          lost(try cut(onward) { .between([query] + later, keys, block: $0) })),
        Mistake(
          "only the first head was cut",
          lost(
            try cut(onward) { block in
              Intervention(at: .block(.blocks, block, .attention(.own, .scores))) { scores in
                var changed = scores
                for key in keys { changed[0, 0, query, key] = -.infinity }
                return changed
              }
            })),
        Mistake(
          "these are the probabilities that are left; asked is what was lost",
          Tensor(found.map { Float($0) })),
        Mistake("the sign is wrong: a loss is clean less cut", right * -1),
        Mistake(
          "these are shares of the clean probability; the difference itself is asked for",
          right / Float(clean)),
        Mistake(
          "these are differences of logarithms; probabilities are asked for",
          Tensor(found.map { Float(log(clean) - log($0)) })),
        Mistake(
          "windows that reach beyond the last block are left out; they end with it",
          right.slice(0..<(blocks - window + 1))),
      ].filter { !later.isEmpty || !$0.sentence.hasPrefix("every later position") }
    }
  }
}
