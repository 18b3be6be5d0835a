extension ReaderAbility {
  /// Under which names a plant is counted.
  package func names(in text: ReaderText, _ plant: ReaderText.Plant) -> [String] {
    switch self {
    case .fact(let relation, let template):
      [
        "\(relation.rawValue), \(template == nil ? "a wording never met" : "a wording it was held out from")"
      ]
    case .twoHops(let first, let second):
      {
        let way = first == .homeland ? "by a person" : "by a capital"
        let isNew = ReaderHoldOuts.isNeverBridged(Array(text.words[plant.sources[0]]))
        return [
          "\(way): \(second.rawValue)", "\(way), \(isNew ? "never bridged" : "bridged elsewhere")",
        ]
      }()
    case .binding(let relation): ["right behind a name: \(relation.rawValue)"]
    case .choice(let relation): ["which of three: \(relation.rawValue)"]
    case .identity(let shots): ["identity after \(shots)"]
    case .description(let kind): ["description of a \(kind.rawValue)"]
    case .fewShot(let relation, _): ["\(relation.rawValue)"]
    case .sequence(let kind, let step, let inSentences):
      [
        "\(kind.rawValue) by \(step == 1 ? "one" : "two"), "
          + (inSentences ? "in sentences" : "bare")
      ]
    case .indirectObject(let others): ["\(others) others"]
    case .repetition: ["second copy of random words"]
    case .greaterThan: ["a later year"]
    case .idiom(_, let isBare): [isBare ? "alone" : "in a sentence"]
    case .rollCall: ["who acted already"]
    case .tour(let tour): ["\(tour.rawValue) visited already"]
    }
  }

  /// The fraction of right answers that was aimed at.
  package var aim: Double? {
    switch self {
    case .fact(_, let template): template == nil ? nil : 0.95
    case .identity, .fewShot, .indirectObject: 0.95
    case .sequence(_, let step, _): step == 1 ? 0.95 : 0.9
    case .twoHops, .repetition, .idiom: 0.9
    case .binding, .choice, .description, .greaterThan, .rollCall, .tour: nil
    }
  }

  /// Whether a bigram would repeat what came already.
  package var isTour: Bool { if case .tour = self { true } else { false } }
}
