/// How a family of checkpoints names its weights.
struct WeightNames: Sendable {
  /// Pairs of our name and theirs; `#` stands for a layer number, the same in both.
  ///
  /// Where a family has several names for one weight, the first that a file holds is meant.
  let table: [(ours: String, theirs: String)]

  /// Their names for one of our parameters; none when the family has none.
  func theirs(_ name: String) -> [String] {
    let parts = name.split(separator: ".").map(String.init)
    let number = parts.first { Int($0) != nil }
    let pattern = parts.map { Int($0) != nil ? "#" : $0 }.joined(separator: ".")
    var names: [String] = []
    for (ours, theirs) in table {
      if pattern == ours { names.append(theirs.replacingHash(with: number)) }
      // A row that names a layer stands for its weight and its bias.
      for (suffix, old) in [(".weight", ".gamma"), (".bias", ".beta")]
      where pattern == ours + suffix {
        let layer = theirs.replacingHash(with: number)
        names.append(layer + suffix)
        // What layer norms were called when BERT was new.
        if ours.hasSuffix("orm") { names.append(layer + old) }
      }
    }
    return names
  }
}

extension String {
  fileprivate func replacingHash(with number: String?) -> String {
    guard let number else { return self }
    return split(separator: "#", omittingEmptySubsequences: false).joined(separator: number)
  }
}
