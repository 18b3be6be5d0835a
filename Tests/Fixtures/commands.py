"""Holds the intervention commands against PyTorch, and writes what their tests replay.

Run it where `torch`, `transformers` (5.x) and `safetensors` are installed, after `gpt2.py` and
`families.py`, with the built program:

    python Tests/Fixtures/commands.py .build/debug/headlight

A forward pass of each family is written out below, with a place for a hook wherever an activation is
patched; it is held against `transformers` first. Every method is then a loop of whole runs with
hooks. What comes of it is compared with the commands' JSON, and written to `commands.json` beside
this file: a list of {"arguments", "files", "expected"}, where files are to be written to the folder
that the command runs in. `commands-map.safetensors` is an affine map between the two decoders.

What draws noise is compared by what does not depend on the draw, and by means over many draws, here
alone.
"""

import json
import math
import pathlib
import subprocess
import sys
import tempfile

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = pathlib.Path(sys.argv[1]).resolve()
GPT2, LLAMA, T5 = "gpt2-tiny", "families/llama", "families/t5"


class Reference:
    """A model as its weights and a forward pass that asks `hooks` at every place."""

    def __init__(self, folder):
        self.folder = folder
        self.c = json.loads((HERE / folder / "config.json").read_text())
        self.w = {k: v.float() for k, v in
                  load_file(HERE / folder / "model.safetensors").items()}
        kind = AutoModelForSeq2SeqLM if folder == T5 else AutoModelForCausalLM
        theirs = kind.from_pretrained(HERE / folder, dtype=torch.float32).eval()
        source = [7, 3, 11, 3, 40, 22, 1]
        if folder == T5:
            own = self.run(source, [0, 9, 4])[0]
            other = theirs(input_ids=torch.tensor([source]),
                           decoder_input_ids=torch.tensor([[0, 9, 4]])).logits[0]
        else:
            own = self.run(source)[0]
            other = theirs(torch.tensor([source])).logits[0]
        assert (own - other).abs().max() < 2e-5 * other.abs().max(), folder

    # -- places ------------------------------------------------------------------------------------

    def at(self, name, x):
        if name in self.hooks:
            x = self.hooks[name](x.clone())
        self.cache[name] = x
        return x

    def run(self, source, target=None, hooks=None):
        self.hooks, self.cache = hooks or {}, {}
        logits = {GPT2: self.gpt2, LLAMA: self.llama}.get(
            self.folder, lambda s: self.t5(s, target))(source)
        return logits, self.cache

    def heads(self, x, count):
        return x.view(x.shape[0], count, -1)

    def attend(self, name, q, k, v, bias, scale, turn=None):
        q, k, v = (self.at(f"{name}.{n}", x) for n, x in (("q", q), ("k", k), ("v", v)))
        if turn:
            q, k = turn(q), turn(k)
        shared = q.shape[1] // k.shape[1]
        k, v = (x.repeat_interleave(shared, 1) for x in (k, v))
        scores = torch.einsum("qhd,khd->hqk", q, k) * scale + bias
        pattern = self.at(f"{name}.pattern", self.at(f"{name}.scores", scores).softmax(-1))
        return self.at(f"{name}.z", torch.einsum("hqk,khd->qhd", pattern, v))

    @staticmethod
    def causal(n):
        return torch.triu(torch.full((n, n), -torch.inf), 1)

    # -- families ----------------------------------------------------------------------------------

    def gpt2(self, ids):
        w, c = self.w, self.c
        H, L = c["n_head"], c["n_layer"]

        def norm(name, x):
            x = x - x.mean(-1, keepdim=True)
            scale = (x.pow(2).mean(-1, keepdim=True) + c["layer_norm_epsilon"]).sqrt()
            self.cache[name + ".scale"] = scale
            return x / scale * w[f"transformer.{name}.weight"] + w[f"transformer.{name}.bias"]

        self.cache["position"] = w["transformer.wpe.weight"][:len(ids)]
        x = self.at("embed", w["transformer.wte.weight"][ids]) + self.cache["position"]
        for i in range(L):
            p = f"transformer.h.{i}."
            x = self.at(f"blocks.{i}.pre", x)
            a = norm(f"h.{i}.ln_1", x) @ w[p + "attn.c_attn.weight"] + w[p + "attn.c_attn.bias"]
            q, k, v = (self.heads(y, H) for y in a.chunk(3, -1))
            z = self.attend(f"blocks.{i}.own", q, k, v, self.causal(len(ids)),
                            (q.shape[-1]) ** -0.5)
            out = z.flatten(1) @ w[p + "attn.c_proj.weight"] + w[p + "attn.c_proj.bias"]
            x = x + self.at(f"blocks.{i}.own.out", out)
            h = self.at(f"blocks.{i}.mlp.pre", norm(f"h.{i}.ln_2", x)
                        @ w[p + "mlp.c_fc.weight"] + w[p + "mlp.c_fc.bias"])
            h = F.gelu(h, approximate="tanh")
            self.cache[f"blocks.{i}.mlp.hidden"] = h
            out = h @ w[p + "mlp.c_proj.weight"] + w[p + "mlp.c_proj.bias"]
            x = x + self.at(f"blocks.{i}.mlp.out", out)
        x = self.at("last", x)
        return norm("ln_f", x) @ w["transformer.wte.weight"].T

    def llama(self, ids):
        w, c = self.w, self.c
        H, K, D = c["num_attention_heads"], c["num_key_value_heads"], c["head_dim"]

        def norm(name, x):
            scale = (x.pow(2).mean(-1, keepdim=True) + c["rms_norm_eps"]).sqrt()
            self.cache[name + ".scale"] = scale
            return x / scale * w[f"model.{name}.weight"]

        theta = c["rope_parameters"]["rope_theta"]
        angle = torch.outer(torch.arange(len(ids)).float(),
                            theta ** (-torch.arange(0, D, 2).float() / D))
        cos, sin = (torch.cat([f(angle)] * 2, -1)[:, None] for f in (torch.cos, torch.sin))

        def turn(x):
            a, b = x.chunk(2, -1)
            return x * cos + torch.cat([-b, a], -1) * sin

        x = self.at("embed", w["model.embed_tokens.weight"][ids])
        for i in range(c["num_hidden_layers"]):
            p = f"model.layers.{i}."
            x = self.at(f"blocks.{i}.pre", x)
            y = norm(f"layers.{i}.input_layernorm", x)
            q, k, v = (self.heads(y @ w[f"{p}self_attn.{n}_proj.weight"].T, count)
                       for n, count in (("q", H), ("k", K), ("v", K)))
            z = self.attend(f"blocks.{i}.own", q, k, v, self.causal(len(ids)), D ** -0.5, turn)
            x = x + self.at(f"blocks.{i}.own.out",
                            z.flatten(1) @ w[p + "self_attn.o_proj.weight"].T)
            y = norm(f"layers.{i}.post_attention_layernorm", x)
            gate = self.at(f"blocks.{i}.mlp.pre", y @ w[p + "mlp.gate_proj.weight"].T)
            up = self.at(f"blocks.{i}.mlp.linear", y @ w[p + "mlp.up_proj.weight"].T)
            h = F.silu(gate) * up
            self.cache[f"blocks.{i}.mlp.hidden"] = h
            x = x + self.at(f"blocks.{i}.mlp.out", h @ w[p + "mlp.down_proj.weight"].T)
        x = self.at("last", x)
        return norm("norm", x) @ w["lm_head.weight"].T

    def t5(self, source, target):
        w, c = self.w, self.c
        H = c["num_heads"]

        def norm(name, x):
            scale = (x.pow(2).mean(-1, keepdim=True) + c["layer_norm_epsilon"]).sqrt()
            self.cache[name + ".scale"] = scale
            return x / scale * w[f"{name}.weight"]

        def bias(stack, q, k):
            buckets = c["relative_attention_num_buckets"]
            far = c["relative_attention_max_distance"]
            table = w[f"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"]
            out = torch.zeros(H, q, k)
            for i in range(q):
                for j in range(k):
                    n, offset, distance = buckets, 0, j - i
                    if stack == "encoder":
                        n //= 2
                        offset = n if distance > 0 else 0
                        distance = abs(distance)
                    else:
                        distance = max(-distance, 0)
                    exact = n // 2
                    if distance < exact:
                        bucket = distance
                    else:
                        bucket = min(n - 1, exact + int(
                            math.log(distance / exact) / math.log(far / exact) * (n - exact)))
                    out[:, i, j] = table[offset + bucket]
            return out

        def layer(stack, i, n, x, memory, b, kind):
            p = f"{stack}.block.{i}.layer.{n}."
            a = p + ("EncDecAttention." if kind == "cross" else "SelfAttention.")
            y = norm(p + "layer_norm", x)
            m = y if kind == "own" else memory
            q, k, v = (self.heads(s @ w[f"{a}{t}.weight"].T, H)
                       for t, s in (("q", y), ("k", m), ("v", m)))
            z = self.attend(f"{stack}.{i}.{kind}", q, k, v, b, 1)
            return self.at(f"{stack}.{i}.{kind}.out", z.flatten(1) @ w[a + "o.weight"].T)

        def mlp(stack, i, n, x):
            p = f"{stack}.block.{i}.layer.{n}."
            h = self.at(f"{stack}.{i}.mlp.pre",
                        norm(p + "layer_norm", x) @ w[p + "DenseReluDense.wi.weight"].T).relu()
            self.cache[f"{stack}.{i}.mlp.hidden"] = h
            return self.at(f"{stack}.{i}.mlp.out", h @ w[p + "DenseReluDense.wo.weight"].T)

        x = self.at("embed", w["shared.weight"][source])
        b = bias("encoder", len(source), len(source))
        for i in range(c["num_layers"]):
            x = self.at(f"encoder.{i}.pre", x)
            x = x + layer("encoder", i, 0, x, None, b, "own")
            x = x + mlp("encoder", i, 1, x)
        memory = norm("encoder.final_layer_norm", x)
        x = self.at("decoder.embed", w["shared.weight"][target])
        b = bias("decoder", len(target), len(target)) + self.causal(len(target))
        for i in range(c["num_decoder_layers"]):
            x = self.at(f"decoder.{i}.pre", x)
            x = x + layer("decoder", i, 0, x, None, b, "own")
            x = x + layer("decoder", i, 1, x, memory, 0, "cross")
            x = x + mlp("decoder", i, 2, x)
        y = norm("decoder.final_layer_norm", self.at("last", x))
        return y * c["d_model"] ** -0.5 @ w["shared.weight"].T


