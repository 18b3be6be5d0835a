import Tensors
import Transformers

/// Runs of pairs of texts in which every receiver reads its own sum over the nodes before it: what a
/// node writes in the run along an edge that is kept, and along any other what stands in for it.
struct EdgeRuns: Sendable {
  /// The embedding, then of every layer its heads and its MLP.
  let nodes: [Node]
  /// Of every layer the queries, keys and values of its heads, then its MLP; at last the logits.
  let receivers: [Receiver]
  /// How many nodes stand before each receiver, the first so many.
  let reach: [Int]

  private let pass: HeadwisePass
  private let layerCount: Int
  private let headCount: Int
  private let places: HeadwisePass.Places
  private let last: [Int]
  private let clean: Tensor
  /// What stands in for every node, `[row, position, width]`; nil for nothing.
  private var replaced: [Tensor]?
  /// Sums of what stands in for the nodes before a receiver, with the biases of attention layers, by
  /// how many they are.
  private var sums: [Int: Tensor] = [:]

  /// - Precondition: the model is a decoder with an MLP in each block and a key head for each head,
  ///   and texts of a pair are as long as one another.
  init(_ model: Transformer, _ pairs: [TaskPair], _ replacement: Replacement) throws {
    guard let stack = model.configuration.decoder, stack.keyHeadCount == stack.headCount,
      !stack.isAttentionOnly, pairs.allSatisfy({ $0.clean.count == $0.corrupted.count })
    else {
      preconditionFailure("circuits here are of decoders with MLPs, and of twins of equal length")
    }
    (layerCount, headCount) = (stack.layerCount, stack.headCount)
    var nodes = [Node.embedding]
    var (receivers, reach): ([Receiver], [Int]) = ([], [])
    for layer in 0..<layerCount {
      let heads = 0..<headCount
      let before = nodes.count
      receivers += heads.map { .query(layer: layer, head: $0) }
      receivers += heads.map { .key(layer: layer, head: $0) }
      receivers += heads.map { .value(layer: layer, head: $0) }
      reach += Array(repeating: before, count: 3 * headCount)
      nodes += heads.map { .head(layer: layer, head: $0) }
      receivers.append(.mlp(layer: layer))
      reach.append(nodes.count)
      nodes.append(.mlp(layer: layer))
    }
    receivers.append(.logits)
    reach.append(nodes.count)
    (self.nodes, self.receivers, self.reach) = (nodes, receivers, reach)

    pass = HeadwisePass(model)
    let length = pairs.map(\.clean.count).max() ?? 0
    func embedded(_ texts: [[Int]]) throws -> Tensor {
      // What fills a text up stands behind its end, where no position looks.
      let input = ModelInput(
        tokens: texts.map { $0 + Array(repeating: 0, count: length - $0.count) })
      let point = HookPoint.residualPre(.blocks, 0)
      return try model.run(input, capturing: [point], logitsAt: 0..<1).trace[point]
    }
    places = pass.places(Array(repeating: Array(0..<length), count: pairs.count))
    last = pairs.enumerated().map { $0 * length + $1.clean.count - 1 }
    clean = try embedded(pairs.map(\.clean))
    sums = sums(of: nil)
    if replacement == .corrupted {
      let all = outputs(of: try embedded(pairs.map(\.corrupted)), keeping: everything)
      replaced = all.map { $0! }
      sums = sums(of: replaced)
    }
  }

  /// All nodes that stand before each receiver.
  var everything: [[Int]] { reach.map { Array(0..<$0) } }

  /// The logits behind every pair's clean text, `[row, token]`, when each receiver hears the nodes of
  /// a list, in ascending order, and of all others what stands in for them.
  func logits(keeping kept: [[Int]]) -> Tensor {
    let outputs = outputs(of: clean, keeping: kept)
    let end = stream(receivers.count - 1, kept, outputs)
    let rows = end.reshaped(to: [end.shape[0] * end.shape[1], end.shape[2]]).gathering(last)
    return pass.model.logits(ofNormed: pass.model.finalNorm(rows))
  }

  private func sums(of replaced: [Tensor]?) -> [Int: Tensor] {
    var sums: [Int: Tensor] = [:]
    var sum = Tensor.zeros(clean.shape)
    for (index, node) in nodes.enumerated() {
      if let replaced { sum = sum + replaced[index] }
      if case .head(let layer, headCount - 1) = node, let bias = pass.outputBias(layer: layer) {
        sum = sum + bias
      }
      sums[index + 1] = sum
    }
    return sums
  }

  private func stream(_ receiver: Int, _ kept: [[Int]], _ outputs: [Tensor?]) -> Tensor {
    kept[receiver].reduce(sums[reach[receiver]]!) { sum, node in
      sum + (replaced.map { outputs[node]! - $0[node] } ?? outputs[node]!)
    }
  }

  /// What every node writes that the logits hear of on some path.
  private func outputs(of embedding: Tensor, keeping kept: [[Int]]) -> [Tensor?] {
    let isHeard = heard(kept)
    var outputs = [Tensor?](repeating: nil, count: nodes.count)
    outputs[0] = embedding
    for layer in 0..<layerCount {
      let first = layer * (3 * headCount + 1)
      var normed: [[Int]: Tensor] = [:]
      func read(_ receiver: Int) -> Tensor {
        if let known = normed[kept[receiver]] { return known }
        let made = pass.normedForAttention(stream(receiver, kept, outputs), layer: layer)
        normed[kept[receiver]] = made
        return made
      }
      for head in 0..<headCount {
        let node = 1 + layer * (headCount + 1) + head
        guard isHeard[node] else { continue }
        outputs[node] = pass.result(
          query: pass.query(read(first + head), layer: layer, head: head, at: places),
          key: pass.key(read(first + headCount + head), layer: layer, head: head, at: places),
          value: pass.value(read(first + 2 * headCount + head), layer: layer, head: head),
          layer: layer, head: head, at: places, isRun: true)
      }
      let node = (layer + 1) * (headCount + 1)
      guard isHeard[node] else { continue }
      let own = stream(first + 3 * headCount, kept, outputs)
      outputs[node] = try! pass.mlp(pass.normedForMLP(own, layer: layer), layer: layer)
    }
    return outputs
  }

  /// Whether anything of a node is heard at the logits.
  private func heard(_ kept: [[Int]]) -> [Bool] {
    var heard = Array(repeating: false, count: nodes.count)
    for receiver in receivers.indices.reversed() {
      let isRead =
        switch receivers[receiver] {
        case .logits: true
        case .mlp(let layer): heard[(layer + 1) * (headCount + 1)]
        case .query(let layer, let head), .key(let layer, let head), .value(let layer, let head):
          heard[1 + layer * (headCount + 1) + head]
        }
      guard isRead else { continue }
      for node in kept[receiver] { heard[node] = true }
    }
    return heard
  }
}

/// What stands in for what a circuit does not keep.
package enum Replacement: String, Codable, Sendable {
  /// What the node writes on the corrupted text.
  case corrupted
  /// Nothing.
  case zero
}
