"""Writes the lens fixture: what lenses say of `gpt2-tiny` in PyTorch and in TransformerLens.

Run it where `torch`, `transformers` (5.x), `transformer_lens` (3.9) and `safetensors` are installed:

    python Tests/Fixtures/lenses.py

It writes `lenses.safetensors` beside itself, for the model in `gpt2-tiny/`:

    input_ids, attention_mask      [batch, position], padded in front
    states                         [layer, token, width]: every token that is no padding, row after row,
                                   the last layer before the final norm
    hidden                         the same as `hidden_states` has it: the last layer normed already
    logits                         [layer, token, vocabulary]: unembedded through the final norm with
                                   the statistics of the layer's own state
    top, entropy, divergence, surprisal
                                   [layer, token], in nats; KL and surprisal against the last layer
    accumulated                    [layer, token, vocabulary]: the same from TransformerLens's
                                   `accumulated_resid(apply_ln=True)`, which since 3.0 asks the final
                                   norm anew at every layer, and is right
    cached                         [layer, token, vocabulary]: the trap, TransformerLens's
                                   `apply_ln_to_stack` on the same states, which divides every layer by
                                   the scale that the final norm had at the last one
"""

import pathlib

import torch
from safetensors.torch import save_file
from transformer_lens import HookedTransformer, HookedTransformerConfig
from transformer_lens.pretrained.weight_conversions import convert_gpt2_weights
from transformers import GPT2LMHeadModel

HERE = pathlib.Path(__file__).parent
LENGTHS = [9, 4, 1]


def hooked(model):
    c = model.config
    cfg = HookedTransformerConfig(
        n_layers=c.n_layer, n_heads=c.n_head, d_model=c.n_embd, d_head=c.n_embd // c.n_head,
        d_mlp=c.n_inner, d_vocab=c.vocab_size, n_ctx=c.n_positions, act_fn="gelu_new",
        normalization_type="LN", eps=c.layer_norm_epsilon, device="cpu")
    ours = HookedTransformer(cfg)
    ours.load_state_dict(convert_gpt2_weights(model, cfg), strict=False)
    return ours.eval()


def main():
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    model = GPT2LMHeadModel.from_pretrained(HERE / "gpt2-tiny", attn_implementation="eager").eval()
    generator = torch.Generator().manual_seed(5)
    longest = max(LENGTHS)
    ids = torch.randint(0, 50, (len(LENGTHS), longest), generator=generator)
    mask = torch.stack([torch.arange(longest) >= longest - n for n in LENGTHS]).long()
    # What is under the padding must not matter; it is no token of the text.
    ids[mask == 0] = 7
    places = (mask.cumsum(-1) - 1).clamp_min(0)
    end = {}
    model.transformer.ln_f.register_forward_pre_hook(lambda _, x: end.update(state=x[0]))
    out = model(ids, attention_mask=mask, position_ids=places, output_hidden_states=True)
    there = mask.bool()
    hidden = torch.stack([state[there] for state in out.hidden_states])
    states = torch.cat([hidden[:-1], end["state"][there][None]])
    logits = model.lm_head(model.transformer.ln_f(states))
    assert torch.allclose(logits[-1], out.logits[there], atol=1e-4)
    p, q = logits[-1].log_softmax(-1), logits.log_softmax(-1)
    top = logits.argmax(-1)
    expected = {
        "input_ids": ids.to(torch.int16), "attention_mask": mask.to(torch.int16),
        "states": states, "hidden": hidden, "logits": logits, "top": top.to(torch.int16),
        "entropy": -(q.exp() * q).sum(-1), "divergence": (p.exp() * (p - q)).sum(-1),
        "surprisal": -p.expand_as(q).gather(-1, top[..., None])[..., 0]}

    theirs = hooked(model)
    accumulated, cached = [], []
    for row, length in zip(ids, LENGTHS):
        _, cache = theirs.run_with_cache(row[None, -length:])
        normed = cache.accumulated_resid(apply_ln=True)
        accumulated.append((normed @ theirs.W_U + theirs.b_U)[:, 0])
        plain = cache.accumulated_resid(apply_ln=False)
        # It leaves the norm's weight and bias to whoever folded them into W_U.
        divided = cache.apply_ln_to_stack(plain) * theirs.ln_final.w + theirs.ln_final.b
        cached.append((divided @ theirs.W_U + theirs.b_U)[:, 0])
    expected["accumulated"] = torch.cat(accumulated, 1)
    expected["cached"] = torch.cat(cached, 1)
    save_file({k: v.contiguous().clone() for k, v in expected.items()}, HERE / "lenses.safetensors")
    for name in ("accumulated", "cached"):
        difference = (expected[name] - logits).abs().amax((1, 2))
        print(name, "against PyTorch, by layer:", [f"{d:.2g}" for d in difference.tolist()])
    print("prec@1:", (top == top[-1]).float().mean(1).tolist())


if __name__ == "__main__":
    main()
