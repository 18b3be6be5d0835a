/// Puts special tokens around the ids of a text.
indirect enum PostProcessor: Sendable {
  /// The pieces of a template for one text, where nil stands for the text and ids for a special
  /// token; and those of the template for two, or nil when the file's is none.
  case template([[Int]?], pair: [PairPiece]?)
  /// Touches offsets alone, which are not kept here.
  case byteLevel
  case sequence([PostProcessor])

  /// A piece of a template for two texts, with the type of its tokens.
  struct PairPiece: Sendable {
    enum Content: Sendable {
      case first
      case second
      case special([Int])
    }

    var content: Content
    var type: Int
  }

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
      let pair = try? part.map("pair") { piece throws(TokenizerError) in
        try Self.pairPiece(piece, special: special)
      }
      self = .template(pieces, pair: pair)
    case "BertProcessing", "RobertaProcessing":
      let (start, end) = (
        [try Self.id(part.required("cls"))], [try Self.id(part.required("sep"))]
      )
      // RoBERTa parts two texts by two separators, and knows one type.
      let isBERT = name == "BertProcessing"
      let second = isBERT ? 1 : 0
      self = .template(
        [start, nil, end],
        pair: [
          PairPiece(content: .special(start), type: 0), PairPiece(content: .first, type: 0),
          PairPiece(content: .special(isBERT ? end : end + end), type: 0),
          PairPiece(content: .second, type: second),
          PairPiece(content: .special(end), type: second),
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

  private static func pairPiece(_ piece: Part, special: Part) throws(TokenizerError) -> PairPiece {
    if let sequence = piece.optional("Sequence") {
      let isFirst = try sequence.required("id").text() == "A"
      return PairPiece(
        content: isFirst ? .first : .second, type: try sequence.required("type_id").count())
    }
    let type = try piece.required("SpecialToken").required("type_id").count()
    return PairPiece(content: .special(try ids(of: piece, special: special) ?? []), type: type)
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
    case .template(let pieces, _):
      pieces.flatMap { piece in piece.map { addingSpecialTokens ? $0 : [] } ?? ids }
    case .byteLevel: ids
    case .sequence(let steps):
      steps.reduce(ids) { $1.apply(to: $0, addingSpecialTokens: addingSpecialTokens) }
    }
  }

  /// Two texts as one, with the type of each token; nil when it has no template for two.
  func apply(toPair first: [Int], _ second: [Int]) -> (ids: [Int], types: [Int])? {
    switch self {
    case .template(_, let pieces?):
      var (ids, types): ([Int], [Int]) = ([], [])
      for piece in pieces {
        switch piece.content {
        case .first: ids += first
        case .second: ids += second
        case .special(let tokens): ids += tokens
        }
        types += Array(repeating: piece.type, count: ids.count - types.count)
      }
      return (ids, types)
    case .template, .byteLevel: return nil
    case .sequence(let steps):
      return steps.lazy.compactMap { $0.apply(toPair: first, second) }.first
    }
  }

  /// Every id it may add, as often as it does.
  var ids: [Int] {
    switch self {
    case .template(let pieces, _): pieces.compactMap(\.self).flatMap(\.self)
    case .byteLevel: []
    case .sequence(let steps): steps.flatMap(\.ids)
    }
  }
}
