"""Writes the attribution fixtures: what Captum and Inseq attribute on the tiny T5 and GPT-2.

Run it where `torch`, `transformers` (5.x), `captum` (0.9.0), `inseq` (0.7.1), `tokenizers` and
`safetensors` are installed, after `t5.py` and `gpt2.py`:

    python Tests/Fixtures/attribution.py

It writes `attribution/t5-v1.0.safetensors` and `attribution/gpt2-tiny.safetensors` beside itself.
Each holds `source` (and `decoder` for T5), ids; `target`, `foil`, `position`; and, all with respect
to token embeddings, for one logit unless the name says otherwise:

    value, gradient, input-x-gradient            of logit(target); [position, width]
    KIND.gradient                                KIND log-probability, probability, contrast (of
                                                 logits), probability-contrast
    integrated.RULE, integrated.RULE.delta       7 steps from zero embeddings; RULE as Headlight
                                                 calls it, or `token`: Gauss-Legendre from token 2
    both.source, both.decoder                    integrated gradients over both inputs (T5)
    smoothgrad, smoothgrad.noise                 Captum's NoiseTunnel over Saliency, and its noise
    occlusion                                    one window a token, zero baseline; [position]
    infidelity, infidelity.perturbations         of the gradient
    sensitivity, sensitivity.changes             of the gradient
    written, written.foil                        the ids of a sentence, and a foil for its last
    inseq.METHOD.source, .decoder                [target, position, width] for the sentence (T5's
                                                 with its end token) by saliency (the gradient
                                                 itself), input-x-gradient and integrated gradients
                                                 (from token 2; start and end tokens kept); 0 for
                                                 what a row cannot see
    inseq.contrast.source                        input-x-gradient of p(last written) - p(foil);
                                                 [position, width] (T5)

Captum 0.9's trapezoid rule divides n ends into n steps, so its weights sum to 1 - 1/n; what is
written here is multiplied by n / (n - 1).
"""

import pathlib
import tempfile

import torch
from safetensors.torch import save_file
from captum.attr import InputXGradient, IntegratedGradients, NoiseTunnel, Occlusion, Saliency
from captum.metrics import infidelity, sensitivity_max
from transformers import GPT2LMHeadModel, T5ForConditionalGeneration

HERE = pathlib.Path(__file__).parent
OUT = HERE / "attribution"
RULES = {
    "gauss-legendre": "gausslegendre", "left": "riemann_left", "right": "riemann_right",
    "midpoint": "riemann_middle", "trapezoid": "riemann_trapezoid"}
STEPS = 7


