/// Token ids for a model: rows of one length, with masks where rows were padded.
public struct ModelInput: Sendable {
  /// The ids the encoder reads, or the only stack: `[batch][position]`.
  public var tokens: [[Int]]
  /// Which of them are there and which are padding; nil when all are there.
  ///
  /// Padding may stand in front or behind. Decoders count positions from the first token that is
  /// there, as generation does; BERT and BART count from the first column, and RoBERTa from the first
  /// token that is not the padding token.
  public var mask: [[Bool]]?
  /// Which kind of token each is, such as first or second sentence, for models that have kinds; nil
  /// when all are of kind 0.
  public var tokenTypes: [[Int]]?
  /// The ids the decoder of an encoder–decoder reads, beginning with its start token.
  public var decoderTokens: [[Int]]?
  /// Which of them are there; nil when all are there.
  public var decoderMask: [[Bool]]?

  /// A batch.
  public init(
    tokens: [[Int]], mask: [[Bool]]? = nil, tokenTypes: [[Int]]? = nil,
    decoderTokens: [[Int]]? = nil, decoderMask: [[Bool]]? = nil
  ) {
    self.tokens = tokens
    self.mask = mask
    self.tokenTypes = tokenTypes
    self.decoderTokens = decoderTokens
    self.decoderMask = decoderMask
  }

  /// One sequence, and one for the decoder where the model has one.
  public init(_ tokens: [Int], decoderTokens: [Int]? = nil) {
    self.init(tokens: [tokens], decoderTokens: decoderTokens.map { [$0] })
  }

  /// Where a batch is filled up.
  package enum PaddingSide: Sendable {
    /// Before the first token, as generation wants it: then all rows end in the same column.
    case front
    /// After the last token.
    case back
  }

  /// Rows filled up to one length, and the mask that says where; nil when none was needed.
  package static func padding(
    _ rows: [[Int]], with token: Int, at side: PaddingSide = .back
  ) -> (tokens: [[Int]], mask: [[Bool]]?) {
    let length = rows.map(\.count).max() ?? 0
    guard rows.contains(where: { $0.count < length }) else { return (rows, nil) }
    func padded<Value>(_ row: [Value], _ value: Value) -> [Value] {
      let filler = Array(repeating: value, count: length - row.count)
      return side == .front ? filler + row : row + filler
    }
    return (
      rows.map { padded($0, token) }, rows.map { padded($0.map { _ in true }, false) }
    )
  }

  /// Checks that a model can read the input.
  package func validate(for configuration: TransformerConfiguration) throws(TransformerError) {
    guard configuration.isEncoderDecoder == (decoderTokens != nil) else {
      throw .targets(expected: configuration.isEncoderDecoder)
    }
    try Self.validate(tokens, mask: mask, named: "the input", for: configuration)
    if let tokenTypes { try validate(tokenTypes, count: configuration.tokenTypeCount) }
    if let decoderTokens {
      try Self.validate(
        decoderTokens, mask: decoderMask, named: "the decoder's input", for: configuration)
      if decoderTokens.count != tokens.count {
        throw .mismatch(
          "rows of decoder tokens", expected: tokens.count, found: decoderTokens.count)
      }
    }
  }

  private static func validate(
    _ rows: [[Int]], mask: [[Bool]]?, named name: String,
    for configuration: TransformerConfiguration
  ) throws(TransformerError) {
    guard let length = rows.first?.count, length > 0 else { throw .emptyInput(name) }
    for row in rows {
      if row.count != length { throw .ragged(name, expected: length, found: row.count) }
      for id in row where id < 0 || id >= configuration.vocabularySize {
        throw .tokenOutOfRange(id: id, vocabularySize: configuration.vocabularySize)
      }
    }
    if let mask {
      if mask.count != rows.count {
        throw .mismatch("rows in the mask of \(name)", expected: rows.count, found: mask.count)
      }
      for row in mask where row.count != length {
        throw .mismatch(
          "entries in a row of the mask of \(name)", expected: length, found: row.count)
      }
    }
    if let maximum = configuration.maximumLength, length > maximum {
      let positions = configuration.positions(of: rows, mask: mask, offset: 0)
      let longest = positions.reduce(0) { max($0, ($1.max() ?? 0) + 1) }
      if longest > maximum { throw .tooLong(length: longest, maximum: maximum) }
    }
  }

  private func validate(_ types: [[Int]], count: Int) throws(TransformerError) {
    guard types.count == tokens.count else {
      throw .mismatch("rows of token types", expected: tokens.count, found: types.count)
    }
    for (row, tokens) in zip(types, tokens) {
      guard row.count == tokens.count else {
        throw .mismatch(
          "entries in a row of token types", expected: tokens.count, found: row.count)
      }
      for type in row where type < 0 || type >= count {
        throw .tokenTypeOutOfRange(type, count: count)
      }
    }
  }
}
