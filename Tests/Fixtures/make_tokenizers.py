#!/usr/bin/env python3
"""Makes the files under tokenizers/ that TokenizersTests reads.

Needs the packages tokenizers and sentencepiece. Everything is drawn from fixed seeds.

- charsmap.txt: SentencePiece's nmt_nfkc map in base64, once for every tokenizer that uses it;
- NAME.json: a small tokenizer.json, with "@charsmap" where that text belongs;
- corpus.json: the texts;
- expected.json: for every tokenizer and text the ids and what they decode to, and for every long
  line, which the tests build by the same rule, the number of ids and a hash of them; and what
  ids drawn at random decode to.
"""
import base64
import io
import json
import pathlib
import random

import sentencepiece
from tokenizers import Tokenizer

here = pathlib.Path(__file__).parent / "tokenizers"
here.mkdir(exist_ok=True)

# --- A small corpus to train on -------------------------------------------------------------------

words = """the dog cat house run runs ran running brown black white small big old new a of and is was
not translate to French English question answer capital what where who le la les un une chien chat
maison noir blanc petit grand vieux a est n' pas courir couru été élève garçon où naïve cœur façade
123 2024 3.14 the The I you he she it we they eat eats eating eaten unbelievable reading reader
日本 日本語 東京 中国 你好 世界 привет мир مرحبا שלום สวัสดี नमस्ते 안녕 😀 , . ! ? : ; ( ) - /""".split()


syllables = "ba be bi bo ca ce ci co da de di do ing ed er tion able un re ly ment ou ai é".split()


def sentences(count, seed):
    generator = random.Random(seed)

    def word():
        if generator.random() < 0.6:
            return generator.choice(words)
        return "".join(generator.choice(syllables) for _ in range(generator.randint(2, 4)))

    for _ in range(count):
        yield " ".join(word() for _ in range(generator.randint(3, 14)))


def train(**options):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=sentences(4000, 1), model_writer=model, minloglevel=2,
        num_threads=1,
        hard_vocab_limit=False, **options)
    return model.getvalue()


def fields(message):
    """The fields of a protocol buffer message: (number, value); enough of the format for this."""
    position = 0

    def varint():
        nonlocal position
        value = shift = 0
        while True:
            byte = message[position]
            position += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while position < len(message):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
        elif key & 7 == 2:
            length = varint()
            yield key >> 3, message[position:position + length]
            position += length
        else:
            length = 8 if key & 7 == 1 else 4
            yield key >> 3, message[position:position + length]
            position += length


def charsmap(model):
    specification = dict(fields(model))[3]
    return dict(fields(specification))[2]


def pieces(model):
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    return [(processor.id_to_piece(i), round(processor.get_score(i), 5))
            for i in range(processor.get_piece_size())]


spm = train(vocab_size=420, model_type="unigram", normalization_rule_name="nmt_nfkc",
            pad_id=0, eos_id=1, unk_id=2, bos_id=-1, character_coverage=0.999)
spm_bytes = train(vocab_size=560, model_type="unigram", normalization_rule_name="identity",
                  byte_fallback=True, remove_extra_whitespaces=False, pad_id=0, eos_id=1, unk_id=2,
                  bos_id=-1)

# --- The tokenizers -------------------------------------------------------------------------------

map_text = base64.b64encode(charsmap(spm)).decode()
precompiled = {"type": "Precompiled", "precompiled_charsmap": "@charsmap"}


def added(identifier, content, special=True, lstrip=False, rstrip=False, normalized=None,
          single_word=False):
    return {"id": identifier, "content": content, "single_word": single_word, "lstrip": lstrip,
            "rstrip": rstrip, "normalized": (not special) if normalized is None else normalized,
            "special": special}


def file(model, normalizer=None, pre_tokenizer=None, post_processor=None, decoder=None, tokens=()):
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": list(tokens),
            "normalizer": normalizer, "pre_tokenizer": pre_tokenizer,
            "post_processor": post_processor, "decoder": decoder, "model": model}


