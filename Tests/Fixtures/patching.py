"""Writes the fixture of interventions: what TransformerLens and PyTorch make of them.

Run it where `torch`, `transformers` (5.x), `transformer_lens` (3.9) and `safetensors` are installed,
after `gpt2.py` and `families.py`:

    python Tests/Fixtures/patching.py

It writes `patching.safetensors` beside itself, for `gpt2` (the model in `gpt2-tiny/`) and `llama`
(that in `families/llama`, whose heads share keys in pairs). Under `gpt2.` and `llama.`:

    clean, corrupted               [1, position], token ids; the answer is 5, the foil 6
    ends                           [2]: the logit difference of the clean and the corrupted run
    residual, attention, mlp       [layer, position]: the logit difference when the clean activation is
                                   put into the corrupted run, by `transformer_lens.patching`
    head, query, key, value, pattern
                                   [layer, head]: the same, at all positions
    path                           [sender]: the logit difference of a clean run in which a sender's
                                   output is the corrupted run's and all other heads stay clean; heads
                                   of layer 0, MLP 0, heads of layer 1, MLP 1; by hooks
    path.frozen                    the same with all MLPs clean too
    path.query, path.key, path.value, path.mlp
                                   [sender]: the same heard by the first (key) head of layer 1 or by
                                   its MLP alone
    knockout                       [layer]: log-probability of the answer in the clean run when the
                                   last position may not attend to position 1
    noise                          [2, 2, width], and
    traced                         [2, layer, position]: the answer's probability with the noise on
                                   the embeddings of positions 1 and 2, one clean residual put back
    composition.query, .key, .value   [layer, head, layer, head]: `all_composition_scores`

and under `gpt2.` alone

    direct                         [component]: the parts of the logit difference of the clean run at
                                   the last position, frozen final norm: token embedding, position
                                   embedding, heads by layer, MLPs less their output biases
    jacobian, object               [width, width] and [width]: of the last residual at the last
                                   position by that of position 2 after one block, by
                                   `torch.autograd`
"""

import pathlib

import torch
from safetensors.torch import save_file
from transformer_lens import HookedTransformer, HookedTransformerConfig, patching
from transformer_lens.pretrained.weight_conversions import (
    convert_gpt2_weights, convert_llama_weights)
from transformers import AutoModelForCausalLM

HERE = pathlib.Path(__file__).parent
ANSWER, FOIL = 5, 6


def difference(logits):
    return logits[0, -1, ANSWER] - logits[0, -1, FOIL]


def hooked(folder):
    source = AutoModelForCausalLM.from_pretrained(HERE / folder, dtype=torch.float32).eval()
    c = source.config
    common = dict(n_layers=c.num_hidden_layers, n_heads=c.num_attention_heads,
                  d_model=c.hidden_size, d_vocab=c.vocab_size, device="cpu")
    if folder == "gpt2-tiny":
        cfg = HookedTransformerConfig(
            **common, d_head=c.n_embd // c.n_head, d_mlp=c.n_inner, n_ctx=c.n_positions,
            act_fn="gelu_new", normalization_type="LN", eps=c.layer_norm_epsilon)
        weights = convert_gpt2_weights(source, cfg)
    else:
        cfg = HookedTransformerConfig(
            **common, d_head=c.head_dim, d_mlp=c.intermediate_size, n_ctx=40, act_fn="silu",
            normalization_type="RMS", eps=c.rms_norm_eps, gated_mlp=True, final_rms=True,
            n_key_value_heads=c.num_key_value_heads, positional_embedding_type="rotary",
            rotary_dim=c.head_dim, rotary_base=500, rotary_adjacent_pairs=False)
        weights = convert_llama_weights(source, cfg)
    model = HookedTransformer(cfg)
    model.load_state_dict(weights, strict=False)
    tokens = torch.tensor([[7, 3, 11, 3, 40, 22, 1]])
    theirs, ours = source(tokens).logits, model(tokens)
    assert (theirs - ours).abs().max() < 1e-5 * theirs.abs().max()
    return model


def put(tensor, select=lambda x: x):
    def hook(activation, hook):
        select(activation)[:] = select(tensor)
        return activation
    return hook


def grouped(model, corrupted, cache, name):
    """What `patching` has no function for: one key head at a time."""
    rows = []
    for layer in range(model.cfg.n_layers):
        point = f"blocks.{layer}.attn.hook_{name}"
        rows.append([
            difference(model.run_with_hooks(corrupted, fwd_hooks=[
                (point, put(cache[point], lambda x, h=h: x[:, :, h]))]))
            for h in range(cache[point].shape[2])])
    return torch.tensor(rows)


def paths(model, clean, cache, corrupted_cache, frozen, receiver=None):
    """`receiver`: a list of (point, selection) of layer 1, or None for the logits."""
    found = []
    for layer in range(model.cfg.n_layers):
        for head in [*range(model.cfg.n_heads), None]:
            if receiver and layer == 1 and not (receiver[0][0].startswith("mlp")
                                                and head is not None):
                found.append(difference(model(clean)))
                continue
            hooks = []
            for other in range(model.cfg.n_layers):
                point = f"blocks.{other}.attn.hook_z"
                hooks.append((point, put(cache[point])))
                if other == layer and head is not None:
                    hooks.append((point, put(corrupted_cache[point],
                                             lambda x, h=head: x[:, :, h])))
                point = f"blocks.{other}.hook_mlp_out"
                if other == layer and head is None:
                    hooks.append((point, put(corrupted_cache[point])))
                elif frozen or (other < layer):
                    hooks.append((point, put(cache[point])))
            if not receiver:
                found.append(difference(model.run_with_hooks(clean, fwd_hooks=hooks)))
                continue
            heard = {}

            def keep(activation, hook):
                heard[hook.name] = activation.clone()

            points = [f"blocks.1.{name}" for name, _ in receiver]
            model.run_with_hooks(clean, fwd_hooks=hooks + [(p, keep) for p in points])
            found.append(difference(model.run_with_hooks(clean, fwd_hooks=[
                (p, put(heard[p], select)) for p, (_, select) in zip(points, receiver)])))
    return torch.stack(found)


