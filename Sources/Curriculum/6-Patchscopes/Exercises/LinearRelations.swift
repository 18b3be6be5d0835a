import Coursework
import Interpretability
import Interventions
import PatchscopesVocabulary
import SheetTools
import Tensors
import Transformers

extension PatchscopesSheet {
  /// 6.6: a relation as the first two terms of a series.
  static let linearRelations = Exercise(
    "6.6", "Linear relations", points: 4, difficulty: 5, importance: 3, minutes: 45,
    hints: [
      """
      o(s) ≈ o(s₀) + J (s − s₀): what is J, what is the constant, and what do you average over several \
      prompts?
      """,
      """
      Let the subject's state be a tensor that `requiringGradient()`, put it into the residual stream \
      where it came from, and capture the last layer: what is computed from it has a history. One row of \
      J is the gradient of one value of o.
      """,
      """
      `Tensor.concatenation([before, subject.reshaped(to: [1, 1, width]), after], axis: 1)` is the stream \
      to `.replace` the point with. The last layer is captured before the final norm, at the last \
      position.
      """,
      """
      Row r of J is `gradient(of: object.slice(r..<(r + 1)).sum(), withRespectTo: [subject])[0]`; the \
      bias of one prompt is o − J s; average both. An object's logits are those of β J s + b after \
      `model.finalNorm`: β stands before J alone.
      """,
    ],
    interpretation: """
      Hernandez et al. call a relation faithful when the map names what the model would: 48 % of 47 \
      relations in GPT-J. β is needed because a derivative at one point is too flat for the whole way: \
      the norms within the model shrink it. A map can say the right thing about a subject on which it \
      was not fitted, and yet not be how the model does it; where it fails, the relation is not linear \
      in this state, or not in this layer any more.
      """,
    cases: { generator in
      var cases: [Case<RelationOfModel, RelationOfModel>] = []
      for (name, kind, count) in [
        ("two prompts", ScopeModel.Kind.small, 2), ("three prompts", .small, 3),
        ("turned positions", .rotary, 2),
      ] {
        let question = try drawn(
          using: &generator,
          { generator in
            let model = ScopeModel(kind, using: &generator)
            let width = try model.made().configuration.width
            return RelationOfModel(
              model: model,
              prompts: (0..<count).map { index in
                RelationPrompt(
                  tokens: ScopeModel.text(6, using: &generator),
                  subject: 1 + (index + Int.random(in: 0..<3, using: &generator)) % 3)
              },
              layer: Int.random(in: 1...2, using: &generator),
              relation: AffineMap(
                weight: .randomNormal([width, width], standardDeviation: 0.4, using: &generator),
                bias: .randomNormal([width], using: &generator)),
              states: .randomNormal([5, width], standardDeviation: 2, using: &generator),
              beta: Float.random(in: 2..<4, using: &generator))
          }, until: { try relationKey($0).isDecided() && objectKey($0).isDecided() })
        cases.append(Case(name, question))
      }
      return cases
    },
    parts: [
      Part(PatchscopesAsks.relation) { question in
        let key = try relationKey(question)
        let width = key.right.shape[1]
        return Judgement { (map: AffineMap) in
          if let problem = Verdict.problem(
            with: map.weight, shape: [width, width], named: "J", axes: ["value of o", "value of s"])
            ?? Verdict.problem(with: map.bias, shape: [width], named: "b")
          {
            return problem
          }
          return try key.judge.verdict(on: joined(map))
        }
      },
      Part(PatchscopesAsks.objects) { try objectKey($0).judge },
    ])

  /// A map's rows, and its bias below.
  static func joined(_ map: AffineMap) -> Tensor {
    .concatenation([map.weight, map.bias.reshaped(to: [1, map.bias.count])], axis: 0)
  }

  private static func relationKey(_ question: RelationOfModel) throws -> TensorKey {
    let model = try question.model.made()
    let width = model.configuration.width
    func relation(
      _ prompts: [RelationPrompt], layer: Int, subject: (RelationPrompt) -> Int = { $0.subject }
    ) throws -> AffineMap {
      try LinearRelation(
        model, prompts: prompts.map { .init($0.tokens, subject: subject($0)) }, layer: layer
      ).map()
    }
    let found = try relation(question.prompts, layer: question.layer)
    return TensorKey(
      joined(found), named: "the map", axes: ["row", "value of s"], tolerance: 5e-3
    ) {
      func mean(_ rows: [Tensor]) -> Tensor { rows.reduce(.zeros([width]), +) / Float(rows.count) }
      let states = try question.prompts.map { try model.layers(of: $0.tokens) }
      let objects = zip(question.prompts, states).map {
        $1[$1.count - 1][at: $0.tokens.count - 1]
      }
      let subjects = zip(question.prompts, states).map { $1[question.layer][at: $0.subject] }
      func applied(_ state: Tensor) -> Tensor {
        found.weight.matmul(state.reshaped(to: [width, 1])).reshaped(to: [width])
      }
      func map(_ weight: Tensor, _ bias: Tensor) -> Tensor {
        joined(AffineMap(weight: weight, bias: bias))
      }
      let count = Float(question.prompts.count)
      return [
        Mistake(
          "J is transposed: a row of it is the gradient of one value of o",
          map(found.weight.transposed(), found.bias)),
        Mistake("b is the mean of o: take J s off", map(found.weight, mean(objects))),
        Mistake(
          "b was made of means; each prompt has its own J, and b is the mean of o − J s",
          map(found.weight, mean(objects) - applied(mean(subjects)))),
        Mistake(
          "these are sums over prompts; their means are asked for",
          map(found.weight * count, found.bias * count)),
        Mistake(
          "only the first prompt was used",
          joined(try relation([question.prompts[0]], layer: question.layer))),
        Mistake(
          "the state is that of the text's last token, not of the subject's",
          joined(
            try relation(question.prompts, layer: question.layer) { $0.tokens.count - 1 })),
        Mistake(
          "the subject's state was taken one block too late",
          joined(try relation(question.prompts, layer: question.layer + 1))),
        Mistake(
          "the subject's state was taken one block too early",
          joined(try relation(question.prompts, layer: question.layer - 1))),
        Mistake(
          "b is o − J s with the sign turned", map(found.weight, found.bias * -1)),
        Mistake("there is no b: it is not what J leaves out", map(found.weight, .zeros([width]))),
      ]
    }
  }

  private static func objectKey(_ question: RelationOfModel) throws -> TensorKey {
    let model = try question.model.made()
    let (weight, bias, beta) = (question.relation.weight, question.relation.bias, question.beta)
    let products = question.states.matmul(transposing: weight)
    func decoded(_ rows: Tensor) -> Tensor { model.logits(ofNormed: model.finalNorm(rows)) }
    let right = decoded(products * beta + bias)
    return TensorKey(right, named: "the logits", axes: ["subject", "token"]) {
      [
        Mistake(
          "β is left out, or stands before b as well, where the norm takes it away again: it belongs before "
            + "J alone", decoded(products + bias)),
        Mistake("β stands before b; it belongs before J", decoded(products + bias * beta)),
        Mistake(
          "the final norm is left out: o is the stream before it",
          model.logits(ofNormed: products * beta + bias)),
        Mistake("b is left out", decoded(products * beta)),
        Mistake(
          "J is transposed", decoded(question.states.matmul(weight) * beta + bias)),
        Mistake(
          "the states went through the final norm before the map; it comes behind it",
          decoded(model.finalNorm(question.states).matmul(transposing: weight) * beta + bias)),
        Mistake(
          "these are probabilities; logits are asked for", right.softmax()),
      ]
    }
  }
}
