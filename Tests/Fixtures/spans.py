"""Makes spans.json: scores of spans by other means, for the tiny GPT-2 among the families.

Patterns and values are those of Hugging Face's transformers, caught by hooks; components are numpy's,
attribution is a component through the final norm at the scale of the whole run, times
W_U, silhouettes are scikit-learn's and rank correlations scipy's.

    pip install torch transformers scikit-learn
    python Tests/Fixtures/spans.py
"""
import json, os

import numpy as np
import torch
from scipy.stats import spearmanr
from sklearn.metrics import silhouette_samples
from transformers import GPT2LMHeadModel

HERE = os.path.dirname(os.path.abspath(__file__))
torch.set_grad_enabled(False)
model = GPT2LMHeadModel.from_pretrained(
    os.path.join(HERE, "families", "gpt2"), attn_implementation="eager",
    dtype=torch.float32).eval()
config = model.config
heads, width = config.n_head, config.n_embd
inner = width // heads

random = np.random.default_rng(14)
SENTENCES = [
    {"tokens": random.integers(3, config.vocab_size, n).tolist(), "span": span}
    for n, span in [(6, [1, 2]), (7, [3]), (6, [5]), (8, [2, 3, 6]), (7, [0, 1]), (8, [6, 7])]
]


def run(tokens):
    mixed, scale = {}, {}
    hooks = [
        block.attn.c_proj.register_forward_pre_hook(
            lambda m, args, layer=layer: mixed.__setitem__(layer, args[0][0]))
        for layer, block in enumerate(model.transformer.h)
    ]
    final = model.transformer.ln_f
    hooks.append(final.register_forward_pre_hook(lambda m, args: scale.__setitem__(0, args[0][0])))
    out = model(torch.tensor([tokens]), output_attentions=True)
    for hook in hooks:
        hook.remove()
    state = scale[0]
    deviation = (state.var(-1, unbiased=False) + final.eps).sqrt()
    results = []
    for layer, block in enumerate(model.transformer.h):
        weight = block.attn.c_proj.weight.reshape(heads, inner, width)
        z = mixed[layer].reshape(len(tokens), heads, inner)
        results.append(torch.einsum("phi,hiw->phw", z, weight))
    return out, results, deviation


def components(pattern, written, pairs, phrase):
    weights = np.array([pattern[q, k] for q, k in pairs])
    queries = sorted({q for q, _ in pairs})
    return [
        weights.mean(), weights.std(),
        np.mean([max(pattern[q, k] for p, k in pairs if p == q) for q in queries]),
        np.mean([sum(pattern[q, k] for k in phrase) for q in phrase]),
        np.mean([written[q] for q in phrase]),
    ]


rows = []
for sentence in SENTENCES:
    tokens, span = sentence["tokens"], set(sentence["span"])
    out, results, deviation = run(tokens)
    pairs = [(q, k) for q in range(len(tokens)) for k in range(q + 1)]
    rest = [p for p in range(len(tokens)) if p not in span]
    unembedding = model.lm_head.weight * model.transformer.ln_f.weight
    own, other, attribution = [], [], []
    for layer in range(config.n_layer):
        for head in range(heads):
            pattern = out.attentions[layer][0, head].double().numpy()
            result = results[layer][:, head]
            written = result.mean(-1).double().numpy()
            own.append(components(
                pattern, written, [p for p in pairs if p[0] in span or p[1] in span], sorted(span)))
            other.append(components(
                pattern, written, [p for p in pairs if not {p[0], p[1]} & span], rest))
            # Centred and divided as the final norm does with the whole residual.
            normed = (result - result.mean(-1, keepdim=True)) / deviation[:, None]
            direct = [float(normed[p - 1] @ unembedding[tokens[p]]) for p in sorted(span) if p > 0]
            attribution.append(float(np.mean(direct)) if direct else None)
    rows.append({
        **sentence, "own": np.array(own).tolist(), "rest": np.array(other).tolist(),
        "attribution": attribution,
    })

points = random.normal(size=(9, 3)).astype(np.float32)
labels = [0, 0, 0, 1, 1, 1, 2, 2, 2]
a, b = random.normal(size=12), np.round(random.normal(size=12), 1)
json.dump({
    "sentences": rows,
    "points": points.tolist(), "labels": labels,
    "silhouettes": silhouette_samples(points, labels).tolist(),
    "a": a.tolist(), "b": b.tolist(), "spearman": float(spearmanr(a, b).statistic),
}, open(os.path.join(HERE, "spans.json"), "w"), indent=0)
