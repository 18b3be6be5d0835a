import Transformers

extension AttributionTarget {
  func check(positions: Int, vocabularySize: Int) throws(AttributionError) {
    guard (0..<positions).contains(position) else {
      throw .positionOutOfRange(position, count: positions)
    }
    for (name, id) in [("target", token), ("foil", foil)] {
      guard let id else { continue }
      guard (0..<vocabularySize).contains(id) else {
        throw .tokenOutOfRange(name, id: id, vocabularySize: vocabularySize)
      }
    }
    if foil == token { throw .foilIsTarget(token) }
  }
}
