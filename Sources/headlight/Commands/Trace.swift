import ArgumentParser
import Checkpoints
import Foundation
import Laboratory
import Models
import Tensors
import Transformers

struct TraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace",
    abstract: "Write a run's activations to a safetensors file.",
    discussion: """
      The file holds `logits` and every captured point under its hook name, such as \
      encoder.0.attn.hook_pattern, as float32 with the batch axis first. Masked attention scores \
      are −∞. The position bias, which is the same for every row, has a batch axis of length 1.

      An encoder–decoder also reads a target. With --text that is --target, shifted right behind \
      the start token, so that decoder row t predicts token t of the target; without --target it is \
      the model's own greedy output. With --input-ids it is --decoder-input-ids, taken as it stands.

      An encoder that reads pairs of sentences takes the second by --text-pair, or behind the \
      separator in the text itself.

      Examples:
        headlight trace --text "The dog ran." --points "*.hook_pattern" \\
          --output dog.safetensors
        headlight trace --model DIR --input-ids "5,6;7,0" \\
          --attention-mask "1,1;1,0" --decoder-input-ids "0,4;0,9" \\
          --output batch.safetensors
      """)

  @OptionGroup var model: ModelOption
  @Option(parsing: .unconditional, help: "The text the model reads.")
  var text: String?
  @Option(
    parsing: .unconditional,
    help: "What an encoder–decoder should produce; its own output when left out.")
  var target: String?
  @Option(help: "A second sentence for an encoder that reads pairs, such as BERT.")
  var textPair: String?
  @Option(
    help: ArgumentHelp(
      "Token ids instead of a text: ids by commas, rows of a batch by semicolons, as in 5,6;7,8.",
      valueName: "ids"),
    transform: TokenRows.init)
  var inputIds: TokenRows?
  @Option(
    help: ArgumentHelp(
      "1 for a token and 0 for padding, in the shape of --input-ids.", valueName: "mask"),
    transform: { try TokenRows($0).mask() })
  var attentionMask: [[Bool]]?
  @Option(
    help: ArgumentHelp(
      "The type of each token, for an encoder that knows types: 0 in the first sentence and 1 in the "
        + "second, in the shape of the ids.", valueName: "types"),
    transform: TokenRows.init)
  var tokenTypes: TokenRows?
  @Option(
    help: ArgumentHelp(
      "The ids an encoder–decoder's decoder reads, its start token first: a row for each row of "
        + "--input-ids.", valueName: "ids"),
    transform: TokenRows.init)
  var decoderInputIds: TokenRows?
  @Option(
    help: ArgumentHelp(
      "Which points are kept: a name in which * stands for any text, as in *.hook_pattern; logits "
        + "for the logits alone.", valueName: "pattern"))
  var points = "*"
  @Option(name: .shortAndLong, help: ArgumentHelp("Where to write.", valueName: "file.safetensors"))
  var output: String

  func validate() throws {
    guard (text == nil) != (inputIds == nil) else {
      throw ValidationError("give what the model reads: either --text or --input-ids")
    }
    if text != nil, attentionMask != nil || decoderInputIds != nil {
      throw ValidationError(
        "--attention-mask and --decoder-input-ids go with --input-ids; beside --text give --target")
    }
    if inputIds != nil, target != nil {
      throw ValidationError(
        "--target goes with --text; beside --input-ids give --decoder-input-ids")
    }
    if inputIds != nil, textPair != nil {
      throw ValidationError("--text-pair goes with --text; beside --input-ids give --token-types")
    }
    if let inputIds, let tokenTypes {
      try Self.check(tokenTypes.rows, "--token-types", against: inputIds.rows, columns: true)
    }
    if let inputIds, let attentionMask {
      try Self.check(attentionMask, "--attention-mask", against: inputIds.rows, columns: true)
    }
    if let inputIds, let decoderInputIds {
      try Self.check(
        decoderInputIds.rows, "--decoder-input-ids", against: inputIds.rows, columns: false)
    }
    guard output.lowercased().hasSuffix(".safetensors") else {
      throw ValidationError(
        "--output is “\(output)”, and a trace is written to a .safetensors file")
    }
  }

  private static func check<Element>(
    _ rows: [[Element]], _ name: String, against ids: [[Int]], columns: Bool
  ) throws {
    guard rows.count == ids.count else {
      throw ValidationError(
        "\(name) has \(counted(rows.count, "row")) and --input-ids has \(ids.count); give a row for "
          + "each")
    }
    guard !columns || rows[0].count == ids[0].count else {
      throw ValidationError(
        "a row of \(name) has \(counted(rows[0].count, "number")) and one of --input-ids has "
          + "\(ids[0].count); give a number for each id")
    }
  }

  func run() throws {
    let url = try OutputFile.url(output)
    let loaded = try model.load()
    let input = try input(for: loaded)
    try input.checkSize(for: loaded.model.configuration, keepsEverything: points == "*")
    let result = try loaded.model.run(
      input, capturing: points == "logits" ? .nothing : .matching(points))
    let writer = try Self.writer(of: result, input: input, model: loaded.shortName)
    try writer.write(to: url)
    let size = try FileManager.default.attributesOfItem(atPath: url.path)[.size] as? Int ?? 0
    let points = counted(result.trace.points.count, "point")
    print("Wrote \(output): logits and \(points), \(grouped(size)) bytes.")
  }

  private func input(for loaded: LoadedModel) throws -> ModelInput {
    if let text {
      var input = try PreparedInput(
        source: text, pair: textPair, target: target, for: loaded
      ).input
      if let tokenTypes { input.tokenTypes = tokenTypes.rows }
      return input
    }
    if loaded.model.configuration.isEncoderDecoder, decoderInputIds == nil {
      throw CommandError(
        "\(loaded.shortName) has a decoder of its own, which reads ids too: give "
          + "--decoder-input-ids, as in \(loaded.model.configuration.startToken),4")
    }
    if !loaded.model.configuration.isEncoderDecoder, decoderInputIds != nil {
      throw CommandError(
        "\(loaded.shortName) has a single stack, which reads --input-ids alone: leave "
          + "--decoder-input-ids out")
    }
    return ModelInput(
      tokens: inputIds!.rows, mask: attentionMask, tokenTypes: tokenTypes?.rows,
      decoderTokens: decoderInputIds?.rows)
  }

  /// The trace as a file, not yet written.
  static func writer(
    of run: Transformer.Run, input: ModelInput, model: String
  ) throws -> SafetensorsWriter {
    var metadata = [
      "format": "pt", "model": model,
      "input_ids": input.tokens.map(\.idText).joined(separator: ";"),
    ]
    metadata["token_type_ids"] = input.tokenTypes?.map(\.idText).joined(separator: ";")
    metadata["decoder_input_ids"] =
      input.decoderTokens?.map(\.idText).joined(separator: ";")
    var writer = SafetensorsWriter(metadata: metadata)
    writer.add("logits", run.logits)
    for point in run.trace.points {
      writer.add(point.description, try run.trace[point].batched(at: point))
    }
    return writer
  }
}

extension Tensor {
  /// The activation with the batch axis first, for the one point that has none.
  fileprivate func batched(at point: HookPoint) -> Tensor {
    switch point {
    case .block(_, _, .attention(_, .positionBias)): reshaped(to: [1] + shape)
    default: self
    }
  }
}
