import Interventions
import Tensors
import Transformers

/// What is read in a pass.
extension CircuitPass {
  /// What is read: the stream in which everything is replaced, and the differences that are heard,
  /// `[variant · row, position, width]`.
  func stream(
    _ receiver: Int, _ heard: [Heard], isEverywhere: Bool
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
    guard let layer = graph.receivers[receiver].layer else { return 2 * graph.layerCount }
    return if case .mlp = graph.receivers[receiver] { 2 * layer + 1 } else { 2 * layer }
  }

  /// What a receiver makes of the streams of so many variants: queries, keys or values, an MLP's
  /// output, the metric.
  func made(
    _ receiver: Int, of stream: Tensor, count: Int, isEverywhere: Bool
  ) throws -> Tensor {
    switch graph.receivers[receiver] {
    case .logits:
      let normed = lane.nodes.model.finalNorm(stream)
        .reshaped(to: [count * lane.rowCount, lane.width])
      let places = (0..<count).flatMap { _ in lane.rows.map { (row: $0, read: 0) } }
      return Tensor(try lane.reading.values(of: normed, places: places))
    case .mlp(let layer):
      return try lane.nodes.mlp(lane.nodes.normedForMLP(stream, layer: layer), layer: layer)
    case .query(let layer, _), .key(let layer, _), .value(let layer, _):
      return port(
        receiver, normed: lane.nodes.normedForAttention(stream, layer: layer), count: count,
        isEverywhere: isEverywhere)
    }
  }

  func port(
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
}

extension PathPatching.Receiver {
  /// The layer of its component; nil for the logits.
  var layer: Int? {
    switch self {
    case .query(let layer, _), .key(let layer, _), .value(let layer, _), .mlp(let layer): layer
    case .logits: nil
    }
  }
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
