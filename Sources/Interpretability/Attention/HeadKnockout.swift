public import Transformers

/// The head of a layer, by its place.
public struct HeadAddress: Hashable, Sendable, Codable, CustomStringConvertible {
  /// The stack.
  public let stack: StackName
  /// The layer, from 0.
  public let layer: Int
  /// Self-attention or cross-attention.
  public let kind: AttentionKind
  /// The head, from 0.
  public let head: Int

  /// An address.
  public init(_ stack: StackName, layer: Int, kind: AttentionKind = .own, head: Int) {
    self.stack = stack
    self.layer = layer
    self.kind = kind
    self.head = head
  }

  /// Such as “decoder cross L1H2”.
  public var description: String {
    let cross = kind == .cross ? " cross" : ""
    return (stack == .blocks ? "" : "\(stack.rawValue)\(cross) ") + "L\(layer)H\(head)"
  }

  /// Sets the head's output to zero.
  public var knockout: Intervention { .zeroHead(head, of: kind, in: stack, layer: layer) }
}

extension TransformerConfiguration {
  /// Every head of the model.
  public var heads: [HeadAddress] {
    stacks.flatMap { name, stack in
      (name == .decoder ? [AttentionKind.own, .cross] : [.own]).flatMap { kind in
        (0..<stack.layerCount).flatMap { layer in
          (0..<stack.headCount).map { HeadAddress(name, layer: layer, kind: kind, head: $0) }
        }
      }
    }
  }
}

/// By how much the log-probability of each target token falls when a head's output is zeroed, in
/// nats; one value for every target.
///
/// - Parameters:
///   - model: The model.
///   - input: A batch of one.
///   - targets: What each decoder row should predict.
///   - heads: The heads, each knocked out by itself.
/// - Throws: What running the model throws.
public func headKnockouts(
  _ model: Transformer, on input: ModelInput, targets: [Int], heads: [HeadAddress]
) throws -> [[Float]] {
  let trials = heads.map { Trial([Change(.head($0.head, at: $0.mixedPoint), .zero)]) }
  let results = try Sweep(trials, metric: .logProbability(ofEvery: [targets])).run(on: model, input)
  return try results.values().map { values in zip(results.clean[0], values).map { $0 - $1 } }
}
