import Files
import Foundation
import Transformers

extension TransformerConfiguration {
  /// Takes up what a folder says about generation, as `transformers` does: `generation_config.json`
  /// alone where there is one, else the keys of `config.json` that older files have for it.
  mutating func readGeneration(
    in directory: URL, orFrom configuration: ModelConfigurationFile
  ) throws(CheckpointError) {
    let url = directory.appendingPathComponent("generation_config.json")
    let exists = FileManager.default.fileExists(atPath: url.path)
    let file = exists ? try ModelConfigurationFile(contentsOf: url) : configuration
    let size = vocabularySize
    endTokens = try file.tokens("eos_token_id", of: size)
    if isEncoderDecoder {
      startToken =
        try file.token("decoder_start_token_id", "bos_token_id", of: size) ?? startToken
    }
    generation = try file.generationSettings(of: size)
  }
}

extension ModelConfigurationFile {
  fileprivate func generationSettings(of size: Int) throws(CheckpointError) -> GenerationSettings {
    var settings = GenerationSettings()
    settings.suppressedTokens = try tokens("suppress_tokens", of: size)
    settings.tokensSuppressedFirst = try tokens("begin_suppress_tokens", of: size)
    settings.forbiddenSequences = try sequences("bad_words_ids", of: size)
    settings.forcedFirstToken = try tokens("forced_bos_token_id", of: size).first
    settings.forcedLastTokens = try tokens("forced_eos_token_id", of: size)
    settings.repetitionPenalty = try number("repetition_penalty", default: 1)
    settings.unrepeatedLength = try integer("no_repeat_ngram_size", default: 0, minimum: 0)
    settings.minimumLength = try integer("min_length", default: 0, minimum: 0)
    settings.minimumNewTokens = try count("min_new_tokens", minimum: 0)
    settings.maximumLength = try count("max_length", minimum: 0)
    settings.maximumNewTokens = try count("max_new_tokens", minimum: 1)
    settings.beamWidth = try integer("num_beams", default: 1, maximum: 1_000)
    settings.lengthPenalty = try anyNumber("length_penalty") ?? 1
    settings.beamEnd = try beamEnd()
    settings.renormalizesScores = try flag("renormalize_logits") == true
    settings.unsupported = try unsupportedSettings()
    return settings
  }

  private func count(_ key: String, minimum: Int) throws(CheckpointError) -> Int? {
    contains(key) ? try integer(key, minimum: minimum) : nil
  }

  private func beamEnd() throws(CheckpointError) -> GenerationSettings.BeamEnd {
    if (try? string("early_stopping")) == "never" { return .impossible }
    return try flag("early_stopping") == true ? .full : .hopeless
  }

  /// Lists of tokens; one that holds an id without a token never comes, and is left out.
  private func sequences(_ key: String, of size: Int) throws(CheckpointError) -> [[Int]] {
    guard let lists = try list(key) else { return [] }
    var sequences: [[Int]] = []
    for list in lists {
      guard case .array(let list) = list, let ids = Self.wholeNumbers(list) else {
        throw wrong(key, .array(lists), expected: "a list of lists of token ids")
      }
      if ids.allSatisfy({ 0..<size ~= $0 }) { sequences.append(ids) }
    }
    return sequences
  }

  /// What is asked for that would change the text and is not done.
  private func unsupportedSettings() throws(CheckpointError) -> [String] {
    var names: [String] = []
    if try flag("do_sample") == true {
      names.append("do_sample")
      // What shapes a draw means nothing without one.
      let shaping = [
        "temperature", "top_k", "top_p", "min_p", "top_h", "typical_p", "epsilon_cutoff",
        "eta_cutoff",
      ]
      names += shaping.filter(contains)
    } else if try integer("top_k", default: 50, minimum: 0) > 1,
      try anyNumber("penalty_alpha") ?? 0 > 0, try integer("num_beams", default: 1) == 1
    {
      names.append("penalty_alpha")
    }
    let neutral: [(name: String, value: Float)] = [
      ("num_beam_groups", 1), ("diversity_penalty", 0), ("encoder_repetition_penalty", 1),
      ("encoder_no_repeat_ngram_size", 0), ("guidance_scale", 1),
    ]
    for (name, value) in neutral where try anyNumber(name) ?? value != value { names.append(name) }
    names += [
      "constraints", "force_words_ids", "sequence_bias", "exponential_decay_length_penalty",
      "dola_layers", "stop_strings", "watermarking_config", "forced_decoder_ids",
    ].filter(contains)
    if try flag("token_healing") == true { names.append("token_healing") }
    return names
  }
}
