import AttentionVocabulary
import Coursework
import Foundation
import Tensors

/// The entropy of attention by its formula, in loops of Double.
struct RowEntropy: Sendable {
  private let pattern: Tensor
  private let heads: Int
  private let queries: Int
  private let keys: Int

  init(_ pattern: Tensor) {
    self.pattern = pattern
    (heads, queries, keys) = (pattern.shape[0], pattern.shape[1], pattern.shape[2])
  }

  var judge: Expected<Tensor> {
    let expected = rows { -$0 * log2($0) }
    return Expected(
      expected, shape: [heads, queries], named: "the entropy", axes: ["head", "query"]
    ) {
      mistakes
    }.otherwise { answer in
      if answer.shape == [heads, queries] {
        guard answer.values.contains(where: \.isNaN) else { return nil }
        return .invalid(
          "the entropy is NaN where a key gets no attention: 0 · log 0 counts as 0, so leave it out"
        )
      }
      if answer.count == heads, queries > 1 {
        return .invalid(
          """
          there is one entropy a head here and there should be one for every row of every head: \
          [head, query]
          """)
      }
      if answer.shape == [queries], heads > 1 {
        return .invalid("every head has its own entropy; keep the heads apart: [head, query]")
      }
      return nil
    }
  }

  /// The sum over the keys of every row of a function of their attention, where there is any.
  private func rows(_ term: (Double) -> Double) -> [Double] {
    (0..<heads).flatMap { head in
      (0..<queries).map { query in
        (0..<keys).reduce(0.0) { sum, key in
          let attention = Double(pattern[head, query, key])
          return attention > 0 ? sum + term(attention) : sum
        }
      }
    }
  }

  private var ofColumns: Mistake<Tensor> {
    let values = (0..<heads).flatMap { head in
      (0..<keys).map { key in
        (0..<queries).reduce(0.0) { sum, query in
          let attention = Double(pattern[head, query, key])
          return attention > 0 ? sum - attention * log2(attention) : sum
        }
      }
    }
    return Mistake(
      "this is the entropy of columns; a row is what sums to 1, so sum over keys, the last axis",
      values)
  }

  private var mistakes: [Mistake<Tensor>] {
    [
      Mistake(
        "the entropy is in nats; in bits the logarithm is that of base 2", rows { -$0 * log($0) }),
      Mistake(
        "the entropy is negative: the logarithm of a probability is, so the sum takes a minus",
        rows { $0 * log2($0) }),
      Mistake(
        "the entropy is divided by its greatest value, log₂ of the number of keys; leave it in bits",
        rows { -$0 * log2($0) }.map { $0 / log2(Double(keys)) }),
      Mistake(
        "each logarithm counts as much as its key's attention: the sum is over p · log p",
        rows { -log2($0) }),
      ofColumns,
    ]
  }
}
