import Files
public import Foundation

extension Tokenizer {
  /// Reads the tokenizer of a folder in the Hugging Face layout.
  ///
  /// That is `tokenizer.json`, or else what older models come with: `vocab.json` and `merges.txt`
  /// (GPT-2, RoBERTa, BART, Qwen2), `vocab.txt` (BERT), or a `vocab.json` of single characters;
  /// which of them, and the special tokens, `tokenizer_config.json` and `config.json` tell.
  ///
  /// - Returns: nil if the folder has no tokenizer at all.
  /// - Throws: ``TokenizerError``.
  public init?(directory: URL) throws(TokenizerError) {
    let folder = TokenizerFolder(directory: directory)
    if folder.has("tokenizer.json") {
      try self.init(file: Part(json: folder.completed(), place: ""))
    } else if let file = try folder.assembled() {
      try self.init(file: Part(json: file, place: ""))
    } else {
      return nil
    }
  }
}

/// A folder without `tokenizer.json`, whose other files say the same in more places.
private struct TokenizerFolder {
  let directory: URL

  func has(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: directory.appendingPathComponent(name).path)
  }

  private func json(_ name: String) throws(TokenizerError) -> JSON? {
    guard has(name) else { return nil }
    return try Tokenizer.json(Tokenizer.bytes(of: directory.appendingPathComponent(name)))
  }

  /// The lines of a text file, without the empty one after the last.
  private func lines(_ name: String) throws(TokenizerError) -> [String] {
    let bytes = try Tokenizer.bytes(of: directory.appendingPathComponent(name))
    guard Scalars.areValid(bytes) else {
      throw .unreadable(
        path: directory.appendingPathComponent(name).path, reason: "it is not UTF-8 text")
    }
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map {
      String(decoding: $0.last == 0x0D ? $0.dropLast() : $0, as: UTF8.self)
    }
    if lines.last == "" { lines.removeLast() }
    return lines
  }

  /// The `tokenizer.json` with what the files beside it change.
  func completed() throws(TokenizerError) -> JSON {
    let file = try Tokenizer.json(
      Tokenizer.bytes(of: directory.appendingPathComponent("tokenizer.json")))
    return try SideFiles(settings: settings(), addedTokens: json("added_tokens.json"))
      .applied(to: file)
  }

  private func settings() throws(TokenizerError) -> TokenizerSettings {
    try TokenizerSettings(
      json("tokenizer_config.json"), json("special_tokens_map.json"), json("config.json"))
  }

  /// What a `tokenizer.json` would say, or nil if there is nothing to make it from.
  func assembled() throws(TokenizerError) -> JSON? {
    let settings = try settings()
    if has("vocab.json"), let vocabulary = try json("vocab.json") {
      guard has("merges.txt") else {
        if has("source.spm") { throw notReadable("source.spm") }
        return try characters(vocabulary, settings)
      }
      return try bytePairs(vocabulary, settings)
    }
    if has("vocab.txt") { return try wordPieces(settings) }
    for name in ["source.spm", "spiece.model", "sentencepiece.bpe.model", "tokenizer.model"]
    where has(name) {
      throw notReadable(name)
    }
    return nil
  }

  private func notReadable(_ name: String) -> TokenizerError {
    .unusableModel(
      reason: "\(directory.path) has a SentencePiece model, \(name), and no tokenizer.json, which "
        + "is what is read here; save one beside it from Python (for Marian take a conversion that "
        + "has one, such as Xenova/opus-mt-en-fr)")
  }

  private func unsupported(_ kind: String, _ supported: [String]) -> TokenizerError {
    .unusableModel(
      reason:
        "\(directory.path) holds no tokenizer.json, and of the older files those of the class "
        + "\(kind) are not supported; supported are \(supported.joined(separator: ", "))")
  }

  private func bytePairs(
    _ vocabulary: JSON, _ settings: TokenizerSettings
  ) throws(TokenizerError) -> JSON {
    var file: [(String, JSON)] = [("decoder", ["type": "ByteLevel"])]
    let addsSpace = settings["add_prefix_space"] ?? .boolean(false)
    var names = [("unk_token", "<|endoftext|>"), ("bos_token", ""), ("eos_token", "<|endoftext|>")]
    let bytes: JSON = ["type": "ByteLevel", "add_prefix_space": addsSpace]
    switch settings.kind {
    case "GPT2", "gpt2", "gpt_neo", "gptj", nil:
      names[1].1 = "<|endoftext|>"
      file.append(("pre_tokenizer", bytes))
    case "Roberta", "Bart", "roberta", "bart":
      names = TokenizerSettings.robertaTokens
      file.append(("pre_tokenizer", bytes))
      file.append(
        (
          "post_processor",
          [
            "type": "RobertaProcessing",
            "sep": try pair(settings.content("sep_token") ?? "</s>", vocabulary),
            "cls": try pair(settings.content("cls_token") ?? "<s>", vocabulary),
          ]
        ))
    case "Qwen2", "qwen2", "qwen3":
      names.append(("pad_token", "<|endoftext|>"))
      file.append(("normalizer", ["type": "NFC"]))
      file.append(("pre_tokenizer", TokenizerSettings.qwen2Words(addsSpace)))
    case let other?: throw unsupported(other, ["GPT2", "Roberta", "Bart", "Qwen2"])
    }
    let merges = try lines("merges.txt").filter { !$0.hasPrefix("#version") && !$0.isEmpty }
    file.append(
      (
        "model", ["type": "BPE", "vocab": vocabulary, "merges": .array(merges.map(JSON.string))]
      ))
    file.append(("added_tokens", settings.addedTokens(TokenizerSettings.specialTokens(names))))
    return .object(file.map { (key: $0, value: $1) })
  }

  private func wordPieces(_ settings: TokenizerSettings) throws(TokenizerError) -> JSON {
    switch settings.kind {
    case "Bert", "DistilBert", "bert", "distilbert", nil: break
    case let other?: throw unsupported(other, ["Bert", "DistilBert"])
    }
    let words = try lines("vocab.txt").enumerated()
    let vocabulary = JSON.object(words.map { (key: $1, value: .number(Double($0))) })
    return [
      "normalizer": settings.bertNormalizer,
      "pre_tokenizer": ["type": "BertPreTokenizer"],
      "decoder": ["type": "WordPiece"],
      "post_processor": [
        "type": "BertProcessing",
        "sep": try pair(settings.content("sep_token") ?? "[SEP]", vocabulary),
        "cls": try pair(settings.content("cls_token") ?? "[CLS]", vocabulary),
      ],
      "model": [
        "type": "WordPiece", "vocab": vocabulary,
        "unk_token": .string(settings.content("unk_token") ?? "[UNK]"),
      ],
      "added_tokens": settings.addedTokens(TokenizerSettings.bertTokens),
    ]
  }

  /// A vocabulary of single characters and special tokens, without merges: an id a character.
  private func characters(
    _ vocabulary: JSON, _ settings: TokenizerSettings
  ) throws(TokenizerError) -> JSON {
    let unknown = settings.content("unk_token") ?? "<unk>"
    let closing = ["bos_token", "eos_token", "pad_token"].compactMap(settings.content)
    guard case .object(let members) = vocabulary,
      let other = members.first(where: { member in
        member.key.unicodeScalars.count != 1 && member.key != unknown
          && !closing.contains(member.key)
      })?.key
    else {
      return [
        "pre_tokenizer": [
          "type": "Split", "pattern": ["Regex": #"\s|\S"#], "behavior": "Isolated",
        ],
        "decoder": ["type": "Fuse"],
        "model": ["type": "WordLevel", "vocab": vocabulary, "unk_token": .string(unknown)],
        "added_tokens": settings.addedTokens(
          ["bos_token", "eos_token", "pad_token"].map { ($0, "") }),
      ]
    }
    throw .unusableModel(
      reason: "\(directory.path) has a vocab.json with longer tokens, such as \"\(other)\", but "
        + "neither a merges.txt nor a tokenizer.json to say how they are put together")
  }

  /// A token and its id, as post-processors list them.
  private func pair(_ token: String, _ vocabulary: JSON) throws(TokenizerError) -> JSON {
    guard let id = vocabulary[token] else {
      throw .unusableModel(reason: "its special token \"\(token)\" is not in its vocabulary")
    }
    return .array([.string(token), id])
  }
}
