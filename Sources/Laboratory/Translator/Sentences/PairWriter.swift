/// Writes a sentence in both languages at once, and the links between their words.
///
/// French words are noted in full form first ("le", "à" + "le"); elision and contraction come last,
/// when every word knows its neighbour.
struct PairWriter {
  /// A French word before elision and contraction.
  struct Draft {
    /// What elision or contraction may do to the word.
    enum Behaviour { case fixed, elides, article }

    var word: SentenceWord
    var sources: [Int]
    var startsWithVowelSound: Bool
    var behaviour: Behaviour
  }

  private(set) var source: [SentenceWord] = []
  private(set) var drafts: [Draft] = []
  private var adjectivePlaces: [AdjectivePlace] = []

  /// Adds an English word and returns its index.
  @discardableResult
  mutating func english(_ word: SentenceWord, head: Int? = nil) -> Int {
    source.append(word)
    source[source.count - 1].head = head
    return source.count - 1
  }

  /// Makes an English word depend on another.
  mutating func attach(_ word: Int, to head: Int) { source[word].head = head }

  /// Adds a French word that translates the English words at `sources`, and returns its index.
  @discardableResult
  mutating func french(
    _ word: SentenceWord, from sources: [Int], behaviour: Draft.Behaviour = .fixed,
    startsWithVowelSound starts: Bool? = nil
  ) -> Int {
    drafts.append(
      Draft(
        word: word, sources: sources,
        startsWithVowelSound: starts ?? Laboratory.startsWithVowelSound(word.text),
        behaviour: behaviour))
    return drafts.count - 1
  }

  /// Notes an attributive adjective.
  mutating func place(adjective: Int, noun: Int, draftAdjective: Int, draftNoun: Int) {
    adjectivePlaces.append(
      AdjectivePlace(
        sourceAdjective: adjective, sourceNoun: noun, targetAdjective: draftAdjective,
        targetNoun: draftNoun))
  }

  /// The finished pair.
  ///
  /// - Parameter instruction: the words of the instruction, which come before the sentence.
  consuming func finish(instruction: [SentenceWord]) -> SentencePair {
    let (target, sources, places) = contracted()
    let shift = instruction.count
    setDepths()
    for index in source.indices {
      if let head = source[index].head { source[index].head = head + shift }
    }
    source[0].text.capitalize()
    var pair = SentencePair(
      source: instruction + source, target: target, links: [], adjectives: [], heldOutPairs: [])
    pair.target[0].text.capitalize()
    for (index, words) in sources.enumerated() {
      for word in words.sorted() {
        pair.links.append(
          AlignmentLink(
            target: index, source: word + shift, isPunctuation: target[index].isPunctuation))
      }
    }
    pair.adjectives = adjectivePlaces.map {
      AdjectivePlace(
        sourceAdjective: $0.sourceAdjective + shift, sourceNoun: $0.sourceNoun + shift,
        targetAdjective: places[$0.targetAdjective], targetNoun: places[$0.targetNoun])
    }
    return pair
  }

  /// French as it is written: le ami is l'ami, à le marché is au marché, de des is de.
  private func contracted() -> (words: [SentenceWord], sources: [[Int]], places: [Int]) {
    var words: [SentenceWord] = []
    var sources: [[Int]] = []
    var places: [Int] = []
    for (index, draft) in drafts.enumerated() {
      let nextStartsWithVowel = index + 1 < drafts.count && drafts[index + 1].startsWithVowelSound
      if draft.behaviour == .article, !words.isEmpty,
        let contraction = Self.contraction(
          of: words[words.count - 1].text, draft.word, elides: nextStartsWithVowel)
      {
        words[words.count - 1].text = contraction
        sources[sources.count - 1] += draft.sources
        places.append(words.count - 1)
        continue
      }
      var word = draft.word
      if nextStartsWithVowel, draft.behaviour != .fixed, !word.text.hasSuffix("s") {
        word.text.removeLast()
        word.text += "'"
        word.joinsNext = true
      }
      places.append(words.count)
      words.append(word)
      sources.append(draft.sources)
    }
    return (words, sources, places)
  }

  private static func contraction(
    of preposition: String, _ article: SentenceWord, elides: Bool
  ) -> String? {
    switch (article.text, preposition) {
    case ("le", "à"): elides ? nil : "au"
    case ("les", "à"): "aux"
    case ("le", "de"): elides ? nil : "du"
    case ("les", "de"): "des"
    case ("des", "de"): "de"
    default: nil
    }
  }

  private mutating func setDepths() {
    for index in source.indices {
      var depth = 0
      var word = index
      while let head = source[word].head {
        word = head
        depth += 1
      }
      source[index].depth = depth
    }
  }
}

extension String {
  fileprivate mutating func capitalize() {
    self = prefix(1).uppercased() + dropFirst()
  }
}
