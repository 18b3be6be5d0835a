"""Writes the fixture of heads: circuits, direct effects, copy suppression and self-repair by PyTorch.

Run it where `torch`, `transformers` (5.x), `transformer_lens` (3.9) and `safetensors` are installed,
after `gpt2.py` and `families.py`:

    python Tests/Fixtures/heads.py

It writes `heads.safetensors` beside itself, for `gpt2` (the model in `gpt2-tiny/`) and `llama` (that in
`families/llama`, whose heads share keys in pairs). Weights are processed by TransformerLens's
`load_and_process_state_dict`, and all that is computed of them is in double precision. Under `gpt2.`
and `llama.`, where `head` counts all heads layer by layer:

    texts                      [text, position], token ids
    embedding.ov.greater, embedding.ov.less, embedding.qk.greater, mlp0.ov.greater, mlp0.ov.less,
    mlp0.qk.greater            [head, token]: how many entries of the diagonal's row are greater or less
                               than it; OV rows are source tokens, QK rows predicted tokens. `mlp0` is
                               the hidden state behind the first block of a text of that token alone,
                               with position embeddings of zero, by Hugging Face's model
    effects                    [head, place]: direct effects on the next tokens, final scale frozen
    repair.expected, repair.actual   [place]: the loss of the next token's centred logit that the direct
                               effect of the last layer but one's head 1 makes one expect when it is
                               replaced by its mean, and the loss there is, by a whole run
    cspa                       [setting, 2]: mean KL(kept ‖ model) and KL(mean-ablated ‖ model) of the
                               last layer's head 0 with 3 keys and 10 unembeddings, 40 and 20, all and
                               all; source tokens embedded by `mlp0`
    lowest                     [head]: the mean effect of each head on the token of the earlier text that
                               is likeliest before its layer, from where that token stands

and under `gpt2.` alone

    start                      [head, position]: the mean cosine of the normalised state with what the
                               query bias asks for
    split                      [4]: score along, score beside, attention without the one, attention
                               without the other, of the last layer's head 0 in the first text, at the
                               last position for position 2
"""

import pathlib

import torch
from patching import hooked
from safetensors.torch import save_file
from transformer_lens import HookedTransformer
from transformers import AutoModelForCausalLM

HERE = pathlib.Path(__file__).parent
torch.set_grad_enabled(False)


def processed(folder):
    plain = hooked(folder)
    plain.cfg.dtype = torch.float64
    model = HookedTransformer(plain.cfg)
    model.load_and_process_state_dict(
        plain.state_dict(), fold_ln=True, center_writing_weights=plain.cfg.normalization_type == "LN",
        center_unembed=True, fold_value_biases=False)
    return model.double().eval()


def first_block(folder, vocabulary):
    source = AutoModelForCausalLM.from_pretrained(HERE / folder, dtype=torch.float64).eval()
    if folder == "gpt2-tiny":
        source.transformer.wpe.weight.zero_()
    states = source(torch.arange(vocabulary)[:, None], output_hidden_states=True).hidden_states
    return states[1][:, 0]


def ranks(matrix):
    own = matrix.diagonal()[:, None]
    return (matrix > own).sum(1), (matrix < own).sum(1)


def heads(model):
    for layer in range(model.cfg.n_layers):
        for head in range(model.cfg.n_heads):
            yield layer, head


def circuits(model, embedded):
    out = {"ov.greater": [], "ov.less": [], "qk.greater": []}
    for layer, head in heads(model):
        block = model.blocks[layer].attn
        ov = embedded @ block.W_V[head] @ block.W_O[head] @ model.W_U
        greater, less = ranks(ov)
        out["ov.greater"].append(greater)
        out["ov.less"].append(less)
        qk = model.W_U.T @ block.W_Q[head] @ block.W_K[head].T @ embedded.T
        out["qk.greater"].append(ranks(qk)[0])
    return {name: torch.stack(values).float() for name, values in out.items()}


def centred(logits):
    return logits - logits.mean(-1, keepdim=True)


def divergence(p, q):
    p, q = p.log_softmax(-1), q.log_softmax(-1)
    return (p.exp() * (p - q)).sum(-1).mean()


def cspa(model, texts, cache, embedded, keys, predictions):
    layer, head = model.cfg.n_layers - 1, 0
    block = model.blocks[layer].attn
    ov = embedded @ block.W_V[head] @ block.W_O[head] @ model.W_U
    last = cache["resid_post", layer]
    mean = cache["z", layer][:, :, head].mean((0, 1))
    shared = head * cache["v", layer].shape[2] // model.cfg.n_heads
    values = cache["v", layer][:, :, shared] - mean
    moved = values @ block.W_O[head]
    pattern = cache["pattern", layer][:, head]
    lens = model.ln_final(cache["resid_pre", layer]) @ model.W_U + model.b_U
    delta = -(pattern @ moved)
    kept = delta.clone()
    for row in range(texts.shape[0]):
        for d in range(texts.shape[1]):
            likeliest = set(lens[row, d].topk(predictions).indices.tolist())
            for s in range(d + 1):
                token = texts[row, s]
                suppressed = ov[token].topk(keys, largest=False).indices.tolist()
                pairs = [t for t in suppressed if t in likeliest]
                if not pairs:
                    continue
                # The projection on a span, by singular vectors.
                basis = model.W_U[:, pairs]
                u, sizes, _ = torch.linalg.svd(basis, full_matrices=False)
                u = u[:, sizes > 1e-6 * sizes[0]]
                kept[row, d] += pattern[row, d, s] * (u @ (u.T @ moved[row, s]))
    logits = lambda state: model.ln_final(state) @ model.W_U + model.b_U
    whole = logits(last)
    return torch.stack([divergence(logits(last + kept), whole), divergence(logits(last + delta), whole)])


