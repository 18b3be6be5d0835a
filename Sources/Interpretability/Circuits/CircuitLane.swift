import Interventions
import Tensors
import Transformers

/// What is known of what a node writes, less what replaces it; or of a head's queries, keys or values.
enum PassValue: Sendable {
  /// Not computed: nothing that is read depends on it.
  case unknown
  /// Exactly what replaces it; of a port what it is when everything that is heard is replaced.
  case replaced
  /// `[row, position, width]`, or a single position a row, where the metric is read.
  case value(Tensor, isEverywhere: Bool)

  /// Whether it has to be computed to be read, at every position or where the metric is.
  func lacks(_ isEverywhere: Bool) -> Bool {
    switch self {
    case .unknown: true
    case .replaced: false
    case .value(_, let isWhole): isEverywhere && !isWhole
    }
  }
}

/// Some pairs in one circuit: what every node has written there.
struct LaneState: Sendable {
  var differences: [PassValue]
  var ports: [PassValue]
  /// The metric, a value a pair.
  var values: [Float]
}

/// A circuit to be run on its way from another one.
struct Variant: Sendable {
  let edges: EdgeTable
  let alive: [Bool]
  let everywhere: [Bool]

  init(_ edges: EdgeTable, in graph: CircuitGraph) {
    self.edges = edges
    alive = edges.alive(in: graph)
    everywhere = edges.everywhere(in: graph, alive: alive)
  }
}

/// Some pairs of a task, and the pass through all nodes that circuits are run by.
///
/// A pass keeps, for every node, the difference between what it writes and what replaces it. What a
/// receiver reads is then the stream in which everything is replaced, and the differences of the
/// senders whose edges are in the circuit. Positions before the first at which any pair's texts
/// differ are left out where nothing can differ there.
struct CircuitLane: Sendable {
  let graph: CircuitGraph
  let nodes: HeadwisePass
  let ablation: CircuitAblation
  let reading: MetricReading
  /// The rows of the reading that these pairs are.
  let rows: Range<Int>
  /// The first position that is computed.
  let first: Int
  /// How many positions are computed.
  let length: Int
  /// Where each pair is read, counted from the first position.
  let reads: [Int]

  /// What replaces each sender, `[row, position, width]`; nil is nothing.
  private(set) var replaced: [Tensor?]
  /// What is read where everything is replaced: before attention and before the MLP of every layer,
  /// and at the end.
  private(set) var streams: [Tensor]
  /// The ports there.
  private(set) var replacedPorts: [Tensor?]
  /// What nodes write there, less what replaces them.
  private(set) var hearingNothing: [PassValue]
  /// Keys or values of the positions that are left out, by receiver.
  private(set) var prefixes: [Tensor?]
  /// What the embedding writes on the clean text, less what replaces it.
  private let embedding: PassValue
  let places: HeadwisePass.Places
  let readPlaces: HeadwisePass.Places

  var rowCount: Int { rows.count }
  var width: Int { nodes.model.configuration.width }