def describe(folder):
    model = hooked(folder)
    length = 7
    clean = torch.randint(7, model.cfg.d_vocab, (1, length))
    corrupted = clean.clone()
    corrupted[0, [1, 2, 4]] = torch.randint(7, model.cfg.d_vocab, (3,))
    logits, cache = model.run_with_cache(clean)
    other, corrupted_cache = model.run_with_cache(corrupted)
    out = {"clean": clean, "corrupted": corrupted,
           "ends": torch.stack([difference(logits), difference(other)])}
    out["residual"] = patching.get_act_patch_resid_pre(model, corrupted, cache, difference)
    out["attention"] = patching.get_act_patch_attn_out(model, corrupted, cache, difference)
    out["mlp"] = patching.get_act_patch_mlp_out(model, corrupted, cache, difference)
    out["head"] = patching.get_act_patch_attn_head_out_all_pos(
        model, corrupted, cache, difference)
    out["query"] = patching.get_act_patch_attn_head_q_all_pos(model, corrupted, cache, difference)
    out["pattern"] = patching.get_act_patch_attn_head_pattern_all_pos(
        model, corrupted, cache, difference)
    out["key"] = grouped(model, corrupted, cache, "k")
    out["value"] = grouped(model, corrupted, cache, "v")
    both = (clean, cache, corrupted_cache)
    out["path"] = paths(model, *both, frozen=False)
    out["path.frozen"] = paths(model, *both, frozen=True)
    first = lambda x: x[:, :, 0]  # noqa: E731
    for name, point in (("query", "q"), ("key", "k"), ("value", "v")):
        out[f"path.{name}"] = paths(
            model, *both, frozen=False, receiver=[(f"attn.hook_{point}", first)])
    mlp = ["mlp.hook_pre"] + (["mlp.hook_pre_linear"] if model.cfg.gated_mlp else [])
    out["path.mlp"] = paths(
        model, *both, frozen=False, receiver=[(name, lambda x: x) for name in mlp])

    def cut(scores, hook):
        scores[0, :, -1, 1] = -torch.inf
        return scores

    out["knockout"] = torch.stack([
        model.run_with_hooks(clean, fwd_hooks=[(f"blocks.{layer}.attn.hook_attn_scores", cut)])
        .log_softmax(-1)[0, -1, ANSWER] for layer in range(model.cfg.n_layers)])

    noise = torch.randn(2, 2, model.cfg.d_model)
    out["noise"] = noise
    traced = torch.zeros(2, model.cfg.n_layers, length)
    for sample in range(2):
        def spoil(embedding, hook):
            embedding[0, 1:3] += noise[sample]
            return embedding

        for layer in range(model.cfg.n_layers):
            for position in range(length):
                point = f"blocks.{layer}.hook_resid_pre"
                run = model.run_with_hooks(clean, fwd_hooks=[
                    ("hook_embed", spoil),
                    (point, put(cache[point], lambda x, p=position: x[:, p]))])
                traced[sample, layer, position] = run.softmax(-1)[0, -1, ANSWER]
    out["traced"] = traced
    for name, mode in (("query", "Q"), ("key", "K"), ("value", "V")):
        out[f"composition.{name}"] = model.all_composition_scores(mode)

    if folder == "gpt2-tiny":
        scale = cache["ln_final.hook_scale"][0, -1]
        unembed = model.W_U[:, ANSWER] - model.W_U[:, FOIL]

        def part(x):
            return ((x - x.mean()) / scale * model.ln_final.w) @ unembed

        parts = [cache["hook_embed"][0, -1], cache["hook_pos_embed"][0, -1]]
        for layer in range(model.cfg.n_layers):
            z = cache[f"blocks.{layer}.attn.hook_z"][0, -1]
            parts += [z[h] @ model.W_O[layer, h] for h in range(model.cfg.n_heads)]
        for layer in range(model.cfg.n_layers):
            parts.append(cache[f"blocks.{layer}.hook_mlp_out"][0, -1] - model.b_out[layer])
        out["direct"] = torch.stack([part(p) for p in parts])

        with torch.enable_grad():
            def last(state):
                def swap(residual, hook):
                    changed = residual.clone()
                    changed[0, 2] = state
                    return changed
                kept = {}

                def keep(residual, hook):
                    kept["last"] = residual
                model.run_with_hooks(clean, fwd_hooks=[
                    ("blocks.1.hook_resid_pre", swap), ("blocks.1.hook_resid_post", keep)])
                return kept["last"][0, -1]
            subject = cache["blocks.1.hook_resid_pre"][0, 2]
            out["jacobian"] = torch.autograd.functional.jacobian(last, subject)
            out["object"] = last(subject).detach()
    return {name: value.detach().contiguous().clone() for name, value in out.items()}


def main():
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    torch.manual_seed(11)
    tensors = {}
    for label, folder in (("gpt2", "gpt2-tiny"), ("llama", "families/llama")):
        tensors |= {f"{label}.{name}": value for name, value in describe(folder).items()}
    for name, value in tensors.items():
        tensors[name] = value if value.dtype == torch.int64 else value.float()
    save_file(tensors, HERE / "patching.safetensors")


main()
