import CircuitsVocabulary
import Coursework
import Tensors
import Transformers

extension CircuitsSheet {
  /// 9.3: a node writes what it writes on the average.
  static let meanOfATemplate = Exercise(
    "9.3", "The mean of a template", points: 4, difficulty: 3, importance: 4, minutes: 30,
    hints: [
      """
      A head that is set to zero does something it never does in any text. What does it do on a text \
      that says nothing of the answer?
      """,
      """
      Where a text has its names is a matter of the template. A mean over texts of different templates \
      is a mean of places that have nothing to do with one another.
      """,
      """
      `.block(.blocks, layer, .attention(.own, .result))` is what each head writes, `[batch, position, \
      head, width]`; `.block(.blocks, layer, .mlpOut)` what an MLP does. Capture it on the corrupted \
      texts, average over those of one template, keep the positions apart.
      """,
      """
      `Tensor.stack(alike).mean(axis: 0)` is `[position, width]`. In the clean run an `Intervention` at \
      the point puts it in the place of the head's own part: a mask of one head, `all * (own * -1 + \
      1) + own * mean`, leaves the others.
      """,
    ],
    interpretation: """
      The mean keeps what all texts of a template have in common, such as “here stands a month”, and \
      takes away which one. Zero takes away both, the corrupted twin brings a wrong one in. So the three \
      ask different things of a node, and give different circuits; a paper that does not say which was \
      used cannot be compared.
      """,
    cases: { generator in
      try [
        ("a head, templates of one length", CircuitModel.Norm.layer, [6, 6], true),
        ("a head, templates of two lengths", .rootMeanSquare, [5, 8], true),
        ("an MLP", .layer, [7, 7], false),
      ].map { name, norm, lengths, isHead in
        try drawing("9.3", using: &generator) { generator in
          let model = CircuitModel.drawn(norm, using: &generator)
          let layer = Int.random(in: 0..<2, using: &generator)
          let node: Node =
            isHead
            ? .head(layer: layer, head: Int.random(in: 0..<2, using: &generator))
            : .mlp(layer: layer)
          let pairs = try model.pairs(lengths.map { (length: $0, count: 4) }, using: &generator)
          let key = NodeOfTask(
            model: model, pairs: pairs.shuffled(using: &generator), node: node)
          let ablation = try NodeAblation(key)
          let right = try ablation.right()
          guard try areApart(ablation.mistakes(), from: right) else { return nil }
          return Case(name, key)
        }
      }
    },
    parts: [
      Part(CircuitsAsks.meanAblated) { (key: NodeOfTask) in
        let ablation = try NodeAblation(key)
        return Expected(
          try ablation.right(), tolerance: 2e-3, named: "the logit difference", of: "pair"
        ) { try ablation.mistakes() }
      }
    ])

  /// What becomes of pairs when a node writes something else, by what is added to the stream behind it.
  private struct NodeAblation {
    let node: Node
    let runs: [PairRuns]
    let layer: Int

    init(_ key: NodeOfTask) throws {
      let model = try key.model.made()
      node = key.node
      runs = try key.pairs.map { try PairRuns(model, $0) }
      layer =
        switch key.node {
        case .embedding: 0
        case .head(let layer, _), .mlp(let layer): layer
        }
    }

    /// The logit differences when the node writes what is given, `[1, position, width]`.
    private func differences(
      of value: (_ logits: Tensor, TaskPair) -> Float = { $0[$1.answer] - $0[$1.foil] },
      _ written: (Int) throws -> Tensor
    ) throws -> [Float] {
      try runs.enumerated().map { index, run in
        let change = try written(index) - run.output(node, run.clean)
        let stream = try run.stream(
          before: layer + 1, when: node, changesBy: change, mlpsAnswer: true)
        let logits = try run.model.run(
          ModelInput(run.pair.clean), from: .residual(stream, afterBlocks: layer + 1)
        ).logits[at: 0][at: run.end]
        return value(logits, run.pair)
      }
    }

    private func mean(
      for index: Int, acrossTemplates: Bool = false, clean: Bool = false,
      leavingOut: Bool = false
    ) throws -> Tensor {
      let alike = runs.indices.filter {
        (runs[$0].pair.template == runs[index].pair.template || acrossTemplates)
          && !(leavingOut && $0 == index)
      }
      let sum = try alike.reduce(Tensor.zeros([1])) {
        $0 + (try runs[$1].output(node, clean ? runs[$1].clean : runs[$1].corrupted))
      }
      return sum / Float(alike.count)
    }

    func right() throws -> [Float] { try differences { try mean(for: $0) } }

    func mistakes() throws -> [Mistake<[Float]>] {
      var found = [
        Mistake(
          "the mean was taken over the clean texts, which say what the answer is; take the corrupted "
            + "ones", try differences { try mean(for: $0, clean: true) }
        ),
        Mistake(
          "the mean was taken over positions too; each position has its own",
          try differences { index in
            let own = try mean(for: index)
            return .zeros(own.shape) + own.mean(axis: 1, keepingAxis: true)
          }
        ),
        Mistake(
          "the node was set to zero; it writes its mean", try differences { try mean(for: $0) * 0 }
        ),
        Mistake(
          "the node writes what it does on the corrupted twin; it is to write the mean over all texts "
            + "of the template",
          try differences { try runs[$0].output(node, runs[$0].corrupted) }
        ),
        Mistake(
          "the pair's own twin is missing from the mean, which is over all texts of the template",
          try differences { try mean(for: $0, leavingOut: true) }
        ),
        Mistake(
          "these are logits of the answer alone; the foil's come off",
          try differences(of: { $0[$1.answer] }) { try mean(for: $0) }
        ),
        Mistake(
          "nothing was changed: these are the clean runs",
          try differences { try runs[$0].output(node, runs[$0].clean) }
        ),
      ]
      if Set(runs.map(\.end)).count == 1 {
        found.insert(
          Mistake(
            "the mean was taken over all templates; places of different templates are not alike",
            try differences { try mean(for: $0, acrossTemplates: true) }), at: 0)
      }
      if case .head(let layer, _) = node {
        found.append(
          Mistake(
            "the whole layer was replaced; only the one head writes its mean",
            try differences { index in
              var all = try mean(for: index)
              for other in 0..<CircuitModel.heads where Node.head(layer: layer, head: other) != node
              {
                let ablation = self.of(.head(layer: layer, head: other))
                all =
                  all + (try ablation.mean(for: index))
                  - (try runs[index].output(ablation.node, runs[index].clean))
              }
              return all
            }))
      }
      return found
    }

    private func of(_ other: Node) -> NodeAblation {
      NodeAblation(node: other, runs: runs, layer: layer)
    }

    private init(node: Node, runs: [PairRuns], layer: Int) {
      (self.node, self.runs, self.layer) = (node, runs, layer)
    }
  }
}
