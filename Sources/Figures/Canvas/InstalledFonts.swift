import CCairo
import Foundation

/// The installed fonts that have letters which the figures' font lacks, through the fontconfig that
/// Cairo itself uses; for where Pango is not.
///
/// It serves scripts whose letters stand one after another. Nothing of it is safe to share between
/// threads but by the lock of ``FontMetrics``.
final class InstalledFonts {
  private typealias Pattern = OpaquePointer
  private typealias Make = @convention(c) () -> OpaquePointer?
  private typealias Visit = @convention(c) (OpaquePointer) -> Void
  private typealias AddName =
    @convention(c) (Pattern, UnsafePointer<CChar>, UnsafePointer<CChar>) -> Int32
  private typealias AddNumber = @convention(c) (Pattern, UnsafePointer<CChar>, Int32) -> Int32
  private typealias AddSet = @convention(c) (Pattern, UnsafePointer<CChar>, OpaquePointer) -> Int32
  private typealias AddLetter = @convention(c) (OpaquePointer, UInt32) -> Int32
  private typealias Substitute = @convention(c) (OpaquePointer?, Pattern, Int32) -> Int32
  private typealias Match =
    @convention(c) (OpaquePointer?, Pattern, UnsafeMutablePointer<Int32>) -> Pattern?
  private typealias GetSet =
    @convention(c) (Pattern, UnsafePointer<CChar>, Int32, UnsafeMutablePointer<OpaquePointer?>) ->
    Int32
  private typealias MakeFace = @convention(c) (Pattern) -> OpaquePointer?

  private let library: UnsafeMutableRawPointer
  private let cairo: UnsafeMutableRawPointer
  private var faces: [Key: OpaquePointer?] = [:]

  private struct Key: Hashable {
    var scalar: Unicode.Scalar
    var bold: Bool
  }

  init?() {
    #if os(macOS)
      let names = ["fontconfig.1", "cairo.2"].map { "/opt/homebrew/lib/lib\($0).dylib" }
    #else
      let names = ["libfontconfig.so.1", "libcairo.so.2"]
    #endif
    guard let library = dlopen(names[0], RTLD_NOW | RTLD_LOCAL),
      let cairo = dlopen(names[1], RTLD_NOW | RTLD_LOCAL)
    else { return nil }
    self.library = library
    self.cairo = cairo
  }

  /// A font that has a letter, or nil if none that is installed has it.
  func face(for scalar: Unicode.Scalar, bold: Bool) -> OpaquePointer? {
    let key = Key(scalar: scalar, bold: bold)
    if let known = faces[key] { return known }
    let face = find(key)
    faces[key] = .some(face)
    return face
  }

  private func symbol<T>(
    _ name: String, as type: T.Type, in library: UnsafeMutableRawPointer
  ) -> T? {
    dlsym(library, name).map { unsafeBitCast($0, to: type) }
  }

  private func find(_ key: Key) -> OpaquePointer? {
    guard let makePattern = symbol("FcPatternCreate", as: Make.self, in: library),
      let destroyPattern = symbol("FcPatternDestroy", as: Visit.self, in: library),
      let makeSet = symbol("FcCharSetCreate", as: Make.self, in: library),
      let destroySet = symbol("FcCharSetDestroy", as: Visit.self, in: library),
      let addLetter = symbol("FcCharSetAddChar", as: AddLetter.self, in: library),
      let hasLetter = symbol("FcCharSetHasChar", as: AddLetter.self, in: library),
      let addName = symbol("FcPatternAddString", as: AddName.self, in: library),
      let addNumber = symbol("FcPatternAddInteger", as: AddNumber.self, in: library),
      let addSet = symbol("FcPatternAddCharSet", as: AddSet.self, in: library),
      let substitute = symbol("FcConfigSubstitute", as: Substitute.self, in: library),
      let complete = symbol("FcDefaultSubstitute", as: Visit.self, in: library),
      let match = symbol("FcFontMatch", as: Match.self, in: library),
      let getSet = symbol("FcPatternGetCharSet", as: GetSet.self, in: library),
      let makeFace = symbol(
        "cairo_ft_font_face_create_for_pattern", as: MakeFace.self, in: cairo),
      let pattern = makePattern(), let letters = makeSet()
    else { return nil }
    defer {
      destroySet(letters)
      destroyPattern(pattern)
    }
    _ = addLetter(letters, key.scalar.value)
    _ = addName(pattern, "family", FontMetrics.family)
    // Fontconfig's numbers for regular and bold; the language keeps the choice from the user's.
    _ = addNumber(pattern, "weight", key.bold ? 200 : 80)
    _ = addName(pattern, "lang", "en")
    _ = addSet(pattern, "charset", letters)
    _ = substitute(nil, pattern, 0)
    complete(pattern)
    var result: Int32 = 0
    guard let found = match(nil, pattern, &result) else { return nil }
    defer { destroyPattern(found) }
    var covered: OpaquePointer?
    guard getSet(found, "charset", 0, &covered) == 0, let covered,
      hasLetter(covered, key.scalar.value) != 0
    else { return nil }
    return makeFace(found)
  }
}
