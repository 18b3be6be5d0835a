import Interventions
import Tensors
import Transformers

extension CircuitLane {
  /// Runs circuits on their way from another one, all in one pass: what is as it was there is not
  /// run again.
  func states(
    of variants: [Variant], from base: LaneState, _ baseEdges: EdgeTable
  ) throws -> [LaneState] {
    var pass = CircuitPass(lane: self, variants: variants, base: base, baseEdges: baseEdges)
    return try pass.run()
  }

  /// Whether what a receiver makes of what it reads depends on a sender that is heard there.
  func carries(
    _ sender: Int, to receiver: Int, in state: LaneState, _ edges: EdgeTable
  ) throws -> Bool {
    guard case .value = state.differences[sender] else { return false }
    var without = edges
    without[receiver, sender] = false
    let pass = CircuitPass(
      lane: self, variants: [edges, without].map { Variant($0, in: graph) }, base: state,
      baseEdges: edges)
    let isEverywhere = pass.needsEverywhere(receiver, [0])
    let found = try [0, 1].map { variant in
      let heard = (variant: variant, senders: pass.contributors(variant, receiver))
      return try pass.made(
        receiver, of: pass.stream(receiver, [heard], isEverywhere: isEverywhere), count: 1,
        isEverywhere: isEverywhere)
    }
    return found[0] != found[1]
  }
}

/// One pass over all nodes for several circuits at once: what must be run; see `CircuitStreams.swift`
/// for what is read.
struct CircuitPass {
  /// A variant, and the senders that are heard in it.
  typealias Heard = (variant: Int, senders: [Int])

  let lane: CircuitLane
  let variants: [Variant]
  let base: LaneState
  let baseEdges: EdgeTable
  private(set) var states: [LaneState]
  /// Whether a node writes otherwise than in the base.
  private var changed: [[Bool]]
  /// Whether a port is otherwise than in the base.
  private var changedPorts: [[Bool]]

  var graph: CircuitGraph { lane.graph }

  init(lane: CircuitLane, variants: [Variant], base: LaneState, baseEdges: EdgeTable) {
    self.lane = lane
    self.variants = variants
    self.base = base
    self.baseEdges = baseEdges
    states = Array(repeating: base, count: variants.count)
    changed = Array(
      repeating: Array(repeating: false, count: lane.graph.senders.count), count: variants.count)
    changedPorts = Array(
      repeating: Array(repeating: false, count: lane.graph.receivers.count), count: variants.count)
  }

  mutating func run() throws -> [LaneState] {
    for (index, variant) in variants.enumerated() {
      for sender in graph.senders.indices.dropFirst() where !variant.alive[sender] {
        states[index].differences[sender] = .unknown
      }
      for receiver in graph.receivers.indices where !isAlive(index, receiver) {
        states[index].ports[receiver] = .unknown
      }
    }
    let perLayer = graph.headCount + 2 * graph.keyHeadCount + (graph.hasMLP ? 1 : 0)
    for layer in 0..<graph.layerCount {
      let start = layer * perLayer
      var inputs: [InputKey: Tensor] = [:]
      for receiver in start..<(start + graph.headCount + 2 * graph.keyHeadCount) {
        runPort(receiver, &inputs)
      }
      for head in 0..<graph.headCount { runHead(layer, head) }
      if graph.hasMLP { try runMLP(layer) }
    }
    try readMetric()
    return states
  }

  /// The senders whose difference a receiver hears.
  func contributors(_ variant: Int, _ receiver: Int) -> [Int] {
    (0..<graph.reach[receiver]).filter { sender in
      guard variants[variant].edges[receiver, sender] else { return false }
      switch states[variant].differences[sender] {
      case .replaced: return false
      case .value: return true
      case .unknown: preconditionFailure("\(graph.senders[sender].name) is heard and was not run")
      }
    }
  }