  /// - Parameters:
  ///   - first: The first position that is computed.
  ///   - reads: Where each pair is read.
  ///   - clean: What the first block reads of the clean texts, all of their positions.
  ///   - replacing: What replaces each sender, at all positions; nil is nothing.
  init(
    graph: CircuitGraph, nodes: HeadwisePass, ablation: CircuitAblation, reading: MetricReading,
    rows: Range<Int>, first: Int, reads: [Int], clean: Tensor, replacing: [Tensor?]
  ) throws {
    self.graph = graph
    self.nodes = nodes
    self.ablation = ablation
    self.reading = reading
    self.rows = rows
    self.first = first
    let whole = clean.shape[1]
    length = whole - first
    self.reads = reads.map { $0 - first }
    replaced = replacing
    streams = []
    replacedPorts = Array(repeating: nil, count: graph.receivers.count)
    prefixes = replacedPorts
    hearingNothing = Array(repeating: .replaced, count: graph.senders.count)
    let written = replacing[0].map { clean - $0 } ?? clean
    let difference = first == 0 ? written : written.slice(axis: 1, first..<whole)
    embedding = difference.isZero ? .replaced : .value(difference, isEverywhere: true)
    places = nodes.places(rows.map { _ in Array(first..<whole) })
    readPlaces = nodes.places(reads.map { [$0] })
    // The pass where everything is replaced goes over all positions once.
    let all = nodes.places(rows.map { _ in Array(0..<whole) })
    var stream = replacing[0] ?? .zeros(clean.shape)
    func cut(_ x: Tensor) -> Tensor { first == 0 ? x : x.slice(axis: 1, first..<whole) }
    func keep(_ index: Int, _ x: Tensor, isAsked: Bool = false) {
      replacedPorts[index] = cut(x)
      if first > 0, !isAsked { prefixes[index] = x.slice(axis: 1, 0..<first) }
    }
    func add(_ sender: Int) { if let x = replacing[sender] { stream = stream + x } }
    let differs = ablation != .corrupted
    func note(_ sender: Int, _ output: Tensor) {
      guard differs else { return }
      let difference = replacing[sender].map { output - $0 } ?? output
      hearingNothing[sender] = .value(difference, isEverywhere: true)
    }
    for layer in 0..<graph.layerCount {
      let before = stream
      streams.append(cut(stream))
      let normed = nodes.normedForAttention(stream, layer: layer)
      for head in 0..<graph.headCount {
        keep(
          graph.receiverIndex(.query(layer: layer, head: head))!,
          nodes.query(normed, layer: layer, head: head, at: all), isAsked: true)
      }
      for head in 0..<graph.keyHeadCount {
        keep(
          graph.receiverIndex(.key(layer: layer, head: head))!,
          nodes.key(normed, layer: layer, head: head, at: all))
        keep(
          graph.receiverIndex(.value(layer: layer, head: head))!,
          nodes.value(normed, layer: layer, head: head))
      }
      for head in 0..<graph.headCount {
        let sender = graph.senderIndex(.head(layer: layer, head: head))!
        if differs {
          let ports = graph.ports(of: sender).map { replacedPorts[$0]! }
          note(
            sender,
            nodes.result(
              query: ports[0], key: ports[1], value: ports[2], layer: layer, head: head, at: all,
              isRun: true))
        }
        add(sender)
      }
      if let bias = nodes.outputBias(layer: layer) { stream = stream + bias }
      if graph.hasMLP {
        let index = graph.senderIndex(.mlp(layer: layer))!
        let receiver = graph.receiverIndex(.mlp(layer: layer))!
        let sequential = graph.reach[receiver] == index
        let read = sequential ? stream : before
        streams.append(cut(read))
        if differs {
          note(index, try nodes.mlp(nodes.normedForMLP(read, layer: layer), layer: layer))
        }
        add(index)
      } else {
        streams.append(streams[streams.count - 1])
      }
    }
    streams.append(cut(stream))
    replaced = replacing.map { $0.map(cut) }
  }

  /// The circuit without edges, of which nothing is computed.
  var nothing: LaneState {
    var state = LaneState(
      differences: Array(repeating: .unknown, count: graph.senders.count),
      ports: Array(repeating: .unknown, count: graph.receivers.count), values: [])
    state.differences[0] = embedding
    return state
  }
}

extension Tensor {
  /// Whether every value is zero.
  var isZero: Bool { withUnsafeValues { $0.allSatisfy { $0 == 0 } } }
}

extension CircuitLane {
  /// The places of several copies of the rows.
  func places(_ isEverywhere: Bool, copies: Int) -> HeadwisePass.Places {
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
  func whole(_ x: Tensor, _ receiver: Int, copies: Int) -> Tensor {
    guard let prefix = prefixes[receiver] else { return x }
    let copied =
      copies == 1 ? prefix : .concatenation(Array(repeating: prefix, count: copies), axis: 0)
    return .concatenation([copied, x], axis: 1)
  }

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
}
