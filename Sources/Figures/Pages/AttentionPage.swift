package import Foundation
package import Tensors

/// A page on which attention is pointed at: every layer and head of it, in one file.
///
/// It holds each number with five significant digits. After BertViz (Vig 2019), without a server or a
/// library.
package struct AttentionPage: Sendable {
  /// One kind of attention: an encoder's own, a decoder's own, or across.
  package struct Part: Sendable {
    /// What it is called.
    package var name: String
    /// A token for each query.
    package var queries: [String]
    /// A token for each key.
    package var keys: [String]
    /// What the rows are.
    package var queryTitle: String
    /// The layers by their numbers, each `[head, query, key]`.
    package var layers: [(number: Int, pattern: Tensor)]
    /// Which heads of a layer the page holds.
    package var heads: [Int]

    package init(
      _ name: String, layers: [(number: Int, pattern: Tensor)], heads: [Int], queries: [String],
      keys: [String], queryTitle: String
    ) {
      self.name = name
      self.queries = queries
      self.keys = keys
      self.queryTitle = queryTitle
      self.layers = layers
      self.heads = heads
    }
  }

  /// What stands in the foreground, and is printed.
  package enum View: String, Sendable {
    case lines = "head-view"
    case grid = "model-view"
    case cells = "heatmap"
  }

  /// What the page is called.
  package var title: String
  /// The kinds of attention, of which the last is shown at first.
  package var parts: [Part]
  /// What stands in the foreground.
  package var view: View
  /// Whether the first token is left out at first.
  package var leavesFirstOut: Bool

  package init(title: String, parts: [Part], view: View, leavesFirstOut: Bool = false) {
    self.title = title
    self.parts = parts
    self.view = view
    self.leavesFirstOut = leavesFirstOut
  }

  /// The most numbers that a page may hold: twelve million bytes of them.
  package static let mostNumbers = 4_000_000

  /// Whether a browser could show it, from its size alone.
  ///
  /// - Throws: ``FigureError`` with the size.
  package func checkSize() throws {
    let count = parts.reduce(0) {
      $0 + $1.layers.count * $1.heads.count * $1.queries.count * $1.keys.count
    }
    guard count > Self.mostNumbers else { return }
    throw FigureError(
      "The page would hold \(count) numbers of attention, and a browser is quick with at most "
        + "\(Self.mostNumbers).")
  }

  /// The page as the bytes of a file.
  ///
  /// - Throws: ``FigureError`` when it is too large, shapes and tokens disagree, or a value is no
  ///   probability.
  package func data() throws -> Data {
    try checkSize()
    guard !parts.isEmpty else { throw FigureError("A page of attention needs a part to show.") }
    for part in parts {
      guard !part.layers.isEmpty, !part.heads.isEmpty else {
        throw FigureError("A page of attention needs at least one layer and one head of each part.")
      }
      for (number, pattern) in part.layers {
        try AttentionCheck.check(
          pattern, queries: part.queries, keys: part.keys, of: "Layer \(number) of a page")
      }
    }
    let page = HTMLPage(title: title, style: Self.style, runsScripts: true)
    return Data(page.html(try body()).utf8)
  }

  /// Writes the page; it appears whole or not at all.
  ///
  /// - Throws: ``FigureError`` when it cannot be shown or the file cannot be written.
  package func write(to url: URL) throws { try writeFigure(data(), to: url) }

  /// What the script reads.
  private struct Numbers: Encodable {
    struct Part: Encodable {
      let name: String
      let queries: [String]
      let keys: [String]
      let queryTitle: String
      let layers: [Int]
      let heads: [Int]
      /// Whether no query looks at a later key; the numbers of those are not there.
      let causal: Bool
      /// A text a layer: see ``AttentionCode``.
      let patterns: [String]
    }
    let view: String
    let first: Bool
    let letters: String
    let palette: [String]
    let scale: [String]
    let parts: [Part]
  }

  private func body() throws -> String {
    let numbers = Numbers(
      view: view.rawValue, first: leavesFirstOut,
      letters: String(decoding: AttentionCode.letters, as: UTF8.self),
      palette: (0..<Palette.count).map { Palette.colour($0).html },
      scale: (0...64).map { ColourScale.sequential.colour(at: Double($0) / 64).html },
      parts: parts.map(Self.numbers))
    return """
      <header>
      <h1>\(HTMLPage.escaped(VisibleText.onPage(title)))</h1>
      <p class="how">Point at a token to see what it reads from, or what reads it; choose it to keep it so. \
      Arrow keys go from token to token and from head to head.</p>
      </header>
      <noscript><p>This page is drawn by a script, which this browser does not run.</p></noscript>
      <form id="controls" aria-label="What is shown"></form>
      <main class="\(view.rawValue)">
      <section id="view-section" aria-labelledby="view-title">
      <h2 id="view-title"></h2>
      <p id="legend" class="print"></p>
      <div id="view"></div>
      </section>
      <section id="row-section" aria-labelledby="row-title">
      <h2 id="row-title" aria-live="polite"></h2>
      <div class="scroll"><table id="row"></table></div>
      </section>
      <section id="grid-section" aria-labelledby="grid-title">
      <h2 id="grid-title">Every head</h2>
      <p id="grid-note">Rows are layers, columns heads. In each cell queries on the left read from keys on \
      the right, the first token at the top.</p>
      <div class="scroll"><table id="grid" aria-describedby="grid-note"></table></div>
      <div id="tokens"></div>
      </section>
      </main>
      <div id="tip" hidden></div>
      <script type="application/json" id="data">\(try HTMLPage.json(numbers))</script>
      <script>
      \(HTMLPage.helpers)
      \(Self.script)
      </script>
      """
  }

  private static func numbers(of part: Part) -> Numbers.Part {
    let (queries, keys) = (part.queries.count, part.keys.count)
    let patterns = part.layers.map(\.pattern)
    let isCausal = queries == keys && patterns.allSatisfy { !$0.looksAhead }
    return Numbers.Part(
      name: part.name, queries: part.queries.map(VisibleText.onPage),
      keys: part.keys.map(VisibleText.onPage), queryTitle: part.queryTitle,
      layers: part.layers.map(\.number), heads: part.heads, causal: isCausal,
      patterns: patterns.map { pattern in
        var bytes: [UInt8] = []
        pattern.withUnsafeValues { values in
          for head in part.heads {
            for query in 0..<queries {
              let start = (head * queries + query) * keys
              for value in values[start..<start + (isCausal ? query + 1 : keys)] {
                AttentionCode.append(value, to: &bytes)
              }
            }
          }
        }
        return String(decoding: bytes, as: UTF8.self)
      })
  }
}

extension Tensor {
  /// Whether any query `[head, query, key]` looks at a later key.
  fileprivate var looksAhead: Bool {
    let (queries, keys) = (shape[1], shape[2])
    return withUnsafeValues { values in
      values.indices.contains { $0 % keys > $0 / keys % queries && values[$0] != 0 }
    }
  }
}
