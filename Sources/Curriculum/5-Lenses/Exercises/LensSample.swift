import Coursework
import Figures
import Foundation
import Interpretability
import Laboratory
import LensesVocabulary
import Tensors
import Transformers

/// Positions of the reader's texts as a student's own answers draw and read them: prompts by 5.5, their
/// last states by 5.6, the logit lens by 5.2.
struct LensSample {
  /// Where prompts end.
  let prompts: [[Int]]
  /// Which text each prompt begins, by number.
  let groups: [Int]
  /// The text that each prompt begins.
  let texts: [[Int]]
  /// At the last token of each prompt.
  let states: ResidualStates
  /// Of the logit lens, `[layer, prompt, token]`.
  let logits: Tensor
  /// Texts that no prompt begins.
  let otherTexts: [[Int]]

  static let size = 240

  /// What the reader has not seen.
  static let allTexts = LensTexts.drawn(200, seed: 5)

  init(_ ask: Asking) throws {
    let split = try ask(
      LensAsks.prompts, TextsToSplit(texts: Self.allTexts, count: Self.size, seeds: [1, 2]))
    guard let prompts = split.first?.evaluation, prompts.count == Self.size else {
      throw FigureError("Your answer to 5.5 has not \(Self.size) prompts to measure on.")
    }
    let model = try LensModel.reader.made()
    let different = Array(Set(Self.allTexts)).sorted { $0.lexicographicallyPrecedes($1) }
    let owners = prompts.map { prompt in different.firstIndex { $0.starts(with: prompt) } }
    guard owners.allSatisfy({ $0 != nil }), prompts.allSatisfy({ !$0.isEmpty }) else {
      throw FigureError("Your answer to 5.5 has prompts that begin no text.")
    }
    let batches = stride(from: 0, to: prompts.count, by: 40).map {
      Array(prompts[$0..<min($0 + 40, prompts.count)])
    }
    let parts = try ask.all(
      LensAsks.lastStates,
      batches.map { PromptsOfModel(model: .reader, prompts: $0, padding: 0) })
    let layers = model.configuration.residualPoints.count
    for (part, batch) in zip(parts, batches)
    where part.shape != [layers, batch.count, model.configuration.width] {
      throw FigureError(
        "Your answer to 5.6 has the shape \(part.shape), not [layer, prompt, width].")
    }
    let lens = try ask.all(
      LensAsks.logits,
      parts.map {
        StatesOfModel(model: .reader, states: ResidualStates($0, lastIsNormed: false))
      })
    for (part, batch) in zip(lens, batches)
    where part.shape != [layers, batch.count, model.configuration.vocabularySize] {
      throw FigureError(
        "Your answer to 5.2 has the shape \(part.shape), not [layer, position, token].")
    }
    self.prompts = prompts
    groups = owners.map { $0! }
    texts = owners.map { different[$0!] }
    states = ResidualStates(.concatenation(parts, axis: 1), lastIsNormed: false)
    logits = .concatenation(lens, axis: 1)
    otherTexts = different.filter { text in !prompts.contains { text.starts(with: $0) } }
  }

  /// What each text goes on with; the next text's start token behind its end.
  var next: [Int] {
    zip(prompts, texts).map { $0.count < $1.count ? $1[$0.count] : 0 }
  }

  /// What the reader holds at every position of the other texts, a text each.
  func others() throws -> [ResidualStates] {
    let model = try LensModel.reader.made()
    return try otherTexts.map { try model.residualStates(of: ModelInput($0)) }
  }

  /// The same of all of them in a row.
  func training() throws -> ResidualStates { try LensModel.reader.states(of: otherTexts) }

  /// The model's own logits, `[prompt, token]`, as 5.2 gives them.
  var final: Tensor { logits[at: logits.shape[0] - 1] }

  /// Means by layer with 95 % intervals, drawn over texts.
  func series(
    _ name: String, _ reading: LensReading, layers: Range<Int>? = nil,
    _ measure: (LensReading.Cell) -> Double
  ) -> LinePlot.Series {
    let found = reading.cells.map { cells in
      Bootstrap().mean(of: cells.map(measure), groups: groups)
    }
    let shown = Array(found[layers ?? 0..<found.count])
    var series = LinePlot.Series(
      name, shown.map(\.value),
      interval: Interval(lower: shown.map(\.lower), upper: shown.map(\.upper)))
    series.intervalIsBand = false
    return series
  }
}

extension LensSample {
  /// Some of the prompts.
  func at(_ places: [Int]) -> LensSample {
    LensSample(
      prompts: places.map { prompts[$0] }, groups: places.map { groups[$0] },
      texts: places.map { texts[$0] }, states: states.at(places),
      logits: .stack((0..<logits.shape[0]).map { logits[at: $0].gathering(places) }),
      otherTexts: otherTexts)
  }

  private init(
    prompts: [[Int]], groups: [Int], texts: [[Int]], states: ResidualStates, logits: Tensor,
    otherTexts: [[Int]]
  ) {
    self.prompts = prompts
    self.groups = groups
    self.texts = texts
    self.states = states
    self.logits = logits
    self.otherTexts = otherTexts
  }
}
