import ArgumentParser
import Checkpoints
import Figures
import Foundation
import Interventions
import Laboratory
import Models
import Tensors
import Transformers

struct PatchscopeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "patchscope",
    abstract: "Put a state of one run into another run, and read what the model makes of it.",
    discussion: """
      The state of --source at its position, after l blocks, replaces the state of --prompt at its \
      position after l* blocks: for every l and l* from 0, what the first block reads, to L. A cell is \
      the likeliest next token at the prompt's last position. With --generate the target model goes on \
      writing.

      --target-model is another model that reads the prompt. --map is identity, or a safetensors file \
      with `weight`, [target width, source width], and `bias`, [target width], for all pairs of \
      layers, or `3.5.weight` and `3.5.bias` for l = 3 and l* = 5.

      Example:
        headlight patchscope --model reader --source "The capital of France" \\
          --prompt "Italy -> Italy ; Japan -> Japan ; x" --output scope.png
      """)

  @OptionGroup var model: ModelOption
  @Option(parsing: .unconditional, help: "The text that the state is taken from.")
  var source: String?
  @Option(help: .ids(insteadOf: "--source"), transform: tokenIDs)
  var sourceIds: [Int]?
  @Option(
    parsing: .unconditional, help: .position("Where in the source it is taken", default: "-1"))
  var sourcePosition: String?
  @Option(parsing: .unconditional, help: "The text that the state is put into.")
  var prompt: String?
  @Option(help: .ids(insteadOf: "--prompt"), transform: tokenIDs)
  var promptIds: [Int]?
  @Option(
    parsing: .unconditional, help: .position("Where in the prompt it is put", default: "-1"))
  var promptPosition: String?
  @Option(
    help: ArgumentHelp(
      "The model that reads the prompt, as --model names one. (default: the same)",
      valueName: "model"))
  var targetModel: String?
  @Option(
    help: ArgumentHelp("The one source layer l. (default: all from 0 to L)", valueName: "l"))
  var sourceLayer: Int?
  @Option(
    help: ArgumentHelp("The one target layer l*. (default: all from 0 to L)", valueName: "l*"))
  var targetLayer: Int?
  @Option(
    help: ArgumentHelp(
      "What a state goes through on its way: identity, or a file of affine maps.",
      valueName: "identity|file"))
  var map = "identity"
  @Option(
    help: ArgumentHelp(
      "Let the target model write so many tokens. (default: none, the next token alone)",
      valueName: "n"))
  var generate: Int?
  @OptionGroup var result: ResultOptions

  private var choices: (source: TextChoice, prompt: TextChoice) {
    (
      TextChoice(option: "--source", name: "the source", text: source, ids: sourceIds),
      TextChoice(option: "--prompt", name: "the prompt", text: prompt, ids: promptIds)
    )
  }

  func validate() throws {
    try choices.source.check()
    try choices.prompt.check()
    if let generate, !(1...1_000).contains(generate) {
      throw ValidationError("--generate is \(generate), and must be from 1 to 1000")
    }
  }

  func run() throws {
    let work = Work("Patching states")
    let writing = Work("Writing", unit: "source layers")
    try result.deliver(watching: work, then: writing) {
      let loaded = try model.load()
      var other = loaded
      if let targetModel {
        other = try KeptModels.model(targetModel)
        other.notes.forEach(note)
      }
      return try scope(from: loaded, to: other, work, writing)
    } figure: {
      $0.figure(title: $1)
    } report: {
      $0.report
    }
  }

  private func scope(
    from loaded: LoadedModel, to other: LoadedModel, _ work: Work, _ writing: Work
  ) throws -> PatchscopeResult {
    for model in [loaded, other] where model.model.configuration.isEncoderDecoder {
      throw CommandError(
        "\(model.shortName) has an encoder and a decoder, and a Patchscope needs one stack; take a "
          + "decoder alone")
    }
    let source = try choices.source.tokens(for: loaded)
    let prompt = try choices.prompt.tokens(for: other)
    let place = try source.position(sourcePosition ?? "-1", option: "--source-position")
    let target = try prompt.position(promptPosition ?? "-1", option: "--prompt-position")
    let map = try StateMap(self.map, from: loaded, to: other)
    let (sources, targets) = try (
      layers(sourceLayer, of: loaded, "--source-layer"),
      layers(targetLayer, of: other, "--target-layer")
    )
    let grid = PatchscopeGrid(
      source: .init(loaded.model, source.ids, position: place, layer: 0),
      target: .init(other.model, prompt.ids, position: target, layer: 0),
      sourceLayers: sources, targetLayers: targets
    ) { try map($0, from: $1, to: $2) }
    let cells = try grid.finishedCells(progress: work.goesOn)
    try CommandError.check(cells.joined().compactMap { $0?.probability }, "a token's probability")
    let texts = try generate.flatMap { count in
      work.partial == nil ? try self.texts(of: grid, count: count, by: other, writing) : nil
    }
    return PatchscopeResult(
      title: "\(loaded.shortName), “\(source.labels[place].word)” read by \(other.shortName)",
      report: PatchscopeReport(
        sourceLayers: sources, targetLayers: targets,
        cells: cells.map { row in
          row.map { cell in
            cell.map { .init(token: other.label(of: $0.token), probability: $0.probability) }
          }
        }, texts: texts, partial: work.partial ?? writing.partial))
  }

  /// What the target model writes, a source layer at a time, nil for what was not come to.
  private func texts(
    of grid: PatchscopeGrid, count: Int, by loaded: LoadedModel, _ work: Work
  ) throws -> [[String]?] {
    var texts: [[String]?] = []
    let layers = grid.sourceLayers
    while texts.count < layers.count, work.goesOn(finished: texts.count, of: layers.count) {
      var row = grid
      row.sourceLayers = [layers[texts.count]]
      texts.append(try row.generations(maximumNewTokens: count)[0].map(loaded.written))
    }
    _ = work.goesOn(finished: texts.count, of: layers.count)
    return texts + Array(repeating: nil, count: layers.count - texts.count)
  }

  private func layers(
    _ layer: Int?, of loaded: LoadedModel, _ option: String
  ) throws(CommandError) -> [Int] {
    let last = loaded.model.configuration.stacks[0].stack.layerCount
    guard let layer else { return Array(0...last) }
    guard (0...last).contains(layer) else {
      throw CommandError(
        "\(option) is \(layer), and the states of \(loaded.shortName) are 0, what the first block "
          + "reads, to \(last), what the last one leaves")
    }
    return [layer]
  }
}

