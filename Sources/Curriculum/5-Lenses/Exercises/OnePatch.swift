import Coursework
import Interpretability
import Interventions
import LensesVocabulary
import Tensors
import Transformers

extension LensSheet {
  /// 5.8: run, take, map, overwrite, run on.
  static let onePatch = Exercise(
    "5.8", "The logit lens is a Patchscope", points: 5, difficulty: 4, importance: 5, minutes: 30,
    hints: [
      """
      Two runs. The first one is only read: which state stands at position i when l blocks have been \
      passed? The second one is only changed: in one place.
      """,
      """
      `residualPoints[l]` is the place after l blocks. Capture it in the run of S; intervene at \
      `residualPoints[l*]` in the run of T.
      """,
      """
      Overwrite one row of `[1, position, width]` and leave the others: copy the tensor and set its \
      columns, or join `slice(axis: 1, …)` before, the new row, and `slice(axis: 1, …)` after it. Map the \
      row first, as `[1, width]`.
      """,
      """
      `Intervention(at: points[target.layer]) { residual in var changed = residual; for c in 0..<width \
      { changed[0, target.position, c] = state[0, c] }; return changed }`, then `model.run(\
      ModelInput(target.tokens), intervening: [...]).logits[at: 0]`.
      """,
    ],
    interpretation: """
      With T = S, i* = i, l* = the number of blocks and no map, nothing is left of the run but the \
      final norm and the unembedding: the logit lens. With a map it is the affine or the tuned lens. The \
      state goes in *before* the final norm; a library that hands out the last state after it would have \
      it normed twice. A \
      state put back where it came from changes nothing: run this identity first, whenever you write \
      an intervention. What is new lies in between: target blocks that work on the state, in a context \
      that asks them something.
      """,
    cases: { generator in
      func place(_ tokens: [Int], layers: ClosedRange<Int>) -> PatchPlace {
        // Not the first place, nor the last: both hide mistakes.
        PatchPlace(
          tokens: tokens, position: Int.random(in: 2..<(tokens.count - 1), using: &generator),
          layer: Int.random(in: layers, using: &generator))
      }
      func text(_ count: Int) -> [Int] { LensTexts.beginning(count, using: &generator) }
      var cases: [Case<PatchOfModel, PatchOfModel>] = []
      for (name, model, isMapped) in [
        ("another text, no map", LensModel.reader, false),
        ("another text, a map", .otherReader, true),
      ] {
        let source = place(text(10), layers: 1...2)
        var target = place(text(8), layers: 3...4)
        while target.position == source.position {
          target = place(target.tokens, layers: 3...4)
        }
        let map = isMapped ? try affineMap(of: model, layer: source.layer, using: &generator) : nil
        cases.append(
          Case(name, PatchOfModel(model: model, source: source, map: map, target: target)))
      }
      for (name, model, isMapped) in [
        ("the logit lens", LensModel.wideReader, false), ("the affine lens", .reader, true),
      ] {
        let source = place(text(9), layers: 1...4)
        var target = source
        target.layer = try model.made().configuration.residualPoints.count - 1
        let map = isMapped ? try affineMap(of: model, layer: source.layer, using: &generator) : nil
        cases.append(
          Case(name, PatchOfModel(model: model, source: source, map: map, target: target)))
      }
      let own = place(text(7), layers: 0...4)
      cases.append(
        Case(
          "a state in its own place",
          PatchOfModel(model: .otherReader, source: own, map: nil, target: own)))
      return cases
    },
    parts: [Part(LensAsks.patched) { try LongPatch($0).judge() }])
}

extension LensSheet {
  /// The affine lens of a layer: least squares to the last one, over positions of some texts.
  static func affineMap(
    of model: LensModel, layer: Int, using generator: inout SeededGenerator
  ) throws -> AffineMap {
    let states = try model.states(of: LensTexts.drawn(14, seed: generator.next())).values
    return .leastSquares(
      from: states[at: layer], to: states[at: states.shape[0] - 1], ridge: 1e-2)
  }
}

/// Patchscopes the long way, by one intervention in a whole run, right and wrong.
struct LongPatch: Sendable {
  private let key: PatchOfModel
  private let model: Transformer
  private let points: [HookPoint]
  /// Of the source text, `[layer, position, width]`.
  private let states: Tensor

  init(_ key: PatchOfModel) throws {
    self.key = key
    model = try key.model.made()
    points = model.configuration.residualPoints
    states = try model.residualStates(of: ModelInput(key.source.tokens)).values
  }

  /// - Parameters:
  ///   - rows: Which rows of T are overwritten; nil for that of i*.
  ///   - adds: Whether the state is added instead.
  func run(
    from source: PatchPlace, to target: PatchPlace, isMapped: Bool = true, rows: Range<Int>? = nil,
    adds: Bool = false
  ) throws -> Tensor {
    let layer = min(max(source.layer, 0), points.count - 1)
    let position = min(source.position, source.tokens.count - 1)
    let own = states[at: layer].slice(position..<(position + 1))
    let state = (isMapped ? key.map?(own) : nil) ?? own
    let place = min(target.position, target.tokens.count - 1)
    let change = Intervention(at: points[min(max(target.layer, 0), points.count - 1)]) { residual in
      var changed = residual
      for row in rows ?? place..<(place + 1) {
        for column in 0..<state.shape[1] {
          changed[0, row, column] = state[0, column] + (adds ? residual[0, row, column] : 0)
        }
      }
      return changed
    }
    return try model.run(ModelInput(target.tokens), intervening: [change]).logits[at: 0]
  }

  func judge() throws -> Expected<Tensor> {
    let (source, target) = (key.source, key.target)
    func moved(_ place: PatchPlace, position: Int? = nil, layer: Int? = nil) -> PatchPlace {
      PatchPlace(
        tokens: place.tokens, position: position ?? place.position, layer: layer ?? place.layer)
    }
    let expected = try run(from: source, to: target)
    return Expected(
      expected, tolerance: 1e-3, named: "the logits", axes: ["position", "token"]
    ) {
      [
        Mistake(
          "nothing was patched: these are the logits of the plain target run",
          try model(ModelInput(target.tokens))[at: 0]
        ),
        Mistake(
          "the state was added to what stood there; overwrite it",
          try run(from: source, to: target, adds: true)
        ),
        Mistake(
          "every position was overwritten; only i* is meant",
          try run(from: source, to: target, rows: target.tokens.indices)
        ),
        Mistake(
          "the map was left out",
          try run(from: source, to: target, isMapped: false)
        ),
        Mistake(
          "l and l* are exchanged",
          try run(
            from: moved(source, layer: target.layer), to: moved(target, layer: source.layer))
        ),
        Mistake(
          "i and i* are exchanged",
          try run(
            from: moved(source, position: target.position),
            to: moved(target, position: source.position))
        ),
        Mistake(
          "the state went in one block too late: after l* blocks is before block number l*",
          try run(from: source, to: moved(target, layer: target.layer + 1))
        ),
        Mistake(
          "the state was taken one block too late: after l blocks is before block number l",
          try run(from: moved(source, layer: source.layer + 1), to: target)
        ),
        Mistake(
          "both layers are off by one: after l blocks is before block number l",
          try run(
            from: moved(source, layer: source.layer + 1),
            to: moved(target, layer: target.layer + 1)
          )
        ),
        Mistake(
          "only the patched position came back; the logits of all positions of T are asked for",
          expected.slice(target.position..<(target.position + 1))
        ),
      ]
    }
  }
}
