// Sheet 9, Circuits: one way to answer every exercise.

import Answering
import CircuitsVocabulary
import Foundation
import Tensors
import Transformers

/// The solution of Sheet 9.
struct Answers: CircuitsAnswers {
  // MARK: 9.1  Make a set

  /// The places of the candidates that stay in a task set, in ascending order.
  ///
  /// A pair stays when its twins are equally long and, behind its clean text, the model gives the
  /// answer at least one probability and no other token more than another one. Then every answer that
  /// is left is asked as often as the rarest of them: its first pairs stay.
  ///
  /// - Parameters:
  ///   - candidates: Pairs, some of which are no good.
  ///   - model: The model that is to do the task.
  ///   - least: The least probability of the answer.
  ///   - most: The greatest probability that any other token may have.
  func selected(
    _ candidates: [TaskPair], of model: Transformer, answer least: Float, runnerUp most: Float
  ) throws -> [Int] {
    let good = try candidates.indices.filter { index in
      let pair = candidates[index]
      guard pair.clean.count == pair.corrupted.count else { return false }
      var shares = try model(ModelInput(pair.clean)).softmax()[at: 0][at: pair.clean.count - 1]
        .values
      let answer = shares[pair.answer]
      shares[pair.answer] = 0
      return answer >= least && shares.allSatisfy { $0 <= most }
    }
    // The balance comes last: what the filter takes away would upset it.
    let groups = Dictionary(grouping: good) { candidates[$0].answer }.values
    let rarest = groups.map(\.count).min() ?? 0
    return groups.flatMap { $0.prefix(rarest) }.sorted()
  }

  /// For every position, the share of pairs whose answer can be guessed from the clean text's
  /// token there.
  ///
  /// A guess for a pair looks at the *other* pairs of its template with the same token in that place,
  /// and takes the answer most of them have. Where there is none, or two answers are as frequent,
  /// nothing is guessed.
  ///
  /// - Parameter pairs: Pairs whose clean texts are all equally long.
  func guessable(_ pairs: [TaskPair]) throws -> [Float] {
    (0..<(pairs.first?.clean.count ?? 0)).map { position in
      let right = pairs.indices.count { index in
        let own = pairs[index]
        var answers: [Int: Int] = [:]
        for (other, pair) in pairs.enumerated()
        where other != index && pair.template == own.template
          && pair.clean[position] == own.clean[position]
        {
          answers[pair.answer, default: 0] += 1
        }
        let most = answers.values.max() ?? 0
        return answers.filter { $0.value == most }.map(\.key) == [own.answer]
      }
      return Float(right) / Float(pairs.count)
    }
  }

  // MARK: 9.2  Parts of a difference

  /// What every part of the model adds to the logit difference at the end of the clean text.
  ///
  /// `[part]`: the parts of `model.contributions(of:)` in their order, then what is left, which belongs
  /// to none of them. Together they are the logit difference.
  ///
  /// - Parameters:
  ///   - pair: Its clean text is read, and its answer and foil.
  ///   - model: A decoder with its norms before its layers.
  func effects(on pair: TaskPair, of model: Transformer) throws -> Tensor {
    let (input, last) = (ModelInput(pair.clean), pair.clean.count - 1)
    let scale = HookPoint.finalNorm(.blocks, .scale)
    // What the whole stream is divided by, each part is divided by.
    let whole = try model.run(input, capturing: [scale]).trace[scale]
    let blocks = model.configuration.residualPoints.count - 1
    func difference(_ residual: Tensor) throws -> Float {
      let logits = try model.run(
        input, from: .residual(residual, afterBlocks: blocks),
        intervening: [.replace(scale, with: whole)]
      ).logits[at: 0][at: last]
      return logits[pair.answer] - logits[pair.foil]
    }
    let parts = try model.contributions(of: input).map(\.value)
    // The biases behind the stream come with every part, and count once.
    let rest = try difference(.zeros(parts[0].shape))
    return Tensor(try parts.map { try difference($0) - rest } + [rest])
  }

  // MARK: 9.3  The mean of a template

