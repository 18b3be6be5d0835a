"""Compares the embedded translator, as Headlight runs it, with PyTorch `transformers`.

Its weights are trained anew from time to time, so nothing of this is kept; run it after a training,
where `torch`, `transformers` (5.x) and `safetensors` are installed:

    ids="9,23,41,1;30,12,1,0" mask="1,1,1,1;1,1,1,0" target="0,7,15;0,9,0"
    swift run -c release headlight trace --model Sources/Models/Embedded/translator \\
      --input-ids "$ids" --attention-mask "$mask" --decoder-input-ids "$target" --output trace.safetensors
    python Tests/Fixtures/translator.py Sources/Models/Embedded/translator trace.safetensors \\
      "$ids" "$mask" "$target"

It prints the greatest difference of logits, of all attention and of all residuals, each relative to
the greatest value, and fails when one is above 1e-4.
"""

import sys

import torch
from safetensors.torch import load_file
from transformers import T5ForConditionalGeneration


def rows(text):
    return torch.tensor([[int(number) for number in row.split(",")] for row in text.split(";")])


def main(directory, trace, ids, mask, target):
    ours = load_file(trace)
    model = T5ForConditionalGeneration.from_pretrained(
        directory, attn_implementation="eager", dtype=torch.float32).eval()
    mask = rows(mask)
    with torch.no_grad():
        theirs = model(
            input_ids=rows(ids), attention_mask=mask, decoder_input_ids=rows(target),
            output_attentions=True, output_hidden_states=True)
    seen = mask.bool()
    pairs = [("logits", ours["logits"], theirs.logits)]
    for stack, kind, theirs_all in (
            ("encoder", "attn", theirs.encoder_attentions),
            ("decoder", "attn", theirs.decoder_attentions),
            ("decoder", "cross_attn", theirs.cross_attentions)):
        for layer, pattern in enumerate(theirs_all):
            name = f"{stack}.{layer}.{kind}.hook_pattern"
            keep = seen[:, None, :, None] if stack == "encoder" else torch.tensor(True)
            pairs.append((name, ours[name] * keep, pattern * keep))
    for stack, states in (
            ("encoder", theirs.encoder_hidden_states), ("decoder", theirs.decoder_hidden_states)):
        for layer, state in enumerate(states[:-1]):
            name = f"{stack}.{layer}.hook_resid_pre"
            keep = seen[:, :, None] if stack == "encoder" else torch.tensor(True)
            pairs.append((name, ours[name] * keep, state * keep))
    worst = 0.0
    for name, found, expected in pairs:
        assert found.shape == expected.shape, (name, found.shape, expected.shape)
        gap = float((found - expected).abs().max() / expected.abs().max())
        worst = max(worst, gap)
        print(f"{name}: {gap:.1e}")
    print(f"{len(pairs)} tensors, worst {worst:.1e}")
    if not worst <= 1e-4:
        sys.exit("the translator differs from transformers")


if __name__ == "__main__":
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    main(*sys.argv[1:])
