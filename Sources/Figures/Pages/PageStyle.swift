import Foundation

extension HTMLPage {
  /// What pages with figures share: type, light and dark ground, what has the focus, what is said of the
  /// place that is pointed at.
  static let plainStyle = """
    :root { color-scheme: light dark; --ink: #1c2126; --muted: #57616b; --line: #c9d0d6; --ground: #fff; }
    @media screen and (prefers-color-scheme: dark) {
      :root { --ink: #e8ebee; --muted: #a9b4be; --line: #49535c; --ground: #15191d; } }
    body { margin: 0 auto; padding: 1rem; max-width: 80rem; color: var(--ink); background: var(--ground);
      font: 1rem/1.4 system-ui, "DejaVu Sans", sans-serif; }
    h1 { font-size: 1.25rem; margin: 0; } h2 { font-size: 1rem; margin: .6rem 0 .3rem; }
    .how { margin: .2rem 0; color: var(--muted); font-size: .9rem; }
    bdi { unicode-bidi: isolate; }
    .scroll { overflow-x: auto; }
    table { border-collapse: collapse; }
    caption { text-align: left; font-size: .85rem; color: var(--muted); padding-bottom: .2rem; }
    th { font-weight: normal; text-align: right; }
    :focus-visible { outline: 3px solid #c2410c; outline-offset: 1px; }
    #tip { position: fixed; z-index: 2; max-width: 22rem; padding: .25rem .5rem; border-radius: 4px;
      background: #1c2126; color: #fff; font-size: .85rem; pointer-events: none; white-space: pre-line;
      border: 1px solid #8b96a0; }
    #tip[hidden] { display: none; }
    .bar { display: flex; flex-wrap: wrap; gap: .2rem .4rem; align-items: center; font-size: .85rem;
      margin: .4rem 0; white-space: nowrap; }
    .bar .scale { display: inline-flex; gap: .4rem; align-items: center; }
    .bar label { display: inline-flex; gap: .3rem; align-items: center; margin-left: .8rem; }
    .strip { display: inline-block; width: 9rem; height: .8rem; outline: 1px solid #ddd; }
    @page { margin: 12mm; }
    @media print { body { max-width: none; padding: 0; } #tip { display: none; }
      * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }

    """
}

extension Colour {
  /// The colour as pages write it, `#rrggbb`.
  var html: String {
    "#"
      + [red, green, blue].map { part in
        let digits = String(Int((part * 255).rounded()), radix: 16)
        return digits.count < 2 ? "0" + digits : digits
      }.joined()
  }

  /// Black or white, whichever stands out more: 4.5 to 1 at least, as WCAG 2 asks of text.
  var readableInk: Colour { luminance > 0.179 ? Colour(hex: 0x000000) : .white }

  /// The relative luminance of WCAG 2.
  var luminance: Double {
    func linear(_ part: Double) -> Double {
      part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
  }
}
