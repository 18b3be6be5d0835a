import Coursework
import PatchscopesVocabulary
import SheetTools
import Tensors
import Transformers

extension PatchscopesSheet {
  /// 6.5: two runs, two models, what is done to each, and a map; tracing and knockout among them.
  static let generalScope = Exercise(
    "6.5", "The general Patchscope", points: 4, difficulty: 4, importance: 5, minutes: 40,
    hints: [
      """
      (S, i, M, l) → (T, i*, f, M*, l*). Causal tracing has a clean run and a spoilt one: which is the \
      source, which the target, and what of M* is not M?
      """,
      """
      Changes become interventions: `.noise` is 6.2's at `HookPoint.embedding`, `.cut` is 6.4's. The \
      source's go into the source run, the target's into the target run, together with the patch, which \
      comes last.
      """,
      """
      Knockout: the cuts change nothing but the last position's own state, for no later position reads \
      it. From which layer on is all that they do in that one state? Take it there, from a run with the \
      cuts, and put it at the same place of a plain run.
      """,
      """
      Tracing: source `ScopeRun(place)`, target `ScopeRun(place, changes: [.noise(noise, at: \
      fact.subject)])`. Knockout: the place is the last position at layer `blocks.upperBound`, with \
      `changes: [.cut(query: last, keys: keys, blocks: blocks)]` in the source.
      """,
    ],
    interpretation: """
      Tracing puts a clean state into a spoilt run, knockout a spoilt state into a clean one: restoring \
      and corrupting once more. That both are Patchscopes, to the last digit, is no more than a common \
      notation; but it says at once what else could be asked: another text as T, a map, another model. \
      And it says what they share: each shows what the *target* run makes of a state.
      """,
    cases: { generator in
      var cases: [Case<ScopeOfModels, ScopeOfModels>] = []
      for (name, kind, target) in [
        ("one model", ScopeModel.Kind.small, ScopeModel.Kind.small), ("two models", .small, .wide),
        ("turned positions", .rotary, .rotary),
      ] {
        let question = try drawn(
          using: &generator,
          { try scopes(kind, target, using: &$0) },
          until: { question in
            try key(question).isDecided() && ScopeSpecJudge(question, .tracing).isDecided()
              && ScopeSpecJudge(question, .knockout).isDecided()
          })
        cases.append(Case(name, question))
      }
      return cases
    },
    parts: [
      Part(PatchscopesAsks.logits) { try key($0).judge },
      Part(PatchscopesAsks.tracingScope) { try ScopeSpecJudge($0, .tracing) },
      Part(PatchscopesAsks.knockoutScope) { try ScopeSpecJudge($0, .knockout) },
    ])

  private static func scopes(
    _ kind: ScopeModel.Kind, _ targetKind: ScopeModel.Kind, using generator: inout SeededGenerator
  ) throws -> ScopeOfModels {
    let model = ScopeModel(kind, using: &generator)
    let target = kind == targetKind ? model : ScopeModel(targetKind, using: &generator)
    let (width, other) = (
      try model.made().configuration.width, try target.made().configuration.width
    )
    let source = ScopePlace(
      tokens: ScopeModel.text(7, using: &generator),
      position: Int.random(in: 4...5, using: &generator),
      layer: 2)
    let goal = ScopePlace(
      tokens: ScopeModel.text(6, using: &generator),
      position: Int.random(in: 2...3, using: &generator),
      layer: 1)
    let map = AffineMap(
      weight: .randomNormal([other, width], standardDeviation: 0.4, using: &generator),
      bias: .randomNormal([other], using: &generator))
    func noise(_ width: Int) -> Tensor {
      .randomNormal([2, width], standardDeviation: 2, using: &generator)
    }
    let scope = Scope(
      source: ScopeRun(
        source,
        changes: [
          .noise(noise(width), at: 1..<3),
          .cut(query: source.position, keys: [2, 3], blocks: 1..<2),
        ]),
      map: map,
      target: ScopeRun(
        goal,
        changes: [
          .noise(noise(other), at: 0..<2), .cut(query: 5, keys: [goal.position], blocks: 2..<4),
        ]))
    return ScopeOfModels(
      model: model, target: target, scope: scope,
      fact: try .random(of: model, length: 6, subject: 1..<3, using: &generator),
      noise: .randomNormal([2, width], standardDeviation: 3, using: &generator),
      // Not the subject's last token, which is the place that everybody would trace.
      position: [1, 3, 4].randomElement(using: &generator)!,
      layer: Int.random(in: 1...2, using: &generator), keys: [1, 2], blocks: 1..<3)
  }

