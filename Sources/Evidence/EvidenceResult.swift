import Checkpoints
import Files
package import Foundation
import Tensors

/// What came of a finding on a model, as its file holds it.
package struct EvidenceResult: Codable, Sendable, Equatable {
  /// The finding's name.
  package var finding: String
  /// The version of its measure.
  package var version: Int
  /// The model's name.
  package var model: String
  /// What tells the model from others.
  package var fingerprint: String
  /// What was measured; empty where the model could not be asked.
  package var measurements: [MeasuredNumber]
  /// Why the model could not be asked, in a sentence; nil where it could.
  package var refusal: String?
  /// The verdict; nil where there is none.
  package var verdict: Verdict?
  /// The verdict's reasons.
  package var why: String?

  /// - Throws: ``NotAsked`` when a number is none.
  init(_ finding: Finding, _ model: MeasuredModel, measurements: [MeasuredNumber]) throws {
    for measurement in measurements {
      let estimate = measurement.estimate
      guard [estimate.value, estimate.lower, estimate.upper].allSatisfy(\.isFinite) else {
        throw NotAsked(
          "\(finding.name) of \(model.name) has no number for “\(measurement.name)”: what it is "
            + "computed from does not vary, or is not finite")
      }
    }
    let judgement = finding.rule.judgement(measurements)
    self.init(finding, model, measurements)
    (verdict, why) = (judgement.verdict, judgement.why)
  }

  /// What there is of a model that cannot be asked.
  package init(_ finding: Finding, _ model: MeasuredModel, refusal: String) {
    self.init(finding, model, [])
    self.refusal = refusal
  }

  private init(_ finding: Finding, _ model: MeasuredModel, _ measurements: [MeasuredNumber]) {
    self.finding = finding.name
    version = finding.version
    self.model = model.name
    fingerprint = model.fingerprint
    self.measurements = measurements
  }

  /// Whether it is what measuring again would give.
  package func isCurrent(_ finding: Finding, _ fingerprint: String) -> Bool {
    self.finding == finding.name && version == finding.version
      && self.fingerprint == fingerprint
  }
}

/// A folder of results, one file each.
package struct EvidenceFolder: Sendable {
  /// Where it is.
  package let url: URL

  package init(_ url: URL) { self.url = url }

  /// The file of a finding on a model.
  package func file(_ finding: String, _ model: String) -> URL {
    let name = model.map { $0.isLetter || $0.isNumber || "-_".contains($0) ? $0 : "-" }
    return url.appending(path: "\(finding).\(String(name)).json")
  }

  /// A result that is there.
  package func result(_ finding: String, _ model: String) -> EvidenceResult? {
    guard let data = FileManager.default.contents(atPath: file(finding, model).path) else {
      return nil
    }
    return try? JSONDecoder().decode(EvidenceResult.self, from: data)
  }

  /// Writes a result, whole or not at all.
  package func write(_ result: EvidenceResult) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(
      try encoder.encode(result) + Data("\n".utf8), to: file(result.finding, result.model))
  }

  /// All results, in the order of findings and models.
  ///
  /// - Throws: ``NotAsked`` for a file that holds none.
  package func results() throws -> [EvidenceResult] {
    let files = try FileManager.default.contentsOfDirectory(
      at: url, includingPropertiesForKeys: nil
    ).filter { $0.pathExtension == "json" }
    let found = try files.map { file in
      do {
        return try JSONDecoder().decode(EvidenceResult.self, from: Data(contentsOf: file))
      } catch {
        throw NotAsked(
          "\(file.path) holds no result of a finding (\(error)); take it away, and measure again")
      }
    }
    let order = Dictionary(
      uniqueKeysWithValues: Finding.all.enumerated().map { ($1.name, $0) })
    return found.sorted {
      (order[$0.finding] ?? .max, MeasuredModel.rank($0.model), $0.model)
        < (order[$1.finding] ?? .max, MeasuredModel.rank($1.model), $1.model)
    }
  }
}
