extension CommandError {
  /// Two texts that have to be alike in length and are not, token by token where they part.
  ///
  /// - Parameter why: What the lengths are needed for, as in "patching puts …".
  init(
    unequal a: (name: String, tokens: TokenizedText), _ b: (name: String, tokens: TokenizedText),
    because why: String
  ) {
    let (left, right) = (a.tokens.ids, b.tokens.ids)
    let shared = zip(left, right).prefix { $0 == $1 }.count
    let tail = zip(left.dropFirst(shared).reversed(), right.dropFirst(shared).reversed())
      .prefix { $0 == $1 }.count
    // One token of what they share on either side, and what lies between.
    let start = max(0, shared - 1)
    let ends = (left.count, right.count)
    let last = max(ends.0, ends.1) - max(tail - 1, 0)
    let width = 2 + max(a.name.count, 5)
    func row(_ position: Int) -> String {
      func cell(_ text: TokenizedText) -> String {
        text.ids.indices.contains(position) ? visible(text.labels[position]) : "–"
      }
      let left = cell(a.tokens)
      let mark = cell(b.tokens) == left ? " " : "≠"
      return "  \(position)".padded(to: 6) + left.padded(to: max(width, 16)) + mark + " "
        + cell(b.tokens)
    }
    let shown = Array((start..<last).prefix(12))
    let more = last - start - shown.count
    self.init(
      "\(a.name) has \(counted(left.count, "token")) and \(b.name) has \(right.count): \(why); they "
        + "part at position \(shared):\n"
        + ([
          "      " + a.name.padded(to: max(width, 16)) + "  " + b.name
        ] + shown.map(row) + (more > 0 ? ["  … and \(more) more"] : [])).joined(separator: "\n"))
  }
}

extension String {
  /// The text with spaces behind it up to a width.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