  private static func key(_ question: ScopeOfModels) throws -> TensorKey {
    let runner = ScopeRunner(
      source: try question.model.made(), target: try question.target.made())
    let scope = question.scope
    let right = try runner.logits(of: scope)
    return TensorKey(right, named: "the logits", axes: ["position", "token"]) {
      func edited(_ edit: (inout Scope) -> Void) throws -> Tensor {
        var other = scope
        edit(&other)
        return try runner.logits(of: other)
      }
      let isOneModel = question.model == question.target
      var mistakes = [
        Mistake(
          "nothing was patched: these are the logits of the target run alone",
          try runner.target.logits(
            of: scope.target.place.tokens, ScopeRunner.interventions(scope.target.changes))),
        Mistake(
          "the changes of the source run were left out", try edited { $0.source.changes = [] }),
        Mistake(
          "the changes of the target run were left out", try edited { $0.target.changes = [] }),
        Mistake(
          "the changes of both runs were left out",
          try edited {
            $0.source.changes = []
            $0.target.changes = []
          }),
        Mistake(
          "the noise was left out",
          try edited {
            $0.source.changes.removeFirst()
            $0.target.changes.removeFirst()
          }),
        Mistake(
          "the cuts were left out",
          try edited {
            $0.source.changes.removeLast()
            $0.target.changes.removeLast()
          }),
        Mistake(
          "the state went in one block too late: after l* blocks is before block number l*",
          try edited { $0.target.place.layer += 1 }),
        Mistake(
          "the state was taken one block too late: after l blocks is before block number l",
          try edited { $0.source.place.layer += 1 }),
        Mistake(
          "the state is that of another position than i",
          try edited { $0.source.place.position = $0.source.place.tokens.count - 1 }),
        Mistake(
          "only the patched position came back; the logits of all positions of T are asked for",
          right.slice(scope.target.place.position..<(scope.target.place.position + 1))),
      ]
      if isOneModel {
        mistakes.append(Mistake("the map was left out", try edited { $0.map = nil }))
        mistakes.append(
          Mistake(
            "l and l* are exchanged",
            try edited {
              let layer = $0.source.place.layer
              $0.source.place.layer = $0.target.place.layer
              $0.target.place.layer = layer
            }))
      }
      return mistakes
    }
  }
}

/// Runs Patchscopes.
struct ScopeRunner {
  let source: Transformer
  let target: Transformer

  static func interventions(_ changes: [ScopeChange]) -> [Intervention] {
    changes.flatMap { change -> [Intervention] in
      switch change {
      case .noise(let noise, let positions): [.noise(noise, at: positions)]
      case .cut(let query, let keys, let blocks):
        blocks.map { .between([query], keys, block: $0) }
      }
    }
  }

  func logits(of scope: Scope) throws -> Tensor {
    let (from, goal) = (scope.source.place, scope.target.place)
    let states = try source.layers(
      of: from.tokens, Self.interventions(scope.source.changes))[from.layer]
    let found = states.slice(from.position..<(from.position + 1))
    let state = scope.map?(found) ?? found
    return try target.logits(
      of: goal.tokens,
      Self.interventions(scope.target.changes) + [
        .rows(target.points[goal.layer], [(goal.position, state[at: 0])])
      ])
  }
}
