/// What the files beside a `tokenizer.json` change of it, as `AutoTokenizer` of `transformers` 5 has
/// it.
///
/// For the classes below Python builds the steps anew from `tokenizer_config.json`, and takes only
/// the vocabulary, the merges and mostly the post-processor from `tokenizer.json`. Of any other
/// class the file stands as it is. Added tokens come from every file for every class.
struct SideFiles {
  let settings: TokenizerSettings
  /// `added_tokens.json`: tokens and their ids.
  let addedTokens: JSON?

  /// The tokenizer file with what the others say.
  func applied(to file: JSON) throws(TokenizerError) -> JSON {
    guard settings.isGiven || addedTokens != nil else { return file }
    var file = file
    let type = text(file["model"]?["type"])
    let addsSpace = settings["add_prefix_space"] ?? .boolean(false)
    let bytes: JSON = ["type": "ByteLevel", "add_prefix_space": addsSpace]
    var names: [(String, String)] = []
    switch (settings.kind, type) {
    case ("Bert", "WordPiece"), ("DistilBert", "WordPiece"), ("Electra", "WordPiece"),
      ("bert", "WordPiece"), ("distilbert", "WordPiece"), ("electra", "WordPiece"):
      names = TokenizerSettings.bertTokens
      file["normalizer"] = settings.bertNormalizer
      file["pre_tokenizer"] = ["type": "BertPreTokenizer"]
      file["decoder"] = ["type": "WordPiece"]
      file["model"]?["unk_token"] = .string(settings.content("unk_token") ?? "[UNK]")
    case ("GPT2", "BPE"), ("gpt2", "BPE"), ("GPTNeoX", "BPE"):
      names = [
        ("unk_token", "<|endoftext|>"), ("bos_token", "<|endoftext|>"),
        ("eos_token", "<|endoftext|>"),
      ]
      guard has("ByteLevel", in: file["pre_tokenizer"]) else { break }
      if settings.kind == "GPTNeoX" { file["normalizer"] = ["type": "NFC"] }
      file["pre_tokenizer"] = bytes
      file["decoder"] = ["type": "ByteLevel"]
    case ("Roberta", "BPE"), ("Bart", "BPE"), ("roberta", "BPE"), ("bart", "BPE"):
      names = TokenizerSettings.robertaTokens
      file["normalizer"] = .null
      file["pre_tokenizer"] = bytes
      file["decoder"] = ["type": "ByteLevel"]
    case ("Llama", "BPE") where !has("ByteLevel", in: file["pre_tokenizer"]):
      names = [("unk_token", "<unk>"), ("bos_token", "<s>"), ("eos_token", "</s>")]
      rebuildLlama(&file)
    default:
      names = [
        "unk_token", "bos_token", "eos_token", "sep_token", "pad_token", "cls_token",
        "mask_token",
      ].map { ($0, "") }
    }
    addTokens(names, to: &file)
    try closeTexts(&file)
    return file
  }

  private func rebuildLlama(_ file: inout JSON) {
    let prepends = settings.boolean("add_prefix_space") ?? true
    let isLegacy = settings.boolean("legacy") ?? false
    file["normalizer"] = .null
    file["pre_tokenizer"] = [
      "type": "Metaspace", "replacement": "▁", "split": .boolean(false),
      "prepend_scheme": prepends ? isLegacy ? "always" : "first" : "never",
    ]
    var steps: [JSON] = [
      ["type": "Replace", "pattern": ["String": "▁"], "content": " "], ["type": "ByteFallback"],
      ["type": "Fuse"],
    ]
    if prepends {
      steps.append(["type": "Strip", "content": " ", "start": .number(1), "stop": .number(0)])
    }
    file["decoder"] = ["type": "Sequence", "decoders": .array(steps)]
    file["model"]?["unk_token"] = .null
    file["model"]?["fuse_unk"] = .boolean(true)
    file["model"]?["byte_fallback"] = .boolean(true)
  }

  /// Appends the tokens that the other files name, unless the file has them.
  private func addTokens(_ names: [(String, String)], to file: inout JSON) {
    var tokens: [JSON] = []
    if case .array(let listed)? = file["added_tokens"] { tokens = listed }
    func place(_ token: JSON) -> Int? {
      tokens.firstIndex { text($0["content"]) == text(token["content"]) }
    }
    guard case .array(let named) = settings.addedTokens(names) else { return }
    for token in named {
      if let known = place(token) {
        // A special token stays one with its own properties.
        tokens[known]["special"] = token["special"] ?? tokens[known]["special"] ?? .boolean(false)
      } else {
        tokens.append(token)
      }
    }
    if case .object(let members)? = addedTokens {
      for member in members where place(["content": .string(member.key)]) == nil {
        tokens.append(["content": .string(member.key), "special": .boolean(false)])
      }
    }
    file["added_tokens"] = .array(tokens)
  }

  /// BERT's and RoBERTa's tokens around a text, which follow the settings.
  private func closeTexts(_ file: inout JSON) throws(TokenizerError) {
    let opening: String
    let closing: String
    switch settings.kind {
    case "Bert", "DistilBert", "Electra", "bert", "distilbert", "electra":
      (opening, closing) = ("[CLS]", "[SEP]")
    case "Roberta", "Bart", "roberta", "bart": (opening, closing) = ("<s>", "</s>")
    default: return
    }
    guard text(file["model"]?["type"]) != "Unigram" else { return }
    let whole = try Tokenizer(file: Part(json: file.without("post_processor"), place: ""))
    func pair(_ name: String, _ standard: String) throws(TokenizerError) -> JSON {
      let token = settings.content(name) ?? standard
      guard let id = whole.id(of: token) else {
        throw .unusableModel(reason: "its special token \"\(token)\" is not in its vocabulary")
      }
      return .array([.string(token), .number(Double(id))])
    }
    file["post_processor"] = [
      "type": "BertProcessing", "cls": try pair("cls_token", opening),
      "sep": try pair("sep_token", closing),
    ]
  }

  private func text(_ json: JSON?) -> String? {
    if case .string(let text)? = json { text } else { nil }
  }

  private func has(_ type: String, in step: JSON?) -> Bool {
    guard let step else { return false }
    if text(step["type"]) == type { return true }
    guard case .array(let steps)? = step["pretokenizers"] else { return false }
    return steps.contains { has(type, in: $0) }
  }
}
