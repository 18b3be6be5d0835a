/// A text on its way to ids: its UTF-8 bytes, and the pieces they are cut into.
struct PreparedText {
  var bytes: [UInt8]
  var pieces: [Piece]
}

/// A stretch of a text, or an added token found in it.
struct Piece {
  var start: Int
  var end: Int
  /// Whether its first character is the text's first; `Metaspace` asks under the scheme `first`.
  var beginsText: Bool
  /// The added token it is, or nil for text.
  var id: Int?

  init(_ start: Int, _ end: Int, beginsText: Bool, id: Int? = nil) {
    self.start = start
    self.end = end
    self.beginsText = beginsText
    self.id = id
  }
}

/// What a text is split by.
protocol Separator {
  /// The first match at or after a position and before the end of the piece.
  func match(in bytes: borrowing Span<UInt8>, from start: Int, to end: Int) -> (Int, Int)?
}

/// Single scalars that meet a condition.
struct ScalarSeparator: Separator {
  let classes: ScalarClass

  @inline(__always)
  func match(in bytes: borrowing Span<UInt8>, from start: Int, to end: Int) -> (Int, Int)? {
    var position = start
    while position < end {
      let (scalar, next) = Scalars.scalar(in: bytes, at: position)
      if !scalar.classes.isDisjoint(with: classes) { return (position, next) }
      position = next
    }
    return nil
  }
}

/// Where the separators of a split go.
enum SplitBehavior: String, CaseIterable, Sendable {
  case removed = "Removed"
  case isolated = "Isolated"
  case mergedWithPrevious = "MergedWithPrevious"
  case mergedWithNext = "MergedWithNext"
  case contiguous = "Contiguous"
}

extension PreparedText {
  /// Splits every piece of text.
  ///
  /// - Parameter inverted: Whether what lies between the matches separates, in their place.
  mutating func split(_ separator: some Separator, _ behavior: SplitBehavior, inverted: Bool) {
    var collector = PieceCollector(behavior)
    collector.pieces.reserveCapacity(pieces.count)
    let whole = bytes
    let bytes = whole.span
    for piece in pieces {
      guard piece.id == nil else {
        collector.pieces.append(piece)
        continue
      }
      collector.begin(piece)
      var taken = piece.start
      while let (start, end) = separator.match(in: bytes, from: taken, to: piece.end) {
        if taken < start { collector.add(taken, start, separates: inverted) }
        collector.add(start, end, separates: !inverted)
        taken = end
      }
      if taken < piece.end { collector.add(taken, piece.end, separates: inverted) }
    }
    pieces = collector.pieces
  }

  /// Splits every piece of text by a pattern, whose matches may be empty.
  mutating func split(
    _ pattern: Pattern, _ behavior: SplitBehavior, inverted: Bool
  ) throws(TokenizerError) {
    var collector = PieceCollector(behavior)
    for piece in pieces {
      guard piece.id == nil else {
        collector.pieces.append(piece)
        continue
      }
      collector.begin(piece)
      var taken = piece.start
      for match in try pattern.matches(in: bytes.span, from: piece.start, to: piece.end) {
        if taken < match.lowerBound {
          collector.add(taken, match.lowerBound, separates: inverted)
        }
        collector.add(match.lowerBound, match.upperBound, separates: !inverted)
        taken = match.upperBound
      }
      if taken < piece.end { collector.add(taken, piece.end, separates: inverted) }
    }
    pieces = collector.pieces.filter { $0.id != nil || $0.start < $0.end }
  }

  /// Rewrites every piece of text.
  ///
  /// - Parameter rewrite: Appends what becomes of a piece's bytes, which are never empty.
  mutating func rewrite(_ rewrite: (borrowing Span<UInt8>, Piece, inout [UInt8]) -> Void) {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + bytes.count / 4)
    let whole = bytes
    let bytes = whole.span
    for index in pieces.indices where pieces[index].id == nil {
      let start = result.count
      rewrite(bytes, pieces[index], &result)
      pieces[index].start = start
      pieces[index].end = result.count
    }
    self.bytes = result
  }
}

/// Puts the parts of a piece together as a behavior asks.
private struct PieceCollector {
  var pieces: [Piece] = []
  private let behavior: SplitBehavior
  private var whole = Piece(0, 0, beginsText: false)
  private var first = 0
  private var endsInSeparator = false

  init(_ behavior: SplitBehavior) { self.behavior = behavior }

  mutating func begin(_ piece: Piece) {
    whole = piece
    first = pieces.count
    endsInSeparator = false
  }

  @inline(__always)
  mutating func add(_ start: Int, _ end: Int, separates: Bool) {
    let joins =
      switch behavior {
      case .isolated, .removed: false
      case .contiguous: separates == endsInSeparator
      case .mergedWithPrevious: separates && !endsInSeparator
      case .mergedWithNext: !separates && endsInSeparator
      }
    endsInSeparator = separates
    if joins, pieces.count > first {
      pieces[pieces.count - 1].end = end
    } else if behavior != .removed || !separates {
      pieces.append(Piece(start, end, beginsText: whole.beginsText && start == whole.start))
    }
  }
}
