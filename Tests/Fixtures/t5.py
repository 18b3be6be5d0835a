"""Writes the T5 fixtures: tiny models with random weights, and what PyTorch makes of them.

Run it where `torch`, `transformers` (5.x) and `safetensors` are installed:

    python Tests/Fixtures/t5.py

It writes, beside itself, `t5-v1.0/` (relu, tied, scaled logits), `t5-flan/` (gated gelu, untied),
`t5-unscaled/` (tied and not scaled, which transformers 5 makes of `tie_word_embeddings=False`; its
`expected.safetensors` has `input_ids`, `decoder_input_ids` and `logits` alone) and `t5-buckets/`
(relative position buckets alone). A model's folder holds

- `config.json`            as transformers writes it today,
- `config-old.json`        as the published checkpoints spell it (`torch_dtype`, no `dense_act_fn`),
- `model.safetensors`      the weights, F32,
- `expected.safetensors`   the inputs and everything computed from them; see below.

In `expected.safetensors`, for a padded batch of three (row 0 padded on the right, row 1 on the
left, row 2 not at all), with eager attention and no dropout:

    input_ids, attention_mask                    [batch, source]
    decoder_input_ids, decoder_attention_mask    [batch, target]
    logits                                       [batch, target, vocabulary]
    encoder_attentions.N                         [batch, head, source, source]
    decoder_attentions.N                         [batch, head, target, target]
    cross_attentions.N                           [batch, head, target, source]
    encoder_residual.N, decoder_residual.N       [batch, position, model]: entering block N; the
                                                 last one leaves the last block, before the norm
    encoder_output, decoder_output               after the final norm
    labels, loss, gradient.<weight>              mean cross-entropy over labels that are not -100
    without_mask.logits                          the same ids with no masks given at all
    generation.N.input_ids                       [source], one input alone
    generation.N.greedy                          ids, start token first, at most 12 new ones
    generation.N.beam, generation.N.beam_scores  four beams, best first, padded with the end
                                                 token, 1; a score is log-probability / new ids;
                                                 length_penalty 1, early_stopping False
"""

import json
import pathlib

import torch
from safetensors.torch import save_file
from transformers import T5Config, T5ForConditionalGeneration
from transformers.models.t5.modeling_t5 import T5Attention

HERE = pathlib.Path(__file__).parent
NEW_TOKENS = 12

MODELS = {
    "t5-v1.0": dict(
        seed=11, source=23, target=22,
        config=dict(
            vocab_size=53, d_model=20, d_kv=6, num_heads=3, d_ff=28, num_layers=3,
            num_decoder_layers=2, relative_attention_num_buckets=8,
            relative_attention_max_distance=20, feed_forward_proj="relu"),
        gradients=[
            "shared.weight",
            "encoder.block.0.layer.0.SelfAttention.q.weight",
            "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
            "encoder.block.2.layer.1.DenseReluDense.wi.weight",
            "encoder.final_layer_norm.weight",
            "decoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
            "decoder.block.0.layer.0.SelfAttention.v.weight",
            "decoder.block.1.layer.1.EncDecAttention.k.weight",
            "decoder.block.1.layer.1.EncDecAttention.o.weight",
            "decoder.block.1.layer.1.layer_norm.weight",
            "decoder.block.1.layer.2.DenseReluDense.wo.weight",
        ]),
    "t5-flan": dict(
        seed=11, source=19, target=17,
        config=dict(
            vocab_size=47, d_model=24, d_kv=5, num_heads=4, d_ff=30, num_layers=2,
            num_decoder_layers=3, relative_attention_num_buckets=10,
            relative_attention_max_distance=16, feed_forward_proj="gated-gelu",
            tie_word_embeddings=False),
        gradients=[
            "shared.weight",
            "lm_head.weight",
            "encoder.block.1.layer.0.SelfAttention.k.weight",
            "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
            "encoder.block.0.layer.1.DenseReluDense.wi_0.weight",
            "encoder.block.0.layer.1.DenseReluDense.wi_1.weight",
            "decoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
            "decoder.block.0.layer.0.layer_norm.weight",
            "decoder.block.2.layer.1.EncDecAttention.q.weight",
            "decoder.block.2.layer.1.EncDecAttention.v.weight",
            "decoder.block.2.layer.2.DenseReluDense.wo.weight",
        ]),
}

# What today's files hold that the published ones did not.
NEW_KEYS = ["dense_act_fn", "is_gated_act", "scale_decoder_outputs", "dtype", "is_decoder"]


