import Figures
import Interpretability
import Interventions
import Laboratory
import Models
import Spans
import Tensors
import Transformers

/// The scores of sentences and heads, as they are printed.
struct IdiomsReport: Codable {
  /// A sentence: its number is the mean over heads; of attribution the sum; of awareness the last
  /// word's log-probability.
  struct Sentence: Codable {
    var id: String
    var kind: SpanKind
    var tokens: Int
    var span: [Int]
    var value: Float?
    /// The head of the greatest number.
    var head: String?
    var aware: Bool?
    var paraphraseAware: Bool?

    enum CodingKeys: String, CodingKey {
      case id, kind, tokens, span, head, aware
      case value = "score"
      case paraphraseAware = "paraphrase-aware"
    }
  }

  /// A head: means over sentences.
  struct Head: Codable {
    var head: String
    var value: Float?
    var mean: Float?
    var deviation: Float?
    var greatest: Float?
    var phrase: Float?
    var result: Float?
    /// The literal score beside the idiom score, and the other way round.
    var other: Float?
    /// That of other n-grams.
    var baseline: Float?
    /// Attribution to tokens outside the span.
    var rest: Float?
    /// Similarity of random pairs.
    var random: Float?

    enum CodingKeys: String, CodingKey {
      case head, mean, deviation, greatest, phrase, result, other, baseline, rest, random
      case value = "score"
    }

    init(_ head: HeadAddress) { self.head = HeadName(head).description }
  }

  var score: IdiomsCommand.Score
  var sentences: [Sentence] = []
  var heads: [Head] = []
  /// Attribution of MLPs by layer, to tokens of the span.
  var mlps: [Float?]?
  /// The share of sentences whose last word greedy decoding gives.
  var aware: Float?
  var paraphraseAware: Float?

  enum CodingKeys: String, CodingKey {
    case score, sentences, heads, mlps, aware
    case paraphraseAware = "paraphrase-aware"
  }

  init(score: IdiomsCommand.Score) { self.score = score }

  /// A map of heads, and beside it what the number is to be compared with.
  func figure(title: String, of loaded: LoadedModel) throws -> any Figure {
    if score == .awareness {
      let kinds = SpanKind.allCases.filter { kind in
        sentences.contains { $0.kind == kind && $0.aware != nil }
      }
      guard !kinds.isEmpty else { throw CommandError("no sentence has a word before its last") }
      return HeatMap(
        Tensor(
          kinds.map { kind in
            let asked = sentences.filter { $0.kind == kind }.compactMap(\.aware)
            return Float(asked.count { $0 }) / Float(asked.count)
          }, shape: [kinds.count, 1]), rows: kinds.map(\.rawValue),
        columns: ["aware"], title: title)
    }
    let map = HeatMap.heads(
      heads.map { $0.value ?? .nan }, columns: loaded.model.configuration.stacks[0].stack.headCount,
      title: "", values: score == .attribution ? "attribution (logits)" : "score")
    let (name, others): (String, [Float?]) =
      switch score {
      case .idiom: ("literal score", heads.map(\.other))
      case .literal: ("idiom score", heads.map(\.other))
      case .attribution: ("attribution outside the span (logits)", heads.map(\.rest))
      default: ("similarity of random pairs", heads.map(\.random))
      }
    let points = zip(heads, others).compactMap { head, other in
      head.value.flatMap { value in
        other.map { ScatterPlot.Datum(Double(value), Double($0), label: head.head) }
      }
    }
    guard !points.isEmpty else { return FigureRow([map], title: title) }
    return FigureRow(
      [map, ScatterPlot([.init("heads", points)], x: Axis(score.rawValue), y: Axis(name))],
      title: title)
  }
}