  /// Whether what is heard may be otherwise than in the base.
  private func hearsOtherwise(_ variant: Int, _ receiver: Int) -> Bool {
    let edges = variants[variant].edges
    for sender in 0..<graph.reach[receiver] {
      let (now, before) = (edges[receiver, sender], baseEdges[receiver, sender])
      if now && changed[variant][sender] { return true }
      guard now != before else { continue }
      switch now ? states[variant].differences[sender] : base.differences[sender] {
      case .replaced: continue
      case .value, .unknown: return true
      }
    }
    return false
  }

  /// Whether a receiver is needed at all positions in any of some variants.
  func needsEverywhere(_ receiver: Int, _ some: [Int]) -> Bool {
    graph.isReadEverywhere(receiver) { node in some.contains { variants[$0].everywhere[node] } }
  }

  /// Of some variants those in which a receiver has to be run, since it hears otherwise than in the
  /// base or what is made of it is not known yet; with the senders that it hears.
  private func heard(
    _ receiver: Int, in living: [Int], making value: KeyPath<LaneState, PassValue>,
    isEverywhere: Bool
  ) -> [Heard] {
    living.compactMap { variant in
      guard
        states[variant][keyPath: value].lacks(isEverywhere) || hearsOtherwise(variant, receiver)
      else { return nil }
      return (variant, contributors(variant, receiver))
    }
  }

  private func isAlive(_ variant: Int, _ receiver: Int) -> Bool {
    graph.feeds[receiver].contains { variants[variant].alive[$0] }
  }

  private struct InputKey: Hashable {
    let heard: [[Int]]
    let variants: [Int]
    let isEverywhere: Bool
  }

  private mutating func runPort(_ receiver: Int, _ inputs: inout [InputKey: Tensor]) {
    let living = variants.indices.filter { isAlive($0, receiver) }
    guard !living.isEmpty else { return }
    let isEverywhere = needsEverywhere(receiver, living)
    let all = heard(receiver, in: living, making: \.ports[receiver], isEverywhere: isEverywhere)
    for (variant, senders) in all where senders.isEmpty {
      if case .replaced = states[variant].ports[receiver] { continue }
      states[variant].ports[receiver] = .replaced
      changedPorts[variant][receiver] = true
    }
    let heard = all.filter { !$0.senders.isEmpty }
    guard !heard.isEmpty, let layer = graph.receivers[receiver].layer else { return }
    let key = InputKey(
      heard: heard.map(\.senders), variants: heard.map(\.variant), isEverywhere: isEverywhere)
    let normed =
      inputs[key]
      ?? lane.nodes.normedForAttention(
        stream(receiver, heard, isEverywhere: isEverywhere), layer: layer)
    inputs[key] = normed
    let values = port(receiver, normed: normed, count: heard.count, isEverywhere: isEverywhere)
    for (index, entry) in heard.enumerated() {
      let own = part(values, index, of: heard.count)
      if case .value(let before, let isWhole) = base.ports[receiver], isWhole == isEverywhere,
        before == own
      {
        continue
      }
      states[entry.variant].ports[receiver] = .value(own, isEverywhere: isEverywhere)
      changedPorts[entry.variant][receiver] = true
    }
  }

  private func part(_ values: Tensor, _ index: Int, of count: Int) -> Tensor {
    count == 1
      ? values : values.slice((index * lane.rowCount)..<((index + 1) * lane.rowCount))
  }

  /// A port's value at all positions, those that are left out in front, or where it is read.
  private func value(_ variant: Int, _ receiver: Int, isEverywhere: Bool) -> Tensor {
    switch states[variant].ports[receiver] {
    case .unknown:
      preconditionFailure("\(graph.receivers[receiver].name) is read and was not run")
    case .replaced:
      let value = lane.replacedPorts[receiver]!
      return isEverywhere ? value : lane.atReads(value)
    case .value(let value, let isWhole):
      return isWhole == isEverywhere ? value : lane.atReads(value)
    }
  }

