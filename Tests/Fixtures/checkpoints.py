"""Writes what PyTorch makes of published checkpoints: `checkpoints.json`.

Run it where `torch` and `transformers` (5.x) are installed, with the folder that `.ci/checkpoints`
filled:

    python Tests/Fixtures/checkpoints.py FOLDER

`MiniLM`: the token ids and the mask of a batch of two texts, the second padded; for each residual,
from the embeddings to the last, the sums of its values and of their magnitudes over all tokens that
are there, and the first three values of the token at [1, 2]; for each layer the same of the
attention of its head 5 from token [0, 3].

`mathformer`: what each of the four models answers to every pair of digits, as tokens, greedily, to
the end token or for eight tokens.
"""

import json
import pathlib
import sys

import torch
from transformers import AutoTokenizer, BertModel, LlamaForCausalLM

TEXTS = ["The quick brown fox jumps over the lazy dog.", "Attention is not explanation"]
OPERATIONS = {"add": "+", "sub": "-", "mul": "*", "div": "/"}


def minilm(folder):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = BertModel.from_pretrained(
        folder, attn_implementation="eager", dtype=torch.float32).eval()
    batch = tokenizer(TEXTS, padding=True, return_tensors="pt")
    output = model(**batch, output_hidden_states=True, output_attentions=True)
    mask = batch["attention_mask"].bool()
    residuals = []
    for hidden in output.hidden_states:
        values = hidden[mask].double()
        residuals.append({
            "sum": values.sum().item(), "magnitude": values.abs().sum().item(),
            "values": hidden[1, 2, :3].tolist()})
    return {
        "tokens": batch["input_ids"].tolist(), "mask": batch["attention_mask"].tolist(),
        "residuals": residuals,
        "attention": [pattern[0, 5, 3].tolist() for pattern in output.attentions]}


def mathformer(folder):
    answers = {}
    for operation, sign in OPERATIONS.items():
        model = LlamaForCausalLM.from_pretrained(folder / operation, dtype=torch.float32).eval()
        ids = json.loads((folder / operation / "vocab.json").read_text())
        rows = []
        for a in range(10):
            for b in range(10):
                prompt = torch.tensor([[ids[c] for c in f"{a}{sign}{b}="]])
                found = model.generate(
                    prompt, attention_mask=torch.ones_like(prompt), do_sample=False,
                    max_new_tokens=8)
                rows.append(found[0, prompt.shape[1]:].tolist())
        answers[operation] = rows
    return answers


def main():
    folder = pathlib.Path(sys.argv[1])
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    found = {"MiniLM": minilm(folder / "MiniLM"), "mathformer": mathformer(folder / "mathformer")}
    target = pathlib.Path(__file__).parent / "checkpoints.json"
    target.write_text(json.dumps(found, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
