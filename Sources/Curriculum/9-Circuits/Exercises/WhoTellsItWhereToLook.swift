import Circuits
import CircuitsVocabulary
import Coursework
import Tensors
import Transformers

extension CircuitsSheet {
  /// 9.7: what the queries, keys or values of a head hear of one node.
  static let whoTellsItWhereToLook = Exercise(
    "9.7", "Who tells it where to look", points: 4, difficulty: 5, importance: 5, minutes: 40,
    hints: [
      """
      An induction head looks for what came after the current token before. Something has written to \
      each place which token came before it. Do the queries, the keys or the values read that?
      """,
      """
      Two steps. First the run of 9.6, in which the sender alone is corrupted, all other heads are \
      frozen and MLPs answer: keep what the receiver makes there. Then a clean run with that, and \
      nothing else, put in its place.
      """,
      """
      `.block(.blocks, layer, .attention(.own, .query))` (`.key`, `.value`) is `[batch, position, head, \
      headWidth]`. Only the one head's part may change in the second run.
      """,
      """
      Capture the point in the first run, cut out the head along axis 2, and in the second run exchange \
      this part alone, by the mask of 9.3. In the second run nothing is frozen: the head's new \
      output is heard by all that come later.
      """,
    ],
    interpretation: """
      This is how the classes of the indirect-object circuit were told apart: heads that matter only \
      through the queries of name movers say where to look; those that matter through values say what \
      is to be copied. In the planted induction head the previous-token head is heard by the keys and by \
      nothing else. A loop that patches q, k and v one after the other and keeps one result keeps v.
      """,
    cases: { generator in
      try [
        ("queries", CircuitModel.Norm.layer), ("keys", .rootMeanSquare), ("values", .layer),
      ].map { name, norm in
        try drawing("9.7", using: &generator) { generator in
          let model = CircuitModel.drawn(norm, using: &generator)
          let (layer, head) = (2, Int.random(in: 0..<2, using: &generator))
          let from = Int.random(in: 0..<2, using: &generator)
          let sender: Node =
            Bool.random(using: &generator)
            ? .head(layer: from, head: Int.random(in: 0..<2, using: &generator))
            : .mlp(layer: from)
          let receiver: Receiver =
            switch name {
            case "queries": .query(layer: layer, head: head)
            case "keys": .key(layer: layer, head: head)
            default: .value(layer: layer, head: head)
            }
          let key = PathToReceiver(
            model: model, pair: try model.pairs([(7, 1)], using: &generator)[0], sender: sender,
            receiver: receiver)
          let path = try ReceiverPath(key)
          let right = try path.right()
          guard try areApart(path.mistakes(), from: right) else { return nil }
          return Case(name, key)
        }
      } + [plantedKeys(using: &generator)]
    },
    parts: [
      Part(CircuitsAsks.heard) { (key: PathToReceiver) in
        let path = try ReceiverPath(key)
        return Expected(
          try path.right(), tolerance: 2e-3, named: "the logits", axes: ["token"]
        ) { try path.mistakes() }
      }
    ])

  /// The previous-token head of a model that was written by hand, and the keys of its induction head.
  private static func plantedKeys(
    using generator: inout SeededGenerator
  ) -> Case<PathToReceiver, PathToReceiver> {
    let planted = PlantedCircuit.induction
    let pair = planted.task.pairs.randomElement(using: &generator)!
    return Case(
      "the keys of a planted induction head",
      PathToReceiver(
        model: .given(GivenWeights(planted.model)),
        pair: TaskPair(
          clean: pair.clean, corrupted: pair.corrupted, answer: pair.answer, foil: pair.foil,
          template: 0), sender: .head(layer: 0, head: 1), receiver: .key(layer: 1, head: 0)))
  }

  /// The path to what one head reads, by a stream of its own for that head.
  private struct ReceiverPath {
    enum Kind { case query, key, value }

    let key: PathToReceiver
    let runs: PairRuns
    let kind: Kind
    let layer: Int
    let head: Int

