#!/usr/bin/env python3
"""Makes the files under tokenizers/kinds/ that TokenizersTests reads.

Needs the package tokenizers. Everything is drawn from fixed seeds.

- NAME.json: a small trained tokenizer of every kind that the supported model families use;
- texts.json: texts chosen to be difficult, more than 2,000 of them;
- fingerprints.json: for every tokenizer here and in the folder above, a fingerprint of what the
  library makes of each text: its ids with and without special tokens, and what they decode to;
  some rows in full; and the same fingerprints for ids drawn at random.
"""
import json
import pathlib
import random

from tokenizers import (AddedToken, Regex, Tokenizer, decoders, models, normalizers,
                        pre_tokenizers, processors, trainers)
from tokenizer_texts import texts, training_lines

here = pathlib.Path(__file__).parent / "tokenizers"
(here / "kinds").mkdir(exist_ok=True)

CL100K = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")


def byte_level(normalizer=None, pre=None, vocabulary=600, special=("<|endoftext|>",), **options):
    tokenizer = Tokenizer(models.BPE(**options))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre or pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    tokenizer.train_from_iterator(training_lines(), trainers.BpeTrainer(
        vocab_size=vocabulary, special_tokens=list(special), show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet())))
    return tokenizer


def split(digits):
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(CL100K % digits), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def gpt2():
    return byte_level()


def neox():
    """Pythia's: runs of spaces are added tokens, looked for in the normalised text."""
    tokenizer = byte_level(normalizers.NFC(), special=("<|endoftext|>", "<|padding|>"))
    tokenizer.add_tokens([AddedToken(" " * count, normalized=True) for count in range(24, 1, -1)])
    return tokenizer


def qwen2():
    tokenizer = byte_level(normalizers.NFC(), split(""), special=())
    tokenizer.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    tokenizer.add_tokens([AddedToken("<tool_call>", normalized=False), "</tool_call>"])
    return tokenizer


def smollm2():
    return byte_level(pre=pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)]),
        special=("<|endoftext|>", "<|im_start|>", "<|im_end|>"))


def llama3():
    tokenizer = byte_level(pre=split("{1,3}"), special=(), ignore_merges=True)
    tokenizer.add_special_tokens(["<|begin_of_text|>", "<|end_of_text|>"])
    identifier = tokenizer.token_to_id("<|begin_of_text|>")
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(single="<|begin_of_text|> $A",
                                      special_tokens=[("<|begin_of_text|>", identifier)])])
    return tokenizer


def roberta(prefix=False):
    tokenizer = byte_level(pre=pre_tokenizers.ByteLevel(add_prefix_space=prefix),
                           special=("<s>", "<pad>", "</s>", "<unk>", "<mask>"))
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return tokenizer


def llama2(modern=False):
    """A SentencePiece model's merges behind its normaliser; or behind Metaspace, as of late."""
    alphabet = sorted(set("".join(training_lines())) - set("😀\n"))
    core = ["<unk>", "<s>", "</s>"]
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    trained.train_from_iterator(training_lines(), trainers.BpeTrainer(
        vocab_size=500, show_progress=False, initial_alphabet=["▁"], limit_alphabet=150))
    model = json.loads(trained.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    names = core + [f"<0x{byte:02X}>" for byte in range(256)] + tokens
    # What SentencePiece also lists: longer runs of spaces, which merge as well.
    merges = [tuple(merge) for merge in model["merges"]] + [("▁", "▁"), ("▁▁", "▁▁")]
    names += ["▁▁", "▁▁▁▁"]
    tokenizer = Tokenizer(models.BPE(
        vocab={name: index for index, name in enumerate(names)}, merges=merges, unk_token="<unk>",
        fuse_unk=True, byte_fallback=True))
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
             decoders.Strip(content=" ", left=1)]
    if modern:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    else:
        tokenizer.normalizer = normalizers.Sequence(
            [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(steps)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", 1)])
    tokenizer.add_special_tokens([AddedToken(name, normalized=not modern, special=True)
                                  for name in core])
    return tokenizer


def bert(lowercase=True, **options):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase, **options)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    core = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(training_lines(), trainers.WordPieceTrainer(
        vocab_size=700, special_tokens=core, show_progress=False, limit_alphabet=200))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return tokenizer


def bert_cased():
    tokenizer = bert(lowercase=False)
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.decoder = decoders.WordPiece(cleanup=False)
    return tokenizer


def bert_bare():
    """Every step of its normaliser but the lower case off; stripped and split by other means."""
    tokenizer = bert(clean_text=False, handle_chinese_chars=False, strip_accents=False)
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKD(), normalizers.StripAccents(), tokenizer.normalizer])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Whitespace(), pre_tokenizers.Punctuation("contiguous"),
        pre_tokenizers.Digits(False)])
    return tokenizer


