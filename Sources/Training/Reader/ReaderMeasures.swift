import Foundation
package import Laboratory
import Tensors
package import Transformers

/// What a reader can do, measured on texts whose questions it has not met in training.
package struct ReaderMeasures: Codable, Sendable, Equatable {
  /// One ability.
  package struct Row: Codable, Sendable, Equatable {
    /// What kind of text it is measured in.
    package var kind: ReaderKind
    /// The ability, in words.
    package var name: String
    /// How many questions were asked.
    package var count: Int
    /// The fraction answered right, every word of the answer being the likeliest; or, for a year
    /// after another, the probability of all right years; or, where nothing may come twice, the
    /// probability of what came already, which should be small.
    package var value: Double
    /// What was aimed at, or nil.
    package var aim: Double?
    /// What a bigram alone would put on what came already; only where nothing may come twice.
    package var bigram: Double?
  }

  package var rows: [Row]
  /// What is known of large models, looked for here.
  package var phenomena: [ReaderPhenomenon]

  /// Measures a model on test texts.
  ///
  /// - Parameters:
  ///   - count: How many texts of each kind.
  ///   - split: Whose questions; test for a model card, development for choices.
  package static func measure(
    _ model: Transformer, count: Int = 1_500, split: ReaderSplit = .test,
    progress: (Double) -> Void = { _ in }
  ) throws -> ReaderMeasures {
    let rows = try rows(of: model, count: count, split: split) { progress($0 / 2) }
    let phenomena = try ReaderPhenomenon.measure(model, split: split) { progress(0.5 + $0 / 2) }
    return ReaderMeasures(rows: rows, phenomena: phenomena)
  }

  /// What a model can do in texts of some kinds.
  package static func rows(
    of model: Transformer, kinds: [ReaderKind] = ReaderKind.allCases, count: Int,
    split: ReaderSplit = .test, progress: (Double) -> Void = { _ in }
  ) throws -> [Row] {
    var rows: [Row] = []
    for (index, kind) in kinds.enumerated() where kind != .narrative {
      var writer = ReaderWriter(split: split, seed: 1)
      let size = [.tours, .rollCalls, .repeats].contains(kind) ? count / 4 : count
      let texts = (0..<size).map { _ in writer.text(kind) }
      rows += try measure(model, texts: texts, kind: kind)
      progress(Double(index + 1) / Double(kinds.count))
    }
    return rows
  }

  /// Tallies the held-out plants of texts of one kind by ability.
  private static func measure(
    _ model: Transformer, texts: [ReaderText], kind: ReaderKind
  ) throws -> [Row] {
    var sums: [String: (count: Int, sum: Double, bigram: Double, ability: ReaderAbility)] = [:]
    for start in stride(from: 0, to: texts.count, by: 64) {
      let part = Array(texts[start..<min(start + 64, texts.count)])
      let (tokens, _) = ModelInput.padding(part.map { ReaderVocabulary.encode($0.words) }, with: 0)
      // Padding stands behind every question, where a causal model never looks.
      let logits = try model(ModelInput(tokens: tokens))
      let width = logits.shape[2]
      logits.withUnsafeValues { values in
        for (row, text) in part.enumerated() {
          for plant in text.plants where plant.isHeldOut {
            func scores(_ place: Int) -> ArraySlice<Float> {
              // The start token stands before the words: what predicts word i is position i.
              let first = (row * logits.shape[1] + place) * width
              return ArraySlice(values[first..<(first + width)])
            }
            let result = value(of: plant, in: text, scores: scores)
            for name in plant.ability.names(in: text, plant) {
              var entry = sums[name] ?? (0, 0, 0, plant.ability)
              entry.count += 1
              entry.sum += result.value
              entry.bigram += result.bigram
              sums[name] = entry
            }
          }
        }
      }
    }
    return sums.sorted { $0.key < $1.key }.map { name, entry in
      let total = Double(entry.count)
      return Row(
        kind: kind, name: name, count: entry.count, value: entry.sum / total,
        aim: entry.ability.aim, bigram: entry.ability.isTour ? entry.bigram / total : nil)
    }
  }

  private static func value(
    of plant: ReaderText.Plant, in text: ReaderText, scores: (Int) -> ArraySlice<Float>
  ) -> (value: Double, bigram: Double) {
    /// The probability of any of some words.
    func mass(of words: some Sequence<String>) -> Double {
      let row = scores(plant.answer.lowerBound)
      let greatest = row.max() ?? 0
      let exponentials = row.map { exp(Double($0 - greatest)) }
      let total = exponentials.reduce(0, +)
      return words.reduce(0) { $0 + exponentials[ReaderVocabulary.ids[$1]!] } / total
    }
    switch plant.ability {
    case .greaterThan(let year):
      return (mass(of: ((year + 1)...99).map(ReaderWriter.twoDigits)), 0)
    case .rollCall:
      let listed = Set(plant.sources[0].map { text.words[$0] }).subtracting([",", "and"])
      let acted = text.words[plant.sources[0].upperBound..<plant.answer.lowerBound]
      return (mass(of: listed.intersection(acted)), 0)
    case .tour(let tour):
      let visited = text.words[plant.sources[0]]
      let all = tour.words
      let favourites = ReaderWorld.standard.favourites[tour]![
        all.firstIndex(of: visited.last!)!]
      let bigram = zip(favourites, ReaderTour.favour).reduce(0.0) { sum, favourite in
        visited.contains(all[favourite.0]) ? sum + Double(favourite.1) / 100 : sum
      }
      let rest = 1 - Double(ReaderTour.favour.reduce(0, +)) / 100
      return (mass(of: visited), bigram + rest * Double(visited.count) / Double(all.count))
    default:
      let isRight = plant.answer.allSatisfy { place in
        let row = scores(place)
        let likeliest = row.indices.max { row[$0] < row[$1] }! - row.startIndex
        return likeliest == ReaderVocabulary.ids[text.words[place]]!
      }
      return (isRight ? 1 : 0, 0)
    }
  }
}
