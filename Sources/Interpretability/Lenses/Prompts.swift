public import Tensors

/// Prompts whose last token stands at a random place.
public enum TrimmedPrompts {
  /// Texts cut short behind a position drawn evenly from all that they have.
  ///
  /// A measure taken at the last position alone would be one of sentence ends.
  ///
  /// - Parameters:
  ///   - texts: Token ids.
  ///   - minimum: The least number of tokens that are kept; shorter texts are left out.
  public static func drawn(
    from texts: [[Int]], minimum: Int = 1, using generator: inout SeededGenerator
  ) -> [[Int]] {
    precondition(minimum >= 1, "a prompt has at least one token, not \(minimum)")
    return texts.filter { $0.count >= minimum }.map {
      Array($0.prefix(Int.random(in: minimum...$0.count, using: &generator)))
    }
  }
}