def captum(forward, embeds, token_row, found):
    """What Captum makes of `forward(embeds, kind) -> [batch]`."""
    logit = lambda x: forward(x, "logit")
    found["value"] = logit(embeds)
    found["gradient"] = Saliency(logit).attribute(embeds, abs=False)[0]
    found["input-x-gradient"] = InputXGradient(logit).attribute(embeds)[0]
    for kind in ("log-probability", "probability", "contrast", "probability-contrast"):
        found[f"{kind}.gradient"] = Saliency(lambda x: forward(x, kind)).attribute(
            embeds, abs=False)[0]
    for ours, theirs in RULES.items():
        scores, delta = IntegratedGradients(logit).attribute(
            embeds, baselines=torch.zeros_like(embeds), n_steps=STEPS, method=theirs,
            return_convergence_delta=True)
        if ours == "trapezoid":
            total = scores.sum()
            scores = scores * STEPS / (STEPS - 1)
            delta = delta + scores.sum() - total
        found[f"integrated.{ours}"], found[f"integrated.{ours}.delta"] = scores[0], delta
    found["integrated.token"] = IntegratedGradients(logit).attribute(
        embeds, baselines=token_row.expand_as(embeds), n_steps=STEPS)[0]
    noises, normal = [], torch.normal
    def recorded(*arguments, **options):
        noises.append(normal(*arguments, **options))
        return noises[-1]
    torch.normal = recorded
    found["smoothgrad"] = NoiseTunnel(Saliency(logit)).attribute(
        embeds, nt_type="smoothgrad", nt_samples=5, stdevs=0.2, abs=False)[0]
    torch.normal = normal
    # With `stdevs` a mean is given: the embeddings, or zero, by Captum's version.
    noise = torch.cat([n.reshape(-1, *embeds.shape[1:]) for n in noises])
    if (noise.mean(0) - embeds[0]).abs().mean() < noise.mean(0).abs().mean() / 2:
        noise = noise - embeds
    found["smoothgrad.noise"] = noise
    occluded = Occlusion(logit).attribute(
        embeds, sliding_window_shapes=(1, embeds.shape[2]), baselines=0)
    found["occlusion"] = occluded[0, :, 0]
    perturbations, changes = [], []
    def perturb(x):
        perturbations.append(torch.randn_like(x) * 0.1)
        return perturbations[-1], x - perturbations[-1]
    found["infidelity"] = infidelity(
        logit, perturb, embeds, found["gradient"][None], n_perturb_samples=4)
    found["infidelity.perturbations"] = torch.cat(perturbations)
    def change(inputs, radius):
        x = inputs[0] if isinstance(inputs, tuple) else inputs
        changes.append((torch.rand_like(x) * 2 - 1) * radius)
        return (x + changes[-1],)
    found["sensitivity"] = sensitivity_max(
        lambda x: Saliency(logit).attribute(x, abs=False), embeds, perturb_func=change,
        perturb_radius=0.05, n_perturb_samples=4)
    found["sensitivity.changes"] = torch.cat(changes)


def measures(logits, kind, target, foil):
    if kind == "logit":
        return logits[:, target]
    if kind == "contrast":
        return logits[:, target] - logits[:, foil]
    if kind == "log-probability":
        return logits.log_softmax(-1)[:, target]
    p = logits.softmax(-1)
    return p[:, target] - p[:, foil] if kind == "probability-contrast" else p[:, target]


def word(id):
    """No word is a part of another, or the end token would be found in it."""
    return f"<{id}>"


def tokenizer(folder, size, end, adds_end):
    """A word for every id, so that Inseq, which wants text, reads the ids we mean."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast
    words = Tokenizer(models.WordLevel({word(i): i for i in range(size)}, unk_token=word(2)))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    if adds_end:
        words.post_processor = processors.TemplateProcessing(
            single=f"$A {word(end)}", special_tokens=[(word(end), end)])
    fast = PreTrainedTokenizerFast(
        tokenizer_object=words, unk_token=word(2), pad_token=word(0), eos_token=word(end),
        bos_token=word(end) if not adds_end else None)
    fast.save_pretrained(folder)


def inseq_scores(model, size, end, source, written, foil, found):
    """What Inseq makes of writing `written` after `source`; it adds the end token to T5's."""
    import inseq
    is_t5 = isinstance(model, T5ForConditionalGeneration)
    text = lambda ids: " ".join(word(i) for i in ids)
    methods = {"saliency": {}, "input_x_gradient": {}, "integrated_gradients": {"n_steps": STEPS}}
    quiet = dict(show_progress=False, pretty_progress=False)
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        tokenizer(folder, size, end, is_t5)
        read = text(source[:-1]) if is_t5 else text(source)
        for method, options in methods.items():
            wrapped = inseq.load_model(folder, method)
            out = wrapped.attribute(
                read, text(written) if is_t5 else read + " " + text(written),
                attributed_fn="logit", attribute_target=is_t5, **quiet, **options)[0]
            name = method.replace("_", "-")
            assert [t.id for t in out.source] == source, out.source
            if is_t5:
                assert [t.id for t in out.target] == [0] + written + [end], out.target
                found[f"inseq.{name}.source"] = out.source_attributions.transpose(0, 1)
                found[f"inseq.{name}.decoder"] = \
                    out.target_attributions.transpose(0, 1).nan_to_num(0)
            else:
                assert [t.id for t in out.target] == source + written, out.target
                found[f"inseq.{name}.source"] = \
                    out.target_attributions.transpose(0, 1).nan_to_num(0)
        if is_t5:
            wrapped = inseq.load_model(folder, "input_x_gradient")
            last = len(written)
            out = wrapped.attribute(
                read, text(written), attributed_fn="contrast_prob_diff",
                contrast_targets=text(written[:-1] + [foil]),
                contrast_targets_alignments=[[(i, i) for i in range(last + 2)]],
                attr_pos_start=last,
                attr_pos_end=last + 1, **quiet)[0]
            found["inseq.contrast.source"] = out.source_attributions[:, 0]