def measure(folder):
    model = processed(folder)
    vocabulary, layers = model.cfg.d_vocab, model.cfg.n_layers
    generator = torch.Generator().manual_seed(3)
    texts = torch.randint(1, vocabulary, (3, 9), generator=generator)
    texts[:, 5] = texts[:, 2]
    texts[:, 7] = texts[:, 3]
    out = {"texts": texts}
    embedded = first_block(folder, vocabulary)
    for name, values in (("embedding", model.W_E), ("mlp0", embedded)):
        out |= {f"{name}.{label}": value for label, value in circuits(model, values).items()}

    logits, cache = model.run_with_cache(texts)
    targets = texts[:, 1:]
    directions = centred(model.W_U)[:, targets].permute(1, 2, 0)
    scale = cache["ln_final.hook_scale"][:, :-1]
    effects = []
    for layer, head in heads(model):
        result = cache["z", layer][:, :, head] @ model.blocks[layer].attn.W_O[head]
        effects.append(((result[:, :-1] / scale) * directions).sum(-1).flatten())
    out["effects"] = torch.stack(effects)

    layer, head = max(layers - 2, 0), 1
    point = f"blocks.{layer}.attn.hook_z"
    mean = cache[point][:, :, head].mean((0, 1))

    def replace(activation, hook):
        activation[:, :, head] = mean
        return activation

    ablated = model.run_with_hooks(texts, fwd_hooks=[(point, replace)])
    pick = lambda all: centred(all)[:, :-1].gather(-1, targets[..., None])[..., 0].flatten()
    out["repair.actual"] = pick(logits) - pick(ablated)
    lost = (cache[point][:, :, head] - mean) @ model.blocks[layer].attn.W_O[head]
    out["repair.expected"] = ((lost[:, :-1] / scale) * directions).sum(-1).flatten()

    settings = [(3, 10), (40, 20), (vocabulary, vocabulary)]
    out["cspa"] = torch.stack([cspa(model, texts, cache, embedded, k, u) for k, u in settings])

    lowest = []
    for layer, head in heads(model):
        lens = model.ln_final(cache["resid_pre", layer]) @ model.W_U + model.b_U
        shared = head * cache["v", layer].shape[2] // model.cfg.n_heads
        values = cache["v", layer][:, :, shared] @ model.blocks[layer].attn.W_O[head]
        sums = []
        for row in range(texts.shape[0]):
            for d in range(1, texts.shape[1]):
                earlier = texts[row, 1:d + 1]
                token = earlier[lens[row, d, earlier].argmax()]
                at = [s for s in range(1, d + 1) if texts[row, s] == token]
                wrote = sum(cache["pattern", layer][row, head, d, s] * values[row, s] for s in at)
                direction = model.W_U[:, token]
                sums.append(wrote @ direction / cache["ln_final.hook_scale"][row, d, 0])
        lowest.append(torch.stack(sums).mean())
    out["lowest"] = torch.stack(lowest)

    if folder == "gpt2-tiny":
        start = []
        for layer, head in heads(model):
            block = model.blocks[layer].attn
            asked = block.W_K[head] @ block.b_Q[head]
            state = cache["resid_pre", layer]
            start.append(torch.nn.functional.cosine_similarity(state, asked[None, None], dim=-1).mean(0))
        out["start"] = torch.stack(start)
        layer, head, key = layers - 1, 0, 2
        block = model.blocks[layer].attn
        state = cache["blocks.%d.ln1.hook_normalized" % layer][0]
        unit = model.W_U[:, texts[0, key]]
        unit = unit / unit.norm()
        along = (state[-1] @ unit) * unit
        beside = state[-1] - along
        keys = state @ block.W_K[head]
        score = lambda part: (part @ block.W_Q[head]) @ keys.T / block.W_Q[head].shape[1] ** 0.5
        recorded = cache["attn_scores", layer][0, head, -1]
        out["split"] = torch.stack([
            score(along)[key], score(beside)[key], (recorded - score(along)).softmax(-1)[key],
            (recorded - score(beside)).softmax(-1)[key]])
    return {name: value.contiguous() if name == "texts" else value.float().contiguous()
            for name, value in out.items()}


if __name__ == "__main__":
    tensors = {}
    for name, folder in (("gpt2", "gpt2-tiny"), ("llama", "families/llama")):
        tensors |= {f"{name}.{label}": value for label, value in measure(folder).items()}
    save_file(tensors, HERE / "heads.safetensors")
