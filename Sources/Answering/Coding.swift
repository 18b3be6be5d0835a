package import Foundation

/// How questions, keys and answers are written: JSON with sorted keys, so that equal values give
/// equal bytes, and with names for the numbers JSON lacks, so that NaN arrives as NaN.
package enum Coding {
  package static func encode(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return try encoder.encode(value)
  }

  package static func decode<Value: Decodable>(_ type: Value.Type, from data: Data) throws -> Value
  {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return try decoder.decode(type, from: data)
  }
}

/// The text of an error as one sentence for a reader.
package func sentence(for error: any Error) -> String {
  switch error {
  case let error as DecodingError:
    let context: DecodingError.Context? =
      switch error {
      case .dataCorrupted(let context), .keyNotFound(_, let context),
        .typeMismatch(_, let context), .valueNotFound(_, let context):
        context
      @unknown default: nil
      }
    return context?.debugDescription ?? "the data has another form than expected"
  case let error as any LocalizedError:
    return error.errorDescription ?? String(describing: error)
  default:
    return String(describing: error)
  }
}