  /// The logit difference of every pair at the end of its clean text when a node writes the mean
  /// of what it writes, position by position, on the corrupted texts of the pair's template.
  ///
  /// - Parameters:
  ///   - node: A head or an MLP.
  ///   - pairs: Texts of one template are equally long.
  ///   - model: A decoder.
  func meanAblated(_ node: Node, on pairs: [TaskPair], of model: Transformer) throws -> [Float] {
    let written = try pairs.map { try outputs(of: $0.corrupted, in: model) }
    return try pairs.map { pair in
      let alike = pairs.indices.filter { pairs[$0].template == pair.template }
      let mean = Tensor.stack(try alike.map { try output(of: node, in: written[$0]) })
        .mean(axis: 0)
      let logits = try model.run(
        ModelInput(pair.clean), intervening: [letting(node, write: mean)]
      ).logits[at: 0][at: pair.clean.count - 1]
      return logits[pair.answer] - logits[pair.foil]
    }
  }

  /// Where a node writes.
  private func point(of node: Node) -> HookPoint {
    switch node {
    case .embedding: .residualPre(.blocks, 0)
    case .head(let layer, _): .block(.blocks, layer, .attention(.own, .result))
    case .mlp(let layer): .block(.blocks, layer, .mlpOut)
    }
  }

  /// What all nodes write on a text.
  private func outputs(of tokens: [Int], in model: Transformer) throws -> Trace {
    let layers = 0..<(model.configuration.residualPoints.count - 1)
    let nodes = [Node.embedding] + layers.flatMap { [.head(layer: $0, head: 0), .mlp(layer: $0)] }
    return try model.run(ModelInput(tokens), capturing: .points(Set(nodes.map(point)))).trace
  }

  /// What a node writes in a run of one text, `[position, width]`.
  private func output(of node: Node, in trace: Trace) throws -> Tensor {
    let all = try trace[point(of: node)][at: 0]
    guard case .head(_, let head) = node else { return all }
    return all.slice(axis: 1, head..<(head + 1)).reshaped(to: [all.shape[0], all.shape[2]])
  }

  /// A run in which a node writes something else, `[position, width]`.
  private func letting(_ node: Node, write value: Tensor) -> Intervention {
    guard case .head(_, let head) = node else {
      return .replace(point(of: node), with: value.reshaped(to: [1] + value.shape))
    }
    return exchanging(head, at: point(of: node), for: value)
  }

  /// A change of one head's part of `[batch, position, head, width]`.
  private func exchanging(_ head: Int, at point: HookPoint, for value: Tensor) -> Intervention {
    Intervention(at: point) { all in
      var own = Tensor.zeros([all.shape[2], 1])
      own[head, 0] = 1
      return all * (own * -1 + 1) + own
        * value.reshaped(to: [1, value.shape[0], 1, value.shape[1]])
    }
  }

  // MARK: 9.4  Until a fifth is lost

  /// The nodes that are left when no node can be taken away any more.
  ///
  /// Go through the nodes in the order given and take one away when what is then left still has at
  /// least a share of the whole model's logit difference; then through those that are left in the
  /// opposite order; and so on, there and back, until a round there and back takes nothing away.
  ///
  /// - Parameters:
  ///   - order: All heads and MLPs.
  ///   - share: What has to stay of the whole model's logit difference, such as 0.8.
  ///   - meter: Runs what you keep.
  func pruned(_ order: [Node], keeping share: Double, by meter: CircuitMeter) throws -> Set<Node> {
    var kept = order
    func round(_ nodes: [Node]) throws {
      for node in nodes {
        let rest = kept.filter { $0 != node }
        // Against the whole model, or small losses would add up unseen.
        if try meter.logitDifference(nodes: Set(rest)) >= share * meter.clean { kept = rest }
      }
    }
    var before = 0
    repeat {
      before = kept.count
      try round(kept)
      try round(kept.reversed())
    } while kept.count < before
    return Set(kept)
  }

  // MARK: 9.5  In the circuit, or in the model?

  /// Two numbers: the faithfulness of a circuit, and that of everything else, its complement.
  ///
  /// - Parameters:
  ///   - circuit: Heads and MLPs.
  ///   - meter: Runs what you keep.
  func faithfulness(of circuit: Set<Node>, by meter: CircuitMeter) throws -> [Float] {
    let others = Set(meter.nodes).subtracting(circuit)
    return try [circuit, others].map { Float(try share(of: $0, by: meter)) }
  }

  /// 1 for what the model does, 0 for what it does on the corrupted texts.
  private func share(of nodes: Set<Node>, by meter: CircuitMeter) throws -> Double {
    (try meter.logitDifference(nodes: nodes) - meter.corrupted) / (meter.clean - meter.corrupted)
  }

