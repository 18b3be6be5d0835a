"""Writes the fixture of circuits: what TransformerLens's hooks make of circuits of edges.

Run it where `torch`, `transformers` (5.x), `transformer_lens` (3.9) and `safetensors` are installed,
after `gpt2.py`:

    python Tests/Fixtures/circuits.py

It writes `circuits.safetensors` beside itself, for the model in `gpt2-tiny/` (two layers of three
heads). Edges are listed receiver by receiver (of a layer the queries of its heads, their keys, their
values, its MLP; then the logits), and for a receiver by sender: embedding, heads of layer 0, MLP 0,
heads of layer 1, MLP 1. A mask is 1 for an edge that is in the circuit.

    clean, corrupted        [pair, position], token ids
    answer, foil            [pair]
    ends                    [2]: the mean logit difference of the clean and the corrupted texts
    divergence              the mean KL(clean || corrupted)
    circuits                [circuit, edge]: masks drawn at random, the full and the empty one
    ABLATION.difference     [circuit]: the mean logit difference of each, for `corrupted`, `mean` and
    ABLATION.kl             `zero`; and the mean KL(clean || circuit)
    acdc.thresholds         [n], and
    acdc.ABLATION.METRIC    [n, edge]: masks of what a plain ACDC loop leaves, for
                            corrupted.difference, corrupted.kl and zero.difference
    nodes                   [n, node]: the nodes (heads of layer 0, MLP 0, …) that backward and forward
                            pruning leaves, and
    nodes.thresholds        [n]: the shares of the logit difference that may be lost
    attribution             [edge]: (corrupted - clean) . gradient at what the receiver reads
    attribution.integrated  [edge]: the same with the mean of five gradients on the way from the
                            corrupted embeddings to the clean ones, the clean end counted

Every receiver's input is written by a hook: what it reads where everything is replaced, and for each
edge the difference between what the sender wrote in this run and what replaces it.
"""

import pathlib

import torch
from safetensors.torch import save_file
from patching import hooked

HERE = pathlib.Path(__file__).parent
LAYERS, HEADS = 2, 3
PORTS = "qkv"


def senders():
    yield ("embedding",)
    for layer in range(LAYERS):
        for head in range(HEADS):
            yield ("head", layer, head)
        yield ("mlp", layer)


SENDERS = list(senders())


def heard(receiver):
    if receiver[0] == "logits":
        return SENDERS
    count = 1 + receiver[1] * (HEADS + 1) + (HEADS if receiver[0] == "mlp" else 0)
    return SENDERS[:count]


def receivers():
    for layer in range(LAYERS):
        for port in PORTS:
            for head in range(HEADS):
                yield (port, layer, head)
        yield ("mlp", layer)
    yield ("logits",)


RECEIVERS = list(receivers())
EDGES = [(receiver, sender) for receiver in RECEIVERS for sender in heard(receiver)]
PLACE = {edge: index for index, edge in enumerate(EDGES)}


def receiver_hooks():
    for layer in range(LAYERS):
        for port in PORTS:
            yield f"blocks.{layer}.hook_{port}_input", port, layer
        yield f"blocks.{layer}.hook_mlp_in", "mlp", layer
    yield f"blocks.{LAYERS - 1}.hook_resid_post", "logits", None


