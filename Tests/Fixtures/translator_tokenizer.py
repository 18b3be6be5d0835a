"""Encodes texts with the translator's tokenizer.json by Hugging Face's `tokenizers`.

    python translator_tokenizer.py TOKENIZER.json [TEXTS.txt]

Writes translator_tokenizer.json beside this script: a list of {"text", "ids"}. Without a file of
texts, one a line, it encodes those that the fixture already holds.
"""

import json
import pathlib
import sys

from tokenizers import Tokenizer

FIXTURE = pathlib.Path(__file__).with_suffix(".json")

UNKNOWN = [
    "Zo\u00e9 aime les gar\u00e7ons.",
    "Translate to French: The zebra ran.",
    "two  spaces ",
    "\u732b \u00fcber Stra\u00dfe",
    "emoji \U0001f600 and 1,234.5!",
    "caf\u0065\u0301\tand\ttabs\n",
    "What is the capital of Liechtenstein?",
    "dogs. Dogs dogsdogs l'homme L'HOMME",
]


def main():
    tokenizer = Tokenizer.from_file(sys.argv[1])
    if len(sys.argv) > 2:
        texts = pathlib.Path(sys.argv[2]).read_text(encoding="utf-8").splitlines() + UNKNOWN
    else:
        texts = [case["text"] for case in json.loads(FIXTURE.read_text(encoding="utf-8"))]
    cases = []
    for text in texts:
        ids = tokenizer.encode(text).ids
        assert tokenizer.decode(ids) == text, text
        cases.append(json.dumps({"text": text, "ids": ids}, ensure_ascii=False))
    FIXTURE.write_text("[\n" + ",\n".join(cases) + "\n]\n", encoding="utf-8")


main()
