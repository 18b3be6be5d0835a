import Foundation
import Interpretability
import Interventions
package import Laboratory
import Tensors
package import Tokenizers
package import Transformers

/// What a translator can do, measured on sentences it has not seen.
package struct TranslatorMeasures: Codable, Sendable, Equatable {
  /// The fraction of sentences with a reserved pair that come out exactly right.
  package var exactHeldOut = 0.0
  /// The same for unseen sentences without one.
  package var exactSameDistribution = 0.0
  /// The fraction of questions on capitals answered exactly.
  package var exactCapitals = 0.0
  /// The alignment error rate on test of every cross-attention head, `[layer][head]`.
  package var headErrorRates: [[Double]] = []
  /// The same of the mean over each layer's heads.
  package var layerErrorRates: [Double] = []
  /// The head of the last layer that is best on dev, and its error rates on dev and test.
  package var bestHead = 0
  package var bestHeadOnDevelopment = 0.0
  package var bestHeadOnTest = 0.0
  /// The best head's error rate when every row is read one late: the shifted-target trap.
  package var bestHeadReadOneRowLate = 0.0
  /// For every cross-attention head, the fraction of swapped adjectives and nouns in test that it
  /// links right, both of them, `[layer][head]`.
  package var swapRates: [[Double]] = []

  /// For every cross-attention head, the mean attention to the country in the row that predicts the
  /// capital's first piece, `[layer][head]`.
  package var countryAttention: [[Double]] = []
  /// What every self-attention head attends to, on average over development.
  package var selfAttention: [HeadReport] = []

  /// How like simple patterns a head's attention is: Σ A⊙D / Σ A.
  package struct HeadReport: Codable, Sendable, Equatable {
    package var head: String
    package var previousToken: Double
    package var firstToken: Double
    package var duplicateToken: Double
  }

  package init() {}

  /// Measures a model on a corpus's development and test splits.
  package static func measure(
    _ model: Transformer, tokenizer: Tokenizer, corpus: TranslatorCorpus, count: Int = 1_000,
    progress: (Double) -> Void = { _ in }
  ) throws -> TranslatorMeasures {
    var measures = TranslatorMeasures()
    let reader = AlignmentReader(model: model, tokenizer: tokenizer)
    let development = try reader.read(corpus.development(count: count))
    progress(0.4)
    let test = try reader.read(corpus.test(count: count))
    progress(0.8)
    measures.exactHeldOut = test.exact
    measures.exactSameDistribution = try reader.read(corpus.sameDistribution(count: count)).exact
    measures.exactCapitals = try reader.read(TranslatorCorpus.capitals).exact
    progress(1)
    measures.headErrorRates = test.headErrorRates
    measures.layerErrorRates = test.layerErrorRates
    measures.swapRates = test.swapRates
    let last = development.headErrorRates[development.headErrorRates.count - 1]
    measures.bestHead = last.indices.min { last[$0] < last[$1] } ?? 0
    measures.bestHeadOnDevelopment = last[measures.bestHead]
    let layer = test.headErrorRates.count - 1
    measures.bestHeadOnTest = test.headErrorRates[layer][measures.bestHead]
    measures.bestHeadReadOneRowLate = test.lateErrorRates[layer][measures.bestHead]
    measures.countryAttention = try reader.countryAttention()
    measures.selfAttention = try reader.selfAttention(over: corpus.development(count: count / 5))
    return measures
  }
}

/// Reads word alignments off a model's cross-attention over a set of sentences.
struct AlignmentReader {
  let model: Transformer
  let tokenizer: Tokenizer

  struct Result {
    var exact = 0.0
    var headErrorRates: [[Double]] = []
    var layerErrorRates: [Double] = []
    var lateErrorRates: [[Double]] = []
    var swapRates: [[Double]] = []
  }

  /// Links proposed and gold, over all sentences.
  private struct Tally {
    var proposed = 0
    var found = 0
    var gold = 0
    var errorRate: Double { 1 - 2 * Double(found) / Double(max(proposed + gold, 1)) }

    mutating func add(_ attention: Tensor, head: Int, gold links: [Int: Set<Int>]) {
      let sources = attention.shape[2]
      for (target, right) in links {
        gold += right.count
        let best = (0..<sources).max { attention[head, target, $0] < attention[head, target, $1] }
        proposed += 1
        if right.contains(best!) { found += 1 }
      }
    }
  }