def suffixed():
    """CLIP's form: the end of a word is marked, and white space is dropped."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>", fuse_unk=False))
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Split(
        Regex(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"), "removed", invert=True)
    tokenizer.decoder = decoders.BPEDecoder(suffix="</w>")
    tokenizer.train_from_iterator(training_lines(), trainers.BpeTrainer(
        vocab_size=500, special_tokens=["<unk>", "<s>"], end_of_word_suffix="</w>",
        show_progress=False, limit_alphabet=150))
    return tokenizer


def prefixed():
    """Parts within a word carry a prefix; unknown characters fuse; punctuation joins the next."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", continuing_subword_prefix="##",
                                     fuse_unk=True))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.CharDelimiterSplit(" "),
        pre_tokenizers.Punctuation("merged_with_next"),
        pre_tokenizers.Split("a", "merged_with_previous")])
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.train_from_iterator(training_lines(), trainers.BpeTrainer(
        vocab_size=500, special_tokens=["<unk>", "<s>"], continuing_subword_prefix="##",
        show_progress=False, limit_alphabet=150))
    return tokenizer


kinds = {
    "gpt2": gpt2(), "neox": neox(), "qwen2": qwen2(), "smollm2": smollm2(), "llama3": llama3(),
    "roberta": roberta(), "roberta-prefix": roberta(True), "llama2": llama2(),
    "llama2-modern": llama2(True), "bert": bert(), "bert-cased": bert_cased(),
    "bert-bare": bert_bare(), "suffixed": suffixed(), "prefixed": prefixed(),
}

# --- What the library makes of the texts ----------------------------------------------------------


def fingerprint(*parts):
    """FNV-1a over ids and texts, folded to 32 bits."""
    value = 0xcbf29ce484222325
    for part in parts:
        for number in part.encode() if isinstance(part, str) else part:
            value = ((value ^ number) * 0x100000001b3) % 2**64
        value = ((value ^ 0xffffffff) * 0x100000001b3) % 2**64
    return f"{value >> 32 ^ value & 0xffffffff:08x}"


def row(tokenizer, text):
    plain = tokenizer.encode(text, add_special_tokens=False).ids
    ids = tokenizer.encode(text).ids
    return [plain, ids, tokenizer.decode(ids, skip_special_tokens=False), tokenizer.decode(ids)]


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


charsmap = (here / "charsmap.txt").read_text().strip()
everything = {path.stem: Tokenizer.from_str(path.read_text().replace("@charsmap", charsmap))
              for path in sorted(here.glob("*.json"))
              if path.stem not in ("corpus", "expected")}
for name, tokenizer in kinds.items():
    text = tokenizer.to_str()
    (here / "kinds" / f"{name}.json").write_text(text + "\n")
    everything[name] = Tokenizer.from_str(text)

draw = random.Random(5)
expected = {}
for name, tokenizer in everything.items():
    rows = [row(tokenizer, text) for text in texts]
    size = tokenizer.get_vocab_size()
    samples = [[draw.randrange(size) for _ in range(draw.randint(1, 16))] for _ in range(40)]
    expected[name] = {
        "texts": "".join(fingerprint(*cells) for cells in rows),
        "rows": {str(index): rows[index] for index in range(0, len(texts), 199)},
        "samples": [[ids, tokenizer.decode(ids, skip_special_tokens=False)] for ids in samples],
    }
(here / "kinds" / "texts.json").write_text(compact(texts))
(here / "kinds" / "fingerprints.json").write_text(compact(expected))
print(len(texts), "texts", len(everything), "tokenizers")
