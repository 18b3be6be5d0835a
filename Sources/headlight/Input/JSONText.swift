import Foundation
import Tensors

/// A value as JSON that reads well and is the same in every run; numbers read back as they were.
///
/// - Throws: ``CommandError`` for a number that JSON has no word for.
func jsonText(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  do {
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  } catch EncodingError.invalidValue(let number, let context) {
    let place = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
      .joined(separator: ".")
    throw CommandError(
      "the result holds \(number) at \(place), which is no number: the model's logits or "
        + "activations are not finite; look at its weights, or at what was put into it")
  }
}

extension CommandError {
  /// Refuses a number that is none, such as a metric of logits that are not finite.
  static func check(_ values: [Float], _ what: String) throws(CommandError) {
    if let bad = values.first(where: { !$0.isFinite }) {
      throw CommandError(
        "\(what) is \(bad): the model's logits are not finite; look at its weights, or choose another "
          + "metric or answer")
    }
  }
}

extension Tensor {
  /// A matrix as JSON holds it, row by row.
  ///
  /// - Parameter isPartial: Whether a place without a number is one that was not finished, which is
  ///   null.
  func numbers(isPartial: Bool = false) -> [[Float?]] {
    (0..<shape[0]).map { row in
      self[at: row].values.map { isPartial && $0.isNaN ? nil : $0 }
    }
  }
}
