package import Foundation

extension TranslatorVocabulary {
  /// The translator's tokenizer as a `tokenizer.json` of the `tokenizers` library.
  ///
  /// Unigram over ``pieces`` with bytes for unknown characters; words are cut at spaces, which
  /// become "▁", one in front of the text; encoding appends `</s>`.
  package static func tokenizerJSON() throws -> Data {
    let special: [[String: Any]] = pieces.prefix(3).enumerated().map { id, piece in
      [
        "id": id, "content": piece.text, "single_word": false, "lstrip": false, "rstrip": false,
        "normalized": false, "special": true,
      ]
    }
    let end: [String: Any] = ["SpecialToken": ["id": "</s>", "type_id": 0]]
    func sequence(_ name: String) -> [String: Any] { ["Sequence": ["id": name, "type_id": 0]] }
    let object: [String: Any] = [
      "version": "1.0",
      "truncation": NSNull(),
      "padding": NSNull(),
      "added_tokens": special,
      "normalizer": NSNull(),
      "pre_tokenizer": [
        "type": "Metaspace", "replacement": space, "prepend_scheme": "always", "split": true,
      ] as [String: Any],
      "post_processor": [
        "type": "TemplateProcessing",
        "single": [sequence("A"), end],
        "pair": [sequence("A"), end, sequence("B"), end],
        "special_tokens": [
          "</s>": ["id": "</s>", "ids": [1], "tokens": ["</s>"]] as [String: Any]
        ],
      ] as [String: Any],
      "decoder": [
        "type": "Sequence",
        "decoders": [
          ["type": "Replace", "pattern": ["String": space], "content": " "] as [String: Any],
          ["type": "ByteFallback"],
          ["type": "Fuse"],
          ["type": "Strip", "content": " ", "start": 1, "stop": 0],
        ],
      ] as [String: Any],
      "model": [
        "type": "Unigram", "unk_id": 2, "byte_fallback": true,
        "vocab": pieces.map { [$0.text, $0.score] as [Any] },
      ] as [String: Any],
    ]
    return try JSONSerialization.data(
      withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
  }

  /// The word that each piece of a text belongs to.
  ///
  /// The text is `words.joinedText` with "▁" in front and for every space. A word owns its letters
  /// and the "▁" before it; a piece belongs to the word that owns the piece's first byte. Pieces
  /// written `<0xNN>` are one byte each, unless the text says so literally.
  ///
  /// - Parameters:
  ///   - pieces: the tokens of the text in order; special tokens may stand at its end.
  ///   - words: the words of the text.
  /// - Returns: for every piece an index into `words`, or nil for special tokens; nil as a whole when
  ///   the pieces do not spell the words.
  package static func wordIndices(
    ofPieces pieces: [String], in words: [SentenceWord]
  ) -> [Int?]? {
    var bytes: [UInt8] = []
    var owners: [Int] = []
    var joins = false
    for (index, word) in words.enumerated() {
      let text = joins || (word.joinsPrevious && index > 0) ? word.text : space + word.text
      for byte in text.replacing(" ", with: space).utf8 {
        bytes.append(byte)
        owners.append(index)
      }
      joins = word.joinsNext
    }
    var position = 0
    var indices: [Int?] = []
    for piece in pieces {
      guard position < bytes.count, !["<pad>", "</s>"].contains(piece) else {
        indices.append(nil)
        continue
      }
      let isLiteral = bytes[position...].starts(with: piece.utf8)
      guard isLiteral || piece.hasPrefix("<0x") else { return nil }
      indices.append(owners[position])
      position += isLiteral ? piece.utf8.count : 1
    }
    return position == bytes.count ? indices : nil
  }
}
