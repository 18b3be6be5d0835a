/// Splits a normalised text into the words the model sees one at a time.
indirect enum PreTokenizer: Sendable {
  /// At white space, which is dropped.
  case whitespaceSplit
  /// Into runs of word characters and runs of other visible ones; white space is dropped.
  case whitespace
  case metaspace(Metaspace)
  case sequence([PreTokenizer])

  init(_ part: Part) throws(TokenizerError) {
    let name = try part.required("type").text()
    switch name {
    case "WhitespaceSplit": self = .whitespaceSplit
    case "Whitespace": self = .whitespace
    case "Metaspace": self = .metaspace(try Metaspace(part))
    case "Sequence":
      self = .sequence(
        try part.map("pretokenizers") { part throws(TokenizerError) in try Self(part) })
    default:
      throw .unsupported(
        part: part.place, name: name,
        supported: ["WhitespaceSplit", "Whitespace", "Metaspace", "Sequence"])
    }
  }

  func split(_ span: Span) -> [Span] {
    switch self {
    case .whitespaceSplit:
      Self.runs(of: span) { $0.isSpace ? nil : true }
    case .whitespace:
      Self.runs(of: span) { $0.isSpace ? nil : $0.isWord }
    case .metaspace(let metaspace):
      metaspace.split(span)
    case .sequence(let steps):
      steps.reduce([span]) { spans, step in spans.flatMap(step.split) }
    }
  }

  /// The runs of scalars of one class, without those of class nil.
  private static func runs(
    of span: Span, classOf: (Unicode.Scalar) -> Bool?
  ) -> [Span] {
    var ranges: [Range<Int>] = []
    var current: (start: Int, kind: Bool)?
    for (scalar, range) in Scalars(span.bytes) {
      let kind = classOf(scalar)
      if let run = current, run.kind != kind {
        ranges.append(run.start..<range.lowerBound)
        current = nil
      }
      if current == nil, let kind { current = (range.lowerBound, kind) }
    }
    if let run = current { ranges.append(run.start..<span.bytes.count) }
    return span.parts(ranges)
  }
}
