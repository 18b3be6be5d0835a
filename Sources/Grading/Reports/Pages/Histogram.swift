/// How many students earned how much, as bars of a tenth of the points each.
struct Histogram {
  /// How many students are in each tenth; full marks are in the last.
  let counts: [Int]
  private let maxPoints: Int

  init(points: [Double], of maxPoints: Int) {
    self.maxPoints = maxPoints
    var counts = [Int](repeating: 0, count: 10)
    for value in points {
      let share = value / Double(max(maxPoints, 1))
      // The small addend keeps 3 of 30 in the second tenth.
      counts[min(max(Int(share * 10 + 1e-9), 0), 9)] += 1
    }
    self.counts = counts
  }

  /// The picture, as wide as the page.
  var picture: Markup {
    let (left, top, width, height) = (10.0, 18.0, 380.0, 120.0)
    let tallest = Double(max(counts.max() ?? 1, 1))
    let step = width / 10
    func number(_ value: Double) -> String { String((value * 10).rounded() / 10) }
    let bars: [Markup] = counts.enumerated().map { index, count in
      let tall = height * Double(count) / tallest
      let x = left + Double(index) * step
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
    let ticks: [Markup] = (0...10).map { tick in
      let points = Double(maxPoints) * Double(tick) / 10
      return """
        <text x="\(number(left + Double(tick) * step))" y="\(number(top + height + 16))" \
        text-anchor="\(tick == 0 ? "start" : tick == 10 ? "end" : "middle")">\
        \(shownPoints((points * 10).rounded() / 10))</text>

        """
    }
    let spoken = counts.enumerated().filter { $0.element > 0 }
      .map { "\($0.element) between \($0.offset * 10) and \($0.offset * 10 + 10) per cent" }
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
