"""The text and the tokenizers that compare.py times `Tokenize` with, and the library's own time.

    python Benchmarks/tokenize_peer.py make FOLDER
    python Benchmarks/tokenize_peer.py time TOKENIZER.json TEXT
"""
import os, pathlib, pydoc_data.topics, statistics, sys, sysconfig, time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"
from tokenizers import (Tokenizer, decoders, models, normalizers, pre_tokenizers, processors,
                        trainers)


def english():
    """Prose that every Python has: its reference manual, and the comments of its library."""
    topics = "\n\n".join(pydoc_data.topics.topics.values())
    folder = pathlib.Path(sysconfig.get_paths()["stdlib"])
    sources = "\n\n".join(path.read_text(errors="ignore") for path in sorted(folder.glob("*.py")))
    return topics, sources


def make(folder):
    topics, sources = english()
    text = (topics + "\n\n" + sources)[:1_000_000]
    pathlib.Path(folder, "text.txt").write_text(text)
    lines = (topics + sources).splitlines(keepends=True)

    def train(name, model, trainer, pre_tokenizer, normalizer=None):
        tokenizer = Tokenizer(model)
        tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, pre_tokenizer
        tokenizer.train_from_iterator(lines, trainer)
        tokenizer.save(os.path.join(folder, f"{name}.json"))

    quiet = {"show_progress": False}
    train("bpe", models.BPE(), trainers.BpeTrainer(
        vocab_size=50257, min_frequency=1, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        **quiet), pre_tokenizers.ByteLevel(add_prefix_space=False))
    train("wordpiece", models.WordPiece(unk_token="[UNK]"), trainers.WordPieceTrainer(
        vocab_size=30522, min_frequency=1, special_tokens=["[UNK]", "[CLS]", "[SEP]"], **quiet),
        pre_tokenizers.BertPreTokenizer(), normalizers.BertNormalizer())
    train("unigram", models.Unigram(), trainers.UnigramTrainer(
        vocab_size=32000, unk_token="<unk>", special_tokens=["<pad>", "</s>", "<unk>"], **quiet),
        pre_tokenizers.Metaspace(), normalizers.NFKC())


def measure(tokenizer, text):
    tokenizer = Tokenizer.from_file(tokenizer)
    paragraphs = pathlib.Path(text).read_text().split("\n\n")
    times = []
    for _ in range(9):
        start = time.perf_counter()
        ids = sum(len(encoding.ids) for encoding in tokenizer.encode_batch_fast(paragraphs))
        times.append((time.perf_counter() - start) * 1e3)
    print("median", statistics.median(times), "ms, ids", ids)


{"make": make, "time": measure}[sys.argv[1]](*sys.argv[2:])
