extension [Double] {
  /// The mean; not a number of nothing.
  package var mean: Double { isEmpty ? .nan : reduce(0, +) / Double(count) }
}