class Task:
    def __init__(self):
        self.model = hooked("gpt2-tiny")
        self.model.cfg.use_split_qkv_input = True
        self.model.cfg.use_hook_mlp_in = True
        self.model.cfg.use_attn_result = True
        self.model.setup()
        torch.manual_seed(12)
        self.clean = torch.randint(0, 50, (4, 7))
        self.corrupted = self.clean.clone()
        self.corrupted[:, 2:4] = torch.randint(0, 50, (4, 2))
        with torch.no_grad():
            logits = [self.model(x)[:, -1] for x in (self.clean, self.corrupted)]
        gap = logits[0] - logits[1]
        self.answer, self.foil = gap.argmax(-1), gap.argmin(-1)
        self.clean_logits = logits[0]
        self.outputs = [self.written(x) for x in (self.clean, self.corrupted)]

    def written(self, tokens):
        with torch.no_grad():
            _, cache = self.model.run_with_cache(tokens)
        found = {("embedding",): cache["hook_embed"] + cache["hook_pos_embed"]}
        for layer in range(LAYERS):
            result = cache[f"blocks.{layer}.attn.hook_result"]
            for head in range(HEADS):
                found["head", layer, head] = result[:, :, head]
            found["mlp", layer] = cache[f"blocks.{layer}.hook_mlp_out"]
        return found

    def replacing(self, ablation):
        corrupted = self.outputs[1]
        if ablation == "zero":
            return {s: torch.zeros_like(x) for s, x in corrupted.items()}
        if ablation == "mean":
            return {s: x.mean(0, keepdim=True).expand_as(x) for s, x in corrupted.items()}
        return corrupted

    def run(self, mask, ablation="corrupted"):
        """The logits at the last position of a circuit."""
        replaced = self.replacing(ablation)
        own = {}

        def reading(kind, layer, head=None):
            receiver = (kind,) if layer is None else (kind, layer) if head is None \
                else (kind, layer, head)
            total = 0
            for sender in heard(receiver):
                edge = mask[PLACE[receiver, sender]]
                total = total + (own[sender] if edge else replaced[sender])
            # The output biases of attention layers belong to no head, and stay.
            done = LAYERS if layer is None else layer + (1 if kind == "mlp" else 0)
            for earlier in range(done):
                total = total + self.model.blocks[earlier].attn.b_O
            return total

        def embed(value, hook):
            own["embedding",] = value
            return value

        def attention(layer):
            def hook(value, hook):
                for head in range(HEADS):
                    own["head", layer, head] = value[:, :, head]
            return hook

        def mlp(layer):
            def hook(value, hook):
                own["mlp", layer] = value
            return hook

        def receive(kind, layer):
            def hook(value, hook):
                if kind in PORTS:
                    return torch.stack([reading(kind, layer, h) for h in range(HEADS)], 2)
                return reading(kind, layer)
            return hook

        hooks = [("blocks.0.hook_resid_pre", embed)]
        for layer in range(LAYERS):
            hooks.append((f"blocks.{layer}.attn.hook_result", attention(layer)))
            hooks.append((f"blocks.{layer}.hook_mlp_out", mlp(layer)))
        hooks += [(name, receive(kind, layer)) for name, kind, layer in receiver_hooks()]
        with torch.no_grad():
            return self.model.run_with_hooks(self.clean, fwd_hooks=hooks)[:, -1]

    def differences(self, logits):
        rows = torch.arange(len(logits))
        return logits[rows, self.answer] - logits[rows, self.foil]

    def divergence(self, logits):
        p, q = self.clean_logits.log_softmax(-1), logits.log_softmax(-1)
        return (p.exp() * (p - q)).sum(-1).mean()

    def measure(self, mask, ablation="corrupted", metric="difference"):
        logits = self.run(mask, ablation)
        return float(self.differences(logits).mean() if metric == "difference"
                     else self.divergence(logits))

    def acdc(self, threshold, ablation, metric):
        sign = -1 if metric == "difference" else 1
        mask = [True] * len(EDGES)
        now = sign * self.measure(mask, ablation, metric)
        order = [("logits",)]
        for layer in reversed(range(LAYERS)):
            order.append(("mlp", layer))
            order += [(port, layer, head) for head in reversed(range(HEADS)) for port in PORTS]
        for receiver in order:
            for sender in reversed(heard(receiver)):
                place = PLACE[receiver, sender]
                mask[place] = False
                then = sign * self.measure(mask, ablation, metric)
                # Rounding of a change that is none is far below this.
                if then - now < threshold or abs(then - now) < 1e-7:
                    now = then
                else:
                    mask[place] = True
        return mask

    def nodes(self, threshold):
        kept = set(SENDERS[1:])

        def measure(nodes):
            nodes = nodes | {("embedding",)}

            def isin(receiver, sender):
                node = None if receiver[0] == "logits" else receiver if receiver[0] == "mlp" \
                    else ("head",) + receiver[1:]
                return sender in nodes and (node is None or node in nodes)
            return self.measure([isin(*edge) for edge in EDGES])

        whole = measure(kept)
        while True:
            before = set(kept)
            for order in (list(reversed(SENDERS[1:])), SENDERS[1:]):
                for node in order:
                    if node in kept and 1 - measure(kept - {node}) / whole < threshold:
                        kept = kept - {node}
            if kept == before:
                return [node in kept for node in SENDERS[1:]]

    def attribution(self, steps):
        own = {}
        names = {}
        for name, kind, layer in receiver_hooks():
            names[name] = (kind, layer)

        def keep(value, hook):
            value.retain_grad()
            own[hook.name] = value

        scores = torch.zeros(len(EDGES))
        clean, corrupted = self.outputs
        for step in range(1, steps + 1):
            start = corrupted["embedding",] + step / steps * (
                clean["embedding",] - corrupted["embedding",])

            def begin(value, hook):
                return start.clone().requires_grad_()

            hooks = [("blocks.0.hook_resid_pre", begin)] + [(name, keep) for name in names]
            with torch.enable_grad():
                logits = self.model.run_with_hooks(self.clean, fwd_hooks=hooks)[:, -1]
                self.differences(logits).mean().backward()
            for place, (receiver, sender) in enumerate(EDGES):
                name = next(n for n, (kind, layer) in names.items()
                            if kind == receiver[0] and (layer is None or layer == receiver[1]))
                gradient = own[name].grad
                if len(receiver) == 3:
                    gradient = gradient[:, :, receiver[2]]
                scores[place] += ((corrupted[sender] - clean[sender]) * gradient).sum() / steps
            self.model.zero_grad()
        return scores


