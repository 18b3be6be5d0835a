import Foundation
import Tokenizers

/// Texts that every tokenizer which loads has to take.
private let texts = [
  "", "The dog's 12 ran,  naïve\n\n  日本 <s> </s> ##ing ▁a",
  "\u{0}e\u{301}\u{10041}\u{301} 👩‍🔬\u{A0}ﬁ",
  String(repeating: "ab ", count: 40) + String(repeating: "a", count: 120),
]

/// Loads a `tokenizer.json`, and takes texts through it: the same every time, and what follows the
/// file after a line of `%%`, if anything does.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = Data(UnsafeRawBufferPointer(start: bytes, count: count))
  let end = input.range(of: Data("\n%%\n".utf8))
  let text = end.map { String(decoding: input[$0.upperBound...], as: UTF8.self) }
  do throws(TokenizerError) {
    let tokenizer = try Tokenizer(json: end.map { input[..<$0.lowerBound] } ?? input)
    for text in texts + [text].compactMap(\.self) {
      let ids = try tokenizer.encode(text, addingSpecialTokens: true)
      _ = try tokenizer.paddedRow(of: text)
      for skips in [true, false] {
        do throws(TokenizerError) {
          _ = try tokenizer.decode(ids, skippingSpecialTokens: skips)
        } catch {
          // A gap in the ids of a template or of padding.
          requireSentence(error)
        }
      }
    }
    _ = try? tokenizer.decode(Array(0..<50), skippingSpecialTokens: false)
  } catch {
    requireSentence(error)
  }
  return 0
}
