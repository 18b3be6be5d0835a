package import Tensors

/// Writes random texts of one split.
///
/// Which split a text belongs to follows from what it asks for and not from the seed, so that texts
/// of different seeds never leak into each other's training.
package struct ReaderWriter: Sendable {
  package let world: ReaderWorld
  package let split: ReaderSplit
  package var random: SeededGenerator

  /// A writer; texts follow from the world, the split and the seed.
  package init(world: ReaderWorld = .standard, split: ReaderSplit, seed: UInt64) {
    self.world = world
    self.split = split
    random = SeededGenerator(seed: fingerprint("\(split.rawValue) \(seed)"))
  }

  /// The next text of a kind.
  package mutating func text(_ kind: ReaderKind) -> ReaderText {
    while true {
      let text =
        switch kind {
        case .facts: facts()
        case .binding: binding()
        case .twoHops: twoHops()
        case .identity: identity()
        case .descriptions: descriptions()
        case .fewShot: fewShot()
        case .sequences: sequence()
        case .indirectObjects: indirectObjects()
        case .repeats: repeats()
        case .greaterThan: greaterThan()
        case .idioms: idiom()
        case .narrative: narrative()
        case .rollCalls: rollCall()
        case .tours: tour()
        case .pairs: pairs()
        }
      // Texts that are random throughout are told apart as a whole.
      guard [.repeats, .narrative, .rollCalls, .tours].contains(kind) else { return text }
      if ReaderSplit(of: text.text, heldOut: 4) == split { return text }
    }
  }

  /// A random element of a split; nil keeps an element out.
  mutating func pick<Element>(
    _ elements: [Element], in split: ReaderSplit, by membership: (Element) -> ReaderSplit?
  ) -> Element {
    while true {
      let element = random.pick(elements)
      if membership(element) == split { return element }
    }
  }
}

extension ReaderSplit {
  /// The split of one of very many keys; so many per cent are held out, half of them for test.
  init(of key: String, heldOut percent: UInt64) {
    let mark = fingerprint(key)
    self =
      mark % 100 >= percent ? .training : mark / 100 % 2 == 0 ? .development : .test
  }

  /// The splits of a few keys: so many per cent are held out, but two at least, half of them for
  /// test.
  static func partition(_ keys: [String], heldOut percent: Int) -> [String: ReaderSplit] {
    let order = keys.sorted { (fingerprint($0), $0) < (fingerprint($1), $1) }
    let count = Swift.max(2, keys.count * percent / 100)
    return Dictionary(
      uniqueKeysWithValues: order.enumerated().map { index, key in
        (key, index >= count ? .training : index % 2 == 0 ? .development : .test)
      })
  }
}