def closing(token, identifier):
    return {"type": "TemplateProcessing",
            "single": [{"Sequence": {"id": "A", "type_id": 0}},
                       {"SpecialToken": {"id": token, "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}},
                     {"SpecialToken": {"id": token, "type_id": 0}},
                     {"Sequence": {"id": "B", "type_id": 0}},
                     {"SpecialToken": {"id": token, "type_id": 0}}],
            "special_tokens": {token: {"id": token, "ids": [identifier], "tokens": [token]}}}


core = [added(0, "<pad>"), added(1, "</s>"), added(2, "<unk>")]
t5_pieces = pieces(spm)
extra = [(f"<extra_id_{i}>", 0.0) for i in reversed(range(10))]
t5_unigram = {"type": "Unigram", "unk_id": 2, "vocab": t5_pieces + extra}
t5_tokens = core + [added(len(t5_pieces) + i, name) for i, (name, _) in enumerate(extra)]
old_metaspace = {"type": "Metaspace", "replacement": "▁", "str_rep": "▁", "add_prefix_space": True}


def metaspace(scheme, split=True):
    return {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": split}


byte_pieces = pieces(spm_bytes)
word_list = ["[PAD]", "[UNK]", "[MASK]", "the", "dog", "cat", "é", "e\u0301", "ﬁ", "fi", "naïve",
             "été", "日本", "123", "!", "?", "...", "i\u0307", "ß", "ss", "σ", "ς", "a_b", "안녕",
             "२०", "नमस्ते", ".", ",", "-", "a", "hello", "world"]
spm_style = {"type": "Sequence", "normalizers": [
    precompiled, {"type": "Strip", "strip_left": False, "strip_right": True},
    {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"}]}

files = {
    # T5, as its file is written today and as it was first written.
    "t5": file(t5_unigram, precompiled,
               {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"},
                                                      metaspace("always")]},
               closing("</s>", 1), metaspace("always"), t5_tokens),
    "t5-old": file(t5_unigram, precompiled,
                   {"type": "Sequence",
                    "pretokenizers": [{"type": "WhitespaceSplit"}, old_metaspace]},
                   closing("</s>", 1), old_metaspace, t5_tokens),
    # What the converter of sentencepiece models writes for most others.
    "sentencepiece": file(t5_unigram, spm_style, metaspace("first"),
                          {"type": "Sequence", "processors": [closing("</s>", 1)]},
                          metaspace("first"),
                          core + [added(len(t5_pieces), "<extra_id_9>", lstrip=True),
                                  added(len(t5_pieces) + 10, "<sep>", rstrip=True)]),
    # The layout of the embedded models: bytes for what is unknown, no normaliser.
    "bytes": file({"type": "Unigram", "unk_id": 2, "byte_fallback": True, "vocab": byte_pieces},
                  None, metaspace("always"), closing("</s>", 1),
                  {"type": "Sequence", "decoders": [
                      {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
                      {"type": "ByteFallback"}, {"type": "Fuse"},
                      {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}, core),
    # Spaces are left to the model: no pre-tokenizer at all.
    "prepended": file({"type": "Unigram", "unk_id": 2, "byte_fallback": False,
                       "vocab": byte_pieces},
                      {"type": "Sequence", "normalizers": [
                          {"type": "NFC"}, {"type": "Prepend", "prepend": "▁"},
                          {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
                      None, None, metaspace("never", False), core),
    "words": file({"type": "WordLevel", "unk_token": "[UNK]",
                   "vocab": {word: i for i, word in enumerate(word_list)}},
                  {"type": "Sequence", "normalizers": [
                      {"type": "NFKC"}, {"type": "Lowercase"},
                      {"type": "Strip", "strip_left": True, "strip_right": True}]},
                  {"type": "Whitespace"}, None, None,
                  [added(0, "[PAD]"), added(1, "[UNK]"), added(2, "[MASK]", lstrip=True),
                   added(len(word_list), "Hello World", special=False),
                   added(len(word_list) + 1, "WORD", special=False, single_word=True),
                   added(len(word_list) + 2, "Up", special=False, normalized=False, lstrip=True,
                         rstrip=True)]),
    "decomposed": file({"type": "WordLevel", "unk_token": "[UNK]",
                        "vocab": {word: i for i, word in enumerate(word_list)}},
                       {"type": "NFD"}, {"type": "WhitespaceSplit"}),
}

# --- The texts ------------------------------------------------------------------------------------

hostile = [
    "", " ", "  ", "\t", "\n", "\r\n", "\r", "a", " a", "a ", " a ", "  a  b  ", "\na\n\nb\n",
    "the dog ran", "The Dog Ran.", "le chien n'a pas couru", "été", "e\u0301te\u0301", "où", "ou\u0300",
    "naïve cœur façade", "nai\u0308ve", "ﬁn", "ﬁ\u0301n", "ﬀﬁﬂﬃﬄ", "ℌello", "ｈｅｌｌｏ　ｗｏｒｌｄ", "①②③", "½ ¼", "ß ẞ ss",
    "İstanbul", "ıI", "ΣΊΣΥΦΟΣ σς", "ǅ ǆ", "x² + y³", "H₂O", "™ © ®", "™\u001eg", "\u001e™", "Å Å A\u030a",
    "e\u0301\u0301\u0301", "a\u0323\u0307 a\u0307\u0323", "\u0301alone", " \u0301x", "q\u0307\u0323", "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢",
    "😀", "😀😀 😀", "👩‍👩‍👧‍👦", "👍🏽", "🏳️‍🌈", "🇫🇷🇩🇪🇯🇵", "🇫", "❤️", "❤", "1️⃣", "🧑‍🚀🧑🏿‍🚀", "a👩‍🔬b",
    "日本語", "東京に行く", "你好，世界！", "안녕하세요", "\u1112\u1161\u11ab\u1100\u116e\u11a8", "ｶﾞｷﾞｸﾞ", "ガ ガ", "㌔㍍", "株式会社㈱", "〜～",
    "مرحبا بالعالم", "ﷺ", "ﷲ", "لا إله", "שָׁלוֹם", "สวัสดีครับ", "ำน\u0e49ำ3ลำ", "नमस्ते दुनिया", "क्षि", "க்ஷௌ", "ক্ষ", "བོད་ཡིག",
    "မြန်မာ", "ខ្មែរ", "ລາວ", "ქართული", "Ελληνικά", "Русский ёж", "\u0000", "a\u0000b", "a\u0001b\u0002", "\u007f", "\u0080\u009f",
    "a\u200bb", "\u200bhello", "a\u200cb\u200dc", "\u200e\u200f", "\ufeffhello", "hel\ufefflo", "a\u00adb", "a\u00a0b", "\u00a0", "a\u2003b\u2009c",
    "a\u3000b", "a\u2028b\u2029c", "a\u0085b", "a\u000bb\u000cc", "▁", "▁▁", "▁the", "the▁dog", " ▁ the", "a▁", "▁ ▁",
    "</s>", "<pad>", "<unk>", "the <unk> dog", "<unk>x", "x<unk>", "日<unk>本", "the</s>dog", "the </s> dog", "</s></s>", "</s", "< /s>",
    "<extra_id_0>", "<extra_id_9>", "the  <extra_id_9>  dog", "<extra_id_1><extra_id_2>", "<extra_id_10>", "<extra_id_>", "<sep>", "a <sep>  b", "a<sep>\t\u00a0\nb", " <sep> <extra_id_9> ",
    "<EXTRA_ID_0>", "＜/s＞", "<0x41>", "<0xE5><0x8F><0xAB>", "[MASK]", "the   [MASK] dog", "[UNK][PAD]", "Hello World", "hello world", "HELLO  WORLD", "Helloworld Hello Worlds",
    "WORD", "word", "aWORD WORDb WORD.", "WORD_ WORD-", "◌̰WORD", "WORD\u0301", "Up", " Up ", "\t\n Up \u2003x", "UpUp Up", "supper", "up",
    "a_b a-b a.b", "...!?", "don't", "don’t", "“quoted”", "«guillemets»", "a…b", "–—―", "1,234.5", "२०२४", "٣٤٥", "𝟙𝟚𝟛", "𝒽ℯ𝓁𝓁ℴ", "𐍈𐌰", "𠀀𪚥", "\U0010ffff", "\ue000\uf8ff", "\ufffd", "\ufffe\uffff",
    "a" * 40, "ab" * 50, " " * 50, "a" + " " * 200 + "b", "\n" * 30, "\t \t \t", "the " * 40, "unbelievablereadingrunning", "日" * 30, "😀" * 20, "e" + "\u0301" * 60, "\u200d" * 9, "🇫🇷" * 7 + "🇫",
    "\r\n\r\na\r\nb\n\rc", "a\r\u0301b", "\u0600a", "\u0d4ea", "क\u094d\u200dष", "\U0001f468\u200d", "\u1100\u1161\u11a8", "\u0e33", "\u0eb3", "ೆ\u0cd5", "\u0344", "\u2126\u212a\u212b", "\u1e9b\u0323", "\ufb2c", "\u0958", "\u2adc",
    "Translate to French: The brown dog ran.", "What is the capital of France?", "Le chien brun a couru.", "C'est l'été à Paris, n'est-ce pas ?",
]

alphabets = [
    "abcdefghij the dog", "éèêëàçœæßøåñ ", "e\u0301\u0300\u0308\u0323 ao", "日本語中国你好世界、。　",
    "абвгдеёжз ", "مرحبابالعالم ًٌٍ", "สวัสดีครับำ่้ ", "नमस्ते्ािी ", "안녕하세요한국ᄒ\u1161\u11ab ",
    "😀👩👨\u200d🏽🇫🇷❤\ufe0f🧑 ", "\u200b\u200c\u200d\u200e\ufeff\u00ad a", "\t\n\r\u000b\u000c \u00a0\u2003\u3000\u0085x",
    "\u0000\u0001\u0008\u001f\u007fab ", "ﬁﬂ①²™½㌔ﷺｶﾞＡ ", "▁ a<>/s", "!?.,;:-_'\"()[] ab", "𝟙𝒽𠀀𐍈 ",
    "ΑΒΓΣσςΆά\u0345 ", "\u1100\u1161\u11a8\uac00\uac01 ", "כשלום\u05b8\u05c1 ",
]
generator = random.Random(7)
random_texts = ["".join(generator.choice(alphabet) for _ in range(generator.randint(1, 24)))
                for alphabet in alphabets for _ in range(7)]
everything = "".join(alphabets)
random_texts += ["".join(generator.choice(everything) for _ in range(generator.randint(1, 40)))
                 for _ in range(60)]
inserts = ["</s>", "<pad>", "<unk>", "<extra_id_3>", "<sep>", "[MASK]", "Hello World", "WORD", "Up"]
random_texts += [" ".join(generator.choice(words + inserts) for _ in range(generator.randint(1, 9)))
                 for _ in range(40)]
texts = list(dict.fromkeys(hostile + random_texts))


def long_lines():
    """Lines of about 100 kB, by rules that TokenizersTests repeats."""
    state = 1

    def below(count):
        nonlocal state
        state = (state * 1103515245 + 12345) % 2**31
        return state // 65536 % count

    yield "words", " ".join(words[below(len(words))] for _ in range(17000))
    yield "one word", "".join("aeioudtrnl"[below(10)] for _ in range(100000))
    yield "spaces", " " * 100000
    yield "one cluster", "e" + "\u0301" * 50000
    yield "unknown", "".join(chr(0x4e00 + below(5000)) for _ in range(33000))
    yield "tokens", "</s> <pad>" * 10000


def fingerprint(ids):
    """FNV-1a over the ids, 64 bits, as text since JSON numbers are not that wide."""
    value = 0xcbf29ce484222325
    for identifier in ids:
        value = ((value ^ identifier) * 0x100000001b3) % 2**64
    return str(value)


# --- Expectations ---------------------------------------------------------------------------------

expected = {}
for name, content in files.items():
    text = json.dumps(content, ensure_ascii=False)
    tokenizer = Tokenizer.from_str(text.replace("@charsmap", map_text))
    (here / f"{name}.json").write_text(text + "\n")
    rows = []
    for line in texts:
        ids = tokenizer.encode(line).ids
        plain = tokenizer.encode(line, add_special_tokens=False).ids
        closing_ids = ids[len(plain):]
        assert ids == plain + closing_ids
        kept = tokenizer.decode(ids, skip_special_tokens=False)
        skipped = tokenizer.decode(ids, skip_special_tokens=True)
        rows.append([plain, closing_ids, kept, None if skipped == kept else skipped])
    lines = {}
    for rule, line in long_lines():
        ids = tokenizer.encode(line, add_special_tokens=False).ids
        lines[rule] = [len(ids), fingerprint(ids)]
    size = tokenizer.get_vocab_size()
    draw = random.Random(3)
    samples = [[draw.randrange(size) for _ in range(draw.randint(1, 12))] for _ in range(14)]
    expected[name] = {"size": size, "rows": rows, "long": lines, "decoded": [
        [ids, tokenizer.decode(ids, skip_special_tokens=False)] for ids in samples]}

# The two spellings are one tokenizer; the tests hold both against the same answers.
assert expected.pop("t5-old") == expected["t5"]


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


(here / "charsmap.txt").write_text(map_text + "\n")
(here / "corpus.json").write_text(compact({"words": words, "texts": texts}))
(here / "expected.json").write_text(compact(expected))
print(len(texts), "texts")
