import ArgumentParser
import Laboratory
import Models

/// `--clean` and `--corrupted`: two texts that differ in what a model is to tell apart.
struct PairOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: "The text that the model answers well; of an encoder–decoder what the encoder reads.")
  var clean: String?
  @Option(help: .ids(insteadOf: "--clean"), transform: tokenIDs)
  var cleanIds: [Int]?
  @Option(
    parsing: .unconditional,
    help: "The text that spoils the answer, with as many tokens as the clean one.")
  var corrupted: String?
  @Option(help: .ids(insteadOf: "--corrupted"), transform: tokenIDs)
  var corruptedIds: [Int]?
  @OptionGroup var target: TargetOptions

  private var choices: (clean: TextChoice, corrupted: TextChoice) {
    (
      TextChoice(option: "--clean", name: "the clean text", text: clean, ids: cleanIds),
      TextChoice(
        option: "--corrupted", name: "the corrupted text", text: corrupted, ids: corruptedIds)
    )
  }

  func validate() throws {
    try choices.clean.check()
    try choices.corrupted.check()
  }

  /// Both texts.
  ///
  /// - Throws: ``CommandError``, which shows where they part when they differ in length.
  func texts(for loaded: LoadedModel) throws -> TextPair {
    // The target is read once, so that what is said of it is said once.
    let shared = try target.tokens(for: loaded)
    let pair = TextPair(
      clean: try Reading(source: choices.clean, target: shared, for: loaded),
      corrupted: try Reading(source: choices.corrupted, target: shared, for: loaded))
    let (a, b) = (pair.clean.source, pair.corrupted.source)
    guard a.ids.count == b.ids.count else {
      throw CommandError(
        unequal: ("the clean text", a), ("the corrupted text", b),
        because:
          "patching puts an activation in the place of the one at the same position, so make "
          + "them alike in length")
    }
    return pair
  }
}

/// Two texts of one length.
struct TextPair {
  let clean: Reading
  let corrupted: Reading

  /// A label for each position of a stack: the clean token, and the corrupted one where it differs.
  func labels(of side: KeyPath<Reading, TokenizedText>) -> [String] {
    zip(clean[keyPath: side].labels, corrupted[keyPath: side].labels).map {
      $0 == $1 ? $0.word : "\($0.word) / \($1.word)"
    }
  }
}
