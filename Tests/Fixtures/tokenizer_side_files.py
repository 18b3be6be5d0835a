#!/usr/bin/env python3
"""Writes tokenizers/side_files.json: what the files beside a tokenizer.json change, one setting each.

For every setting of tokenizer_config.json, special_tokens_map.json and added_tokens.json that can
change ids, and some that cannot, the ids and texts that AutoTokenizer makes of a tokenizer of
tokenizers/kinds/ with that setting beside it. Needs transformers, and what tokenizer_kinds.py and
make_tokenizers.py wrote.
"""
import json
import os
import pathlib
import shutil
import tempfile

os.environ["TRANSFORMERS_VERBOSITY"] = "error"
from transformers import AutoTokenizer

here = pathlib.Path(__file__).parent / "tokenizers"
texts = ["The dog's café ran, Ünï!  日本", " naïve <s>a</s> <mask> b", "[MASK] [CLS] it ran.",
         "<|endoftext|>a newtok <extra> the", "", "x <|im_end|>the dog\n\n ran"]


def token(content, **options):
    return dict({"__type": "AddedToken", "content": content, "lstrip": False, "rstrip": False,
                 "normalized": False, "single_word": False, "special": True}, **options)


def decoder(first, *tokens):
    return {str(first + i): {k: v for k, v in t.items() if k != "__type"}
            for i, t in enumerate(tokens)}


# What any class may say.
common = [
    {},
    {"bos_token": "<extra>"}, {"eos_token": "<extra>"}, {"unk_token": "<extra>"},
    {"pad_token": "<extra>"}, {"mask_token": token("<mask>", lstrip=True)},
    {"sep_token": "<extra>"}, {"cls_token": "<extra>"},
    {"additional_special_tokens": ["<extra>", "newtok"]},
    {"extra_special_tokens": ["<extra>"]}, {"extra_special_tokens": {"image_token": "<extra>"}},
    {"added_tokens_decoder": "DECODER"}, {"split_special_tokens": True},
    {"clean_up_tokenization_spaces": True}, {"model_max_length": 4},
    {"padding_side": "left", "truncation_side": "left"},
    {"add_prefix_space": True}, {"add_prefix_space": False},
    {"add_bos_token": True}, {"add_eos_token": True},
    {"add_bos_token": True, "add_eos_token": True, "bos_token": "<s>", "eos_token": "</s>"},
    {"add_bos_token": False, "add_eos_token": False, "bos_token": "<s>", "eos_token": "</s>"},
]
kinds = {
    "bert": ("BertTokenizer", [
        {"do_lower_case": False}, {"do_lower_case": True}, {"strip_accents": False},
        {"strip_accents": True, "do_lower_case": False}, {"tokenize_chinese_chars": False},
        {"do_basic_tokenize": False}, {"never_split": ["ran"]}]),
    "bert-cased": ("BertTokenizerFast", [{"do_lower_case": True}, {"do_lower_case": False}]),
    "gpt2": ("GPT2Tokenizer", [{"errors": "strict"}, {"trim_offsets": True}]),
    "roberta": ("RobertaTokenizer", [{"trim_offsets": False}]),
    "roberta-prefix": ("RobertaTokenizerFast", []),
    "llama2": ("LlamaTokenizer", [{"legacy": True}, {"legacy": False},
                                  {"use_default_system_prompt": False},
                                  {"sp_model_kwargs": {}}, {"spaces_between_special_tokens": True}]),
    "llama2-modern": ("LlamaTokenizerFast", [{"legacy": True}, {"legacy": False}]),
    "llama3": ("PreTrainedTokenizerFast", []),
    "qwen2": ("Qwen2Tokenizer", []),
    "neox": ("GPTNeoXTokenizer", [{"trim_offsets": True}]),
    "smollm2": ("GPT2TokenizerFast", []),
}
models = {"bert": "bert", "gpt2": "gpt2", "roberta": "roberta", "llama2": "llama",
          "qwen2": "qwen2", "neox": "gpt_neox"}


def rows(name, files):
    folder = pathlib.Path(tempfile.mkdtemp())
    try:
        shutil.copy(here / "kinds" / f"{name}.json", folder / "tokenizer.json")
        for file, content in files.items():
            (folder / file).write_text(json.dumps(content))
        tokenizer = AutoTokenizer.from_pretrained(folder)
        result = []
        for text in texts:
            ids = tokenizer(text).input_ids
            result.append([ids, tokenizer.decode(
                ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)])
        return result
    finally:
        shutil.rmtree(folder)


cases = []
for name, (kind, own) in kinds.items():
    size = len(json.loads((here / "kinds" / f"{name}.json").read_text())["model"]["vocab"])
    for settings in common + own:
        settings = dict(settings)
        if settings.get("added_tokens_decoder") == "DECODER":
            settings["added_tokens_decoder"] = decoder(
                size, token("<extra>"), token("newtok", special=False, normalized=True, rstrip=True))
        cases.append((name, {"tokenizer_config.json": {"tokenizer_class": kind, **settings}}))
    for others in [
        {"added_tokens.json": {"newtok": size, "<extra>": size + 1}},
        {"special_tokens_map.json": {"eos_token": "<extra>"}},
        {"special_tokens_map.json": {"mask_token": token("<mask>", lstrip=True),
                                     "additional_special_tokens": ["newtok"]}},
        {"special_tokens_map.json": {"cls_token": "<extra>", "bos_token": "<extra>"},
         "tokenizer_config.json": {"tokenizer_class": kind, "cls_token": "newtok"}},
    ]:
        cases.append((name, {"tokenizer_config.json": {"tokenizer_class": kind}, **others}))
    if name in models:
        model = {"config.json": {"model_type": models[name]}}
        cases += [(name, {**model}), (name, {**model, "tokenizer_config.json": {
            "do_lower_case": False, "add_prefix_space": True}})]

expected, tables = [], []
for name, files in cases:
    try:
        table = rows(name, files)
    except Exception as error:  # what Python refuses, nobody has
        print(name, json.dumps(files)[:150], type(error).__name__, str(error)[:100])
        continue
    # Most settings change nothing: what they give is kept once.
    if table not in tables:
        tables.append(table)
    expected.append({"base": name, "files": files, "rows": tables.index(table)})
out = {"texts": texts, "cases": expected, "tables": tables}
(here / "side_files.json").write_text(
    json.dumps(out, ensure_ascii=True, separators=(",", ":")) + "\n")
print(len(expected), "cases,", len(tables), "different")
