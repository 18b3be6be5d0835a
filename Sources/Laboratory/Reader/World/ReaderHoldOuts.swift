/// Which facts, words and phrases are held out from which kind of text.
///
/// Fixed by their names alone. Every fact that is held out from one kind or wording is taught by
/// another, so that what is asked can be known.
package enum ReaderHoldOuts {
  /// The wording of its relation in which a fact is never taught.
  package static func template(of fact: ReaderFact) -> (index: Int, split: ReaderSplit) {
    let mark = fingerprint("fact \(fact.relation.rawValue) \(fact.subject.joined(separator: " "))")
    let count = UInt64(fact.relation.templates.count)
    return (Int(mark % count), mark / count % 2 == 0 ? .development : .test)
  }

  /// The split of a fact in a wording; the unseen wording is nil.
  package static func split(of fact: ReaderFact, template: Int?) -> ReaderSplit {
    let heldOut = self.template(of: fact)
    return template == nil || template == heldOut.index ? heldOut.split : .training
  }

  /// The split of a second hop from a subject: a tenth of all subjects are never bridged at all,
  /// and of the others each hop leaves out some.
  package static func split(
    ofHopFrom subject: [String], to relation: ReaderRelation
  ) -> ReaderSplit {
    let name = subject.joined(separator: " ")
    let unbridged = ReaderSplit(of: "bridge \(name)", heldOut: 10)
    if unbridged != .training { return unbridged }
    return ReaderSplit(of: "hop \(relation.rawValue) \(name)", heldOut: 12)
  }

  /// Whether no training text takes a second hop from the subject.
  package static func isNeverBridged(_ subject: [String]) -> Bool {
    ReaderSplit(of: "bridge \(subject.joined(separator: " "))", heldOut: 10) != .training
  }

  /// The split of a fact in a pattern of binding texts.
  static func split(ofBinding pattern: String, _ subject: [String]) -> ReaderSplit {
    ReaderSplit(of: "binding \(pattern) \(subject.joined(separator: " "))", heldOut: 16)
  }

  /// The split of a word in identity texts.
  static func split(ofIdentity word: String) -> ReaderSplit { identity[word] ?? .training }

  private static let identity = ReaderSplit.partition(
    Array(Set(ReaderWriter.contentWords)).sorted(), heldOut: 15)

  /// The split of a description of an entity.
  static func split(ofDescription name: [String]) -> ReaderSplit {
    ReaderSplit(of: "description \(name.joined(separator: " "))", heldOut: 15)
  }

  /// The split of a fact among the pairs of a few-shot text.
  static func split(ofPair fact: ReaderFact) -> ReaderSplit {
    pairs[key(fact)] ?? .training
  }

  private static func key(_ fact: ReaderFact) -> String {
    "few-shot \(fact.relation.rawValue) \(fact.subject.joined(separator: " "))"
  }

  private static let pairs: [String: ReaderSplit] = ReaderRelation.allCases.reduce(into: [:]) {
    $0.merge(
      ReaderSplit.partition(ReaderWorld.standard.facts($1).map(key), heldOut: 15)
    ) { first, _ in first }
  }

  /// The split of a sequence by where it starts; how long it is makes no difference.
  static func split(of sequence: ReaderSequence) -> ReaderSplit {
    starts[key(sequence.kind, sequence.step, sequence.frame, sequence.start)] ?? .training
  }

  private static func key(
    _ kind: ReaderSequence.Kind, _ step: Int, _ frame: Int?, _ start: Int
  ) -> String {
    "sequence \(kind.rawValue) \(step) \(frame.map(String.init) ?? "bare") \(start)"
  }

  private static let starts: [String: ReaderSplit] = {
    var result: [String: ReaderSplit] = [:]
    for kind in ReaderSequence.Kind.allCases {
      for step in 1...2 {
        for frame in [nil] + kind.frames.indices.map(Optional.some) {
          let starts = ReaderWriter.starts(of: kind, step: step, isBare: frame == nil)
          result.merge(
            ReaderSplit.partition(starts.map { key(kind, step, frame, $0) }, heldOut: 15)
          ) { first, _ in first }
        }
      }
    }
    return result
  }()

  /// The split of a pair of names in texts with an indirect object, whichever comes first.
  static func split(ofPartners a: String, _ b: String) -> ReaderSplit {
    ReaderSplit(of: "partners \(min(a, b)) \(max(a, b))", heldOut: 8)
  }

  /// The split of a span of years.
  static func split(ofSpan noun: String, century: Int, year: Int) -> ReaderSplit {
    ReaderSplit(of: "span \(noun) \(century) \(year)", heldOut: 10)
  }

  /// The frame in which an idiom is never taught, and in which split it is.
  static func frame(ofIdiom index: Int, count: Int) -> (index: Int, split: ReaderSplit) {
    let mark = fingerprint("idiom \(index)")
    return (Int(mark % UInt64(count)), mark / 7 % 2 == 0 ? .development : .test)
  }

  /// The split of an idiom alone, with no sentence around.
  static func split(ofBareIdiom index: Int) -> ReaderSplit { bareIdioms["\(index)"] ?? .training }

  private static let bareIdioms = ReaderSplit.partition(
    ReaderIdiom.all.indices.map { "\($0)" }, heldOut: 20)
}
