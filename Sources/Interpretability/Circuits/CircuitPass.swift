import Interventions
import Tensors
import Transformers

extension CircuitLane {
  /// What every sender writes where the model reads a stream of its own, all positions.
  static func outputs(
    _ nodes: HeadwisePass, _ graph: CircuitGraph, embedding: Tensor
  ) throws -> [Tensor] {
    let (rows, length) = (embedding.shape[0], embedding.shape[1])
    let places = nodes.places(Array(repeating: Array(0..<length), count: rows))
    let isSequential = nodes.model.configuration.blockOrder == .sequential
    var outputs = [embedding]
    var stream = embedding
    for layer in 0..<graph.layerCount {
      let before = stream
      let normed = nodes.normedForAttention(stream, layer: layer)
      let group = graph.headCount / graph.keyHeadCount
      let keys = (0..<graph.keyHeadCount).map {
        nodes.key(normed, layer: layer, head: $0, at: places)
      }
      let values = (0..<graph.keyHeadCount).map {
        nodes.value(normed, layer: layer, head: $0)
      }
      for head in 0..<graph.headCount {
        let result = nodes.result(
          query: nodes.query(normed, layer: layer, head: head, at: places),
          key: keys[head / group], value: values[head / group], layer: layer, head: head,
          at: places, isRun: true)
        outputs.append(result)
        stream = stream + result
      }
      if let bias = nodes.outputBias(layer: layer) { stream = stream + bias }
      if graph.hasMLP {
        let read = isSequential ? stream : before
        let result = try nodes.mlp(nodes.normedForMLP(read, layer: layer), layer: layer)
        outputs.append(result)
        stream = stream + result
      }
    }
    return outputs
  }

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
        receiver, of: pass.stream(receiver, [heard], isEverywhere: isEverywhere),
        isEverywhere: isEverywhere)
    }
    return found[0] != found[1]
  }
}

/// One pass over all nodes for several circuits at once.
private struct CircuitPass {
  let lane: CircuitLane
  let variants: [Variant]
  let base: LaneState
  let baseEdges: EdgeTable
  private var states: [LaneState]
  /// Whether a node writes otherwise than in the base.
  private var changed: [[Bool]]
  /// Whether a port is otherwise than in the base.
  private var changedPorts: [[Bool]]

