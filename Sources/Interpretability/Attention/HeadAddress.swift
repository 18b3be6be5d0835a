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
