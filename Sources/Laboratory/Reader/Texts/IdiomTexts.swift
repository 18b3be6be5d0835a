extension ReaderWriter {
  /// An idiom in a sentence, beside its meaning or a literal use; or, one in four, alone.
  mutating func idiom() -> ReaderText {
    if random.chance(25) { return bareIdiom() }
    let frames = Self.idiomFrames
    while true {
      let index = random.below(ReaderIdiom.all.count)
      let frame = random.below(frames.count)
      let heldOut = ReaderHoldOuts.frame(ofIdiom: index, count: frames.count - 1)
      let own: ReaderSplit = heldOut.index == frame ? heldOut.split : .training
      guard own == split else { continue }
      let idiom = ReaderIdiom.all[index]
      var builder = ReaderTextBuilder()
      var situation = 0..<0
      let name = random.pick(ReaderNames.first)
      let pronoun = idiom.isAboutThings ? "it" : ReaderNames.pronoun(of: name)
      for part in frames[frame] {
        switch part {
        case "{situation}":
          let words = idiom.situation.enumerated().map { place, word in
            word == "{n}" ? name : place == 0 ? word.capitalizedFirst : word
          }
          situation = builder.add(words)
        case "{he}": builder.add(pronoun)
        case "{He}": builder.add(pronoun.capitalizedFirst)
        case "{idiom}":
          builder.add(idiom.lead)
          let range = builder.add(idiom.words)
          // A phrase is told by its words so far; a single word by the situation.
          builder.plant(
            .idiom(index, isBare: false), (range.upperBound - 1)..<range.upperBound,
            from: [situation, range.dropLast(1)], isHeldOut: split != .training)
        case "{meaning}": builder.add(idiom.meaning)
        case "{literal}":
          // Another person did, so that nothing hints at the idiom.
          builder.add(idiom.isAboutThings ? "it" : random.pick(ReaderNames.first))
          builder.add(idiom.literal)
        default: builder.add(part)
        }
      }
      return builder.text(.idioms)
    }
  }

  /// Sentences around an idiom; the last has its meaning alone.
  ///
  /// No two have the same words before the idiom and before its meaning.
  static let idiomFrames = [
    "{situation} , and {he} {idiom} .",
    "{situation} . In the end {he} {idiom} .",
    "{situation} . {He} {idiom} , that is , {he} {meaning} .",
    "{situation} . In short , {he} {meaning} . They say that {he} {idiom} .",
    "Once {literal} . {situation} , and so {he} {idiom} .",
    "{situation} . So {he} {idiom} last week .",
    "{situation} , that is , {he} {meaning} . Once {literal} .",
  ].map(ReaderNames.words)

  /// The idiom and nothing else.
  private mutating func bareIdiom() -> ReaderText {
    let index = pick(Array(ReaderIdiom.all.indices), in: split) {
      ReaderHoldOuts.split(ofBareIdiom: $0)
    }
    let idiom = ReaderIdiom.all[index]
    var builder = ReaderTextBuilder()
    builder.add(idiom.lead)
    let range = builder.add(idiom.words)
    builder.add(".")
    if Self.isToldByItsWords(index) {
      builder.plant(
        .idiom(index, isBare: true), (range.upperBound - 1)..<range.upperBound,
        from: [range.dropLast(1)], isHeldOut: split != .training)
    }
    return builder.text(.idioms)
  }

  /// Whether no other idiom begins with all words of this one but the last.
  ///
  /// Only then does the idiom alone say how it ends; literal uses may begin so, but never stand alone.
  package static func isToldByItsWords(_ index: Int) -> Bool {
    let all = ReaderIdiom.all
    let prefix = Array((all[index].lead + all[index].words).dropLast())
    guard all[index].words.count > 1 else { return false }
    return !all.indices.contains {
      $0 != index && (all[$0].lead + all[$0].words).starts(with: prefix)
    }
  }
}

extension ReaderNames {
  private static let womenSet = Set(women)

  /// She or he.
  static func pronoun(of name: String) -> String { womenSet.contains(name) ? "she" : "he" }
}

extension String {
  /// The same with a capital letter in front.
  var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
