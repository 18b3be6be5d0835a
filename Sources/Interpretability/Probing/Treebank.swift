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
  /// - Throws: ``ProbingError`` with the number of the line that is wrong.
  public init(contentsOf url: URL) throws(ProbingError) {
    let data: Data
    do {
      data = try Data(contentsOf: url)
    } catch {
      throw ProbingError(
        FileManager.default.fileExists(atPath: url.path)
          ? "\(url.path) cannot be read; give a file in the CoNLL-U format"
          : "there is no file \(url.path); give a file in the CoNLL-U format")
    }
    try self.init([UInt8](data))
  }

  /// Reads the bytes of a file.
  ///
  /// - Throws: ``ProbingError`` with the number of the line that is wrong.
  public init(_ bytes: [UInt8]) throws(ProbingError) {
    var sentences: [AnnotatedSentence] = []
    var block = SentenceBlock()
    var number = 0
    let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    for slice in bytes[start...].split(separator: 0x0A, omittingEmptySubsequences: false) {
      number += 1
      let line = slice.last == 0x0D ? slice.dropLast() : slice
      guard let text = String(validating: line, as: UTF8.self) else {
        throw ProbingError(
          "line \(number) is not UTF-8; save the treebank in that encoding")
      }
      if text.isEmpty {
        if let sentence = try block.finish() { sentences.append(sentence) }
        block = SentenceBlock(number: sentences.count + 1)
      } else {
        try block.read(text, at: number)
      }
    }
    if let sentence = try block.finish() { sentences.append(sentence) }
    guard !sentences.isEmpty else {
      throw ProbingError("the treebank is empty; it needs at least one sentence")
    }
    self.sentences = sentences
  }
}
