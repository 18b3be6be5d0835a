"""Writes what TransformerLens calls its hook points, and what it holds at them.

Run it where `torch`, `transformers`, `safetensors` and `transformer_lens` (3.9) are installed, after
`gpt2.py` and `families.py`:

    python Tests/Fixtures/hook_names.py

It writes `hook-names/` beside itself:

- `names.json`              for models of two layers, `t5` (relu), `flan` (gated gelu) and `gpt2`:
                            `names`, all hook points, and `fired`, the shape at each of those that a
                            run passes, with 1 × 5 source and 4 target tokens, width 24, 3 heads of
                            width 8, feed-forward width 40;
- `gpt2-tiny.safetensors`   `tokens` [1, 9], and under its name every activation of a run on the
                            model in `gpt2-tiny/`, with the weights as they are, nothing folded, the
                            results and inputs of single heads included;
- `neox-parallel.safetensors`, `llama.safetensors`   the same of the models in `families/`, with 7
                            tokens.

And, to show that an input of one head can be changed alone, under `changed.` the pattern and the
residual of layer 1 when `blocks.1.hook_q_input` is doubled for head 0 and `blocks.1.hook_v_input`
is set to 0.5 for head 1.
"""

import json
import logging
import pathlib
import warnings

import torch
from safetensors.torch import save_file

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

from transformer_lens import (  # noqa: E402: the warnings come with the import
    HookedEncoderDecoder, HookedTransformer, HookedTransformerConfig)
from transformer_lens.pretrained.weight_conversions import (  # noqa: E402
    convert_gpt2_weights, convert_llama_weights, convert_neox_weights)
from transformers import AutoModelForCausalLM  # noqa: E402

HERE = pathlib.Path(__file__).parent
FOLDER = HERE / "hook-names"
SIZES = dict(n_layers=2, n_heads=3, d_model=24, d_head=8, d_mlp=40, n_ctx=26, device="cpu")


def encoder_decoder(is_gated):
    return HookedEncoderDecoder(HookedTransformerConfig(
        **SIZES, d_vocab=51, act_fn="gelu_new" if is_gated else "relu", gated_mlp=is_gated,
        normalization_type="RMS", positional_embedding_type="relative_positional_bias",
        use_attn_scale=False, relative_attention_max_distance=20, relative_attention_num_buckets=8,
        decoder_start_token_id=0, tie_word_embeddings=not is_gated,
        attention_dir="bidirectional"))


def decoder_only(**changes):
    return HookedTransformer(HookedTransformerConfig(**{
        **SIZES, "d_vocab": 51, "act_fn": "gelu_new", "normalization_type": "LN", "eps": 1e-5,
        **changes}))


def rotary(width, base, **changes):
    return decoder_only(
        d_vocab=47, positional_embedding_type="rotary", rotary_dim=width, rotary_base=base,
        rotary_adjacent_pairs=False, n_ctx=40, **changes)


def describe(model, *arguments, **options):
    _, cache = model.run_with_cache(*arguments, **options)
    return {
        "names": list(model.hook_dict),
        "fired": {name: list(cache[name].shape) for name in cache.keys()}}


def main():
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    torch.manual_seed(5)
    FOLDER.mkdir(exist_ok=True)
    source, target = torch.randint(2, 51, (1, 5)), torch.randint(2, 51, (1, 4))
    names = {
        "t5": describe(encoder_decoder(False), source, decoder_input=target),
        "flan": describe(encoder_decoder(True), source, decoder_input=target),
        "gpt2": describe(decoder_only(), source)}
    (FOLDER / "names.json").write_text(json.dumps(names, indent=1) + "\n")

    keep_activations(
        "gpt2-tiny", HERE / "gpt2-tiny", decoder_only(), convert_gpt2_weights,
        [7, 3, 11, 3, 40, 22, 7, 50, 1])
    tokens = [7, 3, 11, 3, 40, 22, 1]
    keep_activations(
        "neox-parallel", HERE / "families/neox-parallel", rotary(
            4, 300, parallel_attn_mlp=True, act_fn="gelu"), convert_neox_weights, tokens)
    keep_activations(
        "llama", HERE / "families/llama", rotary(
            10, 500, n_heads=4, d_head=10, n_key_value_heads=2, act_fn="silu", gated_mlp=True,
            normalization_type="RMS", final_rms=True), convert_llama_weights, tokens)


def keep_activations(name, folder, model, convert, tokens):
    theirs = AutoModelForCausalLM.from_pretrained(
        folder, attn_implementation="eager", dtype=torch.float32).eval()
    if name == "neox-parallel":
        theirs.embed_out = theirs.lm_head  # its first name, which the conversion expects
    model.load_state_dict(convert(theirs, model.cfg), strict=False)
    tokens = torch.tensor([tokens])
    logits, cache = model.run_with_cache(tokens)
    gap = (theirs(tokens).logits - logits).abs().max() / logits.abs().max()
    assert gap < 1e-5, f"the conversion of the weights is off by {gap}"
    kept = {key: cache[key] for key in cache.keys()}
    # Asked for alone: with them, a norm's points would have a head axis.
    model.set_use_attn_result(True)
    model.set_use_split_qkv_input(True)
    _, cache = model.run_with_cache(
        tokens, names_filter=lambda key: key.endswith(("hook_result", "_input")))
    kept |= {key: cache[key] for key in cache.keys()}

    def change(value, hook):
        if hook.name.endswith("q_input"):
            value[:, :, 0] *= 2
        elif hook.name.endswith("v_input"):
            value[:, :, 1] = 0.5
        else:
            kept["changed." + hook.name] = value.clone()
        return value

    model.run_with_hooks(tokens, fwd_hooks=[(f"blocks.1.{point}", change) for point in (
        "hook_q_input", "hook_v_input", "attn.hook_pattern", "hook_resid_post")])
    kept = {key: value.contiguous().clone() for key, value in kept.items()}
    save_file({**kept, "tokens": tokens.to(torch.int16)}, FOLDER / f"{name}.safetensors")
    print(f"{name}: {len(kept)} activations, logits off by {gap:.1e}")


if __name__ == "__main__":
    main()
