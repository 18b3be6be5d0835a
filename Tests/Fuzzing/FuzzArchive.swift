import Foundation

/// Takes bytes for an archive that a student handed in: whatever comes of it is a choice of one
/// text or a sentence, and what was unpacked stays within the limits.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  var limits = CollectingLimits()
  limits.unpackedBytes = 1_000_000
  limits.answersBytes = 10_000
  limits.innerArchiveBytes = 20_000
  limits.entries = 100
  var files = SubmittedFiles(limits: limits)
  do {
    try files.addArchive(Array(UnsafeRawBufferPointer(start: bytes, count: count)))
    try files.openInnerArchives()
  } catch { requireSentence(error) }
  precondition(files.files.allSatisfy { $0.bytes.count <= limits.answersBytes })
  precondition(files.files.allSatisfy { !$0.path.split(separator: "/").contains("..") })
  let choice = AnswersChoice(files, sheet: SheetFile(folder: "1-Attention"))
  precondition((choice.text == nil) != (choice.problem == nil))
  for sentence in choice.notes + [choice.problem].compactMap(\.self) {
    requireSentence(CollectingError(sentence))
  }
  return 0
}