  /// What each node of a circuit is worth, in faithfulness, `[node, 2]`: what the circuit loses
  /// without it, and what the whole model loses without it.
  ///
  /// - Parameters:
  ///   - circuit: Heads and MLPs.
  ///   - meter: Runs what you keep.
  func worth(of circuit: [Node], by meter: CircuitMeter) throws -> Tensor {
    let rows = try circuit.map { node in
      try [Set(circuit), Set(meter.nodes)].map { whole in
        Float(
          try share(of: whole, by: meter) - share(of: whole.subtracting([node]), by: meter))
      }
    }
    return Tensor(rows: rows)
  }

  // MARK: 9.6  A path to the logits

  /// The logits at the end of the clean text when the logits alone hear that a node is corrupted,
  /// `[token]`.
  ///
  /// The clean text is read; the sender writes what it writes on the corrupted text; every other head
  /// writes what it writes in the clean run.
  ///
  /// - Parameters:
  ///   - sender: A head or an MLP.
  ///   - pair: Twins of equal length.
  ///   - model: A decoder.
  ///   - mlpsAnswer: Whether MLPs compute anew from what they now read, and pass on what they heard;
  ///     otherwise they too write what they write in the clean run.
  func heardByTheLogits(
    from sender: Node, in pair: TaskPair, of model: Transformer, mlpsAnswer: Bool
  ) throws -> Tensor {
    let run = try model.run(
      ModelInput(pair.clean),
      intervening: try corrupting(sender, alone: pair, in: model, mlpsAnswer: mlpsAnswer))
    return run.logits[at: 0][at: pair.clean.count - 1]
  }

  /// The changes by which a node alone is corrupted, and others write what they do in the clean run.
  private func corrupting(
    _ sender: Node, alone pair: TaskPair, in model: Transformer, mlpsAnswer: Bool
  ) throws -> [Intervention] {
    let clean = try outputs(of: pair.clean, in: model)
    let held = clean.points.filter { point in
      switch point {
      case .block(_, _, .attention): true
      case .block(_, _, .mlpOut): !mlpsAnswer
      default: false
      }
    }
    let sent = try output(of: sender, in: try outputs(of: pair.corrupted, in: model))
    // The sender's change comes after that of its layer.
    return try held.map { .replace($0, with: try clean[$0]) } + [letting(sender, write: sent)]
  }

  // MARK: 9.7  Who tells it where to look

  /// The logits at the end of the clean text when one head's queries, keys or values alone hear
  /// that a node is corrupted, `[token]`.
  ///
  /// What the receiver hears comes from a run as in 9.6 in which MLPs answer. Put into a clean run, it
  /// is the only change there; everything behind it answers.
  ///
  /// - Parameters:
  ///   - sender: A head or an MLP of an earlier layer.
  ///   - receiver: The queries, keys or values of a head.
  ///   - pair: Twins of equal length.
  ///   - model: A decoder; each of its heads has keys of its own.
  func heard(
    by receiver: Receiver, from sender: Node, in pair: TaskPair, of model: Transformer
  ) throws -> Tensor {
    let (point, head): (HookPoint, Int)
    switch receiver {
    case .query(let layer, let own):
      (point, head) = (.block(.blocks, layer, .attention(.own, .query)), own)
    case .key(let layer, let own):
      (point, head) = (.block(.blocks, layer, .attention(.own, .key)), own)
    case .value(let layer, let own):
      (point, head) = (.block(.blocks, layer, .attention(.own, .value)), own)
    case .mlp, .logits: preconditionFailure("a head reads here, not \(receiver)")
    }
    let input = ModelInput(pair.clean)
    let all = try model.run(
      input, capturing: [point],
      intervening: try corrupting(sender, alone: pair, in: model, mlpsAnswer: true)
    ).trace[point][at: 0]
    let own = all.slice(axis: 1, head..<(head + 1)).reshaped(to: [all.shape[0], all.shape[2]])
    return try model.run(input, intervening: [exchanging(head, at: point, for: own)])
      .logits[at: 0][at: pair.clean.count - 1]
  }

  // MARK: 9.8  From nodes to edges

