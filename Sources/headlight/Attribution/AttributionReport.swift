import Foundation
import Interpretability
import Tensors
import Transformers

/// The numbers of an attribution, as they are written to a JSON file.
struct AttributionReport: Codable, Equatable {
  struct Scored: Codable, Equatable {
    let token: String
    let score: Double
  }

  struct Row: Codable, Equatable {
    /// The predicted token's number, as --position takes it.
    let position: Int
    let predicted: String
    let source: [Double]
    let decoder: [Double]?
    var completeness: Sum?
  }

  /// What integrated gradients add up to.
  struct Sum: Codable, Equatable {
    let sum: Double
    let difference: Double
    let gap: Double
    /// Whether the gap is at most a twentieth of the difference.
    let isComplete: Bool

    init(_ found: Completeness) {
      (sum, difference, gap) = (found.sum, found.difference, found.gap)
      isComplete = found.isClose
    }
  }

  struct Map: Codable, Equatable {
    let name: String
    /// `[layer][position]`.
    let values: [[Double]]
  }

  struct Curve: Codable, Equatable {
    let shares: [Double]
    let values: [Double]
    let area: Double
    /// The areas under the curves of random scores.
    let randomAreas: [Double]
  }

  let model: String
  let method: String
  let measure: String
  /// The explained token's number, as --position takes it.
  var position: Int?
  /// The row of the logits that predicts it, and the token that the row reads last.
  var row: Int?
  var predictedAfter: String?
  var target: String?
  var targetID: Int?
  var foil: String?
  var foilID: Int?
  /// The number that is explained.
  var value: Double?
  /// What the scores of integrated gradients add up to, beside what they should.
  var completeness: Sum?
  /// A score for each token the model read.
  var source: [Scored]?
  var decoder: [Scored]?
  /// Of a whole sentence: what it read, and a row for each predicted token.
  var sourceTokens: [String]?
  var decoderTokens: [String]?
  var rows: [Row]?
  var trace: [Map]?
  var deletion: Curve?
  var insertion: Curve?
}

extension AttributionResult {
  var report: AttributionReport {
    var report = AttributionReport(
      model: run.modelName, method: method.rawValue, measure: measure.rawValue)
    if let question {
      report.row = question.target.position
      report.position = run.position(ofRow: question.target.position)
      report.predictedAfter = run.lastRead(atRow: question.target.position)
      (report.target, report.foil) = run.names(of: question.target)
      report.targetID = question.target.token
      report.foilID = question.target.foil
      report.value = Double(question.value)
    }
    if question != nil { report.completeness = completeness.first.map(AttributionReport.Sum.init) }
    func scored(_ tokens: [String], _ scores: [Float]) -> [AttributionReport.Scored] {
      zip(tokens, scores).map { .init(token: $0, score: Double($1)) }
    }
    switch content {
    case .prediction(let scores):
      report.source = scored(run.sourceTokens, scores.source)
      report.decoder = scores.decoder.map { scored(run.readTokens!, $0) }
    case .sentence(let sentence):
      report.sourceTokens = run.sourceTokens
      report.decoderTokens = run.readTokens
      report.rows = run.predictedTokens.indices.map { row in
        .init(
          position: run.position(ofRow: row), predicted: run.predictedTokens[row],
          source: sentence.source.row(row), decoder: sentence.decoder?.row(row),
          completeness: sentence.completeness.map { .init($0[row]) })
      }
    case .trace(let maps, _, _):
      report.sourceTokens = run.sourceTokens
      report.decoderTokens = run.readTokens
      report.trace = maps.map { map in
        .init(name: map.name, values: (0..<map.values.shape[0]).map(map.values.row))
      }
      // Residual streams first, as a run passes them; what is read across comes last.
      report.trace?.sort {
        ($0.name == TraceMap.cross ? 1 : 0) < ($1.name == TraceMap.cross ? 1 : 0)
      }
    case .curves(let curves):
      func curve(
        _ curve: PerturbationCurve, _ random: [PerturbationCurve]
      ) -> AttributionReport.Curve {
        .init(
          shares: curve.shares, values: curve.values, area: curve.area,
          randomAreas: random.map(\.area))
      }
      report.deletion = curve(curves.deletion, curves.randomDeletions)
      report.insertion = curve(curves.insertion, curves.randomInsertions)
    }
    return report
  }
}

extension Tensor {
  fileprivate func row(_ index: Int) -> [Double] { self[at: index].values.map { Double($0) } }
}
