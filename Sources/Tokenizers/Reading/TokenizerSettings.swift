import Files

/// What the files beside a vocabulary say of it.
struct TokenizerSettings {
  /// The tokenizer's class without `Tokenizer` and `Fast`, or else the model's type.
  let kind: String?
  private let configuration: JSON?
  private let specialTokens: JSON?

  /// The contents of `tokenizer_config.json`, `special_tokens_map.json` and `config.json`.
  init(_ configuration: JSON?, _ specialTokens: JSON?, _ model: JSON?) {
    self.configuration = configuration
    self.specialTokens = specialTokens
    if case .string(let name)? = configuration?["tokenizer_class"] {
      kind = ["Fast", "Tokenizer"].reduce(name) { name, ending in
        name.hasSuffix(ending) ? String(name.dropLast(ending.count)) : name
      }
    } else if case .string(let name)? = model?["model_type"] {
      kind = name
    } else {
      kind = nil
    }
  }

  /// Whether there is a `tokenizer_config.json` or a `special_tokens_map.json` at all.
  var isGiven: Bool { configuration != nil || specialTokens != nil }

  /// Whether the configuration lists all added tokens itself; then the other files are not asked.
  var listsAddedTokens: Bool { self["added_tokens_decoder"] != nil }

  /// All special tokens by the names of files, in the order in which they are added, and what a
  /// class takes for them when the files say nothing.
  static func specialTokens(_ standard: [(name: String, token: String)]) -> [(String, String)] {
    let names = [
      "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
    ]
    return names.map { name in (name, standard.first { $0.name == name }?.token ?? "") }
  }

  /// BERT's special tokens, and what they are by default.
  static let bertTokens = specialTokens([
    ("unk_token", "[UNK]"), ("sep_token", "[SEP]"), ("pad_token", "[PAD]"),
    ("cls_token", "[CLS]"), ("mask_token", "[MASK]"),
  ])

  /// RoBERTa's and BART's.
  static let robertaTokens = specialTokens([
    ("bos_token", "<s>"), ("eos_token", "</s>"), ("unk_token", "<unk>"), ("sep_token", "</s>"),
    ("pad_token", "<pad>"), ("cls_token", "<s>"), ("mask_token", "<mask>"),
  ])

  /// Qwen2's way to split a text into words.
  static func qwen2Words(_ addsSpace: JSON) -> JSON {
    let expression = #"""
      (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
      """#
    let steps: [JSON] = [
      ["type": "Split", "pattern": ["Regex": .string(expression)], "behavior": "Isolated"],
      ["type": "ByteLevel", "add_prefix_space": addsSpace, "use_regex": .boolean(false)],
    ]
    return ["type": "Sequence", "pretokenizers": .array(steps)]
  }

  /// BERT's normalizer under these settings.
  var bertNormalizer: JSON {
    [
      "type": "BertNormalizer", "clean_text": .boolean(true),
      "handle_chinese_chars": self["tokenize_chinese_chars"] ?? .boolean(true),
      "strip_accents": self["strip_accents"] ?? .null,
      "lowercase": self["do_lower_case"] ?? .boolean(true),
    ]
  }

  func boolean(_ name: String) -> Bool? {
    if case .boolean(let value)? = self[name] { value } else { nil }
  }

  /// A setting that is given and not null.
  subscript(name: String) -> JSON? {
    guard let value = configuration?[name] else { return nil }
    if case .null = value { return nil }
    return value
  }

  /// A special token as the files give it: a text, or an object with its properties.
  ///
  /// The map of special tokens wins, unless the configuration lists all added tokens itself.
  private func token(_ name: String) -> JSON? {
    if !listsAddedTokens, let token = specialTokens?[name] { return token }
    return configuration?[name]
  }

  /// The text of a special token.
  func content(_ name: String) -> String? {
    switch token(name) {
    case .string(let text)?: text
    case let token?: token["content"]?.text
    default: nil
    }
  }

  /// The tokens that the configuration lists, by id.
  var listedTokens: [JSON] {
    guard case .object(let members)? = configuration?["added_tokens_decoder"] else { return [] }
    return members.sorted { (Int($0.key) ?? 0) < (Int($1.key) ?? 0) }.map(\.value)
  }

  /// The tokens with ids of their own in the files, then the named ones.
  ///
  /// - Parameter names: The special tokens of the class and what they are by default, if anything.
  func addedTokens(_ names: [(name: String, token: String)]) -> JSON {
    .array(listedTokens + namedTokens(names))
  }

  /// The special tokens that the files name, in order.
  func namedTokens(_ names: [(name: String, token: String)]) -> [JSON] {
    var tokens: [JSON] = []
    for (name, standard) in names {
      switch token(name) {
      case .object(let members)?:
        tokens.append(.object(members + [(key: "special", value: .boolean(true))]))
      case .string(let text)?: tokens.append(Self.special(text))
      case .null?: break
      default: if !standard.isEmpty { tokens.append(Self.special(standard)) }
      }
    }
    for name in ["additional_special_tokens", "extra_special_tokens"] {
      var more: [JSON] = []
      switch token(name) {
      case .array(let list)?: more = list
      case .object(let members)?: more = members.map(\.value)
      default: break
      }
      for token in more {
        switch token {
        case .string(let text): tokens.append(Self.special(text))
        case .object(let members):
          tokens.append(.object(members + [(key: "special", value: .boolean(true))]))
        default: break
        }
      }
    }
    return tokens
  }

  private static func special(_ text: String) -> JSON {
    ["content": .string(text), "special": .boolean(true), "normalized": .boolean(false)]
  }
}
