import Tensors

/// Something that was published of models, how it is measured here, and by which rule it is said
/// whether it appears.
package struct Finding: Sendable {
  /// What it is called on the command line and in file names.
  package let name: String
  /// The same in a few words.
  package let title: String
  /// The sheet that treats it.
  package let sheet: Int
  /// Where it was published.
  package let paper: Paper
  /// What was published.
  package let published: [PublishedFigure]
  /// What is measured here, in a sentence.
  package let measured: String
  /// When it is said to appear.
  package let rule: Rule
  /// Raised whenever `measure` changes, so that older results are measured again.
  package let version: Int
  /// Which models it can be asked of.
  package let asks: Set<MeasuredModel.Kind>
  /// Why no others, as the end of a sentence: “it needs …”.
  package let needs: String
  /// Measures a model.
  let measure: @Sendable (MeasuredModel) throws -> [MeasuredNumber]

  /// Measures a model.
  ///
  /// - Throws: ``NotAsked`` when it cannot be asked of the model, `CancellationError` when the work is
  ///   stopped, and what running the model throws.
  package func result(of model: MeasuredModel) throws -> EvidenceResult {
    guard asks.contains(model.kind) else {
      throw NotAsked("\(name) is not asked of \(model.name): it needs \(needs)")
    }
    return try EvidenceResult(self, model, measurements: measure(model))
  }
}

/// A paper.
package struct Paper: Sendable {
  /// Its authors as they are cited, such as “Meng et al.”.
  package let authors: String
  /// Its title.
  package let title: String
  /// Its year.
  package let year: Int
  /// Where it is to be had, such as `arXiv:2202.05262`.
  package let identifier: String

  init(_ authors: String, _ title: String, _ year: Int, _ identifier: String) {
    (self.authors, self.title, self.year, self.identifier) = (authors, title, year, identifier)
  }
}

/// A figure of a paper, and the model it was measured on.
package struct PublishedFigure: Sendable {
  /// The figure and what it is of.
  package let text: String
  /// The model.
  package let model: String
  /// The figure as a number in the unit of the finding's first measurement, where it is one.
  package let level: Double?

  init(_ text: String, of model: String, level: Double? = nil) {
    (self.text, self.model, self.level) = (text, model, level)
  }
}

/// Why a model cannot be asked, in one sentence.
package struct NotAsked: Error, CustomStringConvertible {
  /// The sentence.
  package let description: String

  init(_ description: String) { self.description = description }
}

/// Whether a published finding appears in a model.
package enum Verdict: String, Codable, Sendable, CaseIterable {
  /// All that its rule asks for holds.
  case appears
  /// What it is about is there, not all that belongs to it, or not for sure.
  case inPart = "in part"
  /// What it is about is not there.
  case doesNot = "does not"
}

/// One thing that has to hold of a measurement.
package struct Criterion: Sendable {
  /// Which way.
  package enum Side: String, Sendable { case above, below }

  /// The name of the measurement.
  package let measurement: String
  /// On which side of the level it has to be.
  package let side: Side
  /// The level.
  package let level: Double

  /// A measurement that has to be greater.
  static func above(_ level: Double, _ measurement: String) -> Criterion {
    Criterion(measurement: measurement, side: .above, level: level)
  }

  /// A measurement that has to be less.
  static func below(_ level: Double, _ measurement: String) -> Criterion {
    Criterion(measurement: measurement, side: .below, level: level)
  }

  private func isMet(_ value: Double) -> Bool { side == .above ? value > level : value < level }

  /// What a measurement says to it.
  func outcome(_ measurement: MeasuredNumber?) -> Outcome {
    guard let measurement else { return .fails }
    let estimate = measurement.estimate
    guard isMet(estimate.value) else { return .fails }
    return isMet(side == .above ? estimate.lower : estimate.upper) ? .holds : .open
  }

  enum Outcome {
    /// With the whole interval.
    case holds
    /// By the value alone.
    case open
    case fails
  }
}

/// When a finding is said to appear.
///
/// Where a figure was published, the level is half of it as a rule: models of a million parameters are
/// not asked for the size of an effect but for the effect.
package struct Rule: Sendable {
  /// The first is the finding itself; the others belong to it.
  package let criteria: [Criterion]

  init(_ criteria: Criterion...) { self.criteria = criteria }

  /// The rule in words.
  package func text(_ isShare: (String) -> Bool) -> String {
    criteria.map { criterion in
      "“\(criterion.measurement)” is \(criterion.side.rawValue) "
        + MeasuredNumber.text(criterion.level, isShare: isShare(criterion.measurement))
    }.joined(separator: " and ")
  }

  /// The verdict, and why.
  package func judgement(_ measurements: [MeasuredNumber]) -> (verdict: Verdict, why: String) {
    let named = Dictionary(
      measurements.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let outcomes = criteria.map { $0.outcome(named[$0.measurement]) }
    let verdict: Verdict =
      outcomes[0] == .fails ? .doesNot : outcomes.allSatisfy { $0 == .holds } ? .appears : .inPart
    let reasons = zip(criteria, outcomes).map { criterion, outcome in
      guard let own = named[criterion.measurement] else {
        return "“\(criterion.measurement)” was not measured"
      }
      let level = MeasuredNumber.text(criterion.level, isShare: own.isShare)
      let side = "\(criterion.side.rawValue) \(level)"
      let end =
        switch outcome {
        case .holds: side
        case .open: "\(side), but not with the whole interval"
        case .fails: "not \(side)"
        }
      return "“\(own.name)” is \(own.valueText), \(end)"
    }
    return (verdict, reasons.joined(separator: "; "))
  }
}
