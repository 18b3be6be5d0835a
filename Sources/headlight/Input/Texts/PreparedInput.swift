import Foundation
import Laboratory
import Models
import Tokenizers
import Transformers

/// A text on its way into a model, with the tokens its rows stand for.
struct PreparedInput: Sendable {
  let input: ModelInput
  /// What the rows of the decoder, or of the only stack, should predict; the last row of a single
  /// stack has nothing to predict in the text, and so none here.
  let predicts: [Int]

  /// The most tokens the model adds when it is asked for a target of its own.
  static let longestOwnTarget = 64

  /// A source text and, for an encoder–decoder, a target; without one, the model's own output.
  ///
  /// - Parameters:
  ///   - pair: A second sentence for an encoder that reads two.
  ///   - startToken: Whether the model's start token goes in front; nil where a command does not ask.
  init(
    source: String, pair: String? = nil, target: String?, startToken: Bool? = nil,
    for loaded: LoadedModel
  ) throws {
    let configuration = loaded.model.configuration
    let tokens = try loaded.startingTokens(loaded.encodeText(source), isWanted: startToken)
    if configuration.decoder == nil, target == nil {
      self.init(input: try loaded.encoderInput(source, tokens: tokens, pair: pair))
      return
    }
    guard pair == nil else {
      throw CommandError(
        "\(loaded.shortName) reads one text and no pair of sentences: leave --text-pair out")
    }
    guard configuration.isEncoderDecoder else {
      guard target == nil else {
        throw CommandError(
          "\(loaded.shortName) has a single stack, which reads one text: leave --target out")
      }
      self.init(input: ModelInput(tokens), predicts: Array(tokens.dropFirst()))
      return
    }
    let predicts: [Int]
    if let target {
      predicts = try loaded.encodeText(target, named: "the target")
    } else {
      try ModelInput(tokens).checkSize(for: configuration, keepsEverything: false)
      loaded.noteUnsupportedSettings()
      predicts = try loaded.model.generate(
        from: tokens, maximumNewTokens: Self.longestOwnTarget)
    }
    let decoderTokens = [configuration.startToken] + predicts.dropLast()
    self.init(
      input: ModelInput(tokens, decoderTokens: decoderTokens), predicts: predicts)
  }

  private init(input: ModelInput) {
    self.init(input: input, predicts: Array(input.tokens[0].dropFirst()))
  }

  private init(input: ModelInput, predicts: [Int]) {
    self.input = input
    self.predicts = predicts
  }
}

extension LoadedModel {
  /// Says what the model's settings ask for when it writes a text, and is not done.
  func noteUnsupportedSettings() {
    let names = model.configuration.generation.unsupported
    guard !names.isEmpty else { return }
    let isDrawn = names.contains("do_sample")
    note(
      "\(shortName)'s settings ask for \(names.joined(separator: ", ")), which is not done here"
        + (isDrawn ? "; the most probable text is taken, and none is drawn" : ""))
  }

  /// What an encoder reads: a sentence or two, with the types of their tokens where it knows types.
  ///
  /// A separator that the text itself holds begins a second sentence, as people write a pair.
  func encoderInput(_ text: String, tokens: [Int], pair: String?) throws -> ModelInput {
    let count = model.configuration.tokenTypeCount
    if let pair {
      let (ids, types) = try tokenizer!.encode(text, pair: pair)
      return ModelInput(tokens: [ids], tokenTypes: count > 1 ? [types] : nil)
    }
    guard count > 1, let separator = tokens.last,
      let name = tokenizer?.specialTokens[separator],
      let end = tokens.dropLast().firstIndex(of: separator)
    else { return ModelInput(tokens) }
    note(
      "the text holds \(name), so what follows it is read as a second sentence, of token type 1; "
        + "--text-pair gives one, and --token-types other types")
    return ModelInput(tokens: [tokens], tokenTypes: [tokens.indices.map { $0 > end ? 1 : 0 }])
  }

  /// The ids of a text that is not empty; the end token alone would be no input.
  func encodeText(_ text: String, named name: String = "the text") throws -> [Int] {
    guard !text.allSatisfy(\.isWhitespace) else {
      throw CommandError("\(name) is empty; give at least one word")
    }
    return try encode(text)
  }
}

extension ModelInput {
  /// Refuses an input whose attention would not fit this machine's memory.
  ///
  /// Relative positions have no end, so such a model takes a text of any length, but the memory for
  /// attention grows with the length's square.
  ///
  /// - Throws: ``CommandError`` with the sizes.
  func checkSize(
    for configuration: TransformerConfiguration, keepsEverything: Bool,
    memory: Int = Int(clamping: ProcessInfo.processInfo.physicalMemory)
  ) throws(CommandError) {
    let source = tokens.first?.count ?? 0
    let target = decoderTokens?.first?.count
    var (largest, sum) = (0.0, 0.0)
    for (name, stack) in configuration.stacks {
      let reads = name == .decoder ? target ?? 0 : source
      for keys in name == .decoder ? [reads, source] : [reads] {
        // Scores and pattern, four bytes a number.
        let bytes = 8 * Double(tokens.count) * Double(stack.headCount) * Double(reads * keys)
        largest = max(largest, bytes)
        sum += bytes * Double(stack.layerCount)
      }
    }
    // Masking and softmax make copies on the way.
    let needed = 2 * largest + (keepsEverything ? sum : 0)
    guard needed > Double(memory) else { return }
    throw CommandError(
      "the text has \(grouped(max(source, target ?? 0))) tokens, whose attention takes "
        + "\(gigabytes(needed)) of memory where this machine has \(gigabytes(Double(memory))); "
        + "shorten it")
  }
}

private func gigabytes(_ bytes: Double) -> String {
  "\(String(format: "%.1f", bytes / 1e9)) GB"
}

/// A whole number with a comma before every group of three digits.
func grouped(_ number: Int) -> String {
  var text = ""
  for (place, digit) in String(number.magnitude).reversed().enumerated() {
    if place > 0, place % 3 == 0 { text.append(",") }
    text.append(digit)
  }
  return (number < 0 ? "-" : "") + String(text.reversed())
}
