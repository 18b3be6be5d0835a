import Foundation
import XCTest

extension XCTestCase {
  /// GPT-2 on a byte-level vocabulary: “ John” is a token and “John” is not; “ café” is four.
  func folderOfSpacedTokens() throws -> URL {
    let folder = try temporaryFolder()
    for name in ["config.json", "model.safetensors"] {
      try FileManager.default.copyItem(
        at: fixture("gpt2-tiny/\(name)"), to: folder.appendingPathComponent(name))
    }
    let merges = [
      "a r", "ar y", "M ary", "Ġ Mary", "h n", "o hn", "Ġ J", "ĠJ ohn", "Ġ c", "a f", "n d", "a nd",
      "Ġ and",
    ]
    var tokens = "Ġ M a r y J o h n c f Ã © d x".split(separator: " ").map(String.init)
    tokens += merges.map { $0.replacing(" ", with: "") }
    // Words that no text has, up to the end token, which is 50.
    tokens += (tokens.count..<50).map { "w\($0)" } + ["<|end|>"]
    let file: [String: Any] = [
      "version": "1.0", "normalizer": NSNull(), "post_processor": NSNull(),
      "added_tokens": [["id": 50, "content": "<|end|>", "special": true] as [String: Any]],
      "pre_tokenizer": ["type": "ByteLevel", "add_prefix_space": false] as [String: Any],
      "decoder": ["type": "ByteLevel"],
      "model": [
        "type": "BPE", "merges": merges,
        "vocab": Dictionary(uniqueKeysWithValues: tokens.enumerated().map { ($1, $0) }),
      ] as [String: Any],
    ]
    try JSONSerialization.data(withJSONObject: file)
      .write(to: folder.appendingPathComponent("tokenizer.json"))
    return folder
  }
}
