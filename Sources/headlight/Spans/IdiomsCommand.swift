public import ArgumentParser
import Coursework
import Figures
import Foundation
import Interpretability
import Interventions
import Laboratory
import Models
public import Spans
import Tensors
import Transformers

struct IdiomsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "idioms",
    abstract: "Score heads by how they treat a span, such as an idiom, in sentences.",
    discussion: """
      --sentences is a file with a heading and columns “tokens” and “tags” (and “id”, “kind”, \
      “paraphrase”, “paraphrase-tags”) between tabs; or a word with its tag B, I or O a line and an \
      empty line between sentences; or JSON lines, {"words": […], "tags": […]} or {"ids": […], \
      "span": […]}.

      Scores: idiom, of attention that touches the span: mean − deviation + greatest + phrase + result, \
      as 2(σ − ½); literal, the same of attention outside it; attribution, what a head adds to the \
      logit of the next token, for tokens of the span and others; awareness, whether greedy decoding \
      ends the span with its last word; similarity, of patterns in sentences of equal length.

      Attention is a score, not an importance: compare with headlight ablate.

      Example:
        headlight idioms --model reader --sentences idioms.tsv --cage cage --score idiom --json
      """)

  enum Score: String, ExpressibleByArgument, CaseIterable, Codable {
    case idiom
    case literal
    case attribution
    case awareness
    case similarity
  }

  @OptionGroup var model: ModelOption
  @Option(help: ArgumentHelp("Sentences with a span each.", valueName: "file"))
  var sentences: String
  @Option(
    help: ArgumentHelp(
      "Tags, a line a sentence, when --sentences has words alone, a line a sentence.",
      valueName: "file"))
  var tags: String?
  @Option(
    help: ArgumentHelp(
      "A folder to keep activations in: filled at first, read afterwards; what is missing or damaged "
        + "is run again.", valueName: "dir"))
  var cage: String?
  @Option(help: "What is scored: idiom, literal, attribution, awareness or similarity.")
  var score = Score.idiom
  @Flag(inversion: .prefixedNo, help: "Whether scores of attention go through a sigmoid.")
  var sigmoid = true
  @Option(help: "Weights for the score's fifth component: stored or processed.")
  var weights = SpanScorer.Weights.stored
  @Flag(help: "Also the score of the sentence's other n-grams of the span's length.")
  var baseline = false
  @Option(help: "With similarity: whole, last-query or last-span-query.")
  var part = PatternSimilarity.Part.whole
  @OptionGroup var result: ResultOptions

  func run() throws {
    let work = Work("Reading sentences", unit: "sentences")
    try result.deliver {
      let loaded = try model.load()
      let read = try SpanSentences(sentences, tags: tags, for: loaded)
      let source = try source(read, loaded, work)
      let report = try report(read, loaded, source, work)
      work.finish()
      return (loaded, report)
    } figure: {
      try $0.1.figure(title: $1 ?? "\($0.0.shortName): \(score.rawValue)", of: $0.0)
    } report: {
      $0.1
    }
  }

  /// What any score needs, so that one cage serves them all.
  private func points(_ loaded: LoadedModel) -> Set<HookPoint> {
    let configuration = loaded.model.configuration
    let attribution = SpanAttribution.points(in: configuration)
    if cage != nil { return SpanScorer.points(in: configuration).union(attribution) }
    switch score {
    case .idiom, .literal: return SpanScorer.points(in: configuration)
    case .attribution: return attribution
    case .awareness: return []
    case .similarity: return PatternSimilarity.points(in: configuration)
    }
  }

  private func source(
    _ read: SpanSentences, _ loaded: LoadedModel, _ work: Work
  ) throws -> any SpanSource {
    let run = try SpanRun(loaded.model, read.tokens, capturing: points(loaded))
    guard let cage else { return run }
    let start = ContinuousClock.now
    do {
      let filled = try Cage.fill(URL(fileURLWithPath: cage), with: run) {
        work.goesOn(finished: $0, of: read.tokens.count)
      }
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      note(
        "the cage \(cage) holds \(counted(read.tokens.count, "sentence")); it was filled in "
          + "\(durationText(filled.fillingSeconds)) and was looked through in "
          + durationText(seconds))
      return filled
    } catch is CancellationError {
      Terminal.standardError.print(
        "Stopped: the cage keeps what is done, and the same command goes on from there.")
      throw ExitCode(128 + (StopSignals.signal ?? SIGINT))
    }
  }

  private func report(
    _ read: SpanSentences, _ loaded: LoadedModel, _ source: any SpanSource, _ work: Work
  ) throws -> IdiomsReport {
    var report = IdiomsReport(score: score)
    let rows = read.names.indices.map { index in
      IdiomsReport.Sentence(
        id: read.names[index].id, kind: read.names[index].kind,
        tokens: read.tokens[index].tokens.count, span: read.tokens[index].span)
    }
    report.sentences = rows
    switch score {
    case .idiom, .literal:
      try scores(&report, loaded, source)
    case .attribution: try attribute(&report, loaded, source)
    case .awareness:
      let paraphrases = read.names.indices.filter { read.names[$0].paraphrase != nil }
      try source.forEachBatch { batch in
        for (row, place) in batch.places.enumerated() where !batch.lastWord(row).value.isNaN {
          report.sentences[place].value = batch.lastWord(row).value
          report.sentences[place].aware = batch.lastWord(row).isGreedy
        }
      }
      if !paraphrases.isEmpty {
        let others = try SpanRun(
          loaded.model, paraphrases.map { read.names[$0].paraphrase! }, capturing: [])
        try others.forEachBatch { batch in
          for (row, place) in batch.places.enumerated() where !batch.lastWord(row).value.isNaN {
            report.sentences[paraphrases[place]].paraphraseAware = batch.lastWord(row).isGreedy
          }
        }
      }
      let asked = report.sentences.compactMap(\.aware)
      report.aware = asked.isEmpty ? nil : Float(asked.count { $0 }) / Float(asked.count)
      let others = report.sentences.compactMap(\.paraphraseAware)
      report.paraphraseAware =
        others.isEmpty ? nil : Float(others.count { $0 }) / Float(others.count)
    case .similarity:
      let kinds = SpanKind.allCases
      let found = try PatternSimilarity(
        source, of: loaded.model.configuration,
        groups: read.names.map { kinds.firstIndex(of: $0.kind)! },
        baseline: kinds.firstIndex(of: .random), part: part)
      report.heads = zip(found.heads, found.similarities).map {
        var row = IdiomsReport.Head($0)
        (row.value, row.random) = ($1.alike ?? $1.random, $1.random)
        return row
      }
    }
    return report
  }

  private func scores(
    _ report: inout IdiomsReport, _ loaded: LoadedModel, _ source: any SpanSource
  ) throws {
    let scorer = SpanScorer(loaded.model, weights: weights, comparesNGrams: baseline)
    var sums = scorer.heads.map { _ in HeadSum() }
    var rows = report.sentences
    try source.forEachBatch { batch in
      for (place, scores) in zip(batch.places, try scorer.scores(batch)) {
        var values: [Float] = []
        for (head, found) in scores.enumerated() {
          let own = score == .idiom ? found.span : found.rest
          let other = score == .idiom ? found.rest : found.span
          guard let own else { continue }
          let value = own.score(throughSigmoid: sigmoid)
          values.append(value)
          sums[head].add(
            own, value: value, other: other?.score(throughSigmoid: sigmoid),
            baseline: found.baseline)
        }
        rows[place].value = values.isEmpty ? nil : values.reduce(0, +) / Float(values.count)
        let best = values.indices.max { values[$0] < values[$1] }
        rows[place].head = best.map { scorer.heads[$0] }.map { "\($0.layer).\($0.head)" }
      }
    }
    report.sentences = rows
    report.heads = zip(scorer.heads, sums).map { $1.row($0) }
  }

  private func attribute(
    _ report: inout IdiomsReport, _ loaded: LoadedModel, _ source: any SpanSource
  ) throws {
    let attribution = try SpanAttribution(loaded.model)
    let layers = loaded.model.stacks[0].blocks.count { $0.mlp != nil }
    var span = attribution.heads.map { _ in MeanSum() }
    var (rest, mlps) = (span, (0..<layers).map { _ in MeanSum() })
    var rows = report.sentences
    try source.forEachBatch { batch in
      for (place, row) in zip(batch.places, try attribution.rows(batch)) {
        for (head, parts) in row.heads.enumerated() {
          span[head].add(parts.span)
          rest[head].add(parts.rest)
        }
        for (layer, parts) in row.mlps.enumerated() { mlps[layer].add(parts.span) }
        let own = row.heads.compactMap(\.span)
        rows[place].value = own.isEmpty ? nil : own.reduce(0, +)
        let best = own.indices.max { own[$0] < own[$1] }
        rows[place].head = best.map { attribution.heads[$0] }.map { "\($0.layer).\($0.head)" }
      }
    }
    report.sentences = rows
    report.heads = attribution.heads.indices.map { head in
      var row = IdiomsReport.Head(attribution.heads[head])
      (row.value, row.rest) = (span[head].mean, rest[head].mean)
      return row
    }
    report.mlps = mlps.map(\.mean)
  }
}

extension SpanScorer.Weights: ExpressibleByArgument {}
extension PatternSimilarity.Part: ExpressibleByArgument {}

/// A mean as it is gathered.
private struct MeanSum {
  var (sum, count) = (0.0, 0)

  mutating func add(_ value: Float?) {
    guard let value else { return }
    sum += Double(value)
    count += 1
  }

  var mean: Float? { count == 0 ? nil : Float(sum / Double(count)) }
}

/// The means of a head's components, as they are gathered.
private struct HeadSum {
  private var sums = (0..<8).map { _ in MeanSum() }

  mutating func add(_ own: SpanComponents, value: Float, other: Float?, baseline: Float?) {
    let values: [Float?] = [
      value, own.mean, own.deviation, own.greatest, own.phrase, own.result, other, baseline,
    ]
    for index in values.indices { sums[index].add(values[index]) }
  }

  func row(_ head: HeadAddress) -> IdiomsReport.Head {
    var row = IdiomsReport.Head(head)
    let means = sums.map(\.mean)
    (row.value, row.mean, row.deviation) = (means[0], means[1], means[2])
    (row.greatest, row.phrase, row.result) = (means[3], means[4], means[5])
    (row.other, row.baseline) = (means[6], means[7])
    return row
  }
}
