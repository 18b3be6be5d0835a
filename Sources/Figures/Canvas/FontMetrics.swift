import CCairo
import Foundation

/// The measures of the figures' font, the same whatever a figure is drawn as.
///
/// Layout never asks the surface it will be drawn on, so PNG, SVG and PDF agree to the last point.
/// Cairo's measuring context is not safe to share between threads; a lock guards it, and that is
/// what makes the class safe to send.
final class FontMetrics: @unchecked Sendable {
  static let shared = FontMetrics()

  static let family = "DejaVu Sans"
  /// How far the font reaches above and below the baseline, as a multiple of its size.
  let ascent: Double
  let descent: Double

  private let lock = NSLock()
  private let context: OpaquePointer
  private var widths: [Bool: [String: Double]] = [false: [:], true: [:]]
  private var known: [Unicode.Scalar: Bool] = [:]
  private static let measuringSize = 100.0

  private init() {
    let surface = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1)
    context = cairo_create(surface)
    cairo_surface_destroy(surface)
    Self.select(in: context, bold: false, size: Self.measuringSize)
    var extents = cairo_font_extents_t()
    cairo_font_extents(context, &extents)
    ascent = extents.ascent / Self.measuringSize
    descent = extents.descent / Self.measuringSize
  }

  /// The width of a text set at a size of one point.
  func width(of text: String, bold: Bool) -> Double {
    lock.withLock {
      if let width = widths[bold]?[text] { return width }
      Self.select(in: context, bold: bold, size: Self.measuringSize)
      var extents = cairo_text_extents_t()
      cairo_text_extents(context, text, &extents)
      // Ink may reach beyond the advance, as in a last "f".
      let reach = max(extents.x_advance, extents.x_bearing + extents.width)
      let width = reach / Self.measuringSize
      if widths[bold]!.count > 20_000 { widths[bold]! = [:] }
      widths[bold]![text] = width
      return width
    }
  }

  /// Whether the font can draw a character; Cairo's simple text interface has no second font.
  func hasGlyph(for scalar: Unicode.Scalar) -> Bool {
    lock.withLock {
      if let answer = known[scalar] { return answer }
      Self.select(in: context, bold: false, size: Self.measuringSize)
      let text = String(scalar)
      var glyphs: UnsafeMutablePointer<cairo_glyph_t>?
      var count: Int32 = 0
      let status = cairo_scaled_font_text_to_glyphs(
        cairo_get_scaled_font(context), 0, 0, text, Int32(text.utf8.count), &glyphs, &count,
        nil, nil, nil)
      defer { cairo_glyph_free(glyphs) }
      let drawn = UnsafeBufferPointer(start: glyphs, count: Int(count))
      let answer = status == CAIRO_STATUS_SUCCESS && drawn.allSatisfy { $0.index != 0 }
      known[scalar] = answer
      return answer
    }
  }

  /// Sets the font without hinting, so that widths scale with the size and with the resolution.
  static func select(in context: OpaquePointer, bold: Bool, size: Double) {
    let options = cairo_font_options_create()
    defer { cairo_font_options_destroy(options) }
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
    cairo_set_font_options(context, options)
    cairo_select_font_face(
      context, family, CAIRO_FONT_SLANT_NORMAL,
      bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL)
    cairo_set_font_size(context, size)
  }

  deinit { cairo_destroy(context) }
}
