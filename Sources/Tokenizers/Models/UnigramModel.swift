import Files

/// Pieces with log-probabilities; a word becomes the most probable sequence of pieces.
///
/// Kudo, "Subword Regularization" (2018). Viterbi over the word's bytes; a character that no piece
/// covers alone costs ten less than the worst piece, and a run of such characters is one unknown.
struct UnigramModel: Sendable {
  let pieces: [String]
  let trie: ByteTrie
  private let scores: [Double]
  /// One more than the last id where there is no unknown token.
  private let unknown: Int
  private let unknownScore: Double
  /// The ids of `<0x00>` … `<0xFF>` where the file asks for byte fallback.
  private let byteIDs: [Int?]?

  init(_ part: Part) throws(TokenizerError) {
    let vocabulary = try part.required("vocab")
    guard case .array(let entries) = vocabulary.json else { throw vocabulary.mismatch("a list") }
    var pieces: [String] = []
    var scores: [Double] = []
    var trie = ByteTrie()
    for (id, entry) in entries.enumerated() {
      guard case .array(let pair) = entry, pair.count == 2, case .string(let piece) = pair[0],
        case .number(let score) = pair[1]
      else {
        throw .malformed(
          part: "\(vocabulary.place)[\(id)]", expected: "a piece and its score",
          found: entry.kind == "a list" ? "another list" : entry.kind)
      }
      guard score.isFinite else {
        throw .unusableModel(
          reason: "the score of piece \(id), \"\(piece)\", should be finite but is \(score)")
      }
      pieces.append(piece)
      scores.append(score)
      trie.insert(piece.utf8, id: id)
    }
    let unknown = try part.optional("unk_id")?.count()
    if let unknown, unknown >= pieces.count {
      throw .unusableModel(
        reason: "its unknown token is id \(unknown), but "
          + (pieces.isEmpty ? "its vocabulary is empty" : "ids go from 0 to \(pieces.count - 1)"))
    }
    self.pieces = pieces
    self.scores = scores
    self.trie = trie
    self.unknown = unknown ?? pieces.count
    unknownScore = (scores.min() ?? 0) - 10
    byteIDs =
      try part.boolean("byte_fallback", default: false)
      ? ByteFallback.tokens.map { trie.id(of: $0.utf8) } : nil
  }

  /// Appends the ids of a word, in time linear in its length.
  func encode(
    _ word: borrowing Span<UInt8>, into ids: inout [Int]
  ) throws(TokenizerError) {
    guard word.count > 0 else { return }
    var segments = bestSegments(word)
    segments.reverse()
    var position = 0
    while position < segments.count {
      let start = segments[position].start
      let isUnknown = segments[position].id == unknown
      position += 1
      while isUnknown, position < segments.count, segments[position].id == unknown {
        position += 1
      }
      let end = position < segments.count ? segments[position].start : word.count
      if isUnknown {
        try encodeUnknown(word.extracting(start..<end), into: &ids)
      } else {
        ids.append(segments[position - 1].id)
      }
    }
  }

  /// A run of unknown characters: a piece after all, or its bytes, or the unknown token.
  private func encodeUnknown(
    _ run: borrowing Span<UInt8>, into ids: inout [Int]
  ) throws(TokenizerError) {
    guard unknown < pieces.count else {
      throw .unknownText(
        UnknownToken.text(run), reason: "the model names no unknown token (unk_id)")
    }
    if let id = trie.id(of: run) {
      ids.append(id)
      return
    }
    let before = ids.count
    for index in 0..<run.count {
      guard let id = byteIDs?[Int(run[index])] else {
        ids.removeLast(ids.count - before)
        ids.append(unknown)
        return
      }
      ids.append(id)
    }
  }

  /// The best way to reach a byte position; start -1 where none is known.
  private struct Path {
    var score = 0.0
    var start: Int32 = -1
    var id: Int32 = 0
  }

  /// The best path as (where a segment starts, its id), from the last segment to the first.
  private func bestSegments(_ word: borrowing Span<UInt8>) -> [(start: Int, id: Int)] {
    var best = [Path](repeating: Path(), count: word.count + 1)
    func offer(_ score: Double, from start: Int, to end: Int, _ id: Int) {
      if best[end].start < 0 || score > best[end].score {
        best[end] = Path(score: score, start: Int32(start), id: Int32(id))
      }
    }
    var start = 0
    while start < word.count {
      let reached = best[start].score
      let length = min(Scalars.length(leadByte: word[start]), word.count - start)
      var hasSingle = false
      var node = ByteTrie.root
      var position = start
      while position < word.count, let next = trie.child(of: node, by: word[position]) {
        node = next
        position += 1
        guard let id = trie.id(at: node) else { continue }
        offer(scores[id] + reached, from: start, to: position, id)
        if position == start + length { hasSingle = true }
      }
      if !hasSingle { offer(unknownScore + reached, from: start, to: start + length, unknown) }
      start += length
    }
    var segments: [(start: Int, id: Int)] = []
    var end = word.count
    while end > 0 {
      segments.append((Int(best[end].start), Int(best[end].id)))
      end = Int(best[end].start)
    }
    return segments
  }
}
