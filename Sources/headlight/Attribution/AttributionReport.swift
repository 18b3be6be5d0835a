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
    let predicted: String
    let source: [Double]
    let decoder: [Double]?
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
  var position: Int?
  var target: String?
  var targetID: Int?
  var foil: String?
  var foilID: Int?
  /// The number that is explained.
  var value: Double?
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
      report.position = question.target.position
      (report.target, report.foil) = run.names(of: question.target)
      report.targetID = question.target.token
      report.foilID = question.target.foil
      report.value = Double(question.value)
    }
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
          predicted: run.predictedTokens[row], source: sentence.source.row(row),
          decoder: sentence.decoder?.row(row))
      }
    case .trace(let trace, let reduction):
      report.sourceTokens = run.sourceTokens
      report.decoderTokens = run.readTokens
      let maps =
        trace.residuals.map { ($0.stack.rawValue, trace.map(of: $0.stack, by: reduction)) }
        + [("cross-attention", trace.crossMap(by: reduction))]
      report.trace = maps.compactMap { name, map in
        map.map { map in .init(name: name, values: (0..<map.shape[0]).map(map.row)) }
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
