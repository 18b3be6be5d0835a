import Checkpoints
import Coursework
import Files
import Foundation
import Laboratory
import Models
import Training
import Transformers

/// A reader as it is stored, to be measured.
struct MeasuredReader {
  let directory: URL

  /// Measures the model, writes `measures.json` beside it and prints a table.
  func measureAndWrite() throws {
    let loaded = try LoadedModel(directory.path)
    let configuration = loaded.model.configuration
    guard configuration.decoder != nil, configuration.encoder == nil,
      configuration.vocabularySize == ReaderVocabulary.words.count
    else {
      throw CommandError(
        "\(directory.path) holds no decoder over the reader's \(ReaderVocabulary.words.count) "
          + "words, so it is no reader of this world")
    }
    let bar = ProgressBar("Measuring", total: 100, unit: "%")
    let measures = try ReaderMeasures.measure(loaded.model) { bar.update(to: Int($0 * 100)) }
    bar.finish()
    try writeMeasures(measures, to: directory)
    print(Self.table(of: measures))
  }

  /// The measures as aligned lines, a group for each kind of text.
  static func table(of measures: ReaderMeasures) -> String {
    let width = measures.rows.map(\.name.count).max() ?? 0
    var lines: [String] = []
    for kind in ReaderKind.allCases {
      let rows = measures.rows.filter { $0.kind == kind }
      if rows.isEmpty { continue }
      lines.append(kind.rawValue)
      for row in rows {
        let name = row.name.padding(toLength: width, withPad: " ", startingAt: 0)
        var line = String(format: "  %@ %6.1f %%  of %5d", name, row.value * 100, row.count)
        if let aim = row.aim {
          line += String(format: "  (aim %.0f %%%@)", aim * 100, row.value < aim ? ", missed" : "")
        }
        if let bigram = row.bigram {
          line += String(format: "  (a bigram: %.1f %%)", bigram * 100)
        }
        lines.append(line)
      }
    }
    for phenomenon in measures.phenomena {
      lines.append(phenomenon.name)
      for figure in phenomenon.figures {
        lines.append(String(format: "  %8.3f  ", figure.value) + figure.name)
      }
      lines.append("  published: \(phenomenon.published)")
    }
    return lines.joined(separator: "\n")
  }
}

/// Writes `measures.json` beside a model.
func writeMeasures(_ measures: some Encodable, to directory: URL) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
  let json = try encoder.encode(measures)
  try AtomicFile.write(json, to: directory.appendingPathComponent("measures.json"))
}
