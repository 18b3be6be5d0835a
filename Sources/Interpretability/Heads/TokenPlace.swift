public import Transformers

/// A place in a batch of texts and a token that is asked about there.
public struct TokenPlace: Sendable, Codable, Hashable {
  /// The text.
  public let row: Int
  /// The position whose prediction is meant.
  public let position: Int
  /// The token: the one that follows, unless something else is said.
  public let token: Int

  /// A place.
  public init(row: Int, position: Int, token: Int) {
    self.row = row
    self.position = position
    self.token = token
  }
}

extension ModelInput {
  /// Every position that is followed by a token, with that token; of a model of one stack.
  public var nextTokens: [TokenPlace] {
    tokens.enumerated().flatMap { row, text in
      let there = text.indices.filter { mask?[row][$0] ?? true }
      return zip(there, there.dropFirst()).filter { $1 == $0 + 1 }.map {
        TokenPlace(row: row, position: $0, token: text[$1])
      }
    }
  }

  /// Every position that is there, with the token that stands at it.
  var places: [TokenPlace] {
    tokens.enumerated().flatMap { row, text in
      text.indices.filter { mask?[row][$0] ?? true }.map {
        TokenPlace(row: row, position: $0, token: text[$0])
      }
    }
  }
}
