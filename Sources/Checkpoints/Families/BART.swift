import Foundation
import Transformers

extension ModelFamily {
  /// BART.
  ///
  /// Lewis et al., "BART: Denoising Sequence-to-Sequence Pre-training for Natural Language
  /// Generation, Translation, and Comprehension", 2020.
  static let bart = ModelFamily(
    type: "bart",
    configuration: { file, checkpoint throws(CheckpointError) in
      try encoderDecoder(file, checkpoint, pad: 1)
    },
    weights: encoderDecoderNames, prefixes: ["", "model."])

  /// Marian, the translators of opus-mt.
  ///
  /// Junczys-Dowmunt et al., "Marian: Fast Neural Machine Translation in C++", 2018.
  static let marian = ModelFamily(
    type: "marian",
    configuration: { file, checkpoint throws(CheckpointError) in
      let size = try file.integer("vocab_size")
      let decoderSize = try file.integer("decoder_vocab_size", default: size)
      guard decoderSize == size, try file.flag("share_encoder_decoder_embeddings") != false else {
        throw CheckpointError(
          "\(file.path) gives encoder and decoder vocabularies of their own, which is not "
            + "supported.")
      }
      var configuration = try encoderDecoder(file, checkpoint, pad: size - 1)
      // Computed, and so held by no file that would say when there are absurdly many.
      configuration.position = .sinusoidal(
        count: try file.integer("max_position_embeddings", default: 1024, maximum: 16_384))
      configuration.normalizesEmbedding = false
      return configuration
    },
    weights: encoderDecoderNames, prefixes: ["", "model."])

  private static func encoderDecoder(
    _ file: ModelConfigurationFile, _ checkpoint: Checkpoint, pad: Int
  ) throws(CheckpointError) -> TransformerConfiguration {
    let width = try file.integer("d_model")
    func stack(_ name: String) throws(CheckpointError) -> TransformerConfiguration.Stack {
      let heads = try file.integer("\(name)_attention_heads")
      return .init(
        layerCount: try file.layerCount("\(name)_layers"), headCount: heads,
        headWidth: try file.headWidth("d_model", width, "\(name)_attention_heads", heads),
        feedForwardWidth: try file.integer("\(name)_ffn_dim"))
    }
    let size = try file.integer("vocab_size")
    let padToken = try file.padToken(of: size, default: pad)
    var configuration = TransformerConfiguration.bart(
      vocabularySize: size, width: width, encoder: try stack("encoder"),
      decoder: try stack("decoder"), positions: try file.integer("max_position_embeddings"),
      activation: try file.activation("activation_function", default: "gelu"),
      startToken: try file.token("decoder_start_token_id", of: size) ?? padToken,
      endToken: try file.token("eos_token_id", of: size), padToken: padToken)
    if try file.flag("scale_embedding") == true {
      configuration.embeddingScale = Float(width).squareRoot()
    }
    configuration.tiesEmbeddings = try file.flag("tie_word_embeddings") != false
    configuration.hasLogitBias = checkpoint.contains("final_logits_bias")
    return configuration
  }

  private static let encoderDecoderNames = WeightNames(
    table: [
      ("embedding.weight", "shared.weight"),
      ("embedding.weight", "encoder.embed_tokens.weight"),
      ("embedding.weight", "decoder.embed_tokens.weight"),
      ("unembedding.weight", "lm_head.weight"), ("unembedding.bias", "final_logits_bias"),
    ] + ["encoder", "decoder"].flatMap(stackNames))

  private static func stackNames(_ stack: String) -> [(ours: String, theirs: String)] {
    let layer = "\(stack).layers.#"
    var names = [
      ("\(stack).positionEmbedding.weight", "\(stack).embed_positions.weight"),
      ("\(stack).embeddingNorm", "\(stack).layernorm_embedding"),
      ("\(stack).#.attentionNorm", "\(layer).self_attn_layer_norm"),
      ("\(stack).#.crossNorm", "\(layer).encoder_attn_layer_norm"),
      ("\(stack).#.mlpNorm", "\(layer).final_layer_norm"),
      ("\(stack).#.mlp.input", "\(layer).fc1"), ("\(stack).#.mlp.output", "\(layer).fc2"),
    ]
    for (ours, theirs) in [("query", "q"), ("key", "k"), ("value", "v"), ("output", "out")] {
      names.append(("\(stack).#.attention.\(ours)", "\(layer).self_attn.\(theirs)_proj"))
      names.append(("\(stack).#.cross.\(ours)", "\(layer).encoder_attn.\(theirs)_proj"))
    }
    return names
  }
}
