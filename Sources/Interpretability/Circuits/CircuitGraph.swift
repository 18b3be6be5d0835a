public import Interventions
public import Transformers

/// All components of a decoder that write to and read from its residual stream, and who can hear whom.
///
/// Senders and receivers are in the order in which the model computes them, so that those who can
/// reach a receiver are the first so many senders.
public struct CircuitGraph: Sendable {
  /// The embedding, then of every layer its heads and its MLP.
  public let senders: [PathPatching.Sender]
  /// Of every layer the queries of heads, the keys and the values of key heads, and the MLP; then
  /// the logits.
  public let receivers: [PathPatching.Receiver]

  let layerCount: Int
  let headCount: Int
  let keyHeadCount: Int
  let hasMLP: Bool
  /// How many senders reach each receiver.
  let reach: [Int]
  /// The senders that are computed from each receiver; none from the logits.
  let feeds: [[Int]]

  /// The graph of a model.
  ///
  /// - Throws: ``CircuitError`` for a model whose components do not add to one stream.
  public init(_ configuration: TransformerConfiguration) throws(CircuitError) {
    guard !configuration.isEncoderDecoder, let stack = configuration.decoder else {
      throw .notADecoder
    }
    guard configuration.normPlacement == .before else { throw .normsBehind }
    if case .relativeBias = configuration.position { throw .relativeBias }
    guard configuration.head != .none else { throw .noHead }
    layerCount = stack.layerCount
    headCount = stack.headCount
    keyHeadCount = stack.keyHeadCount
    hasMLP = !stack.isAttentionOnly
    let (heads, keyHeads, hasMLP) = (headCount, keyHeadCount, hasMLP)
    var senders: [PathPatching.Sender] = [.embedding]
    var receivers: [PathPatching.Receiver] = []
    var (reach, feeds): ([Int], [[Int]]) = ([], [])
    func add(_ receiver: PathPatching.Receiver, from count: Int, to nodes: [Int]) {
      receivers.append(receiver)
      reach.append(count)
      feeds.append(nodes)
    }
    for layer in 0..<stack.layerCount {
      let before = senders.count
      let group = heads / keyHeads
      func sharing(_ keyHead: Int) -> [Int] {
        (0..<group).map { before + keyHead * group + $0 }
      }
      for head in 0..<heads {
        add(.query(layer: layer, head: head), from: before, to: [before + head])
      }
      for head in 0..<keyHeads {
        add(.key(layer: layer, head: head), from: before, to: sharing(head))
      }
      for head in 0..<keyHeads {
        add(.value(layer: layer, head: head), from: before, to: sharing(head))
      }
      senders += (0..<heads).map { .head(layer: layer, head: $0) }
      if hasMLP {
        let heard = configuration.blockOrder == .sequential ? senders.count : before
        add(.mlp(layer: layer), from: heard, to: [senders.count])
        senders.append(.mlp(layer: layer))
      }
    }
    add(.logits, from: senders.count, to: [])
    (self.senders, self.receivers, self.reach, self.feeds) = (senders, receivers, reach, feeds)
    let width = heads + 2 * keyHeads + (hasMLP ? 1 : 0)
    let group = heads / keyHeads
    receiversFromTheTop =
      [receivers.count - 1]
      + (0..<stack.layerCount).reversed().flatMap { layer -> [Int] in
        let start = layer * width
        let mlp = hasMLP ? [start + width - 1] : []
        return mlp
          + (0..<keyHeads).reversed().flatMap { keyHead -> [Int] in
            (0..<group).reversed().map { start + keyHead * group + $0 }
              + [start + heads + keyHead, start + heads + keyHeads + keyHead]
          }
      }
  }

  /// The place of a sender, or nil where the model has none.
  func senderIndex(_ sender: PathPatching.Sender) -> Int? {
    let width = headCount + (hasMLP ? 1 : 0)
    switch sender {
    case .embedding: return 0
    case .head(let layer, let head):
      guard (0..<layerCount).contains(layer), (0..<headCount).contains(head) else { return nil }
      return 1 + layer * width + head
    case .mlp(let layer):
      guard hasMLP, (0..<layerCount).contains(layer) else { return nil }
      return 1 + layer * width + headCount
    }
  }