extension LoadedModel {
  /// Ids as text, or as `#5 #6` without a tokenizer.
  fileprivate func written(_ ids: [Int]) throws -> String {
    tokenizer == nil ? labels(of: ids).joined(separator: " ") : try text(of: ids)
  }
}

/// f of a Patchscope, as `--map` names it.
struct StateMap: Sendable {
  private let maps: [String: AffineMap]
  private let isIdentity: Bool
  private let name: String

  /// - Throws: ``CommandError`` where widths differ or a tensor is missing, and `CheckpointError`.
  init(_ name: String, from source: LoadedModel, to target: LoadedModel) throws {
    self.name = name
    let (width, wanted) = (source.model.configuration.width, target.model.configuration.width)
    isIdentity = name == "identity"
    guard !isIdentity else {
      guard width == wanted else {
        throw CommandError(
          "a state of \(source.shortName) has \(width) values and one of \(target.shortName) \(wanted): "
            + "give --map a file of affine maps between them")
      }
      maps = [:]
      return
    }
    guard FileManager.default.fileExists(atPath: name) else {
      throw CommandError("--map is “\(name)”, which is neither identity nor a file that is there")
    }
    let file = try SafetensorsFile(contentsOf: URL(fileURLWithPath: name))
    var maps: [String: AffineMap] = [:]
    for weight in file.names where weight.hasSuffix("weight") {
      let prefix = String(weight.dropLast("weight".count))
      let (shape, bias) = (try file.shape(of: weight), prefix + "bias")
      guard shape == [wanted, width] else {
        throw CommandError(
          "\(weight) in \(name) has the shape \(shape), and [\(wanted), \(width)] is needed: the "
            + "target's width and the source's")
      }
      guard try !file.contains(bias) || file.shape(of: bias) == [wanted] else {
        throw CommandError(
          "\(bias) in \(name) has the shape \(try file.shape(of: bias)), and [\(wanted)] is needed")
      }
      maps[prefix] = AffineMap(
        weight: try file.tensor(weight),
        bias: file.contains(bias) ? try file.tensor(bias) : .zeros([wanted]))
    }
    guard !maps.isEmpty else {
      throw CommandError(
        "\(name) holds no map: it should have `weight` and `bias`, or `3.5.weight` and `3.5.bias`")
    }
    self.maps = maps
  }

  func callAsFunction(_ state: Tensor, from layer: Int, to other: Int) throws -> Tensor {
    if isIdentity { return state }
    guard let map = maps["\(layer).\(other)."] ?? maps[""] else {
      throw CommandError(
        "\(name) holds no map from layer \(layer) to layer \(other): name \(layer).\(other).weight, or "
          + "choose --source-layer and --target-layer among those it has")
    }
    return map(state)
  }
}

/// What a Patchscope found.
struct PatchscopeResult {
  let title: String
  let report: PatchscopeReport

  func figure(title: String?) -> any Figure {
    let title = title ?? self.title + (report.partial == nil ? "" : " (partial)")
    if let texts = report.texts { return table(of: texts, title) }
    var grid = LensGrid(
      tokens: report.cells.map { $0.map { $0?.token ?? "…" } },
      probabilities: report.cells.map { $0.map { $0?.probability ?? .nan } },
      text: report.targetLayers.map(String.init), title: title)
    grid.layers = report.sourceLayers.map(String.init)
    grid.rowTitle = "source layer l"
    grid.columnTitle = "target layer l*"
    return grid
  }

  /// The texts by source layer: of the one target layer, or of the same layer.
  private func table(of texts: [[String]?], _ title: String) -> any Figure {
    let targets = report.targetLayers
    let one = targets.count == 1
    let rows = report.sourceLayers.enumerated().compactMap { row, layer in
      (one ? 0 : targets.firstIndex(of: layer)).map { (String(layer), texts[row]?[$0]) }
    }
    return TextTable(
      rows, title: title, rowTitle: "source layer",
      textTitle: one
        ? "what is written when the state goes to layer \(targets[0])"
        : "what is written when the state goes to the same layer")
  }
}

/// What a Patchscope found, as it is printed.
struct PatchscopeReport: Codable, Equatable {
  struct Cell: Codable, Equatable {
    var token: String
    var probability: Float
  }

  enum CodingKeys: String, CodingKey {
    case cells, texts, partial
    case sourceLayers = "source-layers"
    case targetLayers = "target-layers"
  }

  var sourceLayers: [Int]
  var targetLayers: [Int]
  /// `[source layer][target layer]`.
  var cells: [[Cell?]]
  /// What the target model wrote, `[source layer][target layer]`.
  var texts: [[String]?]?
  var partial: Partial?
}
