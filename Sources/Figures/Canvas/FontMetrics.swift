import CCairo
import Foundation

/// The measures of the figures' font, the same whatever a figure is drawn as.
///
/// Layout never asks the surface it will be drawn on, so PNG, SVG and PDF agree to the last point.
/// Cairo's measuring context is not safe to share between threads; a lock guards it, and that is
/// what makes the class safe to send.
package final class FontMetrics: @unchecked Sendable {
  package static let shared = FontMetrics()

  static let family = "DejaVu Sans"
  /// How far the font reaches above and below the baseline, as a multiple of its size.
  let ascent: Double
  let descent: Double

  private let lock = NSLock()
  private let context: OpaquePointer
  private var widths: [Bool: [String: Double]] = [false: [:], true: [:]]
  private var known: [Unicode.Scalar: Bool] = [:]
  private var clusters: [String: Bool] = [:]
  private let pango: Pango?
  private let installed = InstalledFonts()
  private static let measuringSize = 100.0

  /// - Parameter laysOutScripts: Whether Pango is used where it is installed.
  package init(laysOutScripts: Bool = true) {
    pango = laysOutScripts ? Pango.shared : nil
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
  package func width(of text: String, bold: Bool) -> Double {
    lock.withLock {
      if let width = widths[bold]?[text] { return width }
      let width = measured(text, bold: bold) / Self.measuringSize
      if widths[bold]!.count > 20_000 { widths[bold]! = [:] }
      widths[bold]![text] = width
      return width
    }
  }

  /// Whether a character can be drawn, of one or several scalars: by the font itself, or by another
  /// that is installed.
  package func canShow(_ character: String) -> Bool {
    lock.withLock {
      if isPlain(character) { return true }
      if let answer = clusters[character] { return answer }
      Self.select(in: context, bold: false, size: Self.measuringSize)
      let answer =
        if let pango {
          pango.hasGlyphs(for: character, in: context)
        } else {
          character.unicodeScalars.allSatisfy {
            // An accent stands a little beside its letter, which is better than its number.
            (Script.standsAlone($0) || (0x300..<0x370).contains($0.value))
              && (hasGlyph(for: $0) || installed?.face(for: $0, bold: false) != nil)
          }
        }
      if clusters.count > 20_000 { clusters = [:] }
      clusters[character] = answer
      return answer
    }
  }

  /// Draws a line of text with its baseline's start at a point.
  func show(
    _ text: String, in context: OpaquePointer, at point: Point, bold: Bool, size: Double
  ) {
    Self.select(in: context, bold: bold, size: size)
    cairo_move_to(context, point.x, point.y)
    if lock.withLock({ isPlain(text) }) {
      cairo_show_text(context, text)
    } else if let pango {
      pango.show(text, in: context, bold: bold, size: size)
    } else {
      lock.withLock {
        for run in runs(of: text, bold: bold) {
          select(run, in: context, bold: bold, size: size)
          cairo_show_text(context, run.text)
        }
      }
    }
  }

  /// Whether the one font draws a text rightly, letter by letter; under the lock.
  private func isPlain(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy {
      (0x20...0x24F).contains($0.value) || Script.standsAlone($0) && hasGlyph(for: $0)
    }
  }

  /// How far a text reaches at the measuring size; under the lock.
  private func measured(_ text: String, bold: Bool) -> Double {
    if !isPlain(text), let pango {
      Self.select(in: context, bold: bold, size: Self.measuringSize)
      return pango.width(of: text, in: context, bold: bold, size: Self.measuringSize)
    }
    var (advance, reach) = (0.0, 0.0)
    for run in isPlain(text) ? [Run(text: text)] : runs(of: text, bold: bold) {
      select(run, in: context, bold: bold, size: Self.measuringSize)
      var extents = cairo_text_extents_t()
      cairo_text_extents(context, run.text, &extents)
      // Ink may reach beyond the advance, as in a last "f".
      reach = advance + max(extents.x_advance, extents.x_bearing + extents.width)
      advance += extents.x_advance
    }
    return reach
  }

  /// A part of a text in one font: the figures' own where there is no face.
  private struct Run {
    var text: String
    var face: OpaquePointer?
  }

  private func runs(of text: String, bold: Bool) -> [Run] {
    var runs: [Run] = []
    for scalar in text.unicodeScalars {
      let face = hasGlyph(for: scalar) ? nil : installed?.face(for: scalar, bold: bold)
      if runs.last.map({ $0.face == face }) ?? false {
        runs[runs.count - 1].text.unicodeScalars.append(scalar)
      } else {
        runs.append(Run(text: String(scalar), face: face))
      }
    }
    return runs
  }

  private func select(_ run: Run, in context: OpaquePointer, bold: Bool, size: Double) {
    Self.select(in: context, bold: bold, size: size)
    if let face = run.face { cairo_set_font_face(context, face) }
  }

  /// Whether the one font has a letter; under the lock.
  private func hasGlyph(for scalar: Unicode.Scalar) -> Bool {
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

  /// Options without hinting, so that widths scale with the size and with the resolution.
  static func withOptions(_ body: (OpaquePointer) -> Void) {
    let options = cairo_font_options_create()!
    defer { cairo_font_options_destroy(options) }
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
    body(options)
  }

  /// Sets the font, unhinted.
  private static func select(in context: OpaquePointer, bold: Bool, size: Double) {
    withOptions { cairo_set_font_options(context, $0) }
    cairo_select_font_face(
      context, family, CAIRO_FONT_SLANT_NORMAL,
      bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL)
    cairo_set_font_size(context, size)
  }

  deinit { cairo_destroy(context) }
}
