import CCairo
import Foundation

/// Lines of text in any script: letters that join, stack or run from right to left, each from an
/// installed font that has them.
///
/// Pango is opened when such a text is first drawn, and is nil where it is not installed: no picture
/// of Latin, Greek or Cyrillic letters depends on it.
struct Pango: Sendable {
  static let shared = Pango()

  private typealias Object = OpaquePointer
  private typealias Create = @convention(c) (Object) -> Object
  private typealias Visit = @convention(c) (Object) -> Void
  private typealias Join = @convention(c) (Object, Object) -> Void
  private typealias SetFlag = @convention(c) (Object, Int32) -> Void
  private typealias SetSize = @convention(c) (Object, Double) -> Void
  private typealias SetText = @convention(c) (Object, UnsafePointer<CChar>, Int32) -> Void
  private typealias Named = @convention(c) (UnsafePointer<CChar>) -> Object
  private typealias LineAt = @convention(c) (Object, Int32) -> Object?
  private typealias Extents =
    @convention(c) (Object, UnsafeMutablePointer<Rectangle>, UnsafeMutablePointer<Rectangle>) ->
    Void
  private typealias Count = @convention(c) (Object) -> Int32

  /// A `PangoRectangle`, in Pango's units, has the fields of Cairo's.
  private typealias Rectangle = cairo_rectangle_int_t

  /// Pango's units in a point.
  private static let unit = 1024.0

  private let createLayout: Create
  private let showLine: Join
  private let setOptions: Join
  private let context: Create
  private let roundPositions: SetFlag
  private let setLanguage: Join
  private let language: Named
  private let setText: SetText
  private let isSingleParagraph: SetFlag
  private let setFont: Join
  private let font: Named
  private let setSize: SetSize
  private let freeFont: Visit
  private let line: LineAt
  private let extents: Extents
  private let unknownCount: Count
  private let release: Visit

  private init?() {
    #if os(macOS)
      let names = ["pangocairo-1.0.0", "pango-1.0.0", "gobject-2.0.0"].map {
        "/opt/homebrew/lib/lib\($0).dylib"
      }
    #else
      let names = ["libpangocairo-1.0.so.0", "libpango-1.0.so.0", "libgobject-2.0.so.0"]
    #endif
    var libraries: [UnsafeMutableRawPointer] = []
    for name in names {
      guard let library = dlopen(name, RTLD_NOW | RTLD_LOCAL) else { return nil }
      libraries.append(library)
    }
    func symbol<T>(_ name: String, as type: T.Type) -> T? {
      libraries.lazy.compactMap { dlsym($0, name) }.first.map { unsafeBitCast($0, to: type) }
    }
    guard let createLayout = symbol("pango_cairo_create_layout", as: Create.self),
      let showLine = symbol("pango_cairo_show_layout_line", as: Join.self),
      let setOptions = symbol("pango_cairo_context_set_font_options", as: Join.self),
      let context = symbol("pango_layout_get_context", as: Create.self),
      let roundPositions = symbol("pango_context_set_round_glyph_positions", as: SetFlag.self),
      let setLanguage = symbol("pango_context_set_language", as: Join.self),
      let language = symbol("pango_language_from_string", as: Named.self),
      let setText = symbol("pango_layout_set_text", as: SetText.self),
      let isSingleParagraph = symbol("pango_layout_set_single_paragraph_mode", as: SetFlag.self),
      let setFont = symbol("pango_layout_set_font_description", as: Join.self),
      let font = symbol("pango_font_description_from_string", as: Named.self),
      let setSize = symbol("pango_font_description_set_absolute_size", as: SetSize.self),
      let freeFont = symbol("pango_font_description_free", as: Visit.self),
      let line = symbol("pango_layout_get_line_readonly", as: LineAt.self),
      let extents = symbol("pango_layout_line_get_extents", as: Extents.self),
      let unknownCount = symbol("pango_layout_get_unknown_glyphs_count", as: Count.self),
      let release = symbol("g_object_unref", as: Visit.self)
    else { return nil }
    self.createLayout = createLayout
    self.showLine = showLine
    self.setOptions = setOptions
    self.context = context
    self.roundPositions = roundPositions
    self.setLanguage = setLanguage
    self.language = language
    self.setText = setText
    self.isSingleParagraph = isSingleParagraph
    self.setFont = setFont
    self.font = font
    self.setSize = setSize
    self.freeFont = freeFont
    self.line = line
    self.extents = extents
    self.unknownCount = unknownCount
    self.release = release
  }

  /// Draws a line of text with its baseline at the context's current point.
  func show(_ text: String, in cairo: OpaquePointer, bold: Bool, size: Double) {
    withLayout(of: text, in: cairo, bold: bold, size: size) { layout in
      if let line = line(layout, 0) { showLine(cairo, line) }
    }
  }

  /// How far a line of text reaches to the right of its start.
  func width(of text: String, in cairo: OpaquePointer, bold: Bool, size: Double) -> Double {
    withLayout(of: text, in: cairo, bold: bold, size: size) { layout in
      guard let line = line(layout, 0) else { return 0 }
      var (ink, logical) = (Rectangle(), Rectangle())
      extents(line, &ink, &logical)
      return Double(max(logical.x + logical.width, ink.x + ink.width)) / Self.unit
    }
  }

  /// Whether the installed fonts have every letter of a text.
  func hasGlyphs(for text: String, in cairo: OpaquePointer) -> Bool {
    withLayout(of: text, in: cairo, bold: false, size: 100) { unknownCount($0) == 0 }
  }

  private func withLayout<Result>(
    of text: String, in cairo: OpaquePointer, bold: Bool, size: Double,
    _ body: (OpaquePointer) -> Result
  ) -> Result {
    let layout = createLayout(cairo)
    defer { release(layout) }
    let context = context(layout)
    FontMetrics.withOptions { setOptions(context, $0) }
    // Widths that scale with the size; and the same fonts whatever the user's language is.
    roundPositions(context, 0)
    setLanguage(context, language("en"))
    let font = font(FontMetrics.family + (bold ? " Bold" : ""))
    defer { freeFont(font) }
    setSize(font, size * Self.unit)
    setFont(layout, font)
    isSingleParagraph(layout, 1)
    setText(layout, text, -1)
    return body(layout)
  }
}