def build(config, seed):
    """A model whose attention is neither uniform nor saturated, and whose norms matter."""
    torch.manual_seed(seed)
    tied = config.get("tie_word_embeddings", True)
    model = T5ForConditionalGeneration._from_config(
        T5Config(**config, decoder_start_token_id=0, dropout_rate=0.1), attn_implementation="eager")
    if not tied:
        # transformers 5 ties at construction; a checkpoint that holds its own head keeps it.
        model.lm_head.weight = torch.nn.Parameter(torch.empty_like(model.shared.weight))
    with torch.no_grad():
        for name, weight in model.named_parameters():
            fan_in = weight.shape[-1]
            if name.endswith("norm.weight"):
                weight.uniform_(0.5, 1.5)
            elif "relative_attention_bias" in name:
                weight.normal_(0, 1.5)
            elif name == "lm_head.weight" or "shared" in name:
                weight.normal_(0, 0.5 if tied else 1.0)
            elif ".q." in name:
                weight.normal_(0, 1.6 * (fan_in * config["d_kv"]) ** -0.5)
            else:
                weight.normal_(0, 1.6 * fan_in**-0.5)
        # The end is likelier than chance, so that some generations reach it.
        (model.shared if tied else model.lm_head).weight[1] *= 3 if tied else 2
    return model.eval()


def residuals(model, run):
    """What enters each block and what leaves the last one, for both stacks."""
    kept, hooks = {}, []
    for side in ("encoder", "decoder"):
        blocks = getattr(model, side).block
        for index, block in enumerate(blocks):
            hooks.append(block.register_forward_pre_hook(
                lambda _, inputs, key=f"{side}_residual.{index}": kept.update({key: inputs[0]})))
        hooks.append(blocks[-1].register_forward_hook(
            lambda _, __, output, key=f"{side}_residual.{len(blocks)}": kept.update({key: output[0]})))
    output = run()
    for hook in hooks:
        hook.remove()
    return output, kept


def batch(spec, generator):
    """Ids with row 0 padded on the right, row 1 on the left; the target of row 1 is short too."""
    source, target, vocabulary = spec["source"], spec["target"], spec["config"]["vocab_size"]
    ids = torch.randint(2, vocabulary, (3, source), generator=generator)
    mask = torch.ones_like(ids)
    mask[0, -5:] = 0
    mask[1, :4] = 0
    decoder = torch.randint(2, vocabulary, (3, target), generator=generator)
    decoder[:, 0] = 0
    decoder_mask = torch.ones_like(decoder)
    decoder_mask[1, -6:] = 0
    labels = torch.cat([decoder[:, 1:], torch.ones(3, 1, dtype=torch.long)], dim=1)
    labels[decoder_mask == 0] = -100
    return dict(
        input_ids=ids * mask, attention_mask=mask,
        decoder_input_ids=decoder * decoder_mask, decoder_attention_mask=decoder_mask), labels


def generations(model, spec, generator):
    """Two inputs whose best beam ends by itself, two that run to the limit; greedy and beams
    differ in all. The first candidates that qualify are taken."""
    ended, limited, expected = [], [], {}
    # Without a cache: transformers sizes it by the encoder's layers, of which there may be fewer.
    options = dict(do_sample=False, max_new_tokens=NEW_TOKENS, use_cache=False)
    for _ in range(200):
        length = int(torch.randint(3, 12, (1,), generator=generator))
        ids = torch.randint(2, spec["config"]["vocab_size"], (1, length), generator=generator)
        ids[0, -1] = 1
        greedy = model.generate(ids, num_beams=1, **options)
        beams = model.generate(
            ids, num_beams=4, length_penalty=1.0, early_stopping=False, num_return_sequences=4,
            output_scores=True, return_dict_in_generate=True, **options)
        best = beams.sequences[0]
        stop = (best == 1).nonzero()
        if len(stop) and not 2 <= int(stop[0]) < NEW_TOKENS:
            continue
        group = ended if len(stop) else limited
        same = greedy.shape[1] == len(best) and torch.equal(greedy[0], best)
        # A margin no rounding can cross.
        margin = (beams.sequences_scores[:-1] - beams.sequences_scores[1:]).min()
        if len(group) < 2 and not same and margin > 1e-3:
            group.append((ids[0], greedy[0], beams.sequences, beams.sequences_scores))
        if len(ended) == len(limited) == 2:
            break
    for index, (ids, greedy, sequences, scores) in enumerate(ended + limited):
        expected[f"generation.{index}.input_ids"] = ids
        expected[f"generation.{index}.greedy"] = greedy
        expected[f"generation.{index}.beam"] = sequences
        expected[f"generation.{index}.beam_scores"] = scores
    assert len(ended) == len(limited) == 2, "too few generations: choose another seed"
    return expected


