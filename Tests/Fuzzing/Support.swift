import Foundation

/// A folder in memory for the files of one input after the other.
enum Scratch {
  static let folder: URL = {
    let base = FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : "/tmp"
    let folder = URL(fileURLWithPath: "\(base)/headlight-fuzz-\(getpid())")
    try! FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    atexit { try? FileManager.default.removeItem(at: Scratch.folder) }
    return folder
  }()

  /// Writes an input to a file of the folder.
  static func write(_ bytes: UnsafeRawBufferPointer, to name: String) -> URL {
    let url = folder.appendingPathComponent(name)
    let descriptor = open(url.path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    precondition(
      descriptor >= 0 && Foundation.write(descriptor, bytes.baseAddress, bytes.count) >= 0)
    close(descriptor)
    return url
  }
}

/// Ends the process unless an error's text is one sentence that a terminal can show.
func requireSentence(_ error: any Error) {
  let text = "\(error)"
  let isPlain = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0 ~= $0.value) }
  guard isPlain, text.utf8.count <= 8_000, !text.isEmpty else {
    fatalError("not a sentence, of \(text.utf8.count) bytes: \(text.prefix(300).debugDescription)")
  }
}
