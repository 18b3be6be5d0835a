extension PathPatching.Sender {
  /// As it is written: `embedding`, `10.7` or `mlp.9`.
  public var name: String {
    switch self {
    case .embedding: "embedding"
    case .head(let layer, let head): "\(layer).\(head)"
    case .mlp(let layer): "mlp.\(layer)"
    }
  }

  /// The sender of a name, or nil.
  public init?(name: String) {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    switch parts.count {
    case 1 where name == "embedding": self = .embedding
    case 2:
      guard let number = wholeNumber(parts[1]) else { return nil }
      if parts[0] == "mlp" {
        self = .mlp(layer: number)
      } else if let layer = wholeNumber(parts[0]) {
        self = .head(layer: layer, head: number)
      } else {
        return nil
      }
    default: return nil
    }
  }
}

extension PathPatching.Receiver {
  /// As it is written: `10.7.q`, `10.7.k`, `10.7.v`, `mlp.9` or `logits`.
  public var name: String {
    switch self {
    case .logits: "logits"
    case .query(let layer, let head): "\(layer).\(head).q"
    case .key(let layer, let head): "\(layer).\(head).k"
    case .value(let layer, let head): "\(layer).\(head).v"
    case .mlp(let layer): "mlp.\(layer)"
    }
  }

  /// The receiver of a name, or nil.
  public init?(name: String) {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    switch parts.count {
    case 1 where name == "logits": self = .logits
    case 2 where parts[0] == "mlp":
      guard let layer = wholeNumber(parts[1]) else { return nil }
      self = .mlp(layer: layer)
    case 3:
      guard let layer = wholeNumber(parts[0]), let head = wholeNumber(parts[1]) else { return nil }
      switch parts[2] {
      case "q": self = .query(layer: layer, head: head)
      case "k": self = .key(layer: layer, head: head)
      case "v": self = .value(layer: layer, head: head)
      default: return nil
      }
    default: return nil
    }
  }
}

/// Digits alone, as they are printed.
private func wholeNumber(_ text: String) -> Int? {
  guard let number = Int(text), String(number) == text, number >= 0 else { return nil }
  return number
}

extension PathPatching.Receiver {
  /// The layer of its component; nil for the logits.
  package var layer: Int? {
    switch self {
    case .query(let layer, _), .key(let layer, _), .value(let layer, _), .mlp(let layer): layer
    case .logits: nil
    }
  }
}