  /// All edges between some nodes, and from and to the ends: the embedding writes, the logits
  /// read.
  ///
  /// An edge leads from a node to a receiver that the model computes later and that can hear it:
  /// blocks are attention first, then an MLP that reads the stream with the heads in it.
  ///
  /// - Parameter nodes: Heads and MLPs.
  func edges(among nodes: Set<Node>) throws -> Set<Edge> {
    let receivers: [Receiver] =
      nodes.flatMap { node -> [Receiver] in
        switch node {
        case .embedding: []
        case .head(let layer, let head):
          [
            .query(layer: layer, head: head), .key(layer: layer, head: head),
            .value(layer: layer, head: head),
          ]
        case .mlp(let layer): [.mlp(layer: layer)]
        }
      } + [.logits]
    let all = nodes.union([.embedding]).flatMap { node in
      receivers.filter { time(of: node) < time(of: $0) }.map { Edge(from: node, to: $0) }
    }
    return Set(all)
  }

  /// When a node has written: two a block, attention and MLP.
  private func time(of node: Node) -> Int {
    switch node {
    case .embedding: -1
    case .head(let layer, _): 2 * layer
    case .mlp(let layer): 2 * layer + 1
    }
  }

  /// When a receiver reads.
  private func time(of receiver: Receiver) -> Int {
    switch receiver {
    case .query(let layer, _), .key(let layer, _), .value(let layer, _): 2 * layer
    case .mlp(let layer): 2 * layer + 1
    case .logits: .max
    }
  }

  /// The edges that are left of those between some nodes.
  ///
  /// From the last of `meter.edges` to the first, an edge goes when what is then left still has at
  /// least a share of the whole model's logit difference.
  ///
  /// - Parameters:
  ///   - nodes: Heads and MLPs.
  ///   - share: What has to stay of the whole model's logit difference.
  ///   - meter: Runs what you keep.
  func prunedEdges(
    among nodes: Set<Node>, keeping share: Double, by meter: CircuitMeter
  ) throws -> Set<Edge> {
    var kept = try edges(among: nodes)
    for edge in meter.edges.reversed() where kept.contains(edge) {
      let rest = kept.subtracting([edge])
      if try meter.logitDifference(edges: rest) >= share * meter.clean { kept = rest }
    }
    return kept
  }

  // MARK: 9.9  ACDC

  /// The edges that ACDC leaves of the whole model.
  ///
  /// From the last of `meter.edges` to the first, an edge goes when the circuit then does its work
  /// worse than it did just before by less than the threshold.
  ///
  /// - Parameters:
  ///   - meter: Runs what you keep.
  ///   - measure: What its work is measured by: a divergence is worse where it is greater, a logit
  ///     difference where it is smaller.
  ///   - threshold: τ, in the units of the measure.
  func acdc(
    by meter: CircuitMeter, measure: Measure, threshold: Double
  ) throws -> Set<Edge> {
    // What is lost is counted so that more is worse, by either measure.
    func loss(_ edges: Set<Edge>) throws -> Double {
      measure == .divergence
        ? try meter.divergence(edges: edges) : -(try meter.logitDifference(edges: edges))
    }
    var kept = Set(meter.edges)
    var current = try loss(kept)
    for edge in meter.edges.reversed() {
      let rest = kept.subtracting([edge])
      let without = try loss(rest)
      if without - current < threshold { (kept, current) = (rest, without) }
    }
    return kept
  }

  // MARK: 9.10  The fast way

  /// How much each edge is foreseen to change the logit difference of a pair when what it carries
  /// is corrupted.
  ///
  /// What the sender writes on the corrupted text less what it writes on the clean one, times the
  /// gradient of the logit difference at what the receiver reads, summed over positions and the width.
  /// The gradient is the mean over several runs: in run k of n the first block reads the corrupted
  /// embeddings and k/n of the way to the clean ones.
  ///
  /// - Parameters:
  ///   - edges: None of them enters an MLP.
  ///   - pair: Twins of equal length.
  ///   - model: A decoder; each of its heads has keys of its own.
  ///   - steps: n; with 1 the gradient is the clean run's.
  func scores(
    of edges: [Edge], on pair: TaskPair, of model: Transformer, steps: Int
  ) throws -> [Float] {
    let runs = try [pair.clean, pair.corrupted].map { try outputs(of: $0, in: model) }
    let start = point(of: .embedding)
    let (clean, corrupted) = (try runs[0][start], try runs[1][start])
    var sign = Tensor.zeros([model.configuration.vocabularySize])
    sign[pair.answer] = 1
    sign[pair.foil] = -1
    let shape = clean.shape
    let heads = try runs[0][point(of: .head(layer: 0, head: 0))].shape[2]
    let points = Array(Set(edges.map { reading($0.to, in: model) }))
    var sums = Array(repeating: Float(0), count: edges.count)
    for step in 1...steps {
      let embedding = corrupted + (clean - corrupted) * (Float(step) / Float(steps))
      // Nothing is added at each place, and its gradient is asked for.
      let nothing = points.map { point in
        Tensor.zeros(isStream(point) ? shape : [1, shape[1], heads, shape[2]])
          .requiringGradient()
      }
      let changes = zip(points, nothing).map { point, nothing in
        Intervention(at: point) { $0 + nothing }
      }
      let logits = try model.run(
        ModelInput(pair.clean), intervening: [.replace(start, with: embedding)] + changes
      ).logits[at: 0][at: shape[1] - 1]
      let gradients = gradient(of: (logits * sign).sum(), withRespectTo: nothing)
      for (index, edge) in edges.enumerated() {
        let change =
          try output(of: edge.from, in: runs[1]) - output(of: edge.from, in: runs[0])
        let all = gradients[points.firstIndex(of: reading(edge.to, in: model))!][at: 0]
        let own = head(of: edge.to).map {
          all.slice(axis: 1, $0..<($0 + 1)).reshaped(to: change.shape)
        }
        sums[index] += (change * (own ?? all)).sum().scalar / Float(steps)
      }
    }
    return sums
  }

