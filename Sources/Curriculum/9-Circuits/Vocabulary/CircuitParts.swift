/// A part of a decoder that writes to its residual stream.
public enum Node: Hashable, Codable, Sendable {
  /// What the first block reads: the embeddings of tokens and positions.
  case embedding
  /// An attention head.
  case head(layer: Int, head: Int)
  /// An MLP.
  case mlp(layer: Int)
}

/// A place where a decoder reads its residual stream.
public enum Receiver: Hashable, Codable, Sendable {
  /// What the queries of a head are made of.
  case query(layer: Int, head: Int)
  /// What the keys of a head are made of.
  case key(layer: Int, head: Int)
  /// What the values of a head are made of.
  case value(layer: Int, head: Int)
  /// What an MLP reads.
  case mlp(layer: Int)
  /// What the final norm and the unembedding read.
  case logits
}

/// What a node writes, as one receiver reads it and no other.
public struct Edge: Hashable, Codable, Sendable {
  /// Who writes.
  public var from: Node
  /// Where it is read.
  public var to: Receiver

  /// An edge.
  public init(from: Node, to: Receiver) {
    self.from = from
    self.to = to
  }
}

/// A clean text that an answer continues, and its corrupted twin.
public struct TaskPair: Hashable, Codable, Sendable {
  /// Token ids of the clean text.
  public var clean: [Int]
  /// Token ids of the corrupted text.
  public var corrupted: [Int]
  /// The token that continues the clean text.
  public var answer: Int
  /// The token whose logit is taken off the answer's.
  public var foil: Int
  /// Which template both texts were made from.
  public var template: Int

  /// A pair.
  public init(clean: [Int], corrupted: [Int], answer: Int, foil: Int, template: Int) {
    self.clean = clean
    self.corrupted = corrupted
    self.answer = answer
    self.foil = foil
    self.template = template
  }
}

/// What a circuit's work is measured by.
public enum Measure: String, Codable, Sendable {
  /// The answer's logit less the foil's: the more, the better.
  case logitDifference
  /// KL(model ‖ circuit) of the next token, in nats: the less, the better.
  case divergence
}

extension Node: CustomStringConvertible {
  /// As it is written: `embedding`, `4.1` or `mlp.3`.
  public var description: String {
    switch self {
    case .embedding: "embedding"
    case .head(let layer, let head): "\(layer).\(head)"
    case .mlp(let layer): "mlp.\(layer)"
    }
  }
}

extension Receiver: CustomStringConvertible {
  /// As it is written: `4.1.q`, `4.1.k`, `4.1.v`, `mlp.3` or `logits`.
  public var description: String {
    switch self {
    case .query(let layer, let head): "\(layer).\(head).q"
    case .key(let layer, let head): "\(layer).\(head).k"
    case .value(let layer, let head): "\(layer).\(head).v"
    case .mlp(let layer): "mlp.\(layer)"
    case .logits: "logits"
    }
  }
}

extension Edge: CustomStringConvertible {
  /// As it is written: `0.3 → 1.2.k`.
  public var description: String { "\(from) → \(to)" }
}
