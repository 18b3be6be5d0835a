"""Writes what TransformerLens computes in a model of attention alone (`attn_only=True`).

Run it where `torch`, `safetensors` and `transformer_lens` (3.9) are installed:

    python Tests/Fixtures/attention_only.py

It writes `attention-only.safetensors` beside itself: two layers of two heads and no MLP, all weights
random. `tokens` [2, 7] are what it reads, `logits` what it answers, and under the names of its hook
points what it holds there, with the weights as they are, nothing folded. Under `weight.` are the weights,
linear ones as [output, input].
"""

import logging
import pathlib
import warnings

import torch
from safetensors.torch import save_file

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

from transformer_lens import HookedTransformer, HookedTransformerConfig  # noqa: E402

HERE = pathlib.Path(__file__).parent


def main():
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    torch.manual_seed(6)
    model = HookedTransformer(HookedTransformerConfig(
        n_layers=2, n_heads=2, d_model=12, d_head=5, n_ctx=9, d_vocab=17, attn_only=True,
        normalization_type="LN", eps=1e-5, device="cpu"))
    for name, weight in model.named_parameters():
        weight.copy_(torch.randn_like(weight) * 0.4 + (1 if name.endswith("ln1.w") else 0))
    model.unembed.b_U.zero_()  # ours has no such bias in this family
    tokens = torch.randint(0, 17, (2, 7))
    logits, cache = model.run_with_cache(tokens)
    kept = {key: cache[key] for key in cache.keys()}
    weights = {
        "embedding.weight": model.W_E, "blocks.positionEmbedding.weight": model.W_pos,
        "unembedding.weight": model.W_U.T,
        "blocks.finalNorm.weight": model.ln_final.w, "blocks.finalNorm.bias": model.ln_final.b}
    for layer, block in enumerate(model.blocks):
        attention, name = block.attn, f"blocks.{layer}.attention"
        weights[f"{name}Norm.weight"], weights[f"{name}Norm.bias"] = block.ln1.w, block.ln1.b
        for ours, weight, bias in (
                ("query", attention.W_Q, attention.b_Q), ("key", attention.W_K, attention.b_K),
                ("value", attention.W_V, attention.b_V)):
            weights[f"{name}.{ours}.weight"] = weight.transpose(1, 2).reshape(10, 12)
            weights[f"{name}.{ours}.bias"] = bias.reshape(10)
        weights[f"{name}.output.weight"] = attention.W_O.reshape(10, 12).T
        weights[f"{name}.output.bias"] = attention.b_O
    kept |= {f"weight.{name}": weight for name, weight in weights.items()}
    kept = {key: value.detach().contiguous().clone() for key, value in kept.items()}
    save_file(
        {**kept, "logits": logits, "tokens": tokens.to(torch.int16)},
        HERE / "attention-only.safetensors")


if __name__ == "__main__":
    main()