  func read(_ pairs: [SentencePair]) throws -> Result {
    let configuration = model.configuration
    let (layers, heads) = (configuration.decoder!.layerCount, configuration.decoder!.headCount)
    var tallies = Array(repeating: Array(repeating: Tally(), count: heads + 1), count: layers)
    var late = Array(repeating: Array(repeating: Tally(), count: heads), count: layers)
    var swaps = Array(repeating: Array(repeating: 0, count: heads), count: layers)
    var swapped = 0
    var exact = 0
    let patterns = (0..<layers).map { HookPoint.pattern(.decoder, $0, .cross) }
    for pair in pairs {
      let encoded = try EncodedPair(pair, tokenizer: tokenizer)
      let batch = TranslatorBatch([encoded], configuration: configuration)
      let run = try model.run(batch.input, capturing: .points(Set(patterns)))
      // Greedy output equals the target exactly when every row, fed the target, predicts the next.
      if run.logits.argmax() == encoded.target { exact += 1 }
      let places = pair.adjectives.filter(\.isSwapped)
      swapped += places.count
      let gold = goldLinks(of: pair)
      for layer in 0..<layers {
        let pattern = try run.trace[patterns[layer]][at: 0]
        let words = poolingPieces(
          pattern, targetWords: encoded.targetWords, sourceWords: encoded.sourceWords)
        let mean = words.mean(axis: 0, keepingAxis: true)
        tallies[layer][heads].add(mean, head: 0, gold: gold)
        let shifted = poolingPieces(
          pattern, targetWords: [nil] + encoded.targetWords.dropLast(),
          sourceWords: encoded.sourceWords)
        for head in 0..<heads {
          tallies[layer][head].add(words, head: head, gold: gold)
          late[layer][head].add(shifted, head: head, gold: gold)
          swaps[layer][head] += places.count { place in
            [(place.targetAdjective, place.sourceAdjective), (place.targetNoun, place.sourceNoun)]
              .allSatisfy { target, source in
                !(0..<words.shape[2]).contains {
                  words[head, target, $0] > words[head, target, source]
                }
              }
          }
        }
      }
    }
    return Result(
      exact: Double(exact) / Double(pairs.count),
      headErrorRates: tallies.map { $0.dropLast().map(\.errorRate) },
      layerErrorRates: tallies.map { $0[heads].errorRate },
      lateErrorRates: late.map { $0.map(\.errorRate) },
      swapRates: swaps.map { $0.map { Double($0) / Double(max(swapped, 1)) } })
  }

  /// The gold source words of every target word, punctuation left out.
  private func goldLinks(of pair: SentencePair) -> [Int: Set<Int>] {
    var links: [Int: Set<Int>] = [:]
    for link in pair.links where !link.isPunctuation {
      links[link.target, default: []].insert(link.source)
    }
    return links
  }
}

extension AlignmentReader {
  /// The mean attention of every cross-attention head to the country, where the capital is predicted.
  func countryAttention() throws -> [[Double]] {
    let decoder = model.configuration.decoder!
    let points = (0..<decoder.layerCount).map { HookPoint.pattern(.decoder, $0, .cross) }
    var sums = Array(
      repeating: Array(repeating: 0.0, count: decoder.headCount), count: decoder.layerCount)
    for pair in TranslatorCorpus.capitals {
      let encoded = try EncodedPair(pair, tokenizer: tokenizer)
      let batch = TranslatorBatch([encoded], configuration: model.configuration)
      let trace = try model.run(batch.input, capturing: .points(Set(points))).trace
      guard let name = pair.target.firstIndex(where: { $0.partOfSpeech == .properNoun }),
        let row = encoded.targetWords.firstIndex(of: name),
        let country = pair.links.first(where: { $0.target == name })?.source
      else { continue }
      let columns = encoded.sourceWords.indices.filter { encoded.sourceWords[$0] == country }
      for (layer, point) in points.enumerated() {
        let pattern = try trace[point][at: 0]
        for head in 0..<decoder.headCount {
          sums[layer][head] += columns.reduce(0.0) { $0 + Double(pattern[head, row, $1]) }
        }
      }
    }
    return sums.map { $0.map { $0 / Double(TranslatorCorpus.capitals.count) } }
  }

  /// What every self-attention head attends to.
  func selfAttention(over pairs: [SentencePair]) throws -> [TranslatorMeasures.HeadReport] {
    let heads = model.configuration.heads.filter { $0.kind == .own }
    let points = Set(heads.map { HookPoint.pattern($0.stack, $0.layer) })
    var scores: [HeadAddress: [HeadKind: Double]] = [:]
    for pair in pairs {
      let encoded = try EncodedPair(pair, tokenizer: tokenizer)
      let batch = TranslatorBatch([encoded], configuration: model.configuration)
      let trace = try model.run(batch.input, capturing: .points(points)).trace
      for kind in [HeadKind.previousToken, .firstToken, .duplicateToken] {
        for point in points {
          guard case .block(let stack, let layer, _) = point else { continue }
          let tokens =
            stack == .encoder ? batch.input.tokens[0] : batch.input.decoderTokens?[0] ?? []
          let values = headScores(
            try trace[point][at: 0], against: kind.detectionPattern(for: tokens), by: .multiplied)
          for (head, value) in values.enumerated() {
            scores[HeadAddress(stack, layer: layer, head: head), default: [:]][kind, default: 0] +=
              Double(value) / Double(pairs.count)
          }
        }
      }
    }
    return heads.map { head in
      TranslatorMeasures.HeadReport(
        head: head.description, previousToken: scores[head]?[.previousToken] ?? 0,
        firstToken: scores[head]?[.firstToken] ?? 0,
        duplicateToken: scores[head]?[.duplicateToken] ?? 0)
    }
  }
}
