package import Foundation

/// How results are written and read: JSON with sorted keys and ISO 8601 dates.
extension SubmissionResult {
  /// The file's name in a student's folder.
  package static let fileName = "result.json"

  /// The result as it stands in its file.
  package func encoded() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    return try encoder.encode(self)
  }

  /// The result that a file's content holds.
  package init(decoding data: Data) throws {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    self = try decoder.decode(SubmissionResult.self, from: data)
  }

  /// The result in a student's folder, or nil when there is none that can be read.
  package init?(inFolder folder: URL) {
    guard let data = try? Data(contentsOf: folder.appending(path: Self.fileName)),
      let result = try? SubmissionResult(decoding: data)
    else { return nil }
    self = result
  }
}