  /// Where a receiver reads.
  private func reading(_ receiver: Receiver, in model: Transformer) -> HookPoint {
    switch receiver {
    case .query(let layer, _): .block(.blocks, layer, .input(.query))
    case .key(let layer, _): .block(.blocks, layer, .input(.key))
    case .value(let layer, _): .block(.blocks, layer, .input(.value))
    case .mlp, .logits: model.configuration.residualPoints.last!
    }
  }

  /// The head that reads, if one does.
  private func head(of receiver: Receiver) -> Int? {
    switch receiver {
    case .query(_, let head), .key(_, let head), .value(_, let head): head
    case .mlp, .logits: nil
    }
  }

  private func isStream(_ point: HookPoint) -> Bool {
    if case .block(_, _, .residualPost) = point { true } else { false }
  }

  // MARK: 9.11  What a head writes

  /// The copy score and the next score of a head.
  ///
  /// What stands for a token is its embedding, without a position, and what the first block's MLP adds
  /// to it alone, without attention. A head whose attention is all on it writes a vector; through the
  /// final norm and the unembedding that is a list of logits. The copy score is the share of all
  /// members whose own logit is among the five greatest of their list; the next score the share of
  /// those that have a next one whose next one's is.
  ///
  /// - Parameters:
  ///   - layer, head: A head behind the first block.
  ///   - members: Tokens in order, such as the months; nothing follows the last.
  ///   - model: A decoder.
  func copyAndNext(
    layer: Int, head: Int, members: [Int], of model: Transformer
  ) throws -> [Float] {
    let input = ModelInput(tokens: members.map { [$0] })
    let embedding = try model.run(input, capturing: [.embedding]).trace[.embedding]
    let after = HookPoint.residualPost(.blocks, 0)
    let silence = Intervention(at: .block(.blocks, 0, .attentionOut(.own))) { $0 * 0 }
    let state = try model.run(
      input, from: .residual(embedding, afterBlocks: 0), capturing: [after],
      intervening: [silence]
    ).trace[after]
    // A text of one token has nowhere else to look.
    let result = HookPoint.block(.blocks, layer, .attention(.own, .result))
    let written = try model.run(
      input, from: .residual(state, afterBlocks: layer), capturing: [result]
    ).trace[result].slice(axis: 2, head..<(head + 1))
      .reshaped(to: [members.count, model.configuration.width])
    let logits = model.logits(ofNormed: model.finalNorm(written))
    func share(_ row: (Int) -> Int, _ count: Int) -> Float {
      let hits = (0..<count).count { index in
        let values = logits[at: index].values
        return values.count { $0 > values[row(index)] } < 5
      }
      return Float(hits) / Float(count)
    }
    return [
      share({ members[$0] }, members.count), share({ members[$0 + 1] }, members.count - 1),
    ]
  }

  /// For every pair the first layer at which the logit lens reads the answer at the end of the
  /// clean text, 0 being the embedding; nil where none does.
  ///
  /// A lens reads the token whose logit is greater than all others.
  func firstRightLayers(_ pairs: [TaskPair], of model: Transformer) throws -> [Int?] {
    let points = model.configuration.residualPoints
    return try pairs.map { pair in
      let trace = try model.run(ModelInput(pair.clean), capturing: .points(Set(points))).trace
      return try points.indices.first { layer in
        let last = pair.clean.count - 1
        let state = try trace[points[layer]][at: 0].slice(last..<(last + 1))
        let logits = model.logits(ofNormed: model.finalNorm(state)).values
        return logits.count { $0 >= logits[pair.answer] } == 1
      }
    }
  }

