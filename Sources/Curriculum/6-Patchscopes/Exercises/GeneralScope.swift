import Coursework
import Laboratory
import PatchscopesVocabulary
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
      position: 2, layer: Int.random(in: 1...2, using: &generator), keys: [1, 2], blocks: 1..<3)
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

/// Runs the Patchscope that a student has put together, and holds its last logits against those of the
/// method that it is to be.
struct ScopeSpecJudge: Judge {
  enum Method { case tracing, knockout }

  private let model: Transformer
  private let method: Method
  private let question: ScopeOfModels
  private let right: Tensor
  private let runner: ScopeRunner
  private var last: Int { question.fact.tokens.count - 1 }
  private static let tolerance: Float = 1e-3

  init(_ question: ScopeOfModels, _ method: Method) throws {
    self.question = question
    self.method = method
    model = try question.model.made()
    runner = ScopeRunner(source: model, target: model)
    let tokens = question.fact.tokens
    let last = tokens.count - 1
    switch method {
    case .tracing:
      let clean = try model.layers(of: tokens)[question.layer]
      right = try model.logits(
        of: tokens,
        [
          .noise(question.noise, at: question.fact.subject),
          .row(question.position, of: clean, at: model.points[question.layer]),
        ])[at: last]
    case .knockout:
      right = try model.logits(
        of: tokens, question.blocks.map { .between([last], question.keys, block: $0) })[at: last]
    }
  }

  /// Whether what is done to the runs shows in what is right.
  func isDecided() throws -> Bool {
    let tokens = question.fact.tokens
    let plain = try model.logits(of: tokens)[at: last]
    let spoilt = try model.logits(
      of: tokens, [.noise(question.noise, at: question.fact.subject)])[at: last]
    switch method {
    case .tracing: return !isSame(plain) && !isSame(spoilt)
    case .knockout:
      // Taken too early, the state does not hold all that the cuts do.
      let early = ScopePlace(
        tokens: tokens, position: last, layer: question.blocks.upperBound - 1)
      let scope = Scope(
        source: ScopeRun(
          early, changes: [.cut(query: last, keys: question.keys, blocks: question.blocks)]),
        target: ScopeRun(early))
      return try !isSame(plain) && !isSame(runner.logits(of: scope)[at: last])
    }
  }

  private func isSame(_ logits: Tensor) -> Bool {
    zip(logits.values, right.values).allSatisfy {
      abs($0 - $1) <= 4 * Self.tolerance * max(1, abs($1))
    }
  }

  func verdict(on scope: Scope) throws -> Verdict {
    if let problem = problem(with: scope) { return problem }
    let found = try runner.logits(of: scope)
    let verdict = Verdict.compare(
      found[at: min(last, found.shape[0] - 1)], to: right, tolerance: Self.tolerance,
      named: "what the last position says", axes: ["token"])
    let plain = try model.logits(
      of: scope.target.place.tokens, ScopeRunner.interventions(scope.target.changes))
    let doesNothing =
      Verdict.compare(
        plain, to: found, tolerance: Self.tolerance, named: ""
      ).status == .passed
    switch method {
    case .tracing:
      if verdict.status == .passed { return .passed() }
      if scope.target.changes.isEmpty {
        return .failed(
          scope.source.changes.isEmpty
            ? "no noise in either run: which of the two is spoilt?"
            : "the noise is in the source run: causal tracing puts a clean state into a spoilt run")
      }
      if !scope.source.changes.isEmpty {
        return .failed(
          "the noise is in both runs, and what is put back is spoilt too: the source run is clean")
      }
    case .knockout:
      if !scope.target.changes.isEmpty {
        return .failed(
          doesNothing
            ? "the cuts are in the target and the patch changes nothing; the target run is to be the "
              + "plain model's"
            : "the target run is to be the plain model's: the cuts belong into the source run")
      }
      if verdict.status == .passed { return .passed() }
      if scope.source.changes.isEmpty {
        return .failed("no cut in either run: which state holds what a cut has done?")
      }
      if scope.source.place.position != last || scope.target.place.position != last {
        return .failed("the cuts change the last position's state, and no other; patch that one")
      }
      if scope.source.place.layer < question.blocks.upperBound {
        return .failed(
          "the state is taken before the last cut block has done its work: layer l is before block l"
        )
      }
      if scope.source.place.layer != scope.target.place.layer {
        return .failed("the state has to go in where it was taken: l* = l")
      }
    }
    if scope.target.place.position != scope.source.place.position
      || scope.target.place.layer != scope.source.place.layer
    {
      return .failed("the state goes back to where it comes from: i* = i and l* = l")
    }
    return verdict
  }

  /// What keeps a Patchscope from being run.
  private func problem(with scope: Scope) -> Verdict? {
    let width = model.configuration.width
    if let map = scope.map, map.weight.shape != [width, width] || map.bias.shape != [width] {
      return .invalid("the map does not take a state to a state; none is needed")
    }
    for (name, run) in [("source", scope.source), ("target", scope.target)] {
      let tokens = run.place.tokens
      guard !tokens.isEmpty, tokens.count <= 64,
        tokens.allSatisfy({ (0..<ScopeModel.vocabulary).contains($0) })
      else { return .invalid("the \(name)'s text is none that the model can read") }
      guard tokens.indices.contains(run.place.position) else {
        return .invalid("the \(name)'s text has no position \(run.place.position)")
      }
      guard model.points.indices.contains(run.place.layer) else {
        return .invalid("the model has no layer \(run.place.layer)")
      }
      for change in run.changes {
        switch change {
        case .noise(let noise, let positions):
          guard noise.shape == [positions.count, width],
            positions.clamped(to: tokens.indices) == positions
          else { return .invalid("the \(name)'s noise does not fit its positions") }
        case .cut(let query, let keys, let blocks):
          guard tokens.indices.contains(query), keys.allSatisfy(tokens.indices.contains),
            blocks.clamped(to: 0..<model.blockCount) == blocks
          else { return .invalid("the \(name)'s cut lies outside the text or the model") }
        }
      }
    }
    return nil
  }
}
