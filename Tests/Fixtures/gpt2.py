"""Writes the GPT-2 fixture: a tiny model with random weights, and what PyTorch makes of it.

Run it where `torch`, `transformers` (5.x) and `safetensors` are installed:

    python Tests/Fixtures/gpt2.py

It writes `gpt2-tiny/` beside itself: `config.json`, `config-old.json` (as published checkpoints
spell it), `model.safetensors` (F32; linear weights are [in, out], as GPT-2 keeps them) and
`expected.safetensors`, which holds, with eager attention and no dropout, for a batch of three
whose row 0 is padded on the right:

    input_ids, attention_mask             [batch, position]
    logits                                [batch, position, vocabulary]
    attentions.N                          [batch, head, query, key]
    residual.N                            [batch, position, model]: entering block N; the last one
                                          leaves the last block, before the norm
    output                                after the final norm
    labels, loss, gradient.<weight>       mean cross-entropy; labels are already the next token,
                                          -100 where there is none
    without_mask.logits                   the same ids with no mask given
    generation.N.input_ids                [position], one input alone
    generation.N.greedy                   ids, the input first, 10 new ones or up to the end token
    generation.N.beam, .beam_scores       four beams, best first, padded with the end token
"""

import json
import pathlib

import torch
from safetensors.torch import save_file
from transformers import GPT2Config, GPT2LMHeadModel

FOLDER = pathlib.Path(__file__).parent / "gpt2-tiny"
END = 50
NEW_TOKENS = 10
CONFIG = dict(
    vocab_size=51, n_positions=26, n_embd=24, n_layer=2, n_head=3, n_inner=40,
    bos_token_id=END, eos_token_id=END)
GRADIENTS = [
    "transformer.wte.weight", "transformer.wpe.weight", "transformer.h.0.attn.c_attn.weight",
    "transformer.h.0.attn.c_attn.bias", "transformer.h.0.ln_1.weight",
    "transformer.h.0.mlp.c_fc.bias", "transformer.h.1.attn.c_proj.weight",
    "transformer.h.1.ln_2.bias", "transformer.h.1.mlp.c_proj.weight", "transformer.ln_f.bias",
]


def build():
    torch.manual_seed(21)
    model = GPT2LMHeadModel._from_config(GPT2Config(**CONFIG), attn_implementation="eager")
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "ln_" in name and name.endswith("weight"):
                weight.uniform_(0.5, 1.5)
            elif name.endswith("bias"):
                weight.normal_(0, 0.3)
            elif "wte" in name or "wpe" in name:
                weight.normal_(0, 0.6)
            else:
                weight.normal_(0, 1.5 * weight.shape[0] ** -0.5)
        model.transformer.wte.weight[END] *= 2
    return model.eval()


def save_model(model):
    FOLDER.mkdir(exist_ok=True)
    model.config.architectures = ["GPT2LMHeadModel"]
    model.config.dtype = "float32"
    model.config.save_pretrained(FOLDER)
    weights = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    save_file(weights, FOLDER / "model.safetensors", metadata={"format": "pt"})
    old = json.loads((FOLDER / "config.json").read_text())
    for key in ("dtype", "tie_word_embeddings", "pad_token_id", "add_cross_attention"):
        old.pop(key, None)
    old |= {"n_ctx": CONFIG["n_positions"], "transformers_version": "4.23.1"}
    (FOLDER / "config-old.json").write_text(json.dumps(old, indent=2, sort_keys=True) + "\n")


def generations(model, generator):
    expected, kept = {}, 0
    for _ in range(300):
        length = int(torch.randint(3, 9, (1,), generator=generator))
        ids = torch.randint(0, END, (1, length), generator=generator)
        options = dict(
            attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=NEW_TOKENS,
            pad_token_id=END)
        greedy = model.generate(ids, num_beams=1, **options)[0]
        beams = model.generate(
            ids, num_beams=4, length_penalty=1.0, early_stopping=False, num_return_sequences=4,
            output_scores=True, return_dict_in_generate=True, **options)
        best, scores = beams.sequences[0], beams.sequences_scores
        ends = bool((best == END).any())
        # A margin no rounding can cross; the first ends by itself, the second does not.
        if (scores[:-1] - scores[1:]).min() > 1e-3 and ends == (kept == 0):
            expected |= {
                f"generation.{kept}.input_ids": ids[0], f"generation.{kept}.greedy": greedy,
                f"generation.{kept}.beam": beams.sequences,
                f"generation.{kept}.beam_scores": scores}
            kept += 1
            if kept == 2:
                return expected
    raise SystemExit("too few generations: choose another seed")


def main():
    torch.set_num_threads(1)
    save_model(build())
    model = GPT2LMHeadModel.from_pretrained(FOLDER, attn_implementation="eager").eval()
    generator = torch.Generator().manual_seed(21)
    ids = torch.randint(0, END, (3, 17), generator=generator)
    mask = torch.ones_like(ids)
    mask[0, -5:] = 0
    labels = torch.cat([ids[:, 1:], torch.full((3, 1), -100)], dim=1)
    labels[0, -6:] = -100
    expected = {"input_ids": ids, "attention_mask": mask, "labels": labels}
    hooks = [
        block.register_forward_pre_hook(
            lambda _, inputs, key=f"residual.{index}": expected.update({key: inputs[0]}))
        for index, block in enumerate(model.transformer.h)]
    hooks.append(model.transformer.ln_f.register_forward_pre_hook(
        lambda _, inputs: expected.update({f"residual.{len(model.transformer.h)}": inputs[0]})))
    with torch.no_grad():
        output = model(ids, attention_mask=mask, output_attentions=True, output_hidden_states=True)
    for hook in hooks:
        hook.remove()
    for layer, pattern in enumerate(output.attentions):
        expected[f"attentions.{layer}"] = pattern
        entropy = -(pattern * pattern.clamp_min(1e-12).log()).sum(-1).mean()
        print(f"  attentions.{layer}: mean entropy {entropy:.2f} nats")
    expected |= {"logits": output.logits, "output": output.hidden_states[-1]}
    with torch.no_grad():
        expected["without_mask.logits"] = model(ids).logits
    expected |= generations(model, generator)
    logits = model(ids, attention_mask=mask).logits
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten())
    loss.backward()
    weights = dict(model.named_parameters())
    expected["loss"] = loss
    expected |= {f"gradient.{key}": weights[key].grad for key in GRADIENTS}
    expected = {key: value.detach().contiguous().clone() for key, value in expected.items()}
    expected = {
        key: value.to(torch.int16) if value.dtype == torch.int64 else value
        for key, value in expected.items()}
    save_file(expected, FOLDER / "expected.safetensors")
    print(f"gpt2-tiny: logits std {output.logits.std():.2f}, loss {loss:.3f}")


if __name__ == "__main__":
    main()
