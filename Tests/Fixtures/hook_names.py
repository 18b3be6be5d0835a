"""Writes what TransformerLens calls its hook points, and what it holds at them.

Run it where `torch`, `transformers`, `safetensors` and `transformer_lens` (3.9) are installed, after
`gpt2.py`:

    python Tests/Fixtures/hook_names.py

It writes `hook-names/` beside itself:

- `names.json`              for models of two layers, `t5` (relu), `flan` (gated gelu) and `gpt2`:
                            `names`, all hook points, and `fired`, the shape at each of those that a
                            run passes, with 1 × 5 source and 4 target tokens, width 24, 3 heads of
                            width 8, feed-forward width 40;
- `gpt2-tiny.safetensors`   `tokens` [1, 9], and under its name every activation of a run on the
                            model in `gpt2-tiny/`, with the weights as they are, nothing folded.
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
from transformer_lens.pretrained.weight_conversions import convert_gpt2_weights  # noqa: E402
from transformers import GPT2LMHeadModel  # noqa: E402

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


def decoder_only():
    return HookedTransformer(HookedTransformerConfig(
        **SIZES, d_vocab=51, act_fn="gelu_new", normalization_type="LN", eps=1e-5))


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

    theirs = GPT2LMHeadModel.from_pretrained(HERE / "gpt2-tiny", attn_implementation="eager").eval()
    model = decoder_only()
    model.load_state_dict(convert_gpt2_weights(theirs, model.cfg), strict=False)
    tokens = torch.tensor([[7, 3, 11, 3, 40, 22, 7, 50, 1]])
    logits, cache = model.run_with_cache(tokens)
    gap = (theirs(tokens).logits - logits).abs().max() / logits.abs().max()
    assert gap < 1e-5, f"the conversion of the weights is off by {gap}"
    kept = {name: cache[name].contiguous().clone() for name in cache.keys()}
    save_file({**kept, "tokens": tokens.to(torch.int16)}, FOLDER / "gpt2-tiny.safetensors")
    print(f"{len(kept)} activations, logits off by {gap:.1e}")


if __name__ == "__main__":
    main()
