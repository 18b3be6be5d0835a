"""Texts for tokenizer_kinds.py: ordinary ones to train on, and ones chosen to be difficult."""
import random

WORDS = """the dog cat house ran runs running brown black white small big old new a of and is was not
translate to French English question answer capital what where who le la les un une chien chat maison
noir blanc petit grand vieux est n't pas couru été élève garçon où naïve cœur façade 123 2024 3.14
The I I'm you're we've she'll it's don't he'd THE DOG unbelievable reading reader readers
日本 日本語 東京 中国 你好 世界 привет мир собака مرحبا שלום สวัสดี नमस्ते 안녕 한국어 ελληνικά ქართული 😀 👍 , . ! ? : ; ( ) - / " ' # @
def return self.value = [0] + {x: 1} \t \n foo_bar fooBar 1,234.5 50% €20 http://example.org/a?b=c""".split(" ")
SYLLABLES = "ba be bi bo ca ce ci co da de di do ing ed er tion able un re ly ment ou ai é".split()


def training_lines(count=1500, seed=11):
    generator = random.Random(seed)
    lines = []
    for _ in range(count):
        words = []
        for _ in range(generator.randint(3, 14)):
            if generator.random() < 0.7:
                words.append(generator.choice(WORDS))
            else:
                words.append("".join(generator.choice(SYLLABLES)
                                     for _ in range(generator.randint(2, 4))))
        lines.append(" ".join(words))
    return lines


# A stretch of every script, and of everything that is no script.
BLOCKS = [(int(first, 16), int(last, 16)) for first, last in (pair.split("-") for pair in """
20-7e 0-1f 7f-a0 a0-ff 100-17f 180-24f 250-2af 2b0-2ff 300-36f 370-3ff 400-4ff 530-58f 591-5f4 600-6ff
700-74f 780-7b1 7c0-7ff 800-83e 840-85e 860-86a 870-88e 897-8ff 900-97f 980-9fe a01-a76 a81-aff b01-b77
b82-bfa c00-c7f c80-cf3 d00-d7f d81-df4 e01-e5b e81-edf f00-fda 1000-109f 10a0-10ff 1100-11ff 1200-137c
1380-139f 13a0-13fd 1400-167f 1680-169c 16a0-16f8 1700-1736 1740-1773 1780-17f9 1800-18aa 1900-194f
1950-1974 1980-19df 1a00-1a1f 1a20-1aad 1ab0-1aff 1b00-1b7f 1b80-1bff 1c00-1c7f 1c80-1cfa 1d00-1dff
1e00-1eff 1f00-1fff 2000-206f 2070-209c 20a0-20f0 2100-218b 2190-23ff 2400-24ff 2500-27bf 27c0-2bff
2c00-2dff 2e00-2e5d 2e80-2fff 3000-303f 3041-30ff 3105-31ff 3200-33ff 3400-4dbf 4e00-9fff a000-a4c6
a4d0-a62b a640-a6f7 a700-a7ff a800-a877 a880-a9df a9e0-aaff ab00-abf9 ac00-d7a3 d7b0-d7fb e000-f8ff
f900-faff fb00-fdff fe00-fe6f fe70-ffef fff0-ffff 10000-1018e 10280-103d5 10400-1056f 10570-107ba 10800-10a9f
10ac0-10eff 10f00-110cd 110d0-1147f 11480-116b9 116c0-11aa2 11ab0-11ee4 11ee5-12543 12f90-1342f
13430-14646 16100-16a38 16a40-16b8f 16d40-16e9a 16f00-187f7 18800-18cd5 18d00-18d08 1aff0-1b2fb
1bc00-1bcaf 1cc00-1cfc3 1d000-1d1ea 1d200-1d356 1d400-1d7ff 1d800-1daaf 1df00-1e2f9 1e4d0-1e6ff
1e7e0-1eef1 1f000-1f1ff 1f200-1f5ff 1f600-1f6ff 1f700-1f8ff 1f900-1faff 1fb00-1fbf9 20000-2a6df
2a700-2b81d 2b820-2ceb0 2f800-2fa1d 30000-323af 323b0-33479 e0000-e01ef f0000-ffffd 100000-10ffff
""".split())]

SPACES = ["\t", "\n", "\v", "\f", "\r", " ", "\x85", "\xa0", "\u1680", "\u2000", "\u2003", "\u200a",
          "\u2028", "\u2029", "\u202f", "\u205f", "\u3000", "\r\n", "\n\n", "  ", "\u180e", "\u200b", "\ufeff"]
SPECIALS = ["<|endoftext|>", "<|padding|>", "<|im_start|>", "<|im_end|>", "<tool_call>", "</tool_call>",
            "<|begin_of_text|>", "<s>", "</s>", "<unk>", "<pad>", "<mask>", "[CLS]", "[SEP]", "[MASK]",
            "[UNK]", "[PAD]", "<0x41>", "<0xE5>", "▁", "##", "##ing", "</w>", "<extra_id_0>",
            "<extra_id_9>", "<sep>", "Ġ", "Ġthe", "Ċ", "Hello World", "WORD", "Up", "<|end", "|>"]
