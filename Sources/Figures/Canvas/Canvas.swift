import CCairo
package import Foundation

/// A page to draw on, in points with y down; a thin layer over a Cairo context.
///
/// Cairo remembers the first thing that goes wrong and ignores what follows, so drawing does not
/// throw: ``check()`` and ``finish()`` do.
package final class Canvas {
  package let size: FigureSize
  /// Every text drawn, when the canvas was asked to keep them.
  package private(set) var textBoxes: [TextBox] = []

  private let format: FigureFormat
  private let dpi: Double
  /// Pixels a point on an image; a page is measured in points.
  private let scale: Double
  private let surface: OpaquePointer
  private let context: OpaquePointer
  private let sink = Sink()
  private let logsText: Bool

  /// Where Cairo's write function puts its bytes.
  private final class Sink { var data = Data() }

  private static let write: cairo_write_func_t = { closure, bytes, count in
    guard let closure, let bytes else { return CAIRO_STATUS_WRITE_ERROR }
    let sink = Unmanaged<Sink>.fromOpaque(closure).takeUnretainedValue()
    sink.data.append(bytes, count: Int(count))
    return CAIRO_STATUS_SUCCESS
  }

  /// The width and height of a page, in pixels or points.
  ///
  /// - Throws: ``FigureError`` when a page of this size cannot be made, or not at this resolution.
  static func checkedSize(
    _ size: FigureSize, format: FigureFormat, dpi: Double
  ) throws -> (width: Double, height: Double) {
    guard dpi.isFinite && dpi >= 10 && dpi <= 2400 else {
      throw FigureError("A resolution is from 10 to 2400 dots an inch, not \(dpi).")
    }
    let scale = format == .png ? dpi / 72 : 1
    let width = (size.width * scale).rounded(.up)
    let height = (size.height * scale).rounded(.up)
    // Cairo's images end there, and so do the pages PDF readers open.
    guard width <= 32_000 && height <= 32_000 && width * height <= 400e6 else {
      throw FigureError(
        "The figure would be \(Int(width)) by \(Int(height)) \(format == .png ? "pixels" : "points"), "
          + "more than can be drawn; choose fewer rows and columns"
          + (format == .png ? ", a lower resolution, SVG or PDF." : "."))
    }
    return (width, height)
  }

  /// A white page.
  ///
  /// - Throws: ``FigureError`` when Cairo cannot make a page of this size.
  package init(
    size: FigureSize, format: FigureFormat, dpi: Double = 200, logsText: Bool = false
  ) throws {
    let (width, height) = try Self.checkedSize(size, format: format, dpi: dpi)
    let scale = format == .png ? dpi / 72 : 1
    self.size = size
    self.format = format
    self.dpi = dpi
    self.scale = scale
    self.logsText = logsText
    let closure = Unmanaged.passUnretained(sink).toOpaque()
    switch format {
    case .png:
      surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height))
    case .svg:
      surface = cairo_svg_surface_create_for_stream(
        Self.write, closure, size.width, size.height)
      cairo_svg_surface_set_document_unit(surface, CAIRO_SVG_UNIT_PT)
    case .pdf:
      surface = cairo_pdf_surface_create_for_stream(
        Self.write, closure, size.width, size.height)
      // Cairo would note the time of day, and the same figure would be another file a second on.
      cairo_pdf_surface_set_metadata(
        surface, CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z")
    }
    context = cairo_create(surface)
    cairo_scale(context, scale, scale)
    try check()
    fill(Box(x: 0, y: 0, width: size.width + 1, height: size.height + 1), .white)
  }

  deinit {
    cairo_destroy(context)
    cairo_surface_destroy(surface)
  }

  /// - Throws: ``FigureError`` when something drawn so far went wrong.
  package func check() throws {
    for status in [cairo_status(context), cairo_surface_status(surface)]
    where status != CAIRO_STATUS_SUCCESS {
      throw Self.failure(status)
    }
  }

  /// Ends the drawing; nothing can be drawn after it.
  ///
  /// - Returns: the bytes of the file.
  package func finish() throws -> Data {
    try check()
    if format == .png {
      cairo_surface_flush(surface)
      let raster = raster
      let image = PNGImage(
        pixels: raster.pixels, width: raster.width, height: raster.height, stride: raster.stride,
        dpi: dpi)
      guard let data = image.encoded() else {
        throw FigureError("There is not enough memory to write the figure; lower its resolution.")
      }
      return data
    }
    cairo_surface_finish(surface)
    let status = cairo_surface_status(surface)
    guard status == CAIRO_STATUS_SUCCESS else { throw Self.failure(status) }
    return format == .svg ? SVGNames.normalised(sink.data) : sink.data
  }

  private static func failure(_ status: cairo_status_t) -> FigureError {
    let reason = String(cString: cairo_status_to_string(status))
    return FigureError("The figure could not be drawn (Cairo says: \(reason)).")
  }

  /// The image's memory, once Cairo has drawn what it was asked for.
  private var raster: LineRaster {
    LineRaster(
      pixels: UnsafeMutableRawPointer(cairo_image_surface_get_data(surface))
        .assumingMemoryBound(to: UInt32.self),
      width: Int(cairo_image_surface_get_width(surface)),
      height: Int(cairo_image_surface_get_height(surface)),
      stride: Int(cairo_image_surface_get_stride(surface)) / 4)
  }

  // MARK: Shapes

  package func fill(_ box: Box, _ colour: Colour, crisp: Bool = false) {
    if crisp { cairo_set_antialias(context, CAIRO_ANTIALIAS_NONE) }
    use(colour)
    cairo_rectangle(context, box.x, box.y, box.width, box.height)
    cairo_fill(context)
    if crisp { cairo_set_antialias(context, CAIRO_ANTIALIAS_DEFAULT) }
  }

  package func stroke(_ box: Box, _ colour: Colour, width: Double) {
    use(colour)
    cairo_set_line_width(context, width)
    cairo_rectangle(context, box.x, box.y, box.width, box.height)
    cairo_stroke(context)
  }

  package func line(
    _ points: [Point], _ colour: Colour, width: Double, dash: [Double] = []
  ) {
    guard let first = points.first else { return }
    use(colour)
    cairo_set_line_width(context, width)
    cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
    cairo_set_dash(context, dash, Int32(dash.count), 0)
    cairo_move_to(context, first.x, first.y)
    for point in points.dropFirst() { cairo_line_to(context, point.x, point.y) }
    cairo_stroke(context)
    if !dash.isEmpty { cairo_set_dash(context, nil, 0, 0) }
  }

  /// Many separate thin lines in one stroke: where they cross, the colour is not laid on twice.
  ///
  /// Not for use inside ``clipped(to:_:)``.
  package func lines(_ ends: [(Point, Point)], _ colour: Colour, width: Double) {
    guard !ends.isEmpty else { return }
    if format == .png {
      let device = ends.map { (devicePoint($0.0), devicePoint($0.1)) }
      cairo_surface_flush(surface)
      raster.draw(device, colour, thickness: width * scale)
      cairo_surface_mark_dirty(surface)
      return
    }
    use(colour)
    cairo_set_line_width(context, width)
    for (from, to) in ends {
      cairo_move_to(context, from.x, from.y)
      cairo_line_to(context, to.x, to.y)
    }
    cairo_stroke(context)
  }

  /// Pixels for a point of the drawing on an image, points on a page.
  private func devicePoint(_ point: Point) -> Point {
    var (x, y) = (point.x, point.y)
    cairo_user_to_device(context, &x, &y)
    return Point(x, y)
  }

  package func polygon(_ points: [Point], fill colour: Colour) {
    path(points)
    use(colour)
    cairo_fill(context)
  }

  package func circle(at centre: Point, radius: Double, fill colour: Colour) {
    cairo_new_path(context)
    cairo_arc(context, centre.x, centre.y, radius, 0, 2 * .pi)
    use(colour)
    cairo_fill(context)
  }

  /// Draws inside a box alone.
  package func clipped(to box: Box, _ body: () -> Void) {
    cairo_save(context)
    cairo_rectangle(context, box.x, box.y, box.width, box.height)
    cairo_clip(context)
    body()
    cairo_restore(context)
  }

  /// Draws with the origin moved to a point; text is logged where it truly is.
  package func translated(to origin: Point, _ body: () -> Void) {
    cairo_save(context)
    cairo_translate(context, origin.x, origin.y)
    body()
    cairo_restore(context)
  }

  // MARK: Text

  /// Draws one line of text, centred vertically on a point.
  ///
  /// - Parameters:
  ///   - anchor: whether the text starts, centres or ends at the point.
  ///   - angle: degrees it is turned about the point, clockwise.
  package func text(
    _ text: String, at point: Point, _ style: TextStyle, anchor: HorizontalAnchor = .start,
    angle: Double = 0
  ) {
    guard !text.isEmpty else { return }
    let metrics = FontMetrics.shared
    let width = style.width(of: text)
    let left = anchor == .start ? 0 : anchor == .middle ? -width / 2 : -width
    let baseline = (metrics.ascent - metrics.descent) / 2 * style.size
    cairo_save(context)
    cairo_translate(context, point.x, point.y)
    if angle != 0 { cairo_rotate(context, angle * .pi / 180) }
    use(style.colour)
    metrics.show(
      text, in: context, at: Point(left, baseline), bold: style.bold, size: style.size)
    cairo_new_path(context)
    if logsText {
      let half = (metrics.ascent + metrics.descent) / 2 * style.size
      log(text, style.size, Box(x: left, y: -half, width: width, height: 2 * half))
    }
    cairo_restore(context)
  }

  private func log(_ text: String, _ textSize: Double, _ box: Box) {
    let corners = [
      Point(box.x, box.y), Point(box.maxX, box.y), Point(box.maxX, box.maxY),
      Point(box.x, box.maxY),
    ].map { corner in
      let device = devicePoint(corner)
      return Point(device.x / scale, device.y / scale)
    }
    textBoxes.append(TextBox(text: text, size: textSize, corners: corners))
  }

  private func use(_ colour: Colour) {
    cairo_set_source_rgba(context, colour.red, colour.green, colour.blue, colour.alpha)
  }

  private func path(_ points: [Point]) {
    cairo_new_path(context)
    for (index, point) in points.enumerated() {
      if index == 0 {
        cairo_move_to(context, point.x, point.y)
      } else {
        cairo_line_to(context, point.x, point.y)
      }
    }
    cairo_close_path(context)
  }
}
