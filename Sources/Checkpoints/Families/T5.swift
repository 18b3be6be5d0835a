import Transformers

extension ModelFamily {
  /// T5 v1.0, v1.1 and FLAN-T5.
  ///
  /// Raffel et al., "Exploring the Limits of Transfer Learning with a Unified Text-to-Text
  /// Transformer", 2020.
  static let t5 = ModelFamily(
    type: "t5",
    configuration: { file, _ throws(CheckpointError) in
      let layers = try file.layerCount("num_layers")
      let heads = try file.integer("num_heads")
      let stack = TransformerConfiguration.Stack(
        layerCount: layers, headCount: heads, headWidth: try file.integer("d_kv"),
        feedForwardWidth: try file.integer("d_ff"))
      var decoder = stack
      decoder.layerCount = try file.layerCount("num_decoder_layers", default: layers)
      let (activation, isGated) = try feedForward(file)
      // T5 v1.0 scales the decoder's output and ties the head; v1.1 does neither. Older files say
      // so by `tie_word_embeddings`, newer ones by `scale_decoder_outputs` (and always "tie"): what
      // is tied, the weights show.
      let scales: Bool
      if let flag = try file.flag("scale_decoder_outputs") {
        scales = flag
      } else {
        scales = try file.flag("tie_word_embeddings") != false
      }
      let width = try file.integer("d_model")
      let size = try file.integer("vocab_size")
      let buckets = try file.integer("relative_attention_num_buckets", default: 32, minimum: 4)
      let distance = try file.integer("relative_attention_max_distance", default: 128)
      // Half of a decoder's buckets hold one distance each; the others reach from there.
      guard distance > buckets / 2 else {
        throw file.contradiction(
          "relative_attention_num_buckets = \(buckets) needs a relative_attention_max_distance "
            + "above \(buckets / 2), not \(distance)")
      }
      var configuration = TransformerConfiguration.t5(
        vocabularySize: size, width: width, encoder: stack,
        decoder: decoder, activation: activation, isGated: isGated,
        tiesEmbeddings: true,
        buckets: buckets, maximumDistance: distance,
        normEpsilon: try file.number("layer_norm_epsilon", default: 1e-6),
        startToken: try file.token("decoder_start_token_id", "pad_token_id", of: size) ?? 0,
        endToken: try file.token("eos_token_id", of: size),
        padToken: try file.token("pad_token_id", of: size) ?? 0)
      configuration.logitScale = scales ? 1 / Float(width).squareRoot() : 1
      return configuration
    },
    weights: WeightNames(
      table: [
        ("embedding.weight", "shared.weight"),
        ("embedding.weight", "encoder.embed_tokens.weight"),
        ("embedding.weight", "decoder.embed_tokens.weight"),
        ("unembedding.weight", "lm_head.weight"),
        ("encoder.positionBias", "encoder.block.0.layer.0.SelfAttention.relative_attention_bias"),
        ("decoder.positionBias", "decoder.block.0.layer.0.SelfAttention.relative_attention_bias"),
        ("encoder.finalNorm", "encoder.final_layer_norm"),
        ("decoder.finalNorm", "decoder.final_layer_norm"),
      ] + stackNames("encoder", mlpLayer: 1) + stackNames("decoder", mlpLayer: 2)))

  private static func stackNames(
    _ stack: String, mlpLayer: Int
  ) -> [(ours: String, theirs: String)] {
    let block = "\(stack).block.#.layer"
    var names: [(ours: String, theirs: String)] = []
    let projections = [("query", "q"), ("key", "k"), ("value", "v"), ("output", "o")]
    for (ours, theirs) in projections {
      names.append(("\(stack).#.attention.\(ours)", "\(block).0.SelfAttention.\(theirs)"))
      names.append(("\(stack).#.cross.\(ours)", "\(block).1.EncDecAttention.\(theirs)"))
    }
    let mlp = "\(block).\(mlpLayer).DenseReluDense"
    return names + [
      ("\(stack).#.attentionNorm", "\(block).0.layer_norm"),
      ("\(stack).#.crossNorm", "\(block).1.layer_norm"),
      ("\(stack).#.mlpNorm", "\(block).\(mlpLayer).layer_norm"),
      ("\(stack).#.mlp.gate", "\(mlp).wi_0"),
      ("\(stack).#.mlp.input", "\(mlp).wi"),
      ("\(stack).#.mlp.gatedInput", "\(mlp).wi_1"),
      ("\(stack).#.mlp.output", "\(mlp).wo"),
    ]
  }

  /// The activation by `feed_forward_proj`, which the newer keys must not contradict.
  private static func feedForward(
    _ file: ModelConfigurationFile
  ) throws(CheckpointError) -> (TransformerConfiguration.Activation, isGated: Bool) {
    let projection = try file.string("feed_forward_proj") ?? "relu"
    let isGated = projection.hasPrefix("gated-")
    // "gated-gelu" has always meant the tanh formula.
    var name = isGated ? String(projection.dropFirst("gated-".count)) : projection
    if projection == "gated-gelu" { name = "gelu_new" }
    guard let activation = ModelConfigurationFile.activation(name) else {
      throw CheckpointError(
        "\(file.path) has feed_forward_proj = \(projection); supported are relu, gelu, "
          + "gelu_new, silu, each alone or after “gated-”.")
    }
    if let flag = try file.flag("is_gated_act"), flag != isGated {
      throw file.contradiction("feed_forward_proj = \(projection) and is_gated_act = \(flag)")
    }
    if let other = try file.string("dense_act_fn"),
      ModelConfigurationFile.activation(other) != activation
    {
      throw file.contradiction("feed_forward_proj = \(projection) and dense_act_fn = \(other)")
    }
    return (activation, isGated)
  }
}
