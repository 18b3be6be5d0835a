/// How many students earned how much, as bars of so many whole points each.
struct Histogram {
  /// The points at which a bar begins, and those at which the last ends: all of them whole.
  let edges: [Int]
  /// How many students are in each bar, from its beginning to before its end; full marks are in the last.
  let counts: [Int]

  init(points: [Double], of maxPoints: Int) {
    let most = max(maxPoints, 1)
    // Ten bars or fewer; the last may be the narrower.
    let step = (most + 9) / 10
    edges = Array(stride(from: 0, to: most, by: step)) + [most]
    var counts = [Int](repeating: 0, count: edges.count - 1)
    for value in points {
      // The small addend keeps a sum of parts that should be 3 from being a little less.
      counts[min(max(Int((value + 1e-9) / Double(step)), 0), counts.count - 1)] += 1
    }
    self.counts = counts
  }

  /// The picture, as wide as the page.
  var picture: Markup {
    let (left, top, width, height) = (10.0, 18.0, 380.0, 120.0)
    let tallest = Double(max(counts.max() ?? 1, 1))
    func place(_ edge: Int) -> Double { left + width * Double(edge) / Double(edges.last!) }
    func number(_ value: Double) -> String { String((value * 10).rounded() / 10) }
    let bars: [Markup] = counts.enumerated().map { index, count in
      let tall = height * Double(count) / tallest
      let x = place(edges[index])
      let step = place(edges[index + 1]) - x
      let label: Markup =
        count == 0
        ? ""
        : """
        <text x="\(number(x + step / 2))" y="\(number(top + height - tall - 5))" \
        text-anchor="middle">\(count)</text>
        """
      return """
        <rect x="\(number(x + 2))" y="\(number(top + height - tall))" width="\(number(step - 4))" \
        height="\(number(tall))" fill="#2f6f9f"/>\(label)

        """
    }
    // A narrow last bar has no room for two numbers.
    let shown = edges.filter { $0 == edges.last || place(edges.last!) - place($0) > 24 }
    let ticks: [Markup] = shown.map { edge in
      let anchor = edge == 0 ? "start" : edge == edges.last ? "end" : "middle"
      return """
        <text x="\(number(place(edge)))" y="\(number(top + height + 16))" \
        text-anchor="\(anchor)">\(edge)</text>

        """
    }
    let spoken = counts.indices.filter { counts[$0] > 0 }.map { index in
      let end = edges[index + 1]
      let isLast = index == counts.count - 1
      return "\(counts[index]) from \(edges[index]) to \(isLast ? "" : "less than ")\(end) points"
    }
    return """
      <svg viewBox="0 0 400 180" role="img" aria-label="\(spoken.joined(separator: ", "))">
      \(bars)<line x1="\(number(left))" y1="\(number(top + height))" \
      x2="\(number(left + width))" y2="\(number(top + height))" stroke="#59636e"/>
      \(ticks)<text x="\(number(left + width / 2))" y="\(number(top + height + 36))" \
      text-anchor="middle">points</text>
      </svg>

      """
  }
}