# -- the program -----------------------------------------------------------------------------------

cases = []
worst = 0.0


def call(arguments, files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            (pathlib.Path(folder) / name).write_text(text)
        full = [str(HERE / a[1:]) if a.startswith("@") else a for a in arguments]
        done = subprocess.run([PROGRAM, *full, "--json"], capture_output=True, text=True,
                              cwd=folder)
    assert done.returncode == 0, (arguments, done.stderr)
    return json.loads(done.stdout)


def compare(own, other, where):
    global worst
    if isinstance(other, dict):
        for key, value in other.items():
            compare(own[key], value, f"{where}.{key}")
    elif isinstance(other, list):
        assert len(own) == len(other), (where, len(own), len(other))
        for i, (a, b) in enumerate(zip(own, other)):
            compare(a, b, f"{where}.{i}")
    elif isinstance(other, float):
        error = abs(own - other) / max(1, abs(other))
        worst = max(worst, error)
        assert error < 2e-4, (where, own, other)
    else:
        assert own == other, (where, own, other)


def plain(value):
    if isinstance(value, torch.Tensor):
        return plain(value.tolist())
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return float(f"{value:.7g}") if isinstance(value, float) else value


def check(arguments, expected, files=None, keeps=True):
    """`@path` in the arguments is a path among the fixtures."""
    files, expected = files or {}, plain(expected)
    compare(call(arguments, files), expected, " ".join(arguments))
    if keeps:
        cases.append({"arguments": arguments, "files": files, "expected": expected})


def text(ids):
    return ",".join(map(str, ids))


def put(x, select=lambda a: a):
    """Another run's activation in the place of a part."""
    def hook(activation):
        select(activation)[:] = select(x)
        return activation
    return hook


def overwrite(state, position):
    """One state in the place of another."""
    def hook(activation):
        activation[position] = state
        return activation
    return hook


# -- activation patching ---------------------------------------------------------------------------

POINTS = {"residual": "pre", "attention": "out", "mlp": "mlp.out", "head": "z", "query": "q",
          "key": "k", "value": "v", "pattern": "pattern"}


def measured(name, logits, clean, position, answer, foil):
    row = logits[position]
    p = row.log_softmax(-1)
    if name == "logit-difference":
        return row[answer] - row[foil]
    if name == "log-probability":
        return p[answer]
    if name == "probability":
        return p[answer].exp()
    q = clean[position].log_softmax(-1)
    return (q.exp() * (q - p)).sum()


def patch(model, clean, corrupted, target, site, metric, direction, position, answer, foil):
    stack, _, part = site.rpartition(".")
    kind = "cross" if stack == "cross" else "own"
    name = {"": "decoder" if target else "blocks", "cross": "decoder"}.get(stack, stack)
    ends = [model.run(x, target) for x in (clean, corrupted)]
    def read(logits):
        return measured(metric, logits, ends[0][0], position, answer, foil)
    a, b = (read(logits) for logits, _ in ends)
    other, (base, goal) = (ends[0][1], (b, a)) if direction == "restore" else (ends[1][1], (a, b))
    text = corrupted if direction == "restore" else clean
    rows = []
    while True:
        point = POINTS[part]
        if part in ("residual", "mlp"):
            point = f"{name}.{len(rows)}.{point}"
        else:
            point = f"{name}.{len(rows)}.{kind}.{point}"
        if point not in other:
            break
        x = other[point]
        axis = {"pattern": 0}.get(part, 0 if part in ("residual", "attention", "mlp") else 1)
        row = []
        for column in range(x.shape[axis]):
            select = (lambda t: t[column]) if axis == 0 else (lambda t: t[:, column])
            found = read(model.run(text, target, {point: put(x, select)})[0])
            row.append((found - base) / (goal - base))
        rows.append(torch.stack(row))
    return {"at": site, "metric": metric, "direction": direction, "clean": a, "corrupted": b,
            "effect": torch.stack(rows)}


# -- path patching ---------------------------------------------------------------------------------

def paths(model, clean, corrupted, target, receivers, freeze, answer, foil):
    stack = "decoder" if target else "blocks"
    (first, a), (second, b) = (model.run(x, target) for x in (clean, corrupted))
    def read(logits):
        return logits[-1][answer] - logits[-1][foil]
    layers = sum(f"{stack}.{i}.pre" in a for i in range(9))
    heads = a[f"{stack}.0.own.z"].shape[1]
    places = {}
    for receiver in receivers.split(","):
        if receiver == "logits":
            continue
        parts = receiver.split(".")
        if parts[0] == "mlp":
            for name in ("pre", "linear"):
                point = f"{stack}.{parts[1]}.mlp.{name}"
                if point in a:
                    places.setdefault(point, []).append(lambda t: t)
        else:
            point = f"{stack}.{parts[0]}.own.{parts[2]}"
            places.setdefault(point, []).append(lambda t, h=int(parts[1]): t[:, h])
    change = read(first) - read(second)

    def heard(layer, head):
        hooks = {}
        for i in range(layers):
            for kind in ("own", "cross"):
                point = f"{stack}.{i}.{kind}.z"
                if point in a:
                    hooks[point] = put(a[point])
            if freeze == "heads-and-mlps" or i < layer:
                hooks[f"{stack}.{i}.mlp.out"] = put(a[f"{stack}.{i}.mlp.out"])
        if head is None:
            hooks[f"{stack}.{layer}.mlp.out"] = put(b[f"{stack}.{layer}.mlp.out"])
        else:
            point = f"{stack}.{layer}.own.z"
            mixed = a[point].clone()
            mixed[:, head] = b[point][:, head]
            hooks[point] = put(mixed)
        logits, cache = model.run(clean, target, hooks)
        if receivers != "logits":
            def hear(point):
                def hook(activation):
                    for select in places[point]:
                        select(activation)[:] = select(cache[point])
                    return activation
                return hook
            logits = model.run(clean, target, {point: hear(point) for point in places})[0]
        return (read(logits) - read(first)) / change

    return {"clean": read(first), "corrupted": read(second),
            "heads": [[heard(i, h) for h in range(heads)] for i in range(layers)],
            "mlps": [heard(i, None) for i in range(layers)]}


# -- direct attribution ----------------------------------------------------------------------------

def attribution(model, ids, target, position, answer, foil):
    logits, cache = model.run(ids, target)
    w, folder = model.w, model.folder
    logit = logits[position][answer] - (logits[position][foil] if foil is not None else 0)
    name, table = {GPT2: ("ln_f", "transformer.wte.weight"), LLAMA: ("norm", "lm_head.weight"),
                   T5: ("decoder.final_layer_norm", "shared.weight")}[folder]
    weight = w[{GPT2: "transformer.ln_f.weight", LLAMA: "model.norm.weight"}.get(
        folder, "decoder.final_layer_norm.weight")]
    direction = w[table][answer] - (w[table][foil] if foil is not None else 0)
    if folder == T5:
        direction = direction * model.c["d_model"] ** -0.5
    scale = cache[f"{name}.scale"][position, 0]

    def part(x):
        if folder == GPT2:
            x = x - x.mean()
        return (x / scale * weight) @ direction

    stack = "decoder" if target else "blocks"
    layers = sum(f"{stack}.{i}.pre" in cache for i in range(9))

    def output(i, kind):
        if folder == GPT2:
            return w[f"transformer.h.{i}.attn.c_proj.weight"]
        if folder == LLAMA:
            return w[f"model.layers.{i}.self_attn.o_proj.weight"].T
        n, module = (1, "EncDecAttention") if kind == "cross" else (0, "SelfAttention")
        return w[f"decoder.block.{i}.layer.{n}.{module}.o.weight"].T

    def written(i, kind):
        z = cache[f"{stack}.{i}.{kind}.z"][position]
        o = output(i, kind).view(z.shape[0], z.shape[1], -1)
        return torch.stack([part(z[h] @ o[h]) for h in range(z.shape[0])])

    def down(i):
        if folder == GPT2:
            return w[f"transformer.h.{i}.mlp.c_proj.weight"]
        return w[f"model.layers.{i}.mlp.down_proj.weight" if folder == LLAMA
                 else f"decoder.block.{i}.layer.2.DenseReluDense.wo.weight"].T

    hidden = [cache[f"{stack}.{i}.mlp.hidden"][position] for i in range(layers)]
    neurons = torch.stack([
        torch.stack([part(row) for row in down(i)]) * h for i, h in enumerate(hidden)])
    embedded = cache["decoder.embed" if target else "embed"][position]
    if folder == GPT2:
        embedded = embedded + cache["position"][position]
    found = {"logit": logit, "embedding": part(embedded),
             "heads": torch.stack([written(i, "own") for i in range(layers)]),
             "mlps": neurons.sum(1), "scale": scale}
    if target:
        found["cross-heads"] = torch.stack([written(i, "cross") for i in range(layers)])
    found["bias"] = logit - found["embedding"] - found["mlps"].sum() - sum(
        found[k].sum() for k in ("heads", "cross-heads") if k in found)
    return found, neurons


# -- knockout, Patchscopes, relations --------------------------------------------------------------

def knockout(model, ids, target, answer, query, keys, window, stack, kind, position):
    def read(hooks):
        return model.run(ids, target, hooks)[0][position].softmax(-1)[answer]
    _, cache = model.run(ids, target)
    layers = sum(f"{stack}.{i}.pre" in cache for i in range(9))

    def cut(scores):
        for key in keys:
            scores[:, query, key] = -torch.inf
        return scores

    return {"clean": read({}), "probability": [
        read({f"{stack}.{i}.{kind}.scores": cut
              for i in range(l, min(l + window, layers))}) for l in range(layers)]}


def states(model, ids):
    cache = model.run(ids)[1]
    layers = sum(f"blocks.{i}.pre" in cache for i in range(9))
    return [cache[f"blocks.{i}.pre"] for i in range(layers)] + [cache["last"]]


def scope(source, ids, i, target, prompt, j, mapped=lambda x: x):
    found = states(source, ids)
    layers = len(states(target, prompt)) - 1

    def cell(state, other):
        point = f"blocks.{other}.pre" if other < layers else "last"
        logits = target.run(prompt, None, {point: overwrite(state, j)})[0]
        p, token = logits[-1].softmax(-1).max(-1)
        return {"token": f"#{token.item()}", "probability": p}

    return {"cells": [[cell(mapped(x[i]), other) for other in range(layers + 1)] for x in found]}


def written(target, prompt, j, state, other, count):
    """Greedy, the state put into every step."""
    layers = len(states(target, prompt)) - 1
    point = f"blocks.{other}.pre" if other < layers else "last"
    ids = list(prompt)
    for _ in range(count):
        logits = target.run(ids, None, {point: overwrite(state, j)})[0]
        ids.append(logits[-1].argmax().item())
        if ids[-1] == target.c["eos_token_id"]:
            break
    return " ".join(f"#{i}" for i in ids[len(prompt):])


def relation(model, prompts, asked, place, layer, beta):
    jacobian, bias = 0, 0
    for ids, subject in prompts:
        found = states(model, ids)
        layers = len(found) - 1

        def last(state):
            def swap(x):
                return torch.cat([x[:subject], state[None], x[subject + 1:]])
            return model.run(ids, None, {f"blocks.{layer}.pre": swap})[1]["last"][-1]

        s, o = found[layer][subject], found[layers][-1]
        with torch.enable_grad():
            j = torch.autograd.functional.jacobian(last, s)
        jacobian, bias = jacobian + j / len(prompts), bias + (o - j @ s) / len(prompts)
    s = states(model, asked)[layer][place]
    final = beta * jacobian @ s + bias
    # Through the model's own norm and unembedding: as the last state of a run.
    logits = model.run(asked, None, {"last": overwrite(final, -1)})[0][-1]
    own = model.run(asked)[0][-1].argmax().item()
    p, tokens = logits.softmax(-1).topk(10)
    return {"predictions": [{"token": f"#{t.item()}", "probability": q}
                            for q, t in zip(p, tokens)],
            "answer": f"#{own}", "rank": (logits > logits[own]).sum().item()}


# -- all of it -------------------------------------------------------------------------------------

def main():
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    gpt2, llama, t5 = (Reference(f) for f in (GPT2, LLAMA, T5))
    clean, corrupted = [11, 7, 30, 3, 40, 22, 1], [11, 9, 30, 17, 40, 22, 1]
    target = [0, 9, 4, 20]
    pair = ["--clean-ids", text(clean), "--corrupted-ids", text(corrupted)]
    tokens = ["--answer", "#5", "--foil", "#6"]
    metrics = ["logit-difference", "log-probability", "probability", "kl"]

    for model in (gpt2, llama):
        for n, part in enumerate(POINTS):
            for m, direction in enumerate(("restore", "corrupt")):
                for metric in metrics:
                    found = patch(model, clean, corrupted, None, part, metric, direction, -1, 5, 6)
                    found["tokens"] = [f"#{i}" for i in clean]
                    check(["patch", "--model", f"@{model.folder}", *pair, *tokens, "--at", part,
                           "--metric", metric, "--direction", direction], found,
                          keeps=metric == metrics[(n + m) % 4])
        found = patch(model, clean, corrupted, None, "residual", "logit-difference", "restore", 4,
                      5, 6)
        check(["patch", "--model", f"@{model.folder}", *pair, *tokens, "--position", "-3"], found)
        for receivers in ("logits", "1.0.q", "1.1.k", "1.1.v", "mlp.1", "1.0.q,1.1.k,mlp.1",
                          "mlp.0", "0.1.q"):
            for freeze in ("heads", "heads-and-mlps"):
                check(["path-patch", "--model", f"@{model.folder}", *pair, *tokens, "--receivers",
                       receivers, "--freeze", freeze],
                      paths(model, clean, corrupted, None, receivers, freeze, 5, 6),
                      keeps=freeze == "heads" or receivers == "logits")
        for foil in (None, 6):
            found, neurons = attribution(model, clean, None, 4, 5, foil)
            arguments = ["attribute-logit", "--model", f"@{model.folder}", "--text-ids",
                         text(clean), "--answer", "#5", "--position", "4"]
            arguments += ["--foil", "#6"] if foil else []
            check(arguments, found)
            sums = {"layers": [{"attention": a.sum(), "mlp": m}
                               for a, m in zip(found["heads"], found["mlps"])]}
            check(arguments + ["--components", "layers"], sums, keeps=foil is None)
            order = neurons.flatten().abs().argsort(descending=True)[:100]
            width = neurons.shape[1]
            check(arguments + ["--components", "neurons"], {"neurons": [
                {"neuron": f"mlp.{i // width}.{i % width}", "value": neurons.flatten()[i]}
                for i in order.tolist()]}, keeps=False)
        for window in (1, 2, 5):
            check(["knockout", "--model", f"@{model.folder}", "--text-ids", text(clean),
                   "--answer", "#5", "--from", "-1", "--to", "1", "--window", str(window)],
                  knockout(model, clean, None, 5, 6, [1], window, "blocks", "own", -1))
        check(["knockout", "--model", f"@{model.folder}", "--text-ids", text(clean), "--answer",
               "#5", "--from", "5", "--to", "1", "--to", "-4", "--position", "5"],
              knockout(model, clean, None, 5, 5, [1, 3], 1, "blocks", "own", 5))

    source = ["--target-ids", text(target)]
    for n, site in enumerate(
            [f"{s}.{p}" for s in ("encoder", "decoder", "cross") for p in POINTS
             if s != "cross" or p not in ("residual", "mlp")] + ["residual", "head"]):
        for direction in ("restore", "corrupt"):
            # The decoder reads the same target in both runs: its first state cannot matter.
            found = patch(t5, clean, corrupted, target, site, "logit-difference", direction, -1,
                          5, 6)
            check(["patch", "--model", f"@{T5}", *pair, *source, *tokens, "--at", site,
                   "--direction", direction], found, keeps=n % 2 == (direction == "restore"))
    for receivers in ("logits", "1.0.q", "mlp.1"):
        for freeze in ("heads", "heads-and-mlps"):
            check(["path-patch", "--model", f"@{T5}", *pair, *source, *tokens, "--receivers",
                   receivers, "--freeze", freeze],
                  paths(t5, clean, corrupted, target, receivers, freeze, 5, 6),
                  keeps=receivers == "logits")
    found, _ = attribution(t5, clean, target, -1, 5, 6)
    check(["attribute-logit", "--model", f"@{T5}", "--source-ids", text(clean), *source, *tokens],
          found)
    for stack, name, kind, query, key in (
            ("encoder", "encoder", "own", 2, 5), ("decoder", "decoder", "own", 3, 1),
            ("cross", "decoder", "cross", 3, 4)):
        check(["knockout", "--model", f"@{T5}", "--text-ids", text(clean), *source, "--answer",
               "#5", "--from", str(query), "--to", str(key), "--stack", stack, "--window", "2"],
              knockout(t5, clean, target, 5, query, [key], 2, name, kind, -1))

    prompt = [8, 21, 33, 12]
    arguments = ["patchscope", "--model", f"@{GPT2}", "--source-ids", text(clean),
                 "--source-position", "2", "--prompt-ids", text(prompt)]
    check(arguments + ["--prompt-position", "1"], scope(gpt2, clean, 2, gpt2, prompt, 1))
    check(arguments + ["--target-model", f"@{LLAMA}"], scope(gpt2, clean, 2, llama, prompt, -1 % 4))
    weight, bias = torch.randn(24, 24, generator=torch.Generator().manual_seed(1)), torch.ones(24)
    save_file({"weight": weight, "bias": bias}, HERE / "commands-map.safetensors")
    check(arguments + ["--target-model", f"@{LLAMA}", "--map", "@commands-map.safetensors"],
          scope(gpt2, clean, 2, llama, prompt, 3, lambda x: weight @ x + bias))
    check(arguments + ["--prompt-position", "1", "--source-layer", "1", "--target-layer", "2",
                       "--generate", "6"],
          {"texts": [[written(gpt2, prompt, 1, states(gpt2, clean)[1][2], 2, 6)]]})
    check(arguments + ["--prompt-position", "1", "--generate", "6"],
          {"texts": [[written(gpt2, prompt, 1, x[2], other, 6) for other in range(3)]
                     for x in states(gpt2, clean)]})
    # At l* = L and the source's own text a Patchscope is the logit lens.
    last = ["patchscope", "--model", f"@{LLAMA}", "--source-ids", text(clean), "--prompt-ids",
            text(clean), "--target-layer", "2"]
    lens = []
    for x in states(llama, clean):
        logits = llama.run(clean, None, {"last": put(x)})[0][-1]
        p, token = logits.softmax(-1).max(-1)
        lens.append([{"token": f"#{token.item()}", "probability": p}])
    check(last, {"cells": lens})

    lines = [([11, 7, 30, 3, 40], [7, 30]), ([11, 9, 3, 40], [9]), ([4, 8, 44, 3, 40], [8, 44])]
    for model in (gpt2, llama):
        file = "".join(json.dumps({"text-ids": a, "subject-ids": b}) + "\n" for a, b in lines)
        prompts = [(a, a.index(b[0]) + len(b) - 1) for a, b in lines]
        for layer, beta in ((0, 1.0), (1, 2.5), (1, 1.0)):
            asked = [11, 25, 26, 27, 3, 40]
            found = relation(model, prompts, asked, 3, layer, beta)
            check(["relation", "--model", f"@{model.folder}", "--prompts", "prompts.jsonl",
                   "--subject-ids", "25,26,27", "--layer", str(layer), "--beta", str(beta)], found,
                  {"prompts.jsonl": file})

    with open(HERE / "commands.json", "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
    traces(gpt2, llama, t5, clean, target)
    print(f"{len(cases)} cases kept; the greatest difference is {worst:.1e}")


def traces(gpt2, llama, t5, clean, target):
    """What tracing says whatever the draw, and what it says on average."""
    for model in (gpt2, llama, t5):
        more = ["--target-ids", text(target)] if model is t5 else []
        arguments = ["causal-trace", "--model", f"@{model.folder}", "--text-ids", text(clean),
                     *more, "--answer", "#5", "--subject-ids"]
        one = model.run(clean, target)[0][-1].softmax(-1)[5].item()
        found = call(arguments + ["30"], {})
        compare(found["clean"], one, "clean")
        # The only spoilt state put back before the first block leaves nothing spoilt.
        compare(found["probability"][0][2], one, "first state")
        if model is not t5:
            for row in found["probability"]:
                compare(row[0], found["corrupted"], "before the subject")
        same = call(arguments + ["30", "--noise", "0"], {})
        compare(same["probability"], [[one] * len(clean)] * len(same["probability"]), "no noise")
        assert call(arguments + ["30"], {}) == found
        assert call(arguments + ["30", "--seed", "1"], {}) != found
        # Means over draws: ours over 200, PyTorch's over 300.
        count, draws = 200, 300
        for site, window in (("residual", 1), ("attention", 1), ("mlp", 2)):
            many = call(arguments + ["30,3", "--samples", str(count), "--site", site, "--noise",
                                     "0.5", "--window", str(window)], {})
            table = {GPT2: "transformer.wte.weight", LLAMA: "model.embed_tokens.weight"}.get(
                model.folder, "shared.weight")
            sigma = 0.5 * model.w[table].std(unbiased=False)
            stack = "encoder" if model is t5 else "blocks"
            cache = model.run(clean, target)[1]
            layers = len(many["probability"])
            for layer, position in ((0, 2), (1, 3)):
                put_back = {}
                span = range(layer, layer + 1) if site == "residual" else range(
                    max(0, layer - window // 2), min(layers, layer + (window + 1) // 2))
                for i in span:
                    point = f"{stack}.{i}." + {
                        "residual": "pre", "attention": "own.out", "mlp": "mlp.out"}[site]
                    put_back[point] = put(cache[point], lambda t: t[position])
                generator = torch.Generator().manual_seed(5)
                drawn = []
                for _ in range(draws):
                    noise = torch.randn(2, 24, generator=generator) * sigma

                    def spoil(x):
                        x[2:4] += noise
                        return x

                    drawn.append(model.run(clean, target, {"embed": spoil, **put_back})[0][-1]
                                 .softmax(-1)[5])
                drawn = torch.stack(drawn)
                error = drawn.std() * (1 / draws + 1 / count) ** 0.5
                away = abs(many["probability"][layer][position] - drawn.mean()) / max(error, 1e-7)
                assert away < 4, (model.folder, site, layer, position, away)


main()
