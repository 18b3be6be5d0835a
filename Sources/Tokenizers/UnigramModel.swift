/// Pieces with log-probabilities; a word becomes the most probable sequence of pieces.
///
/// Kudo, "Subword Regularization" (2018). Viterbi over the word's bytes; a character that no piece
/// covers alone costs ten less than the worst piece, and a run of such characters is one unknown.
struct UnigramModel: Sendable {
  let pieces: [String]
  let trie: ByteTrie
  private let scores: [Double]
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
    guard let lowest = scores.min() else {
      throw .unusableModel(reason: "its vocabulary is empty")
    }
    guard let unknown = try part.optional("unk_id")?.count() else {
      throw .unusableModel(reason: "it names no unknown token (unk_id)")
    }
    guard unknown < pieces.count else {
      throw .unusableModel(
        reason: "its unknown token is id \(unknown), but ids go from 0 to \(pieces.count - 1)")
    }
    self.pieces = pieces
    self.scores = scores
    self.trie = trie
    self.unknown = unknown
    unknownScore = lowest - 10
    byteIDs =
      try part.boolean("byte_fallback", default: false)
      ? (0...255).map { byte in
        let digits = String(byte, radix: 16, uppercase: true)
        return trie.id(of: "<0x\(byte < 16 ? "0" : "")\(digits)>".utf8)
      } : nil
  }

  /// Appends the ids of a word, in time linear in its length.
  func encode(_ word: [UInt8], into ids: inout [Int]) {
    guard !word.isEmpty else { return }
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
        encodeUnknown(word[start..<end], into: &ids)
      } else {
        ids.append(segments[position - 1].id)
      }
    }
  }

  /// A run of unknown characters: a piece after all, or its bytes, or the unknown token.
  private func encodeUnknown(_ run: ArraySlice<UInt8>, into ids: inout [Int]) {
    if let id = trie.id(of: run) {
      ids.append(id)
    } else if let byteIDs, run.allSatisfy({ byteIDs[Int($0)] != nil }) {
      ids += run.compactMap { byteIDs[Int($0)] }
    } else {
      ids.append(unknown)
    }
  }

  /// The best path as (where a segment starts, its id), from the last segment to the first.
  private func bestSegments(_ word: [UInt8]) -> [(start: Int, id: Int)] {
    /// The best way to reach each byte position; start -1 where none is known.
    var best = [(score: Double, start: Int, id: Int)](
      repeating: (0, -1, 0), count: word.count + 1)
    func offer(_ score: Double, from start: Int, to end: Int, _ id: Int) {
      if best[end].start < 0 || score > best[end].score { best[end] = (score, start, id) }
    }
    var start = 0
    while start < word.count {
      let reached = best[start].score
      let length = Scalars.length(leadByte: word[start])
      var hasSingle = false
      var node = ByteTrie.root
      for position in start..<word.count {
        guard let next = trie.child(of: node, by: word[position]) else { break }
        node = next
        guard let id = trie.id(at: node) else { continue }
        offer(scores[id] + reached, from: start, to: position + 1, id)
        if position + 1 == start + length { hasSingle = true }
      }
      if !hasSingle { offer(unknownScore + reached, from: start, to: start + length, unknown) }
      start += length
    }
    var segments: [(start: Int, id: Int)] = []
    var end = word.count
    while end > 0 {
      segments.append((best[end].start, best[end].id))
      end = best[end].start
    }
    return segments
  }
}
