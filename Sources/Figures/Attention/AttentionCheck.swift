import Tensors

/// What every picture of attention asks of its input.
enum AttentionCheck {
  /// - Throws: ``FigureError`` unless the pattern is `[head, query, key]`, has a token for each
  ///   query and key, and holds probabilities.
  static func check(_ pattern: Tensor, queries: [String], keys: [String], of what: String) throws {
    guard pattern.rank == 3 else {
      throw FigureError(
        "\(what) needs attention of shape [head, query, key], but it has shape \(pattern.shape); "
          + "choose one sentence of the batch and one layer.")
    }
    guard !queries.isEmpty && !keys.isEmpty && pattern.shape[0] > 0 else {
      throw FigureError(
        "\(what) needs at least one head, one query token and one key token, but it has "
          + "\(pattern.shape[0]), \(queries.count) and \(keys.count).")
    }
    guard pattern.shape[1] == queries.count && pattern.shape[2] == keys.count else {
      throw FigureError(
        "\(what) has attention of shape \(pattern.shape), [head, query, key], but "
          + "\(queries.count) query tokens and \(keys.count) key tokens; give one token for each.")
    }
    try pattern.withUnsafeValues { values in
      // Sums of Float32 probabilities may end a little above 1.
      guard let index = values.firstIndex(where: { !($0 >= 0 && $0 <= 1.001) }) else { return }
      let (head, rest) = index.quotientAndRemainder(
        dividingBy: pattern.shape[1] * pattern.shape[2])
      let (query, key) = rest.quotientAndRemainder(dividingBy: pattern.shape[2])
      throw FigureError(
        "\(what) needs attention between 0 and 1, but head \(head) gives \(values[index]) from "
          + "query \(query) to key \(key); draw the pattern, not the scores before the softmax.")
    }
  }
}
