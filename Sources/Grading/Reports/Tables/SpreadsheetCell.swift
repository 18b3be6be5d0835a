import Foundation

/// A cell that came back from a spreadsheet, which may have taken its text for a number or a date.
struct SpreadsheetCell {
  let text: String

  init(_ text: String) {
    self.text = text.replacing("\u{A0}", with: " ").trimmingCharacters(in: .whitespaces)
  }

  /// How a cell comes to stand for a text, the surest first.
  enum Closeness: Int, Comparable {
    case same
    case otherCase
    /// Zeros in front are gone, or it is written with an exponent.
    case number
    /// A number of which only the first digits are left.
    case rounded
    case date
    /// Letters of another alphabet are question marks, or several wrong ones each.
    case letters

    static func < (left: Closeness, right: Closeness) -> Bool { left.rawValue < right.rawValue }
  }

  /// How the cell may stand for a text, or nil.
  func closeness(to original: String) -> Closeness? {
    let other = SpreadsheetCell(original)
    // Texts are equal however their accents are written.
    if text == other.text || Table.unguarded(text) == other.text { return .same }
    if text.lowercased() == other.text.lowercased() { return .otherCase }
    if let own = number, let number = other.number {
      if own.value == number.value { return .number }
      if own.isScientific, abs(own.value - number.value) <= own.precision { return .rounded }
    }
    if dates.contains(where: { date in other.dates.contains { $0 == date } }) { return .date }
    return isMangled(other.text) ? .letters : nil
  }

  /// Of several texts those that the cell stands for most surely.
  func choose(among texts: [String]) -> [String] {
    // Most cells are what they were, and what the others may be takes long to see.
    let unguarded = Table.unguarded(text)
    let same = texts.filter { $0 == text || $0 == unguarded }
    guard same.isEmpty else { return same }
    let close = texts.compactMap { text in closeness(to: text).map { (text, $0) } }
    guard let best = close.map(\.1).min() else { return [] }
    return close.filter { $0.1 == best }.map(\.0)
  }

  // MARK: Numbers

  /// A number, and how much it may be off when it is written with an exponent.
  struct Number {
    let value: Double
    let isScientific: Bool
    let precision: Double
  }

  /// The number that the cell is, with a decimal point or comma.
  var number: Number? {
    guard
      let match = text.wholeMatch(
        of: /([+-]?[0-9]{1,40})(?:[.,]([0-9]{0,40}))?(?:[eE]([+-]?[0-9]{1,6}))?/)
    else { return nil }
    let fraction = match.2.map(String.init) ?? ""
    let exponent = match.3.map(String.init) ?? "0"
    guard let value = Double("\(match.1).\(fraction.isEmpty ? "0" : fraction)e\(exponent)"),
      value.isFinite, let power = Double("1e\((Int(exponent) ?? 0) - fraction.count)")
    else { return nil }
    return Number(value: value, isScientific: match.3 != nil, precision: power * 0.501)
  }

  // MARK: Dates

  struct Day: Hashable {
    let day: Int
    let month: Int

    init?(_ day: Int, _ month: Int) {
      guard (1...31).contains(day), (1...12).contains(month) else { return nil }
      (self.day, self.month) = (day, month)
    }
  }

  /// The days of a year that the cell may be, as the countries write them.
  var dates: Set<Day> {
    // Dates are short; a text is none.
    guard text.count <= 40 else { return [] }
    let lower = text.lowercased()
    var days: [Day?] = []
    if let match = lower.wholeMatch(of: /[0-9]{4}-([0-9]{1,2})-([0-9]{1,2})(?:[ t][0-9:.]*)?/) {
      days.append(Day(Int(match.2)!, Int(match.1)!))
    }
    if let match = lower.wholeMatch(
      of: /([0-9]{1,2})[.\/-]([0-9]{1,2})(?:[.\/-]|[.\/-] ?[0-9]{2,4}(?: [0-9:.]*)?)?/)
    {
      let (first, second) = (Int(match.1)!, Int(match.2)!)
      days += [Day(first, second), Day(second, first)]
    }
    if let match = lower.wholeMatch(of: /([0-9]{1,2})[. -]{0,2}(\p{L}{3,9})\.?(?:[ -]?[0-9]{2,4})?/)
    {
      days.append(Self.month(match.2).flatMap { Day(Int(match.1)!, $0) })
    }
    if let match = lower.wholeMatch(of: /(\p{L}{3,9})[. -]{0,2}([0-9]{1,2})/) {
      days.append(Self.month(match.1).flatMap { Day(Int(match.2)!, $0) })
    }
    // The day's number since 1900, which shows when a date is made a number again.
    if let number = Int(text), (30_000...70_000).contains(number) {
      var calendar = Calendar(identifier: .gregorian)
      calendar.timeZone = TimeZone(secondsFromGMT: 0)!
      let date = Date(timeIntervalSince1970: Double(number - 25_569) * 86_400)
      let parts = calendar.dateComponents([.day, .month], from: date)
      days.append(Day(parts.day!, parts.month!))
    }
    return Set(days.compactMap { $0 })
  }

  /// Beginnings of the months' names in English, German, French, Spanish, Italian and Dutch.
  private static let months = [
    ["jan", "jän", "ene", "gen"], ["feb", "fév"], ["mar", "mär", "mrz", "maa", "mrt"],
    ["apr", "avr", "abr"], ["may", "mai", "mag", "mei"], ["jun", "juin", "giu"],
    ["jul", "juil", "lug"], ["aug", "aoû", "ago"], ["sep", "set"], ["oct", "okt", "ott"], ["nov"],
    ["dec", "dez", "déc", "dic"],
  ]

  private static func month(_ name: Substring) -> Int? {
    months.firstIndex { $0.contains { name.hasPrefix($0) } }.map { $0 + 1 }
  }

  // MARK: Letters

  /// Whether the cell is a text whose letters were lost on the way: a question mark each, or the
  /// bytes of UTF-8 taken for letters.
  private func isMangled(_ original: String) -> Bool {
    if let bytes = text.data(using: .windowsCP1252),
      String(data: bytes, encoding: .utf8) == original,
      !text.allSatisfy(\.isASCII)
    {
      return true
    }
    guard text.contains("?") || text.contains("\u{FFFD}") else { return false }
    let (own, other) = (Array(text), Array(original.precomposedStringWithCanonicalMapping))
    return own.count == other.count
      && zip(own, other).allSatisfy { $0 == $1 || ($0 == "?" || $0 == "\u{FFFD}") && !$1.isASCII }
  }
}
