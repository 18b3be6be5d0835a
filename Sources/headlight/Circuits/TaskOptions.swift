import ArgumentParser
import Circuits
import Foundation
import Laboratory
import Models

/// `--task`: a built-in one by its name, or a file.
struct TaskOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A file of JSON lines, {\"clean\", \"corrupted\", \"answer\", \"foil\"} or {\"clean-ids\", "
        + "\"corrupted-ids\", \"answer\", \"foil\"}; or a task that is built in: \(ReaderTask.names).",
      valueName: "file.jsonl|name"))
  var task: String
  @Option(help: "How many pairs of a built-in task are taken.")
  var pairs = 64
  @Option(help: "Decides which pairs of a built-in task are drawn.")
  var seed: UInt64 = 0

  func validate() throws {
    guard (1...10_000).contains(pairs) else {
      throw ValidationError("--pairs is \(pairs), and must be from 1 to 10000")
    }
  }

  /// The pairs.
  ///
  /// - Throws: ``CommandError`` that names the file and the line, or the tasks there are.
  func taskSet(for loaded: LoadedModel) throws -> TaskSet {
    if let builtIn = ReaderTask.all.first(where: { $0.name == task }) {
      return try set(of: builtIn, for: loaded)
    }
    guard let data = FileManager.default.contents(atPath: task) else {
      var isFolder: ObjCBool = false
      let exists = FileManager.default.fileExists(atPath: task, isDirectory: &isFolder)
      throw CommandError(
        exists
          ? isFolder.boolValue
            ? "\(task) is a folder; name a file of JSON lines" : "\(task) cannot be read"
          : "--task \(task) is neither a file nor a task that is built in; those are "
            + ReaderTask.names)
    }
    do {
      // What is said of a word in many lines is said once.
      var remarks: [String] = []
      let set = try TaskFile(data).taskSet(tokens: { try self.tokens($0, for: loaded) }) {
        answer, foil, clean in
        let (ids, said) = try TokenNames(of: loaded).resolve(
          [("the answer", Self.name(answer)), ("the foil", Self.name(foil))], behind: clean)
        remarks += said.filter { !remarks.contains($0) }
        return (ids[0], ids[1])
      }
      remarks.forEach(note)
      return set
    } catch let error as TaskFileError {
      throw CommandError("line \(error.line) of \(task) \(error.fault)")
    } catch CircuitError.noPairs {
      throw CommandError("\(task) is empty; write a JSON line a pair")
    }
  }

  private func tokens(_ text: TaskFile.Text, for loaded: LoadedModel) throws -> [Int] {
    let choice =
      switch text {
      case .text(let words):
        TextChoice(option: "the key", name: "the text", text: words, ids: nil)
      case .ids(let ids): TextChoice(option: "the key", name: "the text", text: nil, ids: ids)
      }
    return try choice.tokens(for: loaded).ids
  }

  private static func name(_ token: TaskFile.Token) -> TokenName {
    switch token {
    case .id(let id): .id(id)
    case .text(let text): TokenName(argument: text)
    }
  }

  /// Pairs of a built-in task that the model reads in tokens alike in number, and does.
  private func set(of builtIn: ReaderTask, for loaded: LoadedModel) throws -> TaskSet {
    guard loaded.tokenizer != nil else {
      throw CommandError(
        "the task \(task) is of words, and \(loaded.shortName) has no tokenizer; write a file of "
          + "clean-ids and corrupted-ids")
    }
    let drawn = builtIn.texts(6 * pairs, seed: seed)
    var known: [String: Int?] = [:]
    /// The words of a task stand between spaces.
    func word(_ text: String) -> Int? {
      if let id = known[text] { return id }
      let id = try? TokenNames(of: loaded).resolve(.text(" " + text), option: "the word").id
      known[text] = id
      return id
    }
    var refused = Refused()
    let read = try drawn.compactMap { texts -> TaskSet.Pair? in
      guard let answer = word(texts.answer), let foil = word(texts.foil), answer != foil else {
        refused.words += 1
        return nil
      }
      let clean = try tokens(.text(texts.clean), for: loaded)
      let corrupted = try tokens(.text(texts.corrupted), for: loaded)
      guard clean.count == corrupted.count else {
        refused.lengths += 1
        return nil
      }
      return TaskSet.Pair(
        clean: clean, corrupted: corrupted, answer: answer, foil: foil, template: texts.template)
    }
    guard !read.isEmpty else {
      throw CommandError(
        "\(loaded.shortName) can read none of \(counted(drawn.count, "pair")) of the task \(task): "
          + "\(refused); write a file of pairs that the model does")
    }
    let done = try TaskSet(read).filtered(on: loaded.model, answer: builtIn.leastProbability)
    guard !done.pairs.isEmpty else {
      throw CommandError(
        "\(loaded.shortName) does not do the task \(task): of \(counted(read.count, "pair")) it gives "
          + "no answer a probability of \(builtIn.leastProbability)")
    }
    let set = done.balanced(to: pairs)
    if set.pairs.count < pairs {
      note(
        "\(loaded.shortName) does \(counted(set.pairs.count, "pair")) of \(task), fewer than "
          + "\(pairs)")
    }
    return set
  }
}

/// Why pairs of a built-in task are not taken.
private struct Refused: CustomStringConvertible {
  /// How many have an answer or a foil that is not one token, or both the same.
  var words = 0
  /// How many have texts of different lengths.
  var lengths = 0

  var description: String {
    [
      words > 0 ? "of \(words) the answer or the foil is not one token" : nil,
      lengths > 0 ? "of \(lengths) the two texts differ in their number of tokens" : nil,
    ].compactMap { $0 }.joined(separator: ", ")
  }
}