  private var graph: CircuitGraph { lane.graph }

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
      case .none: return false
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
      case .none: continue
      case .value, .unknown: return true
      }
    }
    return false
  }

  /// Whether a receiver is needed at all positions in any of some variants.
  func needsEverywhere(_ receiver: Int, _ some: [Int]) -> Bool {
    switch graph.receivers[receiver] {
    case .key, .value: true
    case .logits: false
    case .query, .mlp: some.contains { variants[$0].everywhere[graph.feeds[receiver][0]] }
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

  /// What is read: the stream in which everything is replaced, and the differences that are heard,
  /// `[variant · row, position, width]`.
  func stream(
    _ receiver: Int, _ heard: [(variant: Int, senders: [Int])], isEverywhere: Bool
  ) -> Tensor {
    let (rows, width) = (lane.rowCount, lane.width)
    let length = isEverywhere ? lane.length : 1
    let size = rows * length * width
    let base = lane.streams[level(of: receiver)]
    let result = Tensor(uninitialized: [heard.count * rows, length, width])
    base.withUnsafeValues { base in
      result.withUnsafeValues { out in
        let out = UnsafeMutablePointer(mutating: out.baseAddress!)
        for (index, entry) in heard.enumerated() {
          let target = out + index * size
          if isEverywhere {
            target.update(from: base.baseAddress!, count: size)
          } else {
            for row in 0..<rows {
              (target + row * width).update(
                from: base.baseAddress! + (row * lane.length + lane.reads[row]) * width,
                count: width)
            }
          }
          for sender in entry.senders {
            guard
              case .value(let difference, let isWhole) =
                states[entry.variant].differences[sender]
            else { continue }
            difference.withUnsafeValues { values in
              if isWhole == isEverywhere {
                Kernel.add(values.baseAddress!, to: target, count: size)
              } else {
                precondition(isWhole, "a node is heard at positions where it was not run")
                for row in 0..<rows {
                  Kernel.add(
                    values.baseAddress! + (row * lane.length + lane.reads[row]) * width,
                    to: target + row * width, count: width)
                }
              }
            }
          }
        }
      }
    }
    return result
  }

  private func level(of receiver: Int) -> Int {
    switch graph.receivers[receiver] {
    case .query(let layer, _), .key(let layer, _), .value(let layer, _): 2 * layer
    case .mlp(let layer): 2 * layer + 1
    case .logits: 2 * graph.layerCount
    }
  }

  /// What a receiver makes of one variant's stream: queries, keys or values, an MLP's output, the
  /// metric.
  func made(_ receiver: Int, of stream: Tensor, isEverywhere: Bool) throws -> Tensor {
    switch graph.receivers[receiver] {
    case .logits:
      let normed = lane.nodes.model.finalNorm(stream)
        .reshaped(to: [lane.rowCount, lane.width])
      return Tensor(
        try lane.reading.values(of: normed, places: lane.rows.map { (row: $0, read: 0) }))
    case .mlp(let layer):
      return try lane.nodes.mlp(lane.nodes.normedForMLP(stream, layer: layer), layer: layer)
    case .query(let layer, _), .key(let layer, _), .value(let layer, _):
      return port(
        receiver, normed: lane.nodes.normedForAttention(stream, layer: layer), count: 1,
        isEverywhere: isEverywhere)
    }
  }

  private func port(
    _ receiver: Int, normed: Tensor, count: Int, isEverywhere: Bool
  ) -> Tensor {
    switch graph.receivers[receiver] {
    case .query(let layer, let head):
      return lane.nodes.query(
        normed, layer: layer, head: head, at: lane.places(isEverywhere, copies: count))
    case .key(let layer, let head):
      return lane.nodes.key(
        normed, layer: layer, head: head, at: lane.places(true, copies: count))
    case .value(let layer, let head): return lane.nodes.value(normed, layer: layer, head: head)
    case .mlp, .logits: return normed
    }
  }

  private mutating func runPort(_ receiver: Int, _ inputs: inout [InputKey: Tensor]) {
    let living = variants.indices.filter { isAlive($0, receiver) }
    guard !living.isEmpty else { return }
    let isEverywhere = needsEverywhere(receiver, living)
    var heard: [(variant: Int, senders: [Int])] = []
    for variant in living {
      let lacks =
        switch states[variant].ports[receiver] {
        case .unknown: true
        case .replaced: false
        case .value(_, let isWhole): isEverywhere && !isWhole
        }
      guard lacks || hearsOtherwise(variant, receiver) else { continue }
      let senders = contributors(variant, receiver)
      if senders.isEmpty {
        if case .replaced = states[variant].ports[receiver] { continue }
        states[variant].ports[receiver] = .replaced
        changedPorts[variant][receiver] = true
      } else {
        heard.append((variant, senders))
      }
    }
    guard !heard.isEmpty else { return }
    guard case .query(let layer, _) = graph.receivers[receiver].asQuery else { return }
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
      let lacks =
        switch states[variant].differences[sender] {
        case .unknown: true
        case .none: false
        case .value(_, let isWhole): isEverywhere && !isWhole
        }
      guard lacks || ports.contains(where: { changedPorts[variant][$0] }) else { continue }
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
    var heard: [(variant: Int, senders: [Int])] = []
    for variant in living {
      let lacks =
        switch states[variant].differences[sender] {
        case .unknown: true
        case .none: false
        case .value(_, let isWhole): isEverywhere && !isWhole
        }
      guard lacks || hearsOtherwise(variant, receiver) else { continue }
      let senders = contributors(variant, receiver)
      if senders.isEmpty {
        states[variant].differences[sender] = lane.hearingNothing[sender]
        changed[variant][sender] = true
      } else {
        heard.append((variant, senders))
      }
    }
    guard !heard.isEmpty else { return }
    let read = stream(receiver, heard, isEverywhere: isEverywhere)
    let output = try lane.nodes.mlp(
      lane.nodes.normedForMLP(read, layer: layer), layer: layer)
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
        difference.isZero ? .none : .value(difference, isEverywhere: isEverywhere)
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
    let states = stream(receiver, heard, isEverywhere: false)
    let normed = lane.nodes.model.finalNorm(states)
      .reshaped(to: [todo.count * lane.rowCount, lane.width])
    let places = todo.flatMap { _ in lane.rows.map { (row: $0, read: 0) } }
    let values = try lane.reading.values(of: normed, places: places)
    for (index, variant) in todo.enumerated() {
      self.states[variant].values = Array(
        values[(index * lane.rowCount)..<((index + 1) * lane.rowCount)])
    }
  }
}

extension PathPatching.Receiver {
  /// Queries, keys and values alike as the queries of their layer.
  fileprivate var asQuery: PathPatching.Receiver {
    switch self {
    case .query(let layer, _), .key(let layer, _), .value(let layer, _):
      .query(layer: layer, head: 0)
    case .mlp, .logits: self
    }
  }
}

extension CircuitLane {
  /// The places of several copies of the rows.
  fileprivate func places(_ isEverywhere: Bool, copies: Int) -> HeadwisePass.Places {
    (isEverywhere ? places : readPlaces).repeated(copies)
  }

  /// `[row, position, …]` where each row is read.
  func atReads(_ x: Tensor) -> Tensor {
    let (rows, length, width) = (x.shape[0], x.shape[1], x.shape[2])
    return x.reshaped(to: [rows * length, width])
      .gathering((0..<rows).map { $0 * length + reads[$0] })
      .reshaped(to: [rows, 1, width])
  }

  /// Keys or values with those of the positions that are left out in front.
  fileprivate func whole(_ x: Tensor, _ receiver: Int, copies: Int) -> Tensor {
    guard let prefix = prefixes[receiver] else { return x }
    let copied =
      copies == 1 ? prefix : .concatenation(Array(repeating: prefix, count: copies), axis: 0)
    return .concatenation([copied, x], axis: 1)
  }
}
