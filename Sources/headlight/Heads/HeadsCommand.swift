public import ArgumentParser
import Figures
import Foundation
public import Heads
import Interpretability
import Interventions
import Laboratory
import Models
import Tensors
import Transformers

extension EffectiveEmbedding: ExpressibleByArgument {}

struct HeadsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "heads",
    abstract: "Score every head: what it copies, suppresses and attends to.",
    discussion: """
      Scores, each from 0 to 1 but for the cosine:
        ov-copy         share of tokens that are among the ten the head writes for most when it reads them
        negative        share that are among the ten it writes against most
        qk-copy         share of predicted tokens that are among the ten keys it would look at most
        next            share of elements of sequences whose successor is among the five it writes for
                        most: numerals, number words, months, weekdays
        induction, previous-token, duplicate-token
                        share of attention that lies where such a head's would, a mean over texts
        start-query     cosine of the first position's state with what the query bias asks for

      The first four are of the weights alone, processed as TransformerLens loads them; --effective says \
      what stands for a token: its embedding, what leaves block 0 with the token attending to itself \
      alone (mlp0), or the mean state that enters the layer over the texts. Without --texts, attention is \
      measured over random tokens said twice. A score that a model does not have is null.

      --ranks draws and prints, of one head, where every token's own entry stands in its row.

      Example:
        headlight heads --model reader --score ov-copy,negative --output heads.png
      """)

  @OptionGroup var model: ModelOption
  @Option(
    help: ArgumentHelp("Scores, by commas. (default: all that the model has)", valueName: "scores"))
  var score: String?
  @Option(
    help: ArgumentHelp(
      "A file of JSON lines, a text each. (default: random tokens said twice)", valueName: "file"))
  var texts: String?
  @Option(help: "What stands for a token where a head reads it.")
  var effective = EffectiveEmbedding.mlp0
  @Option(
    help: ArgumentHelp(
      "A head whose diagonal ranks are drawn and printed too. (default: none)", valueName: "L.H"))
  var ranks: HeadName?
  @OptionGroup var result: ResultOptions

  func validate() throws { _ = try chosen() }

  /// The scores that are asked for, or nil for all.
  private func chosen() throws -> [HeadScore]? {
    try score.map { text in
      try names(
        text, called: "score", as: HeadScore.allCases.map(\.rawValue).joined(separator: ",")
      ) {
        HeadScore(rawValue: $0)
      }
    }
  }

  func run() throws {
    let work = Work("Scoring heads", unit: "heads")
    try result.deliver(watching: work) {
      try scores(of: model.load(), work)
    } figure: {
      $0.figure(title: $1)
    } report: {
      $0.report
    }
  }

  private func scores(of loaded: LoadedModel, _ work: Work) throws -> HeadScoresResult {
    let circuits = try HeadCircuits(loaded.model)
    let texts = try self.texts.map { try HeadTexts($0, for: loaded).input }
    if effective == .meanState, texts == nil {
      throw CommandError("--effective mean-state is a mean over texts: give --texts")
    }
    let successions = loaded.successions
    let configuration = loaded.model.configuration
    let isRotary = if case .rotary = configuration.position { true } else { false }
    let missing: [(score: HeadScore, why: String)] = [
      (.next, successions.isEmpty ? "its vocabulary has no sequence such as months" : ""),
      (
        .queryCopy, configuration.normalizesQueriesAndKeys ? HeadError.normsQueries.description : ""
      ),
      (
        .startQuery,
        configuration.normalizesQueriesAndKeys
          ? HeadError.normsQueries.description : isRotary ? HeadError.turnsKeys.description : ""
      ),
    ].filter { !$0.1.isEmpty }
    let all = try chosen() ?? HeadScore.allCases
    if let refused = missing.first(where: { score != nil && all.contains($0.score) }) {
      throw CommandError(
        "\(loaded.shortName) has no score \(refused.score.rawValue): \(refused.why)")
    }
    let wanted = all.filter { score in !missing.contains { $0.score == score } }
    let embedded = try circuits.embedded(effective, over: texts)
    let needsTexts = wanted.contains(where: \.needsTexts)
    let known = successions.filter { succession in
      effective != .meanState || embedded.tokens.contains(succession.token)
    }
    var found: [HeadAddress: [HeadScore: Double]] = [:]
    let count = circuits.heads.count
    let present = wanted.filter { $0 != .next || !known.isEmpty }
    found = try circuits.scores(
      present, in: embedded, successions: known,
      texts: needsTexts ? texts ?? loaded.repeatedTokens.input : nil
    ) { work.goesOn(finished: $0, of: count) }
    let diagonal = try ranks.map { name in
      let head = try name.address(in: loaded)
      return HeadScoresResult.Diagonal(
        head: name, output: circuits.outputDiagonal(head, of: embedded),
        query: try? circuits.queryDiagonal(head, of: embedded))
    }
    return HeadScoresResult(
      modelName: loaded.shortName, heads: circuits.heads, scores: all, found: found,
      stack: configuration.stacks[0].stack, diagonal: diagonal, effective: effective)
  }
}