def save_model(model, folder, config):
    folder.mkdir(exist_ok=True)
    model.config.architectures = ["T5ForConditionalGeneration"]
    model.config.dtype = "float32"
    model.config.save_pretrained(folder)
    tied = config.get("tie_word_embeddings", True)
    weights = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    written = json.loads((folder / "config.json").read_text())
    old = {key: value for key, value in written.items() if key not in NEW_KEYS}
    old |= {
        "torch_dtype": "float32", "tie_word_embeddings": tied, "transformers_version": "4.23.1",
        "n_positions": 512, "output_past": True}
    (folder / "config-old.json").write_text(json.dumps(old, indent=2, sort_keys=True) + "\n")


def write(name, spec):
    folder = HERE / name
    model = build(spec["config"], spec["seed"])
    save_model(model, folder, spec["config"])
    # What is expected is what the files give, so they are read back.
    loaded = T5ForConditionalGeneration.from_pretrained(folder, attn_implementation="eager").eval()
    for (key, a), (_, b) in zip(model.named_parameters(), loaded.named_parameters(), strict=True):
        assert torch.equal(a, b), key
    model = loaded
    generator = torch.Generator().manual_seed(spec["seed"])
    inputs, labels = batch(spec, generator)
    expected = dict(inputs)
    with torch.no_grad():
        output, kept = residuals(
            model, lambda: model(**inputs, output_attentions=True, output_hidden_states=True))
        expected |= kept
        expected["logits"] = output.logits
        expected["encoder_output"] = output.encoder_last_hidden_state
        expected["decoder_output"] = output.decoder_hidden_states[-1]
        for kind in ("encoder_attentions", "decoder_attentions", "cross_attentions"):
            for layer, pattern in enumerate(getattr(output, kind)):
                expected[f"{kind}.{layer}"] = pattern
                entropy = -(pattern * pattern.clamp_min(1e-12).log()).sum(-1).mean()
                print(f"  {kind}.{layer}: mean entropy {entropy:.2f} nats")
        expected["without_mask.logits"] = model(
            input_ids=inputs["input_ids"], decoder_input_ids=inputs["decoder_input_ids"]).logits
        expected |= generations(model, spec, generator)
    loss = model(**inputs, labels=labels).loss
    loss.backward()
    weights = dict(model.named_parameters())
    expected |= {"labels": labels, "loss": loss.detach()}
    expected |= {f"gradient.{key}": weights[key].grad for key in spec["gradients"]}
    expected = {key: value.detach().contiguous().clone() for key, value in expected.items()}
    expected = {
        key: value.to(torch.int16) if value.dtype == torch.int64 else value
        for key, value in expected.items()}
    save_file(expected, folder / "expected.safetensors")
    config = model.config
    print(f"{name}: logits std {output.logits.std():.2f}, loss {loss:.3f}, "
          f"scaled {config.scale_decoder_outputs}, tied {'lm_head.weight' not in weights}")


def write_unscaled():
    folder = HERE / "t5-unscaled"
    torch.manual_seed(3)
    config = T5Config(
        vocab_size=29, d_model=12, d_kv=4, num_heads=2, d_ff=16, num_layers=1,
        relative_attention_num_buckets=8, relative_attention_max_distance=20,
        feed_forward_proj="gated-gelu", tie_word_embeddings=False, decoder_start_token_id=0)
    T5ForConditionalGeneration(config).save_pretrained(folder)
    (folder / "generation_config.json").unlink()
    model = T5ForConditionalGeneration.from_pretrained(folder, attn_implementation="eager").eval()
    assert model.lm_head.weight is model.shared.weight and not model.config.scale_decoder_outputs
    inputs = dict(
        input_ids=torch.tensor([[5, 9, 9, 21, 1]]), decoder_input_ids=torch.tensor([[0, 7, 28]]))
    with torch.no_grad():
        logits = model(**inputs).logits
    expected = {key: value.to(torch.int16) for key, value in inputs.items()} | {"logits": logits}
    save_file(expected, folder / "expected.safetensors")
    print(f"t5-unscaled: logits std {logits.std():.2f}")


def write_buckets():
    """The bucket of every relative position (key - query) from -300 to 300, I16."""
    folder = HERE / "t5-buckets"
    folder.mkdir(exist_ok=True)
    relative = torch.arange(-300, 301)
    table = {"relative_position": relative.to(torch.int16)}
    for count, distance in [(32, 128), (16, 128), (16, 64), (8, 20), (10, 16), (6, 12)]:
        for bidirectional in (True, False):
            kind = "bidirectional" if bidirectional else "causal"
            table[f"{kind}.{count}.{distance}"] = T5Attention._relative_position_bucket(
                relative, bidirectional, count, distance).to(torch.int16)
    save_file(table, folder / "expected.safetensors")


if __name__ == "__main__":
    torch.set_num_threads(1)
    write_buckets()
    write_unscaled()
    for name, spec in MODELS.items():
        write(name, spec)
