/// How a family of checkpoints names its weights.
struct WeightNames: Sendable {
  /// Pairs of our name and theirs; `#` stands for a layer number, the same in both.
  let table: [(ours: String, theirs: String)]

  /// Their name for one of our parameters, or nil when the family has none.
  func theirs(_ name: String) -> String? {
    let parts = name.split(separator: ".").map(String.init)
    let number = parts.first { Int($0) != nil }
    let pattern = parts.map { Int($0) != nil ? "#" : $0 }.joined(separator: ".")
    for (ours, theirs) in table {
      if pattern == ours { return theirs.replacingHash(with: number) }
      // A row that names a layer stands for its weight and its bias.
      for suffix in [".weight", ".bias"] where pattern == ours + suffix {
        return theirs.replacingHash(with: number) + suffix
      }
    }
    return nil
  }
}

extension String {
  fileprivate func replacingHash(with number: String?) -> String {
    guard let number else { return self }
    return split(separator: "#", omittingEmptySubsequences: false).joined(separator: number)
  }
}
