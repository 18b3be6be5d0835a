import Answering
import Coursework
import Foundation

/// The sheet that a text is taken for answers to.
private let template = AnswersTemplate(
  """
  import Coursework
  struct Answers: SampleAnswers {
    // MARK: 9.1  One
    func one(of x: [Int]) throws -> Int { throw Unanswered() }
    // MARK: 9.2  Two
    func two(_ x: Float, y: Float) throws -> Float { throw Unanswered() }
  }
  """)!

/// Takes bytes for a text that does not compile, the first of them for the place of the error: what
/// is left has as many lines, and taking out comes to an end.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = UnsafeRawBufferPointer(start: bytes, count: count)
  guard count > 2 else { return 0 }
  let text = String(decoding: input.dropFirst(2), as: UTF8.self)
  guard var salvage = Salvage(text, template: template) else { return 0 }
  let fault = Diagnostics.Fault(
    line: Int(input[0]), column: Int(input[1]), text: "no",
    missingMethods: input[1] % 4 == 0 ? ["one(of:)", "two(_:y:)"] : [])
  let lines = text.utf8.count { $0 == UInt8(ascii: "\n") }
  for _ in 0..<4 {
    guard salvage.takeOut([fault]) else { break }
    precondition(salvage.text.utf8.count { $0 == UInt8(ascii: "\n") } == lines)
  }
  return 0
}
