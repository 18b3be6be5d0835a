import CircuitsVocabulary
import Coursework
import Tensors
import Transformers

extension CircuitsSheet {
  /// 9.6: what the logits hear of one node, and nobody else.
  static let pathToTheLogits = Exercise(
    "9.6", "A path to the logits", points: 4, difficulty: 4, importance: 5, minutes: 35,
    hints: [
      """
      Put the corrupted output of a head into the clean run and every later head answers. What has to \
      happen to them so that only the direct path is left?
      """,
      """
      Three runs: the clean text, from which all heads (and, if they are not to answer, all MLPs) are \
      kept; the corrupted text, from which the sender is kept; the clean text again, with all of these \
      put in place.
      """,
      """
      `.block(.blocks, layer, .attention(.own, .result))` holds all heads of a layer apart. Replace \
      it in every layer by the clean run's; then change the sender's own part. Interventions at one \
      point act in the order of the list.
      """,
      """
      Where `mlpsAnswer` is true leave the MLPs alone: they read the changed stream and write what they \
      make of it. Where it is false replace `.mlpOut` of each layer too. Of an MLP that is the sender \
      `.mlpOut` is the corrupted run's in either case.
      """,
    ],
    interpretation: """
      With everything frozen the answer could be had without a third run: the last stream, and what the \
      sender writes now less what it wrote. That is the direct effect of 9.2, by an intervention. With \
      MLPs free it is the one of the indirect-object paper, in which MLPs belong to the path. The two can \
      differ in sign, and a circuit of heads found with free MLPs has the MLPs in its edges.
      """,
    cases: { generator in
      try [
        ("a head, MLPs frozen", CircuitModel.Norm.layer, true, false),
        ("a head, MLPs free", .rootMeanSquare, true, true),
        ("a head of another model, MLPs free", .layer, true, true),
        ("an MLP, MLPs free", .layer, false, true),
      ].map { name, norm, isHead, mlpsAnswer in
        try drawing("9.6", using: &generator) { generator in
          let model = CircuitModel.drawn(norm, using: &generator)
          let layer = Int.random(in: 0..<2, using: &generator)
          let key = PathToLogits(
            model: model, pair: try model.pairs([(7, 1)], using: &generator)[0],
            sender: isHead
              ? .head(layer: layer, head: Int.random(in: 0..<2, using: &generator))
              : .mlp(layer: layer), mlpsAnswer: mlpsAnswer)
          let path = try LogitPath(key)
          let right = try path.right()
          guard try areApart(path.mistakes(), from: right) else { return nil }
          return Case(name, key)
        }
      }
    },
    parts: [
      Part(CircuitsAsks.heardByTheLogits) { (key: PathToLogits) in
        let path = try LogitPath(key)
        return Expected(
          try path.right(), tolerance: 2e-3, named: "the logits", axes: ["token"]
        ) { try path.mistakes() }
      }
    ])

  private struct LogitPath {
    let key: PathToLogits
    let runs: PairRuns

    init(_ key: PathToLogits) throws {
      self.key = key
      runs = try PairRuns(try key.model.made(), key.pair)
    }

    private func logits(_ runs: PairRuns, _ change: Tensor, mlpsAnswer: Bool) throws -> Tensor {
      runs.logits(
        ofLast: try runs.stream(
          before: runs.layerCount, when: key.sender, changesBy: change, mlpsAnswer: mlpsAnswer))
    }

    func right() throws -> Tensor {
      try logits(runs, try runs.change(key.sender), mlpsAnswer: key.mlpsAnswer)
    }

    func mistakes() throws -> [Mistake<Tensor>] {
      let (sender, pair) = (key.sender, key.pair)
      let change = try runs.change(sender)
      let layers = 0..<runs.layerCount
      let isMLP = if case .mlp = sender { true } else { false }
      let turned = try PairRuns(
        runs.model,
        TaskPair(
          clean: pair.corrupted, corrupted: pair.clean, answer: pair.answer, foil: pair.foil,
          template: pair.template))
      var found = [
        Mistake(
          "later heads answered; all heads but the sender write what they write in the clean run",
          try runs.logits([
            PairRuns.letting(sender, write: runs.output(sender, runs.corrupted))
          ])
        ),
        Mistake(
          key.mlpsAnswer
            ? "the MLPs were frozen; here they answer to what they now read"
            : "the MLPs answered; here they write what they write in the clean run",
          try logits(runs, change, mlpsAnswer: !key.mlpsAnswer)
        ),
        Mistake(
          "clean and corrupted are exchanged: the clean text is read, the sender alone is corrupted",
          try logits(turned, try turned.change(sender), mlpsAnswer: key.mlpsAnswer)
        ),
        Mistake(
          "the sender was set to zero; it writes what it writes on the corrupted text",
          try logits(
            runs, runs.output(sender, runs.clean) * -1, mlpsAnswer: key.mlpsAnswer)
        ),
        Mistake(
          "nothing was changed: these are the logits of the clean run", try runs.logits([])
        ),
        Mistake(
          "these are changes of the logits; the logits themselves are asked for",
          try right() - runs.logits([])
        ),
        Mistake(
          "the other heads write what they write on the corrupted text; they stay as in the clean run",
          try runs.logits(
            try layers.flatMap { layer -> [Intervention] in
              let (heads, mlp) = (
                PairRuns.point(layer, .attention(.own, .result)), PairRuns.point(layer, .mlpOut)
              )
              let held = Intervention.replace(heads, with: try runs.corrupted[heads])
              return key.mlpsAnswer ? [held] : [held, .replace(mlp, with: try runs.clean[mlp])]
            }
              + (isMLP
                ? [PairRuns.letting(sender, write: runs.output(sender, runs.corrupted))] : []))
        ),
      ]
      if case .head(let layer, _) = sender {
        let whole = (0..<CircuitModel.heads).map { Node.head(layer: layer, head: $0) }
        let all = try whole.reduce(Tensor.zeros([1])) { $0 + (try runs.change($1)) }
        found.append(
          Mistake(
            "every head of the layer was corrupted; the sender is one of them",
            try logits(runs, all, mlpsAnswer: key.mlpsAnswer)))
      }
      return found
    }
  }
}
