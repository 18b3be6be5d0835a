"""Writes `tokenizer_pairs.json`: what `tokenizers` makes of two texts as one input.

Run it where `tokenizers` is installed, from anywhere; it reads the tokenizers of this folder.
"""

import json
import pathlib

from tokenizers import Tokenizer

HERE = pathlib.Path(__file__).parent
TEXTS = [("The dog ran.", "It was tired."), ("Café", ""), ("a", "b c d"), ("", "x")]
FILES = sorted((HERE / "tokenizers/kinds").glob("*.json"))
BERT = {"type": "BertProcessing", "sep": ["x", 5], "cls": ["y", 6]}
ROBERTA = {"type": "RobertaProcessing", "sep": ["x", 5], "cls": ["y", 6], "trim_offsets": True,
           "add_prefix_space": False}
BYTES = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
TEMPLATE = {
    "type": "TemplateProcessing", "single": [{"Sequence": {"id": "A", "type_id": 0}}],
    "pair": [
        {"SpecialToken": {"id": "x", "type_id": 2}}, {"Sequence": {"id": "B", "type_id": 1}},
        {"SpecialToken": {"id": "x", "type_id": 1}}, {"Sequence": {"id": "A", "type_id": 0}}],
    "special_tokens": {"x": {"id": "x", "ids": [5, 6], "tokens": ["x", "y"]}}}
OTHERS = [
    None, BERT, ROBERTA, BYTES, TEMPLATE,
    {"type": "Sequence", "processors": [BYTES, TEMPLATE]},
]

cases = []
for file in FILES:
    if "post_processor" not in (content := json.loads(file.read_text())):
        continue
    processors = [content["post_processor"]] + (OTHERS if file.name == "bert.json" else [])
    for processor in processors:
        tokenizer = Tokenizer.from_str(json.dumps(content | {"post_processor": processor}))
        tokenizer.no_truncation(), tokenizer.no_padding()
        for first, second in TEXTS:
            found = tokenizer.encode(first, second)
            cases.append(dict(
                file=str(file.relative_to(HERE)), processor=processor, texts=[first, second],
                ids=found.ids, types=found.type_ids))
lines = ",\n".join(json.dumps(case) for case in cases)
(HERE / "tokenizer_pairs.json").write_text(f"[\n{lines}\n]\n")
print(len(cases), "cases")
