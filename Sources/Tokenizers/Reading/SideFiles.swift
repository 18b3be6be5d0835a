import Files

/// What the files beside a `tokenizer.json` change of it, as `AutoTokenizer` of `transformers` 5 has
/// it.
///
/// For the classes below Python builds the steps anew from `tokenizer_config.json`, and takes only
/// the vocabulary, the merges and mostly the post-processor from `tokenizer.json`. Of any other
/// class the file stands as it is. Added tokens come from every file, unless the configuration lists
/// them itself: then from it, and of a class that is not built anew from `tokenizer.json` too.
struct SideFiles {
  let settings: TokenizerSettings
  /// `added_tokens.json`: tokens and their ids.
  let addedTokens: JSON?

  /// The tokenizer file with what the others say.
  func applied(to file: JSON) throws(TokenizerError) -> JSON {
    guard settings.isGiven || addedTokens != nil else { return file }
    var file = file
    let type = file["model"]?["type"]?.text
    let addsSpace = settings["add_prefix_space"] ?? .boolean(false)
    let bytes: JSON = ["type": "ByteLevel", "add_prefix_space": addsSpace]
    var names: [(String, String)] = []
    var isRebuilt = true
    switch (settings.kind, type) {
    case ("Bert", "WordPiece"), ("DistilBert", "WordPiece"), ("Electra", "WordPiece"),
      ("bert", "WordPiece"), ("distilbert", "WordPiece"), ("electra", "WordPiece"):
      names = TokenizerSettings.bertTokens
      file["normalizer"] = settings.bertNormalizer
      file["pre_tokenizer"] = ["type": "BertPreTokenizer"]
      file["decoder"] = ["type": "WordPiece"]
      file["model"]?["unk_token"] = .string(settings.content("unk_token") ?? "[UNK]")
    case ("GPT2", "BPE"), ("gpt2", "BPE"), ("GPTNeoX", "BPE"), ("gpt_neox", "BPE"):
      let isNeoX = settings.kind != "GPT2" && settings.kind != "gpt2"
      names = [
        ("unk_token", "<|endoftext|>"), ("bos_token", "<|endoftext|>"),
        ("eos_token", "<|endoftext|>"), ("pad_token", isNeoX ? "<|padding|>" : ""),
      ]
      guard has("ByteLevel", in: file["pre_tokenizer"]) else {
        isRebuilt = false
        break
      }
      if isNeoX { file["normalizer"] = ["type": "NFC"] }
      file["pre_tokenizer"] = bytes
      file["decoder"] = ["type": "ByteLevel"]
    case ("Qwen2", "BPE"), ("qwen2", "BPE"), ("qwen3", "BPE"):
      names = [
        ("unk_token", "<|endoftext|>"), ("eos_token", "<|endoftext|>"),
        ("pad_token", "<|endoftext|>"),
      ]
      file["normalizer"] = ["type": "NFC"]
      file["pre_tokenizer"] = TokenizerSettings.qwen2Words(addsSpace)
      file["decoder"] = ["type": "ByteLevel"]
    case ("Roberta", "BPE"), ("Bart", "BPE"), ("roberta", "BPE"), ("bart", "BPE"):
      names = TokenizerSettings.robertaTokens
      file["normalizer"] = .null
      file["pre_tokenizer"] = bytes
      file["decoder"] = ["type": "ByteLevel"]
    case ("Llama", "BPE") where !has("ByteLevel", in: file["pre_tokenizer"]):
      names = [("unk_token", "<unk>"), ("bos_token", "<s>"), ("eos_token", "</s>")]
      rebuildLlama(&file)
    default: isRebuilt = false
    }
    addTokens(TokenizerSettings.specialTokens(names), to: &file, isRebuilt: isRebuilt)
    if let splits = settings["split_special_tokens"] { file["split_special_tokens"] = splits }
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

  /// Brings together the added tokens of all files.
  ///
  /// Python numbers them anew: first those that stand with an id, in its order, then the special
  /// tokens by name. A class that builds its steps anew has no others than the configuration lists,
  /// if it lists any.
  private func addTokens(
    _ names: [(String, String)], to file: inout JSON, isRebuilt: Bool
  ) {
    var tokens: [JSON] = []
    func add(_ token: JSON) {
      guard let known = tokens.firstIndex(where: { $0["content"]?.text == token["content"]?.text })
      else { return tokens.append(token) }
      // A special token stays one with its own properties.
      tokens[known]["special"] = token["special"] ?? tokens[known]["special"] ?? .boolean(false)
    }
    var own: [JSON] = []
    if case .array(let listed)? = file["added_tokens"] { own = listed }
    if !settings.listsAddedTokens {
      numbered(own, names).forEach(add)
    } else {
      if !isRebuilt { own.forEach(add) }
      settings.listedTokens.forEach(add)
    }
    for token in settings.namedTokens(names) {
      guard ["Qwen2", "qwen2", "qwen3"].contains(settings.kind ?? "") else {
        add(token)
        continue
      }
      // This class adds its special tokens by their text alone.
      add(["content": token["content"] ?? .null, "special": .boolean(true)])
    }
    file["added_tokens"] = .array(tokens)
  }

  /// The file's own added tokens and those of `added_tokens.json`, by id; of two with one id the
  /// file's own counts.
  private func numbered(_ own: [JSON], _ names: [(String, String)]) -> [JSON] {
    guard case .object(let members)? = addedTokens else { return own }
    let special = Set(
      settings.namedTokens(names.map { ($0.0, "") }).compactMap { $0["content"]?.text })
    var tokens: [Int: JSON] = [:]
    for (content, id) in members {
      guard case .number(let number) = id, let id = Int(exactly: number) else { continue }
      let isSpecial = special.contains(content)
      tokens[id] = [
        "content": .string(content), "special": .boolean(isSpecial),
        "normalized": .boolean(!isSpecial),
      ]
    }
    var rest: [JSON] = []
    for token in own {
      if case .number(let number)? = token["id"], let id = Int(exactly: number) {
        tokens[id] = token
      } else {
        rest.append(token)
      }
    }
    return tokens.sorted { $0.key < $1.key }.map(\.value) + rest
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
    guard file["model"]?["type"]?.text != "Unigram" else { return }
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

  private func has(_ type: String, in step: JSON?) -> Bool {
    guard let step else { return false }
    if step["type"]?.text == type { return true }
    guard case .array(let steps)? = step["pretokenizers"] else { return false }
    return steps.contains { has(type, in: $0) }
  }
}
