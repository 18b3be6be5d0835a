import ArgumentParser
import Figures
import Tensors
import Transformers

struct NeuronViewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "neuron-view",
    abstract: "Draw how one query comes to attend: q, k, their products, scores and softmax.")

  @OptionGroup var options: FigureOptions
  @OptionGroup var place: LayerOptions
  @Option(
    name: [.long, .customLong("heads")], help: ArgumentHelp("The head, from 0.", valueName: "n"))
  var head: Int
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The row: its number from 0, -1 for the last, or a word that stands once, as --rows names "
        + "them; of a word of several tokens the last is taken.",
      valueName: "word-or-index"))
  var query: String

  func run() throws {
    try options.draw { run in
      let subject = try run.subject(place.stack)
      let layer = try subject.layer(place.layer)
      guard head >= 0 else { throw CommandError("there is no head \(head): heads count from 0") }
      let head = try subject.heads([head])[0]
      return try Self.view(
        of: subject, layer: layer, head: head, query: subject.query(query),
        title: options.picture.title)
    }
  }

  /// The view of one query of one head.
  static func view(
    of subject: AttentionRun.Subject, layer: Int, head: Int, query: Int, title: String?
  ) throws -> NeuronView {
    let width = subject.shape.headWidth
    // [position, head, width], as they meet: turned by their positions where a model turns them.
    let turns = if case .rotary = subject.run.configuration.position { true } else { false }
    let queries = try subject.activation(turns ? .rotatedQuery : .query, layer: layer)
    let keys = try subject.activation(turns ? .rotatedKey : .key, layer: layer)
    let keyHead = head * subject.shape.keyHeadCount / subject.shape.headCount
    let pattern = try subject.activation(.pattern, layer: layer)
    let scores = try subject.activation(.scores, layer: layer)
    let bias = try subject.positionBias()
    let added = subject.keys.indices.map { key in
      scores[head, query, key] == -.infinity ? -.infinity : bias?[head, query, key] ?? 0
    }
    return NeuronView(
      query: Tensor((0..<width).map { queries[query, head, $0] }),
      keys: Tensor(
        rows: subject.keys.indices.map { key in (0..<width).map { keys[key, keyHead, $0] } }),
      scale: subject.run.configuration.scalesScores ? 1 / Float(width).squareRoot() : 1,
      bias: added.allSatisfy { $0 == 0 } ? nil : added,
      pattern: subject.keys.indices.map { pattern[head, query, $0] },
      queryToken: subject.queries[query], keyTokens: subject.keys,
      title: title ?? "\(subject.title), layer \(layer), head \(head)")
  }
}
