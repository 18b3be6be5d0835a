/// The axes of a tensor: their lengths, their names and how a place is put into words.
struct Axes {
  let shape: [Int]
  let names: [String]

  init(_ shape: [Int], _ names: [String]) {
    self.shape = shape
    self.names = names.count == shape.count ? names : []
  }

  /// How far apart neighbours along an axis lie in row-major order.
  func stride(of axis: Int) -> Int { shape[(axis + 1)...].reduce(1, *) }

  func indices(of place: Int) -> [Int] {
    shape.indices.map { place / stride(of: $0) % shape[$0] }
  }

  /// A place as in "query 0, key 2", or "[0, 2]" without names.
  func words(at place: Int) -> String {
    let indices = indices(of: place)
    if names.isEmpty { return "\(indices)" }
    return zip(names, indices).map { "\($0) \($1)" }.joined(separator: ", ")
  }

  func words(_ axis: Int) -> String { names.isEmpty ? "axis \(axis)" : names[axis] }
}