def main():
    task = Task()
    full, empty = [True] * len(EDGES), [False] * len(EDGES)
    torch.manual_seed(3)
    masks = [full, empty] + [
        [bool(x) for x in torch.rand(len(EDGES)) < share] for share in (0.2, 0.5, 0.5, 0.8, 0.95)]
    whole = task.measure(full)
    assert abs(whole - float(task.differences(task.clean_logits).mean())) < 1e-4, whole
    thresholds = [0.003, 0.03, 0.1, 0.3]
    shares = [0.05, 0.2, 0.5]
    as_floats = lambda rows: torch.tensor(rows, dtype=torch.float32)
    tensors = {
        "clean": task.clean, "corrupted": task.corrupted, "answer": task.answer,
        "foil": task.foil, "ends": as_floats([whole, task.measure(empty)]),
        "divergence": as_floats([task.measure(empty, metric="kl")]),
        "circuits": as_floats(masks), "acdc.thresholds": as_floats(thresholds),
        "nodes.thresholds": as_floats(shares),
        "nodes": as_floats([task.nodes(share) for share in shares]),
        "attribution": task.attribution(1).detach(),
        "attribution.integrated": task.attribution(5).detach(),
    }
    for ablation in ("corrupted", "mean", "zero"):
        for metric in ("difference", "kl"):
            tensors[f"{ablation}.{metric}"] = as_floats(
                [task.measure(mask, ablation, metric) for mask in masks])
    for ablation, metric in (("corrupted", "difference"), ("corrupted", "kl"),
                             ("zero", "difference")):
        found = [task.acdc(threshold, ablation, metric) for threshold in thresholds]
        tensors[f"acdc.{ablation}.{metric}"] = as_floats(found)
        print(ablation, metric, [sum(mask) for mask in found])
    print("nodes", tensors["nodes"].tolist(), "ends", tensors["ends"].tolist())
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()},
              HERE / "circuits.safetensors")


if __name__ == "__main__":
    main()
