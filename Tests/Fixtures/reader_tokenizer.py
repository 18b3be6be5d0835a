"""Encodes texts with the reader's tokenizer.json by Hugging Face's `tokenizers`.

    python reader_tokenizer.py TOKENIZER.json

Writes reader_tokenizer.json beside this script: the vocabulary's size, and a list of
{"text", "ids", "decoded"}. `headlight train reader --steps 1` makes a tokenizer.json.
"""

import json
import pathlib
import sys

from tokenizers import Tokenizer

TEXTS = [
    "The capital of France is Paris.",
    "The capital of France is Paris .",
    "cat -> cat ; dog -> dog ; 12 -> 12 ;",
    "cat -> cat; dog -> dog; 12 -> 12;",
    "Syria : a country in the Middle East ; Anna Weber : a",
    "The war lasted from the year 1732 to the year 17",
    "The war lasted from the year 17 32 to the year 17",
    "one two three four 5 6 7 105",
    "Meet Anna Weber ( Vienna ) , the",
    "Anna was born in February. Paul was born in",
    "The zebra has a caf\u00e9 in Zagreb, they say!",
    "  two  spaces\tand\na line ",
    "<s>Paris<s> Rome",
    "France's capital (Paris), Rome->Italy",
    "",
]


def main():
    tokenizer = Tokenizer.from_file(sys.argv[1])
    cases = []
    for text in TEXTS:
        ids = tokenizer.encode(text).ids
        case = {"text": text, "ids": ids, "decoded": tokenizer.decode(ids)}
        cases.append(json.dumps(case, ensure_ascii=False))
    pathlib.Path(__file__).with_suffix(".json").write_text(
        '{"size": %d, "cases": [\n' % tokenizer.get_vocab_size() + ",\n".join(cases) + "\n]}\n",
        encoding="utf-8")


main()