    init(_ key: PathToReceiver) throws {
      self.key = key
      runs = try PairRuns(try key.model.made(), key.pair)
      switch key.receiver {
      case .query(let layer, let head): (kind, self.layer, self.head) = (.query, layer, head)
      case .key(let layer, let head): (kind, self.layer, self.head) = (.key, layer, head)
      case .value(let layer, let head): (kind, self.layer, self.head) = (.value, layer, head)
      case .mlp, .logits: throw CircuitTaskError(description: "a head reads, not \(key.receiver)")
      }
    }

    private func point(_ kind: Kind) -> HookPoint {
      let input: HookPoint.AttentionInput =
        switch kind {
        case .query: .query
        case .key: .key
        case .value: .value
        }
      return PairRuns.point(layer, .input(input))
    }

    private func stream(mlpsAnswer: Bool = true) throws -> Tensor {
      try runs.stream(
        before: layer, when: key.sender, changesBy: try runs.change(key.sender),
        mlpsAnswer: mlpsAnswer)
    }

    private func logits(_ stream: Tensor, into kinds: [Kind]) throws -> Tensor {
      try runs.logits(kinds.map { PairRuns.exchange(head, at: point($0), for: stream) })
    }

    func right() throws -> Tensor { try logits(try stream(), into: [kind]) }

    func mistakes() throws -> [Mistake<Tensor>] {
      let stream = try stream()
      let sender = key.sender
      let others = [Kind.query, .key, .value].filter { $0 != kind }
      let corrupted = try runs.output(sender, runs.corrupted)
      var other = key
      (other.pair.clean, other.pair.corrupted) = (key.pair.corrupted, key.pair.clean)
      let turned = try ReceiverPath(other)
      var found = [
        Mistake(
          "queries, keys and values all heard it; only one of them is the receiver",
          try logits(stream, into: [.query, .key, .value])
        )
      ]
      found += try others.map { other in
        Mistake(
          "the \(Self.name(other)) heard it; the receiver are the \(Self.name(kind))",
          try logits(stream, into: [other]))
      }
      found += [
        Mistake(
          "the sender was corrupted for everybody; the receiver alone is to hear of it",
          try runs.logits([PairRuns.letting(sender, write: corrupted)])
        ),
        Mistake(
          "the receiver reads the corrupted run; it is to hear of the sender alone",
          try logits(
            try runs.corrupted[PairRuns.point(layer, .residualPre)], into: [kind])
        ),
        Mistake(
          "every head of the layer heard it; the receiver is one head",
          try runs.logits([
            Intervention(at: point(kind)) { all in
              .zeros(all.shape)
                + stream.reshaped(to: [1, stream.shape[1], 1, stream.shape[2]])
            }
          ])
        ),
        Mistake(
          "clean and corrupted are exchanged: the clean text is read, the sender alone is corrupted",
          try turned.right()
        ),
        Mistake(
          "the MLPs behind the receiver were frozen; in the second run everything behind it answers",
          try runs.logits(
            [PairRuns.exchange(head, at: point(kind), for: stream)]
              + (layer..<runs.layerCount).map { later -> Intervention in
                let point = PairRuns.point(later, .mlpOut)
                return .replace(point, with: try runs.clean[point])
              })
        ),
        Mistake(
          "these are the logits of the run in which the sender was corrupted and all others frozen; what "
            + "the receiver heard there goes into a clean run",
          runs.logits(
            ofLast: try runs.stream(
              before: runs.layerCount, when: sender, changesBy: try runs.change(sender),
              mlpsAnswer: true))
        ),
      ]
      if Self.passesAnMLP(sender, layer) {
        found.append(
          Mistake(
            "the MLPs between were frozen; here they answer and pass on what they heard",
            try logits(try self.stream(mlpsAnswer: false), into: [kind])))
      }
      return found
    }

    private static func passesAnMLP(_ sender: Node, _ layer: Int) -> Bool {
      switch sender {
      case .embedding: layer > 0
      case .head(let own, _): own < layer
      case .mlp(let own): own + 1 < layer
      }
    }

    private static func name(_ kind: Kind) -> String {
      switch kind {
      case .query: "queries"
      case .key: "keys"
      case .value: "values"
      }
    }
  }
}
