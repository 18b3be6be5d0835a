#!/usr/bin/env python3
"""Writes Sources/Tokenizers/Scalars/ScalarClassTable.swift: which scalars the tokenizers library counts as what.

The library's regular expressions, its BERT code and its normal forms each follow a Unicode version
of their own, so every class is asked of the library itself, over all scalars. Needs the packages
tokenizers and unicodedata2 (for combining classes newer than the library's).
"""
import pathlib
import unicodedata2
from tokenizers import Regex, normalizers, pre_tokenizers

here = pathlib.Path(__file__).parent
scalars = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
whole = "".join(scalars)


def dropped_by(splitter):
    """The scalars a splitter leaves out of the text of all of them."""
    dropped = bytearray(b"\1" * len(whole))
    for _, (start, end) in splitter.pre_tokenize_str(whole):
        dropped[start:end] = bytes(end - start)
    return [scalar for scalar, out in zip(scalars, dropped) if out]


def matching(expression):
    return dropped_by(pre_tokenizers.Split(Regex(expression), "removed"))


def emptied_by(normalizer):
    return [scalar for scalar in scalars if normalizer.normalize_str(scalar) == ""]


def bert(**options):
    settings = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False,
                    lowercase=False)
    return normalizers.BertNormalizer(**{**settings, **options})


def is_late(scalar):
    """Whether a normal form treats it otherwise than today's Unicode does."""
    for form in (normalizers.NFD, normalizers.NFC, normalizers.NFKD, normalizers.NFKC):
        if form().normalize_str(scalar) != unicodedata2.normalize(form.__name__, scalar):
            return True
    order = unicodedata2.combining(scalar)
    if order == 0:
        return False
    decompose = normalizers.NFD().normalize_str
    if order < 240:
        return decompose("\u0345" + scalar) == "\u0345" + scalar
    return decompose(scalar + "\u0334") == scalar + "\u0334"


digits = pre_tokenizers.Digits(False)
words = pre_tokenizers.Whitespace()
classes = {
    "letter": matching(r"\p{L}+"),
    "number": matching(r"\p{N}+"),
    "numeric": [s for s in scalars if len(digits.pre_tokenize_str("a" + s)) == 2],
    "word": [s for s in scalars if words.pre_tokenize_str("a" + s)[0][0] == "a" + s],
    "punctuation": dropped_by(pre_tokenizers.Punctuation("removed")),
    "accent": emptied_by(bert(strip_accents=True)),
    "combining": emptied_by(normalizers.StripAccents()),
    "control": emptied_by(bert(clean_text=True)),
}
# Nor may what a late scalar is composed of compose: its first part counts as late too.
late = {s for s in scalars if is_late(s)}
late |= {unicodedata2.normalize("NFD", s)[0] for s in late
         if unicodedata2.decomposition(s) and "<" not in unicodedata2.decomposition(s)}
classes["late"] = sorted(late)
assert matching(r"\s+") == dropped_by(pre_tokenizers.WhitespaceSplit())


def base36(number):
    digits = ""
    while number or not digits:
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[number % 36] + digits
        number //= 36
    return digits


def runs(members):
    """Alternately how many scalars to skip and how many to take."""
    numbers, end = [], 0
    for scalar in members:
        code = ord(scalar)
        if numbers and code == end:
            numbers[-1] += 1
        else:
            numbers += [code - end, 1]
        end = code + 1
    return " ".join(map(base36, numbers))


def literal(text):
    lines, line = [], ""
    for word in text.split(" "):
        if len(line) + len(word) > 92:
            lines.append(line)
            line = ""
        line += word + " "
    return "".join(f"    {line}\\\n" for line in lines) + f"    {line.strip()}\n"


out = """// Written by Tests/Fixtures/scalar_classes.py, which asks the tokenizers library.

/// For every class the scalars in it: alternately how many to skip and how many to take, base 36.
enum ScalarClassTable {
"""
for name, members in classes.items():
    out += f'  static let {name} = """\n{literal(runs(members))}    """\n'
    print(name, len(members))
(here.parent.parent / "Sources/Tokenizers/Scalars/ScalarClassTable.swift").write_text(out + "}\n")
