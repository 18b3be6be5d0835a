import Figures
import Foundation
import Heads

/// A page for a head and some texts, in one file.
///
/// Its numbers are whole hundredths (logits, nats) and thousandths (shares), as they are shown: the page
/// holds nothing that is not seen.
struct BrowsePage {
  /// How many tokens are listed with and without the head, and by the lens.
  static let listed = 8
  /// How many neighbours are listed in each circuit.
  static let neighbours = 6
  /// How many other heads are listed at a token.
  private static let heads = 10

  let title: String
  let modelName: String
  let head: HeadName
  let kind: BrowsedAblation
  let texts: [TokenizedText]
  let examples: [HeadExample]
  let neighbours: [Int: CircuitNeighbours]
  /// Every head of the model, layer by layer.
  let heads: [HeadName]
  /// The text of a token.
  let labels: (Int) -> String

  /// The page.
  func html() throws -> String {
    let data = try HTMLPage.json(numbers())
    let title = HTMLPage.escaped(title)
    let what = kind == .mean ? "its mean over these texts" : "zero"
    return HTMLPage(title: self.title, style: Self.style, runsScripts: true).html(
      """
      <header>
      <h1>\(title)</h1>
      <p>Every token is coloured by how much its loss grows when head \(head) is replaced by \(what): \
      <span class="key help">blue</span> where the head helps, <span class="key hurt">red</span> where \
      it hurts. A token is predicted from those before it. Choose one; arrow keys go on from there.</p>
      </header>
      <noscript><p>This page is drawn by a script, which this browser does not run.</p></noscript>
      <main>
      <section aria-labelledby="texts-title">
      <h2 id="texts-title">Texts</h2>
      <p><label>Order <select id="order"><option value="text">as they came</option>\
      <option value="change">by what changes most</option></select></label></p>
      <div id="texts"></div>
      </section>
      <section id="detail" aria-labelledby="detail-title" tabindex="-1">
      <h2 id="detail-title" aria-live="polite">No token is chosen</h2>
      <div id="panels"></div>
      </section>
      <section aria-labelledby="most-title" id="most-section">
      <h2 id="most-title">What changes most</h2>
      <div id="most"></div>
      </section>
      </main>
      <script type="application/json" id="data">\(data)</script>
      <script>
      \(HTMLPage.helpers)
      \(Self.script)
      </script>
      """)
  }

  /// What the script reads.
  private struct Numbers: Encodable {
    /// The text of every token that is named; all else are places in it.
    var tokens: [String] = []
    /// The tokens of each text.
    var texts: [[Int]] = []
    /// By text and position, from the second on: see ``Place``.
    var places: [[Place]] = []
    /// By token: promoted, suppressed, keys, predictions.
    var neighbours: [Int: [[Int]]] = [:]
    var heads: [String] = []
    /// The place of this page's head among them.
    var head = 0
  }

  /// One prediction; logits and nats in hundredths, shares in thousandths.
  private struct Place: Encodable {
    let change: Int
    /// Pairs of token and logit.
    let before: [Int]
    let after: [Int]
    /// What the head adds to the tokens of `before`, of `after`, and to the true one.
    let added: [Int]
    /// Pairs of position and attention, where there is any to see.
    let pattern: [Int]
    /// Pairs of token and probability.
    let lens: [Int]
    /// Pairs of head and effect on the true token.
    let effects: [Int]

    enum CodingKeys: String, CodingKey {
      case change = "c"
      case before = "b"
      case after = "a"
      case added = "d"
      case pattern = "p"
      case lens = "l"
      case effects = "e"
    }
  }

  private func numbers() -> Numbers {
    var numbers = Numbers()
    var places: [Int: Int] = [:]
    func token(_ id: Int) -> Int {
      if let place = places[id] { return place }
      places[id] = numbers.tokens.count
      numbers.tokens.append(labels(id))
      return places[id]!
    }
    func hundredths(_ value: Float) -> Int { Int((value * 100).rounded()) }
    func thousandths(_ value: Float) -> Int { Int((value * 1000).rounded()) }
    numbers.texts = texts.map { $0.ids.map(token) }
    numbers.places = texts.map { _ in [] }
    numbers.heads = heads.map(\.description)
    numbers.head = heads.firstIndex(of: head) ?? 0
    for example in examples {
      func listed(_ entries: [CircuitEntry], _ rounded: (Float) -> Int) -> [Int] {
        entries.flatMap { [token($0.token), rounded($0.value)] }
      }
      let added = (example.before + example.after).map(\.token) + [example.place.token]
      let effects = example.effects.enumerated()
        .sorted { abs($0.element) > abs($1.element) }
        .prefix(Self.heads)
      numbers.places[example.place.row].append(
        Place(
          change: hundredths(example.lossChange), before: listed(example.before, hundredths),
          after: listed(example.after, hundredths),
          added: added.map { hundredths(example.added[$0] ?? 0) },
          pattern: example.pattern.prefix(example.place.position + 1).enumerated()
            .flatMap { thousandths($1) >= 5 ? [$0, thousandths($1)] : [] },
          lens: listed(example.lens, thousandths),
          effects: effects.flatMap { [$0.offset, hundredths($0.element)] }))
    }
    for (id, found) in neighbours.sorted(by: { $0.key < $1.key }) {
      numbers.neighbours[token(id)] = [
        found.promoted, found.suppressed, found.keys, found.predictions,
      ].map { $0.map { token($0.token) } }
    }
    return numbers
  }
}
