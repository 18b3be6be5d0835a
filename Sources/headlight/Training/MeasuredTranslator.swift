import Coursework
import Foundation
import Laboratory
import Models
import Training
import Transformers

/// A translator as it is stored, to be measured.
struct MeasuredTranslator {
  let directory: URL

  /// Measures the model, writes `measures.json` beside it and prints a table.
  func measureAndWrite() throws {
    let loaded = try LoadedModel(directory.path)
    guard let tokenizer = loaded.tokenizer else {
      throw CommandError("\(directory.path) has no tokenizer.json, so it cannot be measured")
    }
    guard loaded.model.configuration.isEncoderDecoder else {
      throw CommandError("\(directory.path) holds no encoder–decoder, so it is no translator")
    }
    let bar = ProgressBar("Measuring", total: 100, unit: "%")
    let measures = try TranslatorMeasures.measure(
      loaded.model, tokenizer: tokenizer, corpus: TranslatorCorpus()
    ) { bar.update(to: Int($0 * 100)) }
    bar.finish()
    try writeMeasures(measures, to: directory)
    print(Self.table(of: measures))
  }

  /// The measures as aligned lines.
  static func table(of measures: TranslatorMeasures) -> String {
    func percent(_ share: Double) -> String { String(format: "%6.1f %%", share * 100) }
    func rate(_ rate: Double) -> String { String(format: "%6.3f", rate) }
    var lines = [
      "exact, sentences with a pair never seen together  \(percent(measures.exactHeldOut))",
      "exact, other unseen sentences                     \(percent(measures.exactSameDistribution))",
      "exact, questions on capitals                      \(percent(measures.exactCapitals))",
      "alignment error rate of the best last-layer head  \(rate(measures.bestHeadOnTest))"
        + "  (head \(measures.bestHead), \(rate(measures.bestHeadOnDevelopment).trimmed) on dev)",
      "the same, every row read one late                 \(rate(measures.bestHeadReadOneRowLate))",
      "",
      "cross-attention        alignment error rate  swapped adjectives linked",
    ]
    for (layer, rates) in measures.headErrorRates.enumerated() {
      for (head, error) in rates.enumerated() {
        lines.append(
          "  layer \(layer), head \(head)      \(rate(error))                "
            + percent(measures.swapRates[layer][head]))
      }
      lines.append("  layer \(layer), all heads   \(rate(measures.layerErrorRates[layer]))")
    }
    return lines.joined(separator: "\n")
  }
}

extension String {
  fileprivate var trimmed: String { trimmingCharacters(in: .whitespaces) }
}
