/// Token ids for a model: rows of one length, with masks where rows were padded.
public struct ModelInput: Sendable {
  /// The ids the encoder reads, or the only stack: `[batch][position]`.
  public var tokens: [[Int]]
  /// Which of them are there and which are padding; nil when all are there.
  ///
  /// With learned positions padding comes last; with relative ones it may be anywhere.
  public var mask: [[Bool]]?
  /// The ids the decoder of an encoder–decoder reads, beginning with its start token.
  public var decoderTokens: [[Int]]?
  /// Which of them are there; nil when all are there.
  public var decoderMask: [[Bool]]?

  /// A batch.
  public init(
    tokens: [[Int]], mask: [[Bool]]? = nil, decoderTokens: [[Int]]? = nil,
    decoderMask: [[Bool]]? = nil
  ) {
    self.tokens = tokens
    self.mask = mask
    self.decoderTokens = decoderTokens
    self.decoderMask = decoderMask
  }

  /// One sequence, and one for the decoder where the model has one.
  public init(_ tokens: [Int], decoderTokens: [Int]? = nil) {
    self.init(tokens: [tokens], decoderTokens: decoderTokens.map { [$0] })
  }

  /// Rows filled up to one length, and the mask that says where; nil when none was needed.
  public static func padding(
    _ rows: [[Int]], with token: Int
  ) -> (tokens: [[Int]], mask: [[Bool]]?) {
    let length = rows.map(\.count).max() ?? 0
    guard rows.contains(where: { $0.count < length }) else { return (rows, nil) }
    let tokens = rows.map { $0 + Array(repeating: token, count: length - $0.count) }
    let mask = rows.map { row in (0..<length).map { $0 < row.count } }
    return (tokens, mask)
  }

  func validate(for configuration: TransformerConfiguration) throws(TransformerError) {
    guard configuration.isEncoderDecoder == (decoderTokens != nil) else {
      throw .targets(expected: configuration.isEncoderDecoder)
    }
    try Self.validate(tokens, mask: mask, named: "the input", for: configuration)
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
    if let maximum = configuration.maximumLength, length > maximum {
      throw .tooLong(length: length, maximum: maximum)
    }
    if let mask {
      if mask.count != rows.count {
        throw .mismatch("rows in the mask of \(name)", expected: rows.count, found: mask.count)
      }
      for row in mask where row.count != length {
        throw .mismatch(
          "entries in a row of the mask of \(name)", expected: length, found: row.count)
      }
      // A gap would leave open which position the tokens after it have.
      if configuration.maximumLength != nil,
        let row = mask.firstIndex(where: { $0.drop { $0 }.contains(true) })
      {
        throw .paddedInFront(row: row)
      }
    }
  }
}
