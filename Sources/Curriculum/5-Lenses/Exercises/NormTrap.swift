import Coursework
import Interpretability
import LensesVocabulary
import Tensors
import Transformers

extension LensSheet {
  /// What the states were before anything was done to the last of them.
  struct StatesKey {
    var model: LensModel
    /// `[layer, position, width]`, no layer normed.
    var plain: Tensor
    var lastIsNormed: Bool
  }

  /// 5.2: each layer by its own statistics, and once.
  static let normTrap = Exercise(
    "5.2", "The norm trap", points: 4, difficulty: 3, importance: 5, minutes: 20,
    hints: [
      """
      Hugging Face's `hidden_states` holds the last layer after the final norm and all others before \
      it. What happens if you norm everything?
      """,
      """
      `states.lastIsNormed` tells. Where it is true the last layer goes straight to the unembedding; \
      where it is false it is treated like all others.
      """,
      """
      No layer borrows another's statistics: `model.finalNorm(_:)` on one layer's `[position, width]` \
      takes each row's own mean and spread.
      """,
      """
      `(0..<states.layerCount).map { layer in let own = states.values[at: layer]; let skips = layer == \
      states.layerCount - 1 && states.lastIsNormed; return model.logits(ofNormed: skips ? own : \
      model.finalNorm(own)) }`, stacked.
      """,
    ],
    interpretation: """
      Normed twice, the last layer no longer gives the model's own logits, and every agreement with \
      “the final prediction” is agreement with something the model never said. Divided by a scale kept \
      from the last layer, early layers look flat and unsure, because their states are smaller (in the \
      reader 0.6 at layer 0 and 2.8 at layer 6): their entropy rises from 0.05 to 1.9 nats, and the \
      divergence from the end *falls* by half, though the lens chooses hardly better. Compare your last \
      layer with the model's own logits, always; it costs one line.
      """,
    cases: { generator in
      try [
        ("the last layer normed already", LensModel.reader, true),
        ("no layer normed", .otherReader, false),
        ("the last layer normed already, a wider model", .wideReader, true),
      ].map { name, spec, isNormed in
        let model = try spec.made()
        let tokens = LensTexts.beginning(7, using: &generator)
        let plain = try model.residualStates(of: ModelInput(tokens)).values
        var given = (0..<plain.shape[0]).map { plain[at: $0] }
        if isNormed { given[given.count - 1] = model.finalNorm(given[given.count - 1]) }
        return Case(
          name,
          question: StatesOfModel(
            model: spec, states: ResidualStates(.stack(given), lastIsNormed: isNormed)),
          key: StatesKey(model: spec, plain: plain, lastIsNormed: isNormed))
      }
    },
    parts: [Part(LensAsks.logits, judge: lens)])

  private static func lens(_ key: StatesKey) throws -> Expected<Tensor> {
    let oracle = LensOracle(try key.model.made())
    let rows = (0..<key.plain.shape[0]).map { LensOracle.rows(key.plain[at: $0]) }
    let last = rows.count - 1
    let end = rows[last].map { oracle.normed($0) }
    let scales = rows[last].map { oracle.scale($0) }
    // What the student was given in the last layer.
    let given = key.lastIsNormed ? end : rows[last]
    func logits(
      last lastRows: [[Double]], _ earlier: ([[Double]]) -> [[Double]]
    ) -> Tensor {
      .stack(rows[..<last].map { oracle.logits(earlier($0)) } + [oracle.logits(lastRows)])
    }
    let own: ([[Double]]) -> [[Double]] = { $0.map { oracle.normed($0) } }
    let cached: ([[Double]]) -> [[Double]] = {
      zip($0, scales).map { oracle.normed($0, scale: $1) }
    }
    let givenScales = given.map { oracle.scale($0) }
    let borrowed: ([[Double]]) -> [[Double]] = {
      zip($0, givenScales).map { oracle.normed($0, scale: $1) }
    }
    return Expected(
      logits(last: end, own), tolerance: 1e-3, named: "the lens",
      axes: ["layer", "position", "token"]
    ) {
      [
        Mistake(
          "the last layer went through the norm twice: `lastIsNormed` says that it has been there",
          logits(last: own(end), own)
        ),
        Mistake(
          "the last layer did not go through the norm: here `lastIsNormed` is false",
          logits(last: rows[last], own)
        ),
        Mistake(
          "earlier layers went to the unembedding without the final norm",
          logits(last: end) { $0 }
        ),
        Mistake("no layer went through the final norm", logits(last: given) { $0 }),
        Mistake(
          "earlier layers were divided by the scale of the last one; each row has a scale of its own",
          logits(last: end, cached)
        ),
        Mistake(
          "earlier layers were divided by the scale of the last one; each row has a scale of its own",
          logits(last: end, borrowed)
        ),
        Mistake(
          "these are probabilities, not logits; leave the softmax to whoever needs it",
          logits(last: end, own).softmax()
        ),
      ]
    }
  }
}