  private mutating func runHead(_ layer: Int, _ head: Int) {
    let sender = graph.senderIndex(.head(layer: layer, head: head))!
    let ports = graph.ports(of: sender)
    let living = variants.indices.filter { variants[$0].alive[sender] }
    let isEverywhere = living.contains { variants[$0].everywhere[sender] }
    var todo: [Int] = []
    for variant in living {
      guard
        states[variant].differences[sender].lacks(isEverywhere)
          || ports.contains(where: { changedPorts[variant][$0] })
      else { continue }
      let isReplaced = ports.allSatisfy {
        if case .replaced = states[variant].ports[$0] { true } else { false }
      }
      if isReplaced {
        states[variant].differences[sender] = lane.hearingNothing[sender]
        changed[variant][sender] = true
      } else {
        todo.append(variant)
      }
    }
    guard !todo.isEmpty else { return }
    func joined(_ receiver: Int, _ isEverywhere: Bool) -> Tensor {
      let parts = todo.map { value($0, receiver, isEverywhere: isEverywhere) }
      return parts.count == 1 ? parts[0] : .concatenation(parts, axis: 0)
    }
    let result = lane.nodes.result(
      query: joined(ports[0], isEverywhere),
      key: lane.whole(joined(ports[1], true), ports[1], copies: todo.count),
      value: lane.whole(joined(ports[2], true), ports[2], copies: todo.count), layer: layer,
      head: head, at: lane.places(isEverywhere, copies: todo.count), isRun: isEverywhere)
    take(result, of: sender, todo, isEverywhere: isEverywhere)
  }

  private mutating func runMLP(_ layer: Int) throws {
    let sender = graph.senderIndex(.mlp(layer: layer))!
    let receiver = graph.receiverIndex(.mlp(layer: layer))!
    let living = variants.indices.filter { variants[$0].alive[sender] }
    let isEverywhere = living.contains { variants[$0].everywhere[sender] }
    let all = heard(
      receiver, in: living, making: \.differences[sender], isEverywhere: isEverywhere)
    for (variant, senders) in all where senders.isEmpty {
      states[variant].differences[sender] = lane.hearingNothing[sender]
      changed[variant][sender] = true
    }
    let heard = all.filter { !$0.senders.isEmpty }
    guard !heard.isEmpty else { return }
    let read = stream(receiver, heard, isEverywhere: isEverywhere)
    let output = try made(receiver, of: read, count: heard.count, isEverywhere: isEverywhere)
    take(output, of: sender, heard.map(\.variant), isEverywhere: isEverywhere)
  }

  /// Notes what a node has written in some variants.
  private mutating func take(
    _ output: Tensor, of sender: Int, _ some: [Int], isEverywhere: Bool
  ) {
    let replaced = lane.replaced[sender].map { isEverywhere ? $0 : lane.atReads($0) }
    for (index, variant) in some.enumerated() {
      let own = part(output, index, of: some.count)
      let difference = replaced.map { own - $0 } ?? own
      if case .value(let before, let isWhole) = base.differences[sender],
        isWhole == isEverywhere, before == difference
      {
        states[variant].differences[sender] = base.differences[sender]
        continue
      }
      states[variant].differences[sender] =
        difference.isZero ? .replaced : .value(difference, isEverywhere: isEverywhere)
      changed[variant][sender] = true
    }
  }

  private mutating func readMetric() throws {
    let receiver = graph.receivers.count - 1
    let todo = variants.indices.filter {
      base.values.isEmpty || hearsOtherwise($0, receiver)
    }
    guard !todo.isEmpty else { return }
    let heard = todo.map { (variant: $0, senders: contributors($0, receiver)) }
    let values = try made(
      receiver, of: stream(receiver, heard, isEverywhere: false), count: todo.count,
      isEverywhere: false
    ).values
    for (index, variant) in todo.enumerated() {
      self.states[variant].values = Array(
        values[(index * lane.rowCount)..<((index + 1) * lane.rowCount)])
    }
  }
}
