import Files

/// Characters merged pair by pair, the pair that was most frequent in training first.
///
/// Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with Subword Units"
/// (2016). GPT-2's byte-level form is the same model behind the pre-tokenizer `ByteLevel`.
struct BytePairModel: Sendable {
  let vocabulary: Vocabulary
  private let merges: MergeTable
  /// Without one, what is unknown is left out.
  private let unknown: UnknownToken?
  /// Whether a run of unknown characters is one unknown token.
  private let fusesUnknown: Bool
  /// The ids of `<0x00>` … `<0xFF>` where the file asks for byte fallback.
  private let byteIDs: [Int?]?
  /// Whether a word that is a token stays whole, however its merges would go.
  private let ignoresMerges: Bool
  private let prefix: [UInt8]
  private let suffix: [UInt8]

  init(_ part: Part) throws(TokenizerError) {
    if let dropout = part.optional("dropout"), try dropout.number() != 0 {
      throw .malformed(
        part: dropout.place, expected: "null or 0, since ids must not depend on chance",
        found: "\(try dropout.number())")
    }
    let vocabulary = try Vocabulary(part.required("vocab"))
    unknown = try part.optional("unk_token").map { token throws(TokenizerError) in
      UnknownToken(try token.text(), in: vocabulary)
    }
    fusesUnknown = try part.boolean("fuse_unk", default: false)
    ignoresMerges = try part.boolean("ignore_merges", default: false)
    prefix = Array(try part.optional("continuing_subword_prefix")?.text().utf8 ?? "".utf8)
    suffix = Array(try part.optional("end_of_word_suffix")?.text().utf8 ?? "".utf8)
    byteIDs =
      try part.boolean("byte_fallback", default: false)
      ? ByteFallback.tokens.map { vocabulary.ids[$0] } : nil
    let listed = try part.required("merges").elements()
    var merges = MergeTable(capacity: listed.count)
    for (rank, merge) in listed.enumerated() {
      // The first line of a merges.txt, which old files took over.
      if case .string(let text) = merge.json, text.hasPrefix("#version") { continue }
      let (left, right) = try Self.pair(merge)
      guard right.starts(with: prefix) else {
        throw .unusableModel(
          reason: "\(merge.place) has a second part without the prefix of parts within a word")
      }
      let ids = [left, right, left + right.dropFirst(prefix.count)].map { vocabulary.ids[$0] }
      guard let leftID = ids[0], let rightID = ids[1], let id = ids[2] else {
        throw .unusableModel(
          reason: "\(merge.place) joins \"\(String(decoding: left, as: UTF8.self))\" and "
            + "\"\(String(decoding: right, as: UTF8.self))\", which with what they become "
            + "should be in its vocabulary")
      }
      merges.insert(leftID, rightID, rank: rank, into: id)
    }
    self.vocabulary = vocabulary
    self.merges = merges
  }

  /// The two parts of a merge, written `["a", "b"]` or `"a b"`.
  private static func pair(_ merge: Part) throws(TokenizerError) -> ([UInt8], [UInt8]) {
    switch merge.json {
    case .array(let parts):
      if parts.count == 2, case .string(let left) = parts[0], case .string(let right) = parts[1] {
        return (Array(left.utf8), Array(right.utf8))
      }
    case .string(let text):
      let parts = text.utf8.split(separator: 0x20, omittingEmptySubsequences: false)
      if parts.count == 2 { return (Array(parts[0]), Array(parts[1])) }
    default: break
    }
    throw .malformed(
      part: merge.place, expected: "two tokens, as a list or with a space between them",
      found: merge.json.kind == "a list" ? "another list" : "\(merge.json.kind)")
  }

  func encode(
    _ word: borrowing Span<UInt8>, into ids: inout [Int]
  ) throws(TokenizerError) {
    if ignoresMerges, let id = vocabulary.ids.value(of: word) {
      ids.append(id)
      return
    }
    let before = ids.count
    try appendCharacters(of: word, to: &ids)
    if ids.count - before < 2 { return }
    if ids.count - before <= 48 {
      mergeShort(from: before, &ids)
    } else {
      var merger = LongWordMerger(ids[before...], merges)
      merger.run()
      ids.removeLast(ids.count - before)
      ids += merger.ids
    }
  }

  /// The tokens of the single characters, before anything is merged.
  private func appendCharacters(
    of word: borrowing Span<UInt8>, to ids: inout [Int]
  ) throws(TokenizerError) {
    var position = 0
    var waitsForUnknown = false
    while position < word.count {
      let end = min(position + Scalars.length(leadByte: word[position]), word.count)
      defer { position = end }
      if let id = id(of: word, position..<end) {
        if waitsForUnknown, let unknown { ids.append(try unknown.id(for: word)) }
        waitsForUnknown = false
        ids.append(id)
        continue
      }
      // As in the library, an unknown token that waits to be fused is overtaken by bytes.
      if let byteIDs, let bytes = self.bytes(of: word, position..<end, byteIDs) {
        ids += bytes
        continue
      }
      if waitsForUnknown, !fusesUnknown, let unknown { ids.append(try unknown.id(for: word)) }
      waitsForUnknown = unknown != nil
    }
    if waitsForUnknown, let unknown { ids.append(try unknown.id(for: word)) }
  }

  @inline(__always)
  private func id(of word: borrowing Span<UInt8>, _ range: Range<Int>) -> Int? {
    let isPlain =
      (prefix.isEmpty || range.lowerBound == 0) && (suffix.isEmpty || range.upperBound < word.count)
    guard !isPlain else {
      return vocabulary.ids.value(of: word, range, hash: WordTable.hash(word, range))
    }
    return vocabulary.ids[dressed(word, range)]
  }

  /// A character with the prefix of those within a word, or the suffix of a word's last.
  private func dressed(_ word: borrowing Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
    var bytes = range.lowerBound > 0 ? prefix : []
    for index in range { bytes.append(word[index]) }
    return range.upperBound == word.count ? bytes + suffix : bytes
  }

  private func bytes(
    of word: borrowing Span<UInt8>, _ range: Range<Int>, _ byteIDs: [Int?]
  ) -> [Int]? {
    var ids: [Int] = []
    for byte in dressed(word, range) {
      guard let id = byteIDs[Int(byte)] else { return nil }
      ids.append(id)
    }
    return ids
  }

  /// Merges the best pair, the leftmost of equals, as long as there is one, by looking at them all.
  private func mergeShort(from start: Int, _ ids: inout [Int]) {
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 48) { pairs in
      var count = ids.count - start
      for index in 0..<(count - 1) {
        pairs[index] = merges.merge(ids[start + index], ids[start + index + 1])
      }
      while count > 1 {
        var best = 0
        for index in 1..<(count - 1) where pairs[index] >> 32 < pairs[best] >> 32 { best = index }
        guard pairs[best] != .max else { break }
        ids[start + best] = Int(pairs[best] & 0xFFFF_FFFF)
        count -= 1
        for index in (best + 1)..<max(count, best + 1) {
          ids[start + index] = ids[start + index + 1]
          pairs[index - 1] = pairs[index]
        }
        for index in max(best - 1, 0)..<min(best + 1, count - 1) {
          pairs[index] = merges.merge(ids[start + index], ids[start + index + 1])
        }
      }
      ids.removeLast(ids.count - start - count)
    }
  }
}
