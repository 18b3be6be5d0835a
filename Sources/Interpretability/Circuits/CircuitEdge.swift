public import Interventions

/// What one component tells another along the residual stream, and no other component on the way.
public struct CircuitEdge: Hashable, Sendable, CustomStringConvertible {
  /// What writes.
  public var sender: PathPatching.Sender
  /// What reads.
  public var receiver: PathPatching.Receiver

  /// An edge.
  public init(_ sender: PathPatching.Sender, _ receiver: PathPatching.Receiver) {
    (self.sender, self.receiver) = (sender, receiver)
  }

  /// Such as `4.4 → 7.11.v`.
  public var description: String { "\(sender.name) → \(receiver.name)" }
}

/// As a pair of names: `["4.4", "7.11.v"]`.
extension CircuitEdge: Codable {
  /// Reads a pair of names.
  public init(from decoder: any Decoder) throws {
    var pair = try decoder.unkeyedContainer()
    let (from, to) = (try pair.decode(String.self), try pair.decode(String.self))
    guard let sender = PathPatching.Sender(name: from),
      let receiver = PathPatching.Receiver(name: to)
    else {
      throw DecodingError.dataCorruptedError(
        in: pair, debugDescription: "\(from) → \(to) is no edge; write one as 4.4 → 7.11.v")
    }
    self.init(sender, receiver)
  }

  /// Writes a pair of names.
  public func encode(to encoder: any Encoder) throws {
    var pair = encoder.unkeyedContainer()
    try pair.encode(sender.name)
    try pair.encode(receiver.name)
  }
}
