import CircuitsVocabulary
import Coursework
import Tensors

extension CircuitsSheet {
  /// 9.5: faithfulness, its complement's, and what a node is worth in the circuit and in the model.
  static let circuitOrModel = Exercise(
    "9.5", "In the circuit, or in the model?", points: 4, difficulty: 3, importance: 5, minutes: 25,
    hints: [
      """
      What is a faithfulness of 0? The logit difference need not be 0 where nothing is heard of the \
      answer.
      """,
      """
      Faithfulness is (circuit − corrupted) / (clean − corrupted): 1 for the whole model, 0 for the \
      corrupted text. The complement is every node that is not in the circuit.
      """,
      """
      What a node is worth is a difference of two faithfulnesses: with it and without it. Once all \
      others outside the circuit are gone already; once the whole rest of the model is there.
      """,
      """
      For worth: `[Set(circuit), Set(meter.nodes)].map { whole in f(whole) - f(whole.subtracting([node])) \
      }` is a row, with f your faithfulness of one set. `Tensor(rows:)` makes the matrix.
      """,
    ],
    interpretation: """
      A node that the circuit cannot lose and the model can has a substitute outside: the model repairs \
      itself, and the circuit is not complete, as the complement's faithfulness shows too. A node that \
      the model cannot lose and the circuit can has its part played in the circuit by something that is \
      replaced anyway. Both numbers belong into the report.
      """,
    cases: { generator in
      try [
        ("layer norm", CircuitModel.Norm.layer), ("RMS norm", .rootMeanSquare), ("zeros", .layer),
      ]
      .map { name, norm in
        try drawing("9.5", using: &generator) { generator in
          let model = CircuitModel.drawn(norm, using: &generator)
          let nodes = CircuitModel.nodes(layers: 3)
          let task = MeteredTask(
            model: model, pairs: try model.pairs([(6, 4), (7, 4)], using: &generator),
            replacement: name == "zeros" ? .zero : .corrupted)
          let key = CircuitOfTask(
            task: task,
            circuit: Array(nodes.shuffled(using: &generator).prefix(name == "zeros" ? 5 : 4)))
          let oracle = try WorthOracle(key)
          guard oracle.isDone,
            try areApart(oracle.faithfulMistakes(), from: oracle.faithful()),
            try areApart(oracle.worthMistakes(), from: oracle.worth())
          else { return nil }
          return Case(name, key)
        }
      }
    },
    parts: [
      Part(CircuitsAsks.faithfulness) { (key: CircuitOfTask) in
        let oracle = try WorthOracle(key)
        return Expected(
          try oracle.faithful(), tolerance: 1e-3, named: "faithfulness", of: "entry"
        ) { try oracle.faithfulMistakes() }
      },
      Part(CircuitsAsks.worth) { (key: CircuitOfTask) in
        let oracle = try WorthOracle(key)
        return Expected(
          try oracle.worth(), tolerance: 1e-3, named: "the worth",
          axes: ["node", "circuit or model"]
        ) { try oracle.worthMistakes() }
      },
    ])

  private struct WorthOracle {
    let circuit: [Node]
    let meter: CircuitMeter

    init(_ key: CircuitOfTask) throws { (circuit, meter) = (key.circuit, try key.task.meter()) }

    private var span: Double { meter.clean - meter.corrupted }
    var isDone: Bool { meter.clean > 1 && abs(meter.corrupted) > 0.5 && span > 1 }

    private func value(_ nodes: some Sequence<Node>) throws -> Double {
      try meter.logitDifference(nodes: Set(nodes))
    }

    private var others: [Node] { meter.nodes.filter { !circuit.contains($0) } }

    func faithful() throws -> [Float] {
      try [circuit, others].map { Float((try value($0) - meter.corrupted) / span) }
    }

    func faithfulMistakes() throws -> [Mistake<[Float]>] {
      let right = try faithful()
      return [
        Mistake(
          "these are shares of the clean logit difference; what is left on the corrupted text has to "
            + "come off both",
          try [circuit, others].map { Float(try value($0) / meter.clean) }
        ),
        Mistake(
          "the second is 1 less the first; run the complement, for the two need not add up",
          [right[0], 1 - right[0]]
        ),
        Mistake(
          "these are logit differences; faithfulness is a share of what tells clean from corrupted",
          try [circuit, others].map { Float(try value($0)) }
        ),
        Mistake("the circuit comes first, its complement second", right.reversed()),
        Mistake(
          "this is (clean − circuit) / (clean − corrupted), what is lost; faithfulness is what is kept",
          right.map { 1 - $0 }
        ),
      ]
    }

    /// What is lost in logit difference, in the circuit and in the model.
    private func losses() throws -> [[Double]] {
      let (own, whole) = (try value(circuit), try value(meter.nodes))
      return try circuit.map { node in
        [
          own - (try value(circuit.filter { $0 != node })),
          whole - (try value(meter.nodes.filter { $0 != node })),
        ]
      }
    }

    func worth() throws -> Tensor {
      Tensor(rows: try losses().map { $0.map { Float($0 / span) } })
    }

    func worthMistakes() throws -> [Mistake<Tensor>] {
      let all = try losses()
      let own = try value(circuit)
      return [
        Mistake(
          "these are logit differences; give what is lost as a share of clean − corrupted", all
        ),
        Mistake(
          "these are shares of the clean logit difference; take clean − corrupted",
          all.map { $0.map { $0 / meter.clean } }
        ),
        Mistake(
          "the columns are exchanged: the circuit first, then the whole model",
          all.map { [$0[1] / span, $0[0] / span] }
        ),
        Mistake(
          "both columns are of the whole model; in the circuit everything outside is gone already",
          all.map { [$0[1] / span, $0[1] / span] }
        ),
        Mistake(
          "both columns are of the circuit; in the model everything else is still there",
          all.map { [$0[0] / span, $0[0] / span] }
        ),
        Mistake(
          "what the circuit loses was held against the circuit; both columns are in faithfulness",
          all.map { [$0[0] / (own - meter.corrupted), $0[1] / span] }
        ),
        Mistake(
          "the sign is turned round: a node is worth what is lost without it",
          all.map { $0.map { -$0 / span } }
        ),
      ]
    }
  }
}
