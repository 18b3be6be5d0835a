import Foundation

@testable import Tokenizers

/// Takes bytes for an expression, and what follows a line of `%%` for a text: an expression is
/// matched or refused at a place of its own, and matches go on from left to right between whole
/// characters.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = Data(UnsafeRawBufferPointer(start: bytes, count: count))
  let end = input.range(of: Data("\n%%\n".utf8))
  let expression = String(decoding: end.map { input[..<$0.lowerBound] } ?? input, as: UTF8.self)
  let text =
    end.map { String(decoding: input[$0.upperBound...], as: UTF8.self) }
    ?? "The dog's 12 ran,  naïve\r\n\n  日本 aab \u{0}e\u{301}👩‍🔬"
  let pattern: Pattern
  do throws(PatternError) { pattern = try Pattern(expression) } catch {
    precondition((0...expression.unicodeScalars.count).contains(error.place))
    requireSentence(
      TokenizerError.unsupportedExpression(
        part: "pattern", expression, place: error.place, reason: error.reason))
    return 0
  }
  let utf8 = Array(text.utf8)
  do throws(TokenizerError) {
    let matches = try pattern.matches(in: utf8.span, from: 0, to: utf8.count)
    var last = 0
    for match in matches {
      precondition(match.lowerBound >= last && match.upperBound <= utf8.count)
      for place in [match.lowerBound, match.upperBound] where place < utf8.count {
        precondition(utf8[place] & 0xC0 != 0x80)
      }
      last = match.upperBound
    }
  } catch { precondition(error == .exhausted) }
  return 0
}