def t5():
    model = T5ForConditionalGeneration.from_pretrained(
        HERE / "t5-v1.0", attn_implementation="eager").eval()
    source, decoder = [7, 31, 12, 7, 44, 1], [0, 9, 27, 15, 30]
    position = 3
    ids, read = torch.tensor([source]), torch.tensor([decoder])
    with torch.no_grad():
        logits = model(input_ids=ids, decoder_input_ids=read).logits[0]
    target, foil = logits[position].topk(2).indices.tolist()
    embeds = model.shared(ids).detach()
    read_embeds = model.shared(read).detach()

    def forward(x, kind, y=None):
        y = read_embeds.expand(x.shape[0], -1, -1) if y is None else y
        rows = model(inputs_embeds=x, decoder_inputs_embeds=y).logits[:, position]
        return measures(rows, kind, target, foil)

    found = {"source": ids[0], "decoder": read[0], "target": torch.tensor([target]),
             "foil": torch.tensor([foil]), "position": torch.tensor([position])}
    captum(forward, embeds, model.shared.weight[2].detach(), found)
    both = IntegratedGradients(lambda x, y: forward(x, "logit", y)).attribute(
        (embeds, read_embeds), n_steps=STEPS)
    found["both.source"], found["both.decoder"] = both[0][0], both[1][0]
    written = [9, 27, 15, 11]
    with torch.no_grad():
        row = model(input_ids=ids, decoder_input_ids=torch.tensor([[0, 9, 27, 15]])).logits[0, -1]
    # Inseq leaves special tokens out of a contrast.
    foil = next(i for i in row.topk(5).indices.tolist() if i not in (0, 1, 2, 11))
    found |= {"written": torch.tensor(written), "written.foil": torch.tensor([foil])}
    inseq_scores(model, 53, 1, source, written, foil, found)
    return found


def gpt2():
    model = GPT2LMHeadModel.from_pretrained(
        HERE / "gpt2-tiny", attn_implementation="eager").eval()
    source = [7, 31, 12, 7, 44, 9, 27]
    position = 5
    ids = torch.tensor([source])
    with torch.no_grad():
        logits = model(ids).logits[0]
    target, foil = logits[position].topk(2).indices.tolist()
    embeds = model.transformer.wte(ids).detach()
    forward = lambda x, kind: measures(
        model(inputs_embeds=x).logits[:, position], kind, target, foil)
    found = {"source": ids[0], "target": torch.tensor([target]), "foil": torch.tensor([foil]),
             "position": torch.tensor([position])}
    captum(forward, embeds, model.transformer.wte.weight[2].detach(), found)
    written = [15, 11, 33]
    found["written"] = torch.tensor(written)
    inseq_scores(model, 51, 50, source, written, None, found)
    return found


def main():
    torch.set_num_threads(1)
    OUT.mkdir(exist_ok=True)
    for name, make in (("t5-v1.0", t5), ("gpt2-tiny", gpt2)):
        torch.manual_seed(5)
        found = {key: value.detach().contiguous().clone() for key, value in make().items()}
        found = {key: value.to(torch.int16) if value.dtype == torch.int64 else value.float()
                 for key, value in found.items()}
        save_file(found, OUT / f"{name}.safetensors")
        for key, value in sorted(found.items()):
            print(f"  {key} {tuple(value.shape)} |{value.float().abs().max():.4g}|")


if __name__ == "__main__":
    main()
