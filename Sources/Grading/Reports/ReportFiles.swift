import Files
import Foundation

/// The content of a file that is one: no link, no pipe, nothing larger than is expected.
func regularFile(_ url: URL, atMost limit: Int) -> Data? {
  let file = open(url.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
  guard file >= 0 else { return nil }
  let handle = FileHandle(fileDescriptor: file, closeOnDealloc: true)
  var facts = stat()
  guard fstat(file, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG, facts.st_size <= limit,
    let data = try? handle.read(upToCount: limit + 1), data.count <= limit
  else { return nil }
  return data
}

/// Writes a report whole or not at all; one that is there already stays as it is.
func writeReport(_ text: String, to url: URL) throws { try writeReport(Data(text.utf8), to: url) }

func writeReport(_ data: Data, to url: URL) throws {
  if let there = try? Data(contentsOf: url), there == data { return }
  do throws(FileError) { try AtomicFile.writeGrades(data, to: url) } catch {
    throw ReportError("\(error)")
  }
}

func writeJSON(_ value: some Encodable, to url: URL) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  encoder.dateEncodingStrategy = .iso8601
  try writeReport(try encoder.encode(value) + Data("\n".utf8), to: url)
}
