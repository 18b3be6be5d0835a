/// Puts special tokens around the ids of a text.
indirect enum PostProcessor: Sendable {
  /// The pieces of a template for one text: nil stands for the text, ids for a special token.
  case template([[Int]?])
  /// Touches offsets alone, which are not kept here.
  case byteLevel
  case sequence([PostProcessor])

  init(_ part: Part) throws(TokenizerError) {
    let name = try part.required("type").text()
    switch name {
    case "TemplateProcessing":
      let special = try part.required("special_tokens")
      let pieces = try part.map("single") { piece throws(TokenizerError) in
        try Self.ids(of: piece, special: special)
      }
      guard pieces.count(where: { $0 == nil }) == 1 else {
        throw .malformed(
          part: "\(part.place).single", expected: "a template that holds the text, A, once",
          found: "another")
      }
      self = .template(pieces)
    case "BertProcessing", "RobertaProcessing":
      self = .template([
        [try Self.id(part.required("cls"))], nil, [try Self.id(part.required("sep"))],
      ])
    case "ByteLevel": self = .byteLevel
    case "Sequence":
      self = .sequence(try part.map("processors") { part throws(TokenizerError) in try Self(part) })
    default:
      throw .unsupported(
        part: part.place, name: name,
        supported: [
          "TemplateProcessing", "BertProcessing", "RobertaProcessing", "ByteLevel", "Sequence",
        ])
    }
  }

  private static func ids(of piece: Part, special: Part) throws(TokenizerError) -> [Int]? {
    if let sequence = piece.optional("Sequence") {
      guard try sequence.required("id").text() == "A" else {
        throw .malformed(
          part: sequence.place, expected: "the first text, A, in a template for one text",
          found: "another")
      }
      return nil
    }
    let token = try piece.required("SpecialToken").required("id")
    let entry = try special.required(try token.text())
    return try entry.map("ids") { id throws(TokenizerError) in try id.count() }
  }

  /// The id in a token and its id, `["</s>", 2]`.
  private static func id(_ part: Part) throws(TokenizerError) -> Int {
    let pair = try part.elements()
    guard pair.count == 2 else {
      throw .malformed(part: part.place, expected: "a token and its id", found: "another list")
    }
    return try pair[1].count()
  }

  func apply(to ids: [Int], addingSpecialTokens: Bool) -> [Int] {
    switch self {
    case .template(let pieces):
      pieces.flatMap { piece in piece.map { addingSpecialTokens ? $0 : [] } ?? ids }
    case .byteLevel: ids
    case .sequence(let steps):
      steps.reduce(ids) { $1.apply(to: $0, addingSpecialTokens: addingSpecialTokens) }
    }
  }

  /// Every id it may add, as often as it does.
  var ids: [Int] {
    switch self {
    case .template(let pieces): pieces.compactMap(\.self).flatMap(\.self)
    case .byteLevel: []
    case .sequence(let steps): steps.flatMap(\.ids)
    }
  }
}
