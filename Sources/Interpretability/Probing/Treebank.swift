public import Foundation

/// The sentences of a treebank in the CoNLL-U format of Universal Dependencies, version 2.
///
/// Words are syntactic words: a multi-word token such as `1-2 du` contributes its parts *de* and
/// *le*. Where the parts spell the token they share its letters out, otherwise each stands for all
/// of it. Empty nodes such as `8.1` belong to the enhanced graph and are left out. A word's labels
/// are `upos`, `xpos`, `deprel` and `feats.NAME` for each of its features.
public struct Treebank: Sendable {
  /// The sentences in the order of the file.
  public let sentences: [AnnotatedSentence]

  /// Reads a file.
  ///
  /// - Parameter needsTrees: Whether every word must have its head. Where labels alone are asked, a
  ///   sentence with a head left open (`_`) is taken without its tree.
  /// - Throws: ``ProbingError`` with the number of the line that is wrong.
  public init(contentsOf url: URL, needsTrees: Bool = true) throws(ProbingError) {
    let data: Data
    do {
      data = try Data(contentsOf: url)
    } catch {
      throw ProbingError(
        FileManager.default.fileExists(atPath: url.path)
          ? "\(url.path) cannot be read; give a file in the CoNLL-U format"
          : "there is no file \(url.path); give a file in the CoNLL-U format")
    }
    try self.init([UInt8](data), needsTrees: needsTrees)
  }

  /// Reads the bytes of a file.
  ///
  /// A line that looks empty parts two sentences, whatever blanks it holds, and comments that no word
  /// follows are passed over.
  ///
  /// - Parameter needsTrees: Whether every word must have its head.
  /// - Throws: ``ProbingError`` with the number of the line that is wrong.
  public init(_ bytes: [UInt8], needsTrees: Bool = true) throws(ProbingError) {
    var sentences: [AnnotatedSentence] = []
    var block = SentenceBlock(needsTree: needsTrees)
    var number = 0
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    for slice in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      number += 1
      var line = slice.last == 0x0D ? slice.dropLast() : slice
      // The mark of a file's encoding stands at its start, or amid files that were put together.
      if line.starts(with: mark) { line = line.dropFirst(mark.count) }
      guard let text = String(validating: line, as: UTF8.self) else {
        throw ProbingError(
          "line \(number) is not UTF-8; save the treebank in that encoding")
      }
      guard !line.contains(0x0D) else {
        throw ProbingError(
          "line \(number) holds line ends of another kind (carriage returns); save the treebank with "
            + "line feeds")
      }
      if text.allSatisfy(\.isWhitespace) {
        if let sentence = try block.finish() { sentences.append(sentence) }
        block = SentenceBlock(number: sentences.count + 1, needsTree: needsTrees)
      } else {
        try block.read(text, at: number)
      }
    }
    if let sentence = try block.finish() { sentences.append(sentence) }
    guard !sentences.isEmpty else {
      throw ProbingError(
        "the treebank "
          + (bytes.isEmpty ? "is empty" : "has no sentence in its \(number) line")
          + (bytes.isEmpty || number == 1 ? "" : "s") + "; it needs at least one sentence")
    }
    self.sentences = sentences
  }
}
