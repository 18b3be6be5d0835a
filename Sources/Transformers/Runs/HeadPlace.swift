/// The head of a layer, in a model of one stack.
public struct HeadPlace: Codable, Hashable, Sendable {
  /// The layer, from 0.
  public var layer: Int
  /// The head in it, from 0.
  public var head: Int

  /// A head.
  public init(layer: Int, head: Int) {
    self.layer = layer
    self.head = head
  }
}