MARKS = ["\u0300", "\u0301", "\u0308", "\u0323", "\u0327", "\u0338", "\u0345", "\u034f", "\u20dd", "\u05b8",
         "\u064b", "\u0e4a", "\u0f71", "\u0f74", "\u3099", "\ufe0f", "\u200d", "\u200c", "\U0001f3fd",
         "\u1ac5", "\u1dfa", "\u0898", "\U0001e4ec", "\u093c", "\u094d", "\u1161", "\u11a8", "\U000e0101"]
EMOJI = ["😀", "👩‍👩‍👧‍👦", "👍🏽", "🏳️‍🌈", "🇫🇷", "🇩🇪🇯", "❤️", "1️⃣", "🧑‍🚀", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🫩", "🪿"]
CONTRACTIONS = ["'s", "'T", "'re", "'VE", "'m", "'Ll", "'d", "'ſ", "’s", "''s", "'", "'lL", "'x", "'ve'd"]
DIGITS = ["0", "7", "42", "123", "1234", "٣", "९", "๓", "፩", "Ⅷ", "½", "①", "²", "𝟙", "〇", "一", "𒐀", "𑇡", "㊿"]
FIXED = """
||  |   |\t|\n|\r|\r\n|\u0000|a\u0000b|\x7f|\x85|\xa0|\u200b|\ufeff|\ufffd|\ufffe|\uffff|\U0010ffff|\ud7ff|\ue000
a|é|e\u0301|É|E\u0301|ﬁ|ß|ẞ|İ|ı|ΑΣ|Σ|ς|ŉ|ǅ|K|Å|ſ|ﬆ|㎏|①|ﷺ|각|\u1100\u1161\u11a8|\u0344|\u0958|\u2126|\u212b|\u1e9b\u0323
\u1734|\u1cf2|\u32ff|\U00011938|\U00011935\U00011930|\U000105d2\u0307|\U00016d67\U00016d67|\ua7f2|\u0f81\u0733
\U00010041\u0323\u0301|e\U00010041\u0301|\U000e03b1\u0301|\U00011131\U00011127\u0301|\U0001d15e\u0301|\u1100\U0001f600\u1161\u11a8|\U00011099\U000110ba
do not|I do not .|we 'm|it 's here|n't|can 't|a , b . c ! d ?|say ' no ' |John 's|they 've|you 're
don't stop|DON'T|I'M|we'Ve|'tis the '90s|''''s|x's's's|a 's b|1's|!'s| 's|  's
hello  world|hello   world|hello \tworld|hello\n\nworld| \n \n |\n \n|   \n|a \n b|a\r\n\r\nb|!\n\n|!!\r\r\n x|.\n.
3.14159|1234567|1,000,000|12 34 567|a1b2c3|१२३४५|٣٤٥٦|x²+y³|H₂O|½¼|Ⅷ|1️⃣2️⃣|１２３４
Hello, world!|Hello,world!|snake_case_name|camelCaseName|foo.bar(baz)[0]|C++ / C#|#hashtag @user|$5.00 €20 50%|a--b---c
""".strip("\n").replace("\n", "|").split("|")


def hostile():
    generator = random.Random(23)
    pick, number = generator.choice, generator.randint

    def scalar(block):
        while True:
            code = number(*block)
            if not 0xD800 <= code < 0xE000:
                return chr(code)

    yield from FIXED
    yield from SPACES + SPECIALS + MARKS + EMOJI + CONTRACTIONS + DIGITS
    for block in BLOCKS:
        for count in (1, 2, 5, 9):
            yield "".join(scalar(block) for _ in range(count))
        yield " ".join("".join(scalar(block) for _ in range(number(1, 4))) for _ in range(3))
        yield "a" + scalar(block) + "b " + scalar(block) + pick(MARKS) + "1" + scalar(block)
    for part in SPECIALS + EMOJI:
        for before, after in (("a", "b"), (" ", " "), ("  ", "\n"), ("é", "日"), (".", "_"), ("\u0301", "\u0301")):
            yield before + part + after
    kinds = [SPACES, SPECIALS, MARKS, EMOJI, CONTRACTIONS, DIGITS, WORDS, SYLLABLES]
    for first in kinds:
        for second in kinds:
            for _ in range(4):
                yield "".join(pick(pick((first, second))) for _ in range(number(2, 8)))
    for _ in range(240):
        yield "".join(pick(pick(kinds)) if generator.random() < 0.8 else scalar(pick(BLOCKS))
                      for _ in range(number(1, 12)))
    for _ in range(160):
        yield "".join(scalar(pick(BLOCKS)) for _ in range(number(1, 16)))
    for mark in MARKS:
        yield "e" + mark * 40
        yield mark * 3 + pick(SYLLABLES) + mark + pick(MARKS) + " " + mark
    for unit, count in (("a", 200), (" ", 150), ("\n", 90), ("日", 70), ("😀", 50), ("the ", 40), ("ab", 80),
                        ("\u0301", 70), ("1", 70), ("!", 90), ("\t ", 40), ("\r\n", 40), ("\xa0", 60),
                        ("<s>", 30), ("\u0000", 60), ("▁", 60), ("\u200d", 50), ("🇫🇷", 30), ("é", 101), ("z", 101)):
        yield unit * count
        yield "x" + unit * count + "y"
    for _ in range(60):
        yield " ".join(pick(WORDS + SPECIALS) for _ in range(number(4, 20)))


texts = list(dict.fromkeys(hostile()))
assert len(texts) >= 2000, len(texts)
