/// What a run keeps.
public enum Capture: Sendable, ExpressibleByArrayLiteral {
  /// Every point that each run passes; see ``TransformerConfiguration/hookPoints``.
  case everything
  /// These points.
  case points(Set<HookPoint>)
  /// Every point whose name matches a pattern, in which `*` stands for any text. Points that are
  /// computed on request are meant only by a pattern that matches no others, such as
  /// `*hook_result`.
  case matching(String)

  /// Nothing.
  public static var nothing: Capture { .points([]) }

  /// These points.
  public init(arrayLiteral points: HookPoint...) { self = .points(Set(points)) }

  /// The points of a model that are meant.
  ///
  /// - Throws: ``TransformerError/unknownPoint(_:nearest:)`` when a point, or any match for the
  ///   pattern, is not in the model.
  public func points(in configuration: TransformerConfiguration) throws(TransformerError)
    -> Set<HookPoint>
  {
    // A plain run asks for nothing, and generation makes one a token.
    if case .points(let points) = self, points.isEmpty { return [] }
    switch self {
    case .everything: return Set(configuration.hookPoints)
    case .points(let points):
      try configuration.checkExistence(of: points)
      return points
    case .matching(let pattern):
      let existing = configuration.allHookPoints
      let found = existing.filter { $0.description.matches(glob: pattern) }
      if found.isEmpty {
        throw .unknownPoint(
          pattern, nearest: nearestNames(to: pattern, in: existing.map(\.description)))
      }
      let passed = found.filter { !$0.isOnRequest }
      return Set(passed.isEmpty ? found : passed)
    }
  }
}

extension TransformerConfiguration {
  func checkExistence(of points: some Sequence<HookPoint>) throws(TransformerError) {
    let points = Array(points)
    if points.isEmpty { return }
    let existing = Set(allHookPoints)
    for point in points where !existing.contains(point) {
      throw .unknownPoint(
        point.description,
        nearest: nearestNames(to: point.description, in: allHookPoints.map(\.description)))
    }
  }
}

extension String {
  /// Whether the whole string fits a pattern in which `*` stands for any text.
  func matches(glob: String) -> Bool {
    let (text, pattern) = (Array(self.unicodeScalars), Array(glob.unicodeScalars))
    var (t, p) = (0, 0)
    var retry: (t: Int, p: Int)?
    while t < text.count {
      if p < pattern.count, pattern[p] == "*" {
        retry = (t, p)
        p += 1
      } else if p < pattern.count, pattern[p] == text[t] {
        t += 1
        p += 1
      } else if let last = retry {
        retry = (last.t + 1, last.p)
        (t, p) = (last.t + 1, last.p + 1)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == "*" }
  }
}
