import GradientsVocabulary
import SheetTools
import Tensors

/// Sentences with drawn scores, in which every usual mistake picks another method.
enum PlantedMethods {
  /// A way to pick the wrong method.
  enum Mistake: CaseIterable {
    case signed
    case leastLike
    case pooled
    case bestOnce
    case pearson

    var sentence: String {
      switch self {
      case .signed: "scores are compared with their signs; take absolute values of both"
      case .leastLike: "this is the method that is least like occlusion"
      case .pooled:
        "all sentences are ranked as one list; rank within a sentence, then take the mean"
      case .bestOnce: "this is the best in a single sentence; take the mean over all of them"
      case .pearson: "this compares sizes, by Pearson's correlation; compare ranks"
      }
    }
  }

  /// The mean rank correlation of each method's absolute scores with occlusion's.
  static func means(_ sentences: [MethodScores]) -> [String: Double] {
    values(sentences) { mean(correlations(sentences, $0, RankWork.spearman)) }
  }

  /// What a mistake picks; nil where no method comes first.
  static func pick(_ sentences: [MethodScores], _ mistake: Mistake?) -> String? {
    let ranked = values(sentences) { name in
      switch mistake {
      case nil: mean(correlations(sentences, name, RankWork.spearman))
      case .signed: mean(correlations(sentences, name, RankWork.spearman, signed: true))
      case .leastLike: -mean(correlations(sentences, name, RankWork.spearman))
      case .bestOnce: correlations(sentences, name, RankWork.spearman).max() ?? 0
      case .pearson: mean(correlations(sentences, name, DoubleCorrelation.pearson))
      case .pooled:
        RankWork.spearman(
          sentences.flatMap { scores($0.methods[name] ?? []) },
          sentences.flatMap { scores($0.occlusion) })
      }
    }.sorted { $0.value > $1.value }
    guard ranked.count > 1, ranked[0].value - ranked[1].value > 0.02 else { return nil }
    return ranked[0].key
  }

  private static func values(
    _ sentences: [MethodScores], _ value: (String) -> Double
  ) -> [String: Double] {
    let names = sentences.first?.methods.keys.sorted() ?? []
    return Dictionary(uniqueKeysWithValues: names.map { ($0, value($0)) })
  }

  private static func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(max(values.count, 1))
  }

  private static func scores(_ values: [Float], signed: Bool = false) -> [Double] {
    values.map { Double(signed ? $0 : abs($0)) }
  }

  private static func correlations(
    _ sentences: [MethodScores], _ name: String,
    _ correlation: (_ x: [Double], _ y: [Double]) -> Double, signed: Bool = false
  ) -> [Double] {
    sentences.map {
      correlation(
        scores($0.methods[name] ?? [], signed: signed), scores($0.occlusion, signed: signed))
    }
  }

  /// A set for every mistake, which picks another method there than the right one, and in all of them
  /// clearly.
  static func sets(using generator: inout SeededGenerator) -> [[MethodScores]] {
    Mistake.allCases.map { mistake in
      while true {
        let sentences = drawn(using: &generator)
        let right = pick(sentences, nil)
        let picks = Mistake.allCases.map { pick(sentences, $0) }
        let wrong = pick(sentences, mistake)
        // So that no two mistakes answer the same, this one errs alone, but for the one that is always
        // wrong.
        let others = zip(Mistake.allCases, picks).filter { $0.0 != mistake && $0.0 != .leastLike }
        guard let right, !picks.contains(nil), wrong != right,
          mistake == .leastLike || others.allSatisfy({ $0.1 == right })
        else { continue }
        return sentences
      }
    }
  }

  /// Occlusion with a few large values of both signs, on another scale in every sentence, and methods
  /// that follow it more or less.
  private static func drawn(using generator: inout SeededGenerator) -> [MethodScores] {
    let names = ["A", "B", "C", "D"]
    return (0..<3).map { _ in
      let count = Int.random(in: 6...9, using: &generator)
      let scale = Float.random(in: 0.3...4, using: &generator)
      func noise() -> [Float] { Tensor.randomNormal([count], using: &generator).values }
      let occlusion = noise().map { scale * $0 * $0 * $0 }
      let methods = names.map { _ in
        let size = Float.random(in: 0.3...3, using: &generator)
        let (own, flips) = (noise(), noise())
        return occlusion.indices.map { place in
          let sign: Float = flips[place] > 0.6 ? -1 : 1
          let closeness = Float.random(in: 0...1, using: &generator)
          let followed = closeness * sign * occlusion[place] / scale
          return size * (followed + 0.6 * own[place])
        }
      }
      return MethodScores(
        methods: Dictionary(uniqueKeysWithValues: zip(names, methods)), occlusion: occlusion)
    }
  }
}