  /// The place of a receiver, or nil where the model has none.
  func receiverIndex(_ receiver: PathPatching.Receiver) -> Int? {
    let width = headCount + 2 * keyHeadCount + (hasMLP ? 1 : 0)
    func place(_ layer: Int, _ head: Int, _ offset: Int, _ count: Int) -> Int? {
      guard (0..<layerCount).contains(layer), (0..<count).contains(head) else { return nil }
      return layer * width + offset + head
    }
    switch receiver {
    case .logits: return receivers.count - 1
    case .query(let layer, let head): return place(layer, head, 0, headCount)
    case .key(let layer, let head): return place(layer, head, headCount, keyHeadCount)
    case .value(let layer, let head):
      return place(layer, head, headCount + keyHeadCount, keyHeadCount)
    case .mlp(let layer):
      return hasMLP ? place(layer, 0, headCount + 2 * keyHeadCount, 1) : nil
    }
  }

  /// The receivers that a head or MLP is computed from.
  func ports(of sender: Int) -> [Int] {
    switch senders[sender] {
    case .embedding: return []
    case .mlp(let layer): return [receiverIndex(.mlp(layer: layer))!]
    case .head(let layer, let head):
      let key = head / (headCount / keyHeadCount)
      return [
        receiverIndex(.query(layer: layer, head: head))!,
        receiverIndex(.key(layer: layer, head: key))!,
        receiverIndex(.value(layer: layer, head: key))!,
      ]
    }
  }

  /// Whether there is a path from a sender to a receiver that no other component is on.
  public func has(_ edge: CircuitEdge) -> Bool {
    guard let sender = senderIndex(edge.sender), let receiver = receiverIndex(edge.receiver) else {
      return false
    }
    return sender < reach[receiver]
  }

  /// All edges there are, by receiver.
  public var edges: [CircuitEdge] {
    receivers.indices.flatMap { receiver in
      senders.prefix(reach[receiver]).map { CircuitEdge($0, receivers[receiver]) }
    }
  }

  /// How many edges there are.
  public var edgeCount: Int { reach.reduce(0, +) }

  /// Receivers from the logits down, of a layer the MLP first, then head by head from the last
  /// one: its queries, keys and values.
  let receiversFromTheTop: [Int]
}

/// Some edges of a graph, as a table of receivers and senders.
struct EdgeTable: Sendable, Equatable {
  let senderCount: Int
  private(set) var values: [Bool]

  init(_ graph: CircuitGraph, full: Bool = false) {
    senderCount = graph.senders.count
    values = Array(repeating: false, count: senderCount * graph.receivers.count)
    if full {
      for receiver in graph.receivers.indices {
        for sender in 0..<graph.reach[receiver] { values[receiver * senderCount + sender] = true }
      }
    }
  }

  subscript(receiver: Int, sender: Int) -> Bool {
    get { values[receiver * senderCount + sender] }
    set { values[receiver * senderCount + sender] = newValue }
  }

  /// The edges in the order of the graph.
  func edges(in graph: CircuitGraph) -> [CircuitEdge] {
    graph.receivers.indices.flatMap { receiver in
      (0..<graph.reach[receiver]).filter { self[receiver, $0] }
        .map { CircuitEdge(graph.senders[$0], graph.receivers[receiver]) }
    }
  }

  /// Of which senders anything is heard at the logits, on any path.
  func alive(in graph: CircuitGraph) -> [Bool] {
    var alive = Array(repeating: false, count: senderCount)
    for receiver in graph.receivers.indices.reversed() where isRead(receiver, alive, graph) {
      for sender in 0..<graph.reach[receiver] where self[receiver, sender] { alive[sender] = true }
    }
    return alive
  }

  /// Which senders are needed at every position, and not only where the metric is read.
  func everywhere(in graph: CircuitGraph, alive: [Bool]) -> [Bool] {
    var needed = Array(repeating: false, count: senderCount)
    for receiver in graph.receivers.indices.reversed() where isRead(receiver, alive, graph) {
      let isAll =
        switch graph.receivers[receiver] {
        case .key, .value: true
        case .logits: false
        case .query, .mlp: needed[graph.feeds[receiver][0]]
        }
      guard isAll else { continue }
      for sender in 0..<graph.reach[receiver] where self[receiver, sender] {
        needed[sender] = true
      }
    }
    return needed
  }

  private func isRead(_ receiver: Int, _ alive: [Bool], _ graph: CircuitGraph) -> Bool {
    graph.feeds[receiver].isEmpty || graph.feeds[receiver].contains { alive[$0] }
  }
}
