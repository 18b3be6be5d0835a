/// What a packed file is, by how it begins; names do not tell.
enum ArchiveFormat: Equatable {
  case zip
  case gzip
  case tar
  /// Something that is not read, as it is called in a sentence.
  case other(String)

  /// Beginnings of files.
  private static let beginnings: [(bytes: [UInt8], format: ArchiveFormat)] = [
    (Array("PK\u{3}\u{4}".utf8), .zip), (Array("PK\u{5}\u{6}".utf8), .zip),
    (Array("PK\u{7}\u{8}".utf8), .other("one part of a zip archive in several")),
    ([0x1F, 0x8B], .gzip),
    (Array("Rar!\u{1A}\u{7}".utf8), .other("a RAR archive")),
    ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], .other("a 7z archive")),
    ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], .other("packed by xz")),
    (Array("BZh".utf8), .other("packed by bzip2")),
    ([0x28, 0xB5, 0x2F, 0xFD], .other("packed by Zstandard")),
    ([0x04, 0x22, 0x4D, 0x18], .other("packed by LZ4")),
    ([0x5D, 0, 0], .other("packed by LZMA")),
    (Array("LZIP".utf8), .other("packed by lzip")),
    ([0x1F, 0x9D], .other("packed by compress")),
    (Array("07070".utf8), .other("a cpio archive")),
    (Array("!<arch>\n".utf8), .other("an ar archive")),
    (Array("MSCF".utf8), .other("a cabinet file")),
    (Array("xar!".utf8), .other("a xar archive")),
    (Array("StuffIt".utf8), .other("a StuffIt archive")),
    (Array("%PDF".utf8), .other("a PDF")),
    (Array("{\\rtf".utf8), .other("a text with formatting (RTF)")),
    (Array("<!DOCTYPE".utf8), .other("a web page")),
    (Array("<html".utf8), .other("a web page")),
  ]

  /// What a file is, or nil when its beginning is none that is known.
  init?(_ bytes: [UInt8]) {
    if let known = Self.beginnings.first(where: { bytes.starts(with: $0.bytes) }) {
      self = known.format
    } else if bytes.count >= 512, TarHeader.isOne(Array(bytes.prefix(512))) {
      self = .tar
    } else {
      return nil
    }
  }

  /// Endings of the names of packed files.
  private static let endings = [
    ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst", ".tar.lz4", ".tar.lz", ".tar.z", ".tar.lzma",
    ".tgz", ".tbz", ".tbz2", ".txz", ".tzst", ".tar", ".zip", ".zipx", ".7z", ".rar", ".gz", ".xz",
    ".bz2", ".zst", ".lz4", ".lz", ".lzma", ".z", ".cpio", ".ace", ".arj", ".cab", ".sit", ".sitx",
    ".xar", ".dmg", ".iso",
  ]

  /// How a name ends, if it is one of a packed file.
  static func ending(of name: String) -> String? {
    let lower = name.lowercased()
    // Archives in several parts: `ada.7z.001`.
    if let match = lower.firstMatch(of: /\.(?:7z|zip|rar|tar|tar\.gz)\.[0-9]{3}$/) {
      return String(match.0)
    }
    return endings.first { lower.hasSuffix($0) && lower.count > $0.count }
  }

  /// What is to be handed in instead.
  static let advice = "hand in Answers.swift, or a .zip or .tar.gz that holds it"
}