/// Scores of heads.
struct HeadScoresResult {
  /// The ranks of one head's diagonals.
  struct Diagonal {
    let head: HeadName
    let output: DiagonalRanks
    let query: DiagonalRanks?
  }

  let modelName: String
  let heads: [HeadAddress]
  let scores: [HeadScore]
  let found: [HeadAddress: [HeadScore: Double]]
  let stack: TransformerConfiguration.Stack
  let diagonal: Diagonal?
  let effective: EffectiveEmbedding

  var report: HeadScoresReport {
    HeadScoresReport(
      heads: heads.map { head in
        .init(
          head: HeadName(head).description,
          scores: scores.map { ($0.rawValue, found[head]?[$0]) })
      },
      ranks: diagonal.map {
        .init(
          head: $0.head.description, greater: $0.output.greater, less: $0.output.less,
          queryGreater: $0.query?.greater)
      })
  }

  func figure(title: String?) -> any Figure {
    let shown = scores.filter { score in heads.contains { found[$0]?[score] != nil } }
    var panels: [any Figure] = shown.map { score in
      var map = HeatMap(
        Tensor(
          rows: (0..<stack.layerCount).map { layer in
            (0..<stack.headCount).map { head in
              let address = HeadAddress(heads[0].stack, layer: layer, head: head)
              return found[address]?[score].map(Float.init) ?? .nan
            }
          }),
        rows: (0..<stack.layerCount).map(String.init),
        columns: (0..<stack.headCount).map(String.init), title: score.rawValue)
      map.rowTitle = "layer"
      map.columnTitle = "head"
      map.valueTitle = score == .startQuery ? "cosine" : "share"
      if score == .startQuery { map.scale = .diverging } else { map.range = 0...1 }
      return map
    }
    if let diagonal { panels += histograms(of: diagonal) }
    return FigureRow(
      panels, title: title ?? "\(modelName): scores of heads (\(effective.rawValue))", columns: 3)
  }

  private func histograms(of diagonal: Diagonal) -> [any Figure] {
    func histogram(_ ranks: [Int], columns: Int, _ title: String) -> any Figure {
      let bounds = [0, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000, 1_000_000]
        .filter { $0 < columns }
      let bins = zip(bounds, bounds.dropFirst() + [columns])
      return BarPlot(
        groups: bins.map { "\($0)–\($1 - 1)" },
        [
          .init(
            title,
            bins.map { low, high in
              Double(ranks.count { (low..<high).contains($0) })
                / Double(max(ranks.count, 1))
            })
        ], title: "\(title), head \(diagonal.head)", groupTitle: "how many entries stand beyond it",
        y: Axis("share of tokens"))
    }
    var plots = [
      histogram(
        diagonal.output.less, columns: diagonal.output.columns, "OV, from the most negative"),
      histogram(diagonal.output.greater, columns: diagonal.output.columns, "OV, from the greatest"),
    ]
    if let query = diagonal.query {
      plots.append(histogram(query.greater, columns: query.columns, "QK, from the greatest"))
    }
    return plots
  }
}

/// Scores of heads, as they are printed.
struct HeadScoresReport: Encodable {
  struct Row: Encodable {
    let head: String
    let scores: [(name: String, value: Double?)]

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: AnyKey.self)
      try container.encode(head, forKey: AnyKey("head"))
      for score in scores { try container.encode(score.value, forKey: AnyKey(score.name)) }
    }
  }

  /// For every token how many entries of its row are greater and less than its own.
  struct Ranks: Encodable {
    let head: String
    let greater: [Int]
    let less: [Int]
    let queryGreater: [Int]?

    enum CodingKeys: String, CodingKey {
      case head
      case greater = "ov-greater"
      case less = "ov-less"
      case queryGreater = "qk-greater"
    }
  }

  let heads: [Row]
  let ranks: Ranks?
}

/// A key of JSON that is known only when it is written.
private struct AnyKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }
  init(_ name: String) { stringValue = name }
  init?(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}
