/// What kinds of character a scalar is, as the `tokenizers` library sees it.
///
/// The library's regular expressions, its BERT code and its normal forms follow different Unicode
/// versions, none of them the standard library's; `ScalarClassTable` holds their answers.
struct ScalarClass: OptionSet, Sendable {
  let rawValue: UInt16

  /// A letter, `\p{L}`.
  static let letter = ScalarClass(rawValue: 1)
  /// A number, `\p{N}`.
  static let number = ScalarClass(rawValue: 2)
  /// What Rust calls numeric, for the pre-tokenizer `Digits`.
  static let numeric = ScalarClass(rawValue: 4)
  /// A part of a word, `\w`.
  static let word = ScalarClass(rawValue: 8)
  /// Punctuation, and the ASCII symbols with it.
  static let punctuation = ScalarClass(rawValue: 16)
  /// What BERT's normalizer strips as an accent: non-spacing marks.
  static let accent = ScalarClass(rawValue: 32)
  /// What the normalizer `StripAccents` strips: all marks.
  static let combining = ScalarClass(rawValue: 64)
  /// What BERT's normalizer cleans away: controls, formats, private use, U+0000 and U+FFFD.
  static let control = ScalarClass(rawValue: 128)
  /// Unknown to the library's normal forms, which let it stand and never join it to others.
  static let late = ScalarClass(rawValue: 256)
  /// White space, `\s`.
  static let space = ScalarClass(rawValue: 512)
}

extension Unicode.Scalar {
  /// The classes of the scalar.
  @inline(__always)
  var classes: ScalarClass { ScalarPages.shared[value] }

  var isSpace: Bool { classes.contains(.space) }

  /// Whether regular expressions count it as part of a word, `\w`.
  var isWord: Bool { classes.contains(.word) }
}

/// The classes of all scalars, in pages of 256.
private struct ScalarPages: Sendable {
  static let shared = ScalarPages()

  private var pages = [UInt16](repeating: 0, count: 0x1100)
  /// Page 0 is the empty one.
  private var classes = [ScalarClass](repeating: [], count: 256)

  private init() {
    add(.letter, ScalarClassTable.letter)
    add(.number, ScalarClassTable.number)
    add(.numeric, ScalarClassTable.numeric)
    add(.word, ScalarClassTable.word)
    add(.punctuation, ScalarClassTable.punctuation)
    add(.accent, ScalarClassTable.accent)
    add(.combining, ScalarClassTable.combining)
    add(.control, ScalarClassTable.control)
    add(.late, ScalarClassTable.late)
    for range in [
      0x09...0x0D, 0x20...0x20, 0x85...0x85, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A,
      0x2028...0x2029, 0x202F...0x202F, 0x205F...0x205F, 0x3000...0x3000,
    ] { insert(.space, range) }
  }

  @inline(__always)
  subscript(scalar: UInt32) -> ScalarClass {
    classes[Int(pages[Int(scalar >> 8)]) << 8 | Int(scalar & 0xFF)]
  }

  private mutating func add(_ kind: ScalarClass, _ runs: String) {
    var end = 0
    var skips = true
    for number in runs.utf8.split(separator: UInt8(ascii: " ")) {
      let count = number.reduce(0) { $0 * 36 + Int($1 < 0x3A ? $1 - 0x30 : $1 - 0x57) }
      if !skips { insert(kind, end...(end + count - 1)) }
      end += count
      skips.toggle()
    }
  }

  private mutating func insert(_ kind: ScalarClass, _ scalars: ClosedRange<Int>) {
    for scalar in scalars {
      if pages[scalar >> 8] == 0 {
        pages[scalar >> 8] = UInt16(classes.count >> 8)
        classes += Array(repeating: [], count: 256)
      }
      classes[Int(pages[scalar >> 8]) << 8 | scalar & 0xFF].insert(kind)
    }
  }
}
