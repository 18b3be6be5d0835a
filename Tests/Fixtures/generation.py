"""Writes `generation.json`: what `transformers` generates under every setting that decides it.

Run it where `torch`, `transformers` (5.x) and `safetensors` are installed:

    python Tests/Fixtures/generation.py

Each case is a model of `families/`, what is written into `generation_config.json` (or, where `place` is
`config`, into the `config.json` of an older folder without that file), the ids the model reads and the new
ids that come of it, without padding behind the end. `limit` is `max_new_tokens` as an argument, or null
where the settings alone decide.
"""

import functools
import json
import pathlib
import shutil
import tempfile

import torch
import transformers as hf

HERE = pathlib.Path(__file__).parent
MODELS = ["gpt2", "llama", "bart", "t5"]
PROMPTS = [[5, 9, 14, 5, 9], [7], [3, 40, 11, 21, 8, 8]]
PLAIN = {"bos_token_id": 3, "eos_token_id": 2, "pad_token_id": 0}


def settings(model, free):
    """Settings to try; `free` is what the model writes without any."""
    common, second = [token for token in free + [7, 11] if token not in (2, 10, 12)][:2]
    return [
        {},
        {"eos_token_id": None},
        {"eos_token_id": [2, free[3]]},
        {"eos_token_id": [2, 99, free[2]]},
        {"decoder_start_token_id": 6},
        {"decoder_start_token_id": None, "bos_token_id": 8},
        {"forced_bos_token_id": 10},
        {"forced_eos_token_id": 2},
        {"forced_eos_token_id": [2, 12]},
        {"bad_words_ids": [[common], [second, free[2]], [2]]},
        {"bad_words_ids": [[5, 9, common], [9, common], [common, second]]},
        {"suppress_tokens": [common, second]},
        {"begin_suppress_tokens": [common, second]},
        {"begin_suppress_tokens": [common, second], "forced_bos_token_id": 10},
        {"no_repeat_ngram_size": 1},
        {"no_repeat_ngram_size": 2},
        {"no_repeat_ngram_size": 3},
        {"repetition_penalty": 1.7},
        {"repetition_penalty": 0.6},
        {"min_length": 9, "eos_token_id": [free[1], free[4]]},
        {"min_new_tokens": 4, "min_length": 30, "eos_token_id": [free[1], free[5]]},
        {"repetition_penalty": 2.0, "renormalize_logits": True},
        {"suppress_tokens": [common], "repetition_penalty": 1.3, "no_repeat_ngram_size": 2,
         "min_length": 7, "forced_eos_token_id": 2, "bad_words_ids": [[second]]},
    ]


def beams(free):
    end = {"eos_token_id": [2, free[1], free[3]]}
    return [
        dict(end, length_penalty=penalty, early_stopping=stop)
        for penalty in (1.0, 0.0, 3.0, -2.0) for stop in (False, True, "never")
    ] + [{"num_beams": 1, "length_penalty": 2.0}]


def lengths():
    return [
        {"max_length": 7}, {"max_new_tokens": 3}, {"max_length": 8, "max_new_tokens": 4},
        {"max_length": 9, "forced_eos_token_id": 2}, {"max_length": 9, "num_beams": 3},
    ]


@functools.cache
def loaded(name):
    return load(name, HERE / "families" / name)


def load(name, folder):
    auto = hf.AutoModelForSeq2SeqLM if name in ("bart", "t5") else hf.AutoModelForCausalLM
    return auto.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()


def run(name, place, values, prompt, limit):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        if place == "config":
            for file in (HERE / "families" / name).glob("model*"):
                shutil.copy(file, folder)
            config = json.loads((HERE / "families" / name / "config.json").read_text())
            (folder / "config.json").write_text(json.dumps(config | values))
            model = load(name, folder)
        else:
            (folder / "generation_config.json").write_text(json.dumps(values))
            model = loaded(name)
            model.generation_config = hf.GenerationConfig.from_pretrained(folder)
        ids = torch.tensor([prompt])
        options = {} if limit is None else {"max_new_tokens": limit}
        row = model.generate(ids, attention_mask=torch.ones_like(ids), **options)[0].tolist()
        row = row[1:] if name in ("bart", "t5") else row[len(prompt):]
        ends = values.get("eos_token_id")
        ends = ends if isinstance(ends, list) else [] if ends is None else [ends]
        for place, token in enumerate(row):
            if token in ends:
                return row[:place + 1]
        return row


def main():
    hf.logging.set_verbosity_error()
    torch.set_num_threads(1)
    cases = []
    for name in MODELS:
        own = {"decoder_start_token_id": 5} if name in ("bart", "t5") else {}
        plain = PLAIN | own

        def add(values, prompt, limit, place="generation_config"):
            values = plain | values
            values = {key: value for key, value in values.items() if value is not None}
            cases.append(dict(
                model=name, place=place, settings=values, ids=prompt, limit=limit,
                expected=run(name, place, values, prompt, limit)))

        for prompt in PROMPTS:
            free = run(name, "generation_config", own | {"eos_token_id": 46}, prompt, 12)
            free += [7, 11, 13, 15, 17, 19]
            for values in settings(name, free):
                add(values, prompt, 10)
                add(values | {"num_beams": 3}, prompt, 10)
            for values in beams(free):
                add({"num_beams": 4} | values, prompt, 9)
        for values in lengths():
            add(values, PROMPTS[0], None)
        add({"num_beams": 2, "no_repeat_ngram_size": 2}, PROMPTS[0], 8, place="config")
        add({"eos_token_id": [2, free[1]]}, PROMPTS[2], 8, place="config")
    lines = ",\n".join(json.dumps(case) for case in cases)
    (HERE / "generation.json").write_text(f"[\n{lines}\n]\n")
    print(len(cases), "cases;", len({str(case["expected"]) for case in cases}), "different texts")


main()
