/// Distances that all figures share, in points.
enum Margin {
  /// Around the whole figure.
  static let page = 8.0
  /// Below a title.
  static let belowTitle = 6.0
}
