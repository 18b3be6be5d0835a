#!/usr/bin/env python3
"""Makes the folders under tokenizers/folders/: tokenizers without a tokenizer.json, and what they do.

Needs transformers, and the files that tokenizer_kinds.py wrote. expected.json holds for every
folder and some of that script's texts the ids and what they decode to, as transformers loads the
folder; and the rows of a file that asks for truncation and padding, as tokenizers makes them.
"""
import json
import pathlib

from tokenizers import Tokenizer
from transformers import BertTokenizer, GPT2Tokenizer, Qwen2Tokenizer, RobertaTokenizer

here = pathlib.Path(__file__).parent / "tokenizers"
folders = here / "folders"
texts = json.loads((here / "kinds" / "texts.json").read_text())[::43]
texts += ["<s>a</s> <mask> b", "<|endoftext|>a <|im_start|> b", "[MASK] [SEP]a", "Ünï 日本 <pad>"]


def write(name, configuration, special=None):
    """The files of a folder, from the trained tokenizer of that name."""
    model = json.loads((here / "kinds" / f"{name}.json").read_text())["model"]
    folder = folders / name
    folder.mkdir(parents=True, exist_ok=True)
    words = sorted(model["vocab"], key=model["vocab"].get)
    if model["type"] == "WordPiece":
        (folder / "vocab.txt").write_text("".join(word + "\n" for word in words))
    else:
        (folder / "vocab.json").write_text(json.dumps(
            {word: index for index, word in enumerate(words)}, ensure_ascii=False))
        (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(
            " ".join(merge) + "\n" for merge in model["merges"]))
    (folder / "tokenizer_config.json").write_text(json.dumps(configuration, indent=1) + "\n")
    if special:
        (folder / "special_tokens_map.json").write_text(json.dumps(special, indent=1) + "\n")
    return folder


mask = {"content": "<mask>", "lstrip": True, "rstrip": False, "normalized": False,
        "single_word": False}
loaded = {
    "gpt2": (GPT2Tokenizer, write("gpt2", {"tokenizer_class": "GPT2Tokenizer"})),
    "roberta": (RobertaTokenizer, write(
        "roberta", {"tokenizer_class": "RobertaTokenizer", "add_prefix_space": True},
        {"mask_token": mask})),
    "qwen2": (Qwen2Tokenizer, write("qwen2", {
        "tokenizer_class": "Qwen2TokenizerFast", "eos_token": "<|im_end|>",
        "added_tokens_decoder": {
            str(600 + index): {"content": token, "lstrip": False, "rstrip": False,
                               "normalized": False, "single_word": False, "special": True}
            for index, token in enumerate(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])}})),
    "bert-cased": (BertTokenizer, write("bert-cased", {
        "tokenizer_class": "BertTokenizer", "do_lower_case": False})),
    "bert": (BertTokenizer, write("bert", {"tokenizer_class": "DistilBertTokenizer"})),
}
# 600 tokens, so that the ids of Qwen2's own tokens follow on.
vocabulary = json.loads((folders / "qwen2" / "vocab.json").read_text())
assert len(vocabulary) == 600, len(vocabulary)

expected = {"texts": texts, "folders": {}}
for name, (kind, folder) in loaded.items():
    tokenizer = kind.from_pretrained(folder).backend_tokenizer
    rows = []
    for text in texts:
        ids = tokenizer.encode(text).ids
        rows.append([ids, tokenizer.decode(ids, skip_special_tokens=True)])
    expected["folders"][name] = rows

limits = []
for truncation, padding in [
    ({"max_length": 6}, None),
    ({"max_length": 5, "direction": "left", "stride": 1}, {"length": 9}),
    ({"max_length": 2}, {"direction": "left", "pad_to_multiple_of": 7, "pad_id": 3}),
    ({"max_length": 300, "strategy": "only_first"}, {"length": 5, "pad_to_multiple_of": 4}),
]:
    tokenizer = Tokenizer.from_file(str(here / "kinds" / "bert.json"))
    tokenizer.enable_truncation(**truncation)
    if padding:
        tokenizer.enable_padding(**padding)
    saved = json.loads(tokenizer.to_str())
    limits.append({"truncation": json.dumps(saved["truncation"]),
                   "padding": json.dumps(saved["padding"]),
                   "rows": [tokenizer.encode(text).ids for text in texts[:12]]})
expected["limits"] = limits
(folders / "expected.json").write_text(
    json.dumps(expected, ensure_ascii=False, separators=(",", ":")) + "\n")
print(len(texts), "texts")
