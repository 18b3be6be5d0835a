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