  // MARK: 9.12  Shared circuits

  /// Three numbers on two circuits of one model: their Jaccard index, how many nodes they would
  /// share on the average if each were drawn at random among all, and how likely they would then be to
  /// share as many as they do, or more.
  ///
  /// - Parameters:
  ///   - a, b: Heads and MLPs.
  ///   - count: How many heads and MLPs the model has.
  func overlap(of a: Set<Node>, and b: Set<Node>, among count: Int) throws -> [Float] {
    let (shared, either) = (a.intersection(b).count, a.union(b).count)
    func logChoose(_ n: Int, _ k: Int) -> Double {
      lgamma(Double(n) + 1) - lgamma(Double(k) + 1) - lgamma(Double(n - k) + 1)
    }
    let chance = (shared...min(a.count, b.count)).reduce(0.0) { sum, hits in
      guard b.count - hits <= count - a.count else { return sum }
      return sum
        + exp(
          logChoose(a.count, hits) + logChoose(count - a.count, b.count - hits)
            - logChoose(count, b.count))
    }
    return [
      Float(shared) / Float(either), Float(a.count * b.count) / Float(count), Float(chance),
    ]
  }

  /// What is left of every task in the circuit of every other, `[task, circuit]`, as a share of
  /// the whole model's logit difference on the task.
  ///
  /// - Parameters:
  ///   - circuits: A circuit each task.
  ///   - meters: A meter each task, of one model.
  func transfer(of circuits: [Set<Node>], by meters: [CircuitMeter]) throws -> Tensor {
    Tensor(
      rows: try meters.map { meter in
        try circuits.map { Float(try meter.logitDifference(nodes: $0) / meter.clean) }
      })
  }

  /// What is left of every task in the whole model without the nodes that all circuits share, as
  /// a share of its logit difference on the task.
  ///
  /// - Parameters:
  ///   - circuits: A circuit each task.
  ///   - meters: A meter each task, of one model.
  func withoutShared(_ circuits: [Set<Node>], by meters: [CircuitMeter]) throws -> [Float] {
    let shared = circuits.dropFirst().reduce(circuits[0]) { $0.intersection($1) }
    return try meters.map { meter in
      Float(
        try meter.logitDifference(nodes: Set(meter.nodes).subtracting(shared)) / meter.clean)
    }
  }

  /// What is left of every task when all that the circuits share is out of the whole model but one
  /// node, which is given back, `[shared node, task]`, as shares of the whole model's logit
  /// difference; shared nodes in the order of `meter.nodes`.
  ///
  /// - Parameters:
  ///   - circuits: A circuit each task.
  ///   - meters: A meter each task, of one model.
  func repairs(_ circuits: [Set<Node>], by meters: [CircuitMeter]) throws -> Tensor {
    let shared = circuits.dropFirst().reduce(circuits[0]) { $0.intersection($1) }
    return Tensor(
      rows: try meters[0].nodes.filter(shared.contains).map { node in
        let gone = shared.subtracting([node])
        return try meters.map { meter in
          let left = Set(meter.nodes).subtracting(gone)
          return Float(try meter.logitDifference(nodes: left) / meter.clean)
        }
      })
  }

  // MARK: 9.13  In words: by accident

  /// What a circuit explains, and when one is faithful by accident.
  func whatACircuitExplains() throws -> String {
    """
    The circuit shows that these nodes, fed what they are fed here, do four fifths of the logit \
    difference on these texts when all others write what they write on the corrupted ones. It does not \
    show that the others do nothing: the complement may do the task too, nodes that say the same in \
    both texts never show, and what is lost by one and won by another cancels. A faithfulness of 0.8 \
    is easily had by accident: by a mean in which some pairs do 1.6 and others 0, by nodes that harm \
    the task and were left out, by a foil that falls rather than an answer that rises, or by pairs \
    that one token gives away. I would look at every pair, run the complement, take each node out of \
    the circuit and out of the model, change the replacement to a mean, draw other pairs and templates, \
    and compare with as many nodes drawn at random. Only what survives all of them explains how, and \
    then for this task.
    """
  }
}
