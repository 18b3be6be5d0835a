import Coursework
import PatchscopesVocabulary
import Tensors
import Transformers

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
    case .tracing:
      func isTold(_ position: Int, _ layer: Int) throws -> Bool {
        let place = ScopePlace(tokens: tokens, position: position, layer: layer)
        let scope = Scope(
          source: ScopeRun(place),
          target: ScopeRun(place, changes: [.noise(question.noise, at: question.fact.subject)]))
        return try !isSame(runner.logits(of: scope)[at: last])
      }
      // No other place gives the same, whatever is asked for.
      return try !isSame(plain) && !isSame(spoilt)
        && tokens.indices.allSatisfy {
          try $0 == question.position || isTold($0, question.layer)
        }
        && model.points.indices.allSatisfy {
          try $0 == question.layer || isTold(question.position, $0)
        }
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
    return method == .tracing ? misplaced(scope.source.place) ?? verdict : verdict
  }

  /// Whether another state than the one that is asked for is traced.
  private func misplaced(_ place: ScopePlace) -> Verdict? {
    if place.position != question.position {
      return .failed(
        place.position == question.fact.subject.upperBound - 1
          ? "the state of the subject's last token is put back, whatever `position` says; every "
            + "position is traced"
          : "the state that is put back does not stand at `position`")
    }
    return place.layer == question.layer
      ? nil : .failed("the state that is put back is not that of `layer`")
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
