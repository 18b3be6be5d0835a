import Interpretability
import Interventions
import Laboratory
import Models
import Tensors
import Transformers

extension Finding {
  static let crossModelFindings = [crossModel]

  /// A larger model that reads a smaller one.
  private static let crossModel = Finding(
    name: "cross-model", title: "A larger model explains a smaller one better than itself",
    sheet: 6,
    paper: patchscopes,
    published: [
      PublishedFigure(
        "token identity in the larger model of a family beats that in the smaller itself",
        of: "Vicuna 7B in 13B, Pythia 6.9B in 12B")
    ],
    measured:
      "How often an identity prompt reads from a state the token with which its own model goes "
      + "on, in the wide reader, by an affine map of each layer that was fitted on 200 other texts, less "
      + "how often it does in the model itself: the mean of layers 1 to 5.",
    rule: Rule(.above(0, "in the wide reader less in itself")), version: 1, asks: [.reader],
    needs: "a larger model of the same words"
  ) { subject in
    let larger = try MeasuredModel(EmbeddedModel.wideReader.name, goesOn: subject.goesOn)
    guard larger.fingerprint != subject.fingerprint else {
      throw NotAsked("\(subject.name) is the larger model, and there is none larger")
    }
    guard larger.layers == subject.layers else {
      throw NotAsked(
        "\(subject.name) has \(subject.layers) blocks and the wide reader \(larger.layers), so that "
          + "their layers have no partners")
    }
    let texts = try subject.texts(200, split: .training, seed: 14)
    let (from, into) = (try subject.states(texts), try larger.states(texts))
    let states = try subject.lensStates(300, seed: 15)
    let last = states.values[at: subject.layers]
    let own = subject.model.logits(ofNormed: subject.model.finalNorm(last)).argmax()
    let prompt = try subject.ids("cat -> cat ; ten -> ten ; piano -> piano ; house")
    let layers = 1..<subject.layers
    func hits(_ model: Transformer, _ translate: (Tensor, Int) -> Tensor) throws -> [Double] {
      let rows = try layers.map { layer -> [Double] in
        try subject.check()
        let said = try Patchscope.Target(
          model, prompt, position: prompt.count - 1, layer: layer
        ).logits(patching: translate(states.values[at: layer], layer), at: prompt.count - 1)
          .argmax()
        return zip(said, own).map { $0 == $1 ? 1 : 0 }
      }
      return own.indices.map { text in rows.map { $0[text] }.mean }
    }
    let itself = try hits(subject.model) { state, _ in state }
    let other = try hits(larger.model) { state, layer in
      AffineMap.leastSquares(from: from.values[at: layer], to: into.values[at: layer])(state)
    }
    return [
      try .difference("in the wide reader less in itself", other, itself, "texts"),
      try .mean("in itself", of: itself, "texts"),
      try .mean("in the wide reader", of: other, "texts"),
    ]
  }
}
