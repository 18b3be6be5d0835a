import Checkpoints
import Files
import Foundation

/// What the hub has of a model at a revision: the commit, and the names of its files.
struct Listing: Equatable {
  /// The longest description that is read, in bytes; those of the largest repositories are some
  /// megabytes long.
  static let longest = 64 << 20

  /// What else than weights a model can be made of, as far as Headlight or the tokenizer's other
  /// readers use it.
  static let smallFiles = [
    "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
    "special_tokens_map.json", "vocab.json", "merges.txt", "vocab.txt", "source.spm", "target.spm",
  ]

  let commit: String
  let files: Set<String>

  private struct Description: Decodable {
    struct Sibling: Decodable {
      var rfilename: String
    }
    var sha: String
    var siblings: [Sibling]
  }

  /// Reads the hub's description of a model.
  ///
  /// - Throws: ``HubError`` when it is damaged, or a file's name leads out of the model's folder.
  init(_ json: Data, of name: HubName, host: String) throws(HubError) {
    guard let description = try? JSONDecoder().decode(Description.self, from: json) else {
      throw HubError(
        "\(host) does not describe \(name) as the hub does: a JSON object with sha and siblings is "
          + "expected; is HF_ENDPOINT right?")
    }
    guard HubName.isCommit(description.sha) else {
      throw HubError(
        "\(host) gives \(name) the commit \(quoted(description.sha)), where 40 digits are expected")
    }
    let names = description.siblings.map(\.rfilename)
    if let bad = names.first(where: { !Self.staysInside($0) }) {
      throw HubError(
        "\(host) lists a file \(quoted(bad)) in \(name), which would be written outside the model's "
          + "folder; nothing was downloaded")
    }
    commit = description.sha
    files = Set(names)
  }

  /// Whether a name, as a path, stays below the folder it begins in.
  static func staysInside(_ name: String) -> Bool {
    name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      .allSatisfy { part in
        !part.isEmpty && !part.elementsEqual(".".utf8) && !part.elementsEqual("..".utf8)
          && !part.contains { $0 < 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "\\") }
      }
  }

  /// The configuration and tokenizer files there are, the configuration first.
  var presentSmallFiles: [String] { Self.smallFiles.filter(files.contains) }

  /// Checks that there is a model that can be loaded.
  ///
  /// - Throws: ``HubError`` when there is no configuration, or there are no safetensors.
  func checkWeights(of name: HubName, host: String) throws(HubError) {
    guard files.contains("config.json") else {
      throw HubError(
        "\(name) has no config.json on \(host), so it is no model in the Hugging Face layout")
    }
    guard !files.contains(Checkpoint.fileName), !files.contains(Checkpoint.indexName) else {
      return
    }
    let others = ["pytorch_model.bin", "pytorch_model.bin.index.json", "tf_model.h5"]
    guard let other = others.first(where: files.contains) else {
      throw HubError("\(name) has neither safetensors nor other weights on \(host)")
    }
    throw HubError(
      "\(name) has no safetensors on \(host), only \(other), which can run code when it is read; "
        + "convert it: load the model in Python, write it with save_pretrained(\"DIR\"), and give "
        + "--model DIR")
  }
}
