#!/usr/bin/env python3
"""Writes tokenizers/steps.json: what steps of the tokenizers library make of difficult texts.

Expressions above all, as files on the hub have them and as Oniguruma's manual lists them, then the
steps that few files have. Needs the package tokenizers.
"""
import json
import pathlib
from tokenizers import Regex, decoders, models, normalizers, pre_tokenizers, processors

here = pathlib.Path(__file__).parent
behaviors = ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]

expressions = [
    r"\d", r"\d+", r"\p{N}", r"\p{N}{1,3}", r"[0-9][0-9][0-9]", r"\w+|[^\w\s]+", r"\p{P}+",
    r"[\p{L}\p{M}]+", r"\p{Lu}?\p{Ll}+", r"\s+$", r"[\r\n]", r"[一-龥]+", r"\p{Han}+", r".", r"\n",
    r"[^\S\n]+", r"(?<=\d)(?=(?:\d{3})+\b)", r"\b\w", r"(?:\r?\n)+(?!\r?\n)", r" {2,}",
    r"(?i:'s|'t)| ?\p{L}+", r"\[(.*?)\]|Br|Cl|.", r"[\u0300-\u036f]", r"\x20+", r"\x{e9}|\u00fc",
    r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+""",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"(\[[^\]]+]|Br?|Cl?|N|O|S|P|F|I|b|c|n|o|s|p|\(|\)|\.|=|#|-|\+|\\|\/|:|~|@|\?|>>?|\*|\$|\%[0-9]{2}|[0-9])",
    r"\D+", r"\W+", r"\S", r"\h+", r"\H", r"\R", r"\N+", r"\O", r"\P{L}+", r"\p{^L}+", r"a*", r"a*?",
    r"a+?", r"a??b", r"(?:ab|a)(?:c|bcd)", r"(?>a+)b|a", r"a++b|a", r"a*+", r"a?+b", r"(?:a|b)*?c",
    r"a{2}", r"a{2}?", r"a{1,2}?", r"a{,2}", r"a{2,}", r"a{1,2}+", r"a{x}", r"(?:a*)*", r"(?:a|b?)+",
    r"(?:a*?)+b", r"(a|ab)(c|bcd)(d*)", r"^.", r".$", r"\A\w+", r"\w+\z", r"\s\Z", r"\Ga", r"\B.",
    r"(?=[A-Z])", r"(?<=[a-z])(?=[A-Z])", r"(?<!\d)\d(?!\d)", r"(?<=a|bc)x", r"(?<!^)(?=\p{Lu})",
    r"(?i)dog", r"(?i:É)+", r"(?i)[^a-m\s]+", r"(?i)\p{Lu}", r"(?i)[\p{Lu}]+", r"a(?i)B|C", r"(?m).+",
    r"(?m:a.)b", r"(?x) a b # c", r"(?i-x:A)b", r"(?<name>a)b", r"(?#note)a", r"a|", r"|a", r"()",
    r"[]a]", r"[^]a]+", r"[a\-z]", r"[a-]", r"[-a]+", r"[\w&&[^\d_]]+", r"[a-z&&[^aeiou]]+",
    r"[[a-c][x-z]]+", r"[^[a-c]x]+", r"[[:alpha:]]+", r"[[:^alpha:]]+", r"[[:punct:]]+",
    r"[[:space:][:digit:]]+", r"[[:upper:]][[:lower:]]*", r"[[:alnum:]]+", r"[[:xdigit:]]+",
    r"[[:blank:]]", r"[[:cntrl:]]", r"[[:graph:]]+", r"[[:print:]]+", r"[[:word:]]+", r"[[:ascii:]]+",
    r"\p{Hiragana}+|\p{Katakana}+", r"\p{Latin}+", r"\p{Greek}",
    r"\p{Alpha}+", r"\p{Punct}", r"\p{Sc}\d+", r"\p{Zs}+", r"\p{Cc}", r"\p{C}", r"\p{Letter}+",
    r"\p{Uppercase_Letter}", r"\p{Any}", r"\p{Emoji}", r"\101|\t|\e|\a|\f|\v|\0", r"[\b\n\t]+", r"}|]",
    r"日|本", r"(?:\p{Lu}\p{Ll}*){2,}", r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++", r"\s++$|\s+(?!\S)|\s",
    r"(?:[^\p{L}]*?)\p{L}", r"\w+?\b", r"(?<=\s)\S+|^\S+", r"(?!\s)\W|\w+(?=\s|$)",
    r"(?:a+)+b", r"(?:a+)*b|a", r"(?:a?)*b", r"(?:a?)+", r"(?:a+)?b", r"(?:(?:ab)*)*", r"(?:(?:ab)+)*+b",
    r"(?:a*)*+", r"(?:(?:a|b)?)?c", r"a**b",
]
texts = [
    "Call 911! In 2024, 1234567 people's dogs  ran.\n\n  end ", "naïve Ünï 北京 １２３ e\u0301x É é",
    "CC[nH]Br.Cl", "", "aabab abcd aaa", "HelloWorld fooBar ABc", "a\r\nb\n\nc\t d\u2028e \n",
    "The DOG's 'S'll x{a} [b] ax bcx a{x}", "ひらカタ漢字 αβγ Ωμ привет €5 $12", "\u0000\u0007\u001b\f\v\b ~",
    "😀👍🏽 ok ✓ — … ‚“q”", " \u3000 \u00a0x", "aaaaaaaaab", "Ǆǅǆ ßſs Kk\u212a İıi",
]


def pieces(step, text):
    return [piece for piece, _ in step.pre_tokenize_str(text)]


splits = []
for index, expression in enumerate(expressions):
    some = behaviors if index % 4 == 0 or "(?" in expression or "*" in expression else ["isolated"]
    for behavior in some:
        for invert in ([False, True] if behavior == some[0] else [False]):
            step = pre_tokenizers.Split(Regex(expression), behavior, invert=invert)
            step_json = json.loads(step.__getstate__())
            splits.append([step_json, [pieces(step, text) for text in texts]])

others = [pre_tokenizers.UnicodeScripts(), pre_tokenizers.Digits(True), pre_tokenizers.Whitespace(),
          pre_tokenizers.Punctuation("contiguous"), pre_tokenizers.CharDelimiterSplit("a")]
if hasattr(pre_tokenizers, "FixedLength"):
    others += [pre_tokenizers.FixedLength(length=n) for n in (1, 3, 5)]
for step in others:
    splits.append([json.loads(step.__getstate__()), [pieces(step, text) for text in texts]])

rewrites = [normalizers.Nmt(), normalizers.Replace(Regex(r"\d+"), "#"),
            normalizers.Replace(Regex(r"(?<=[a-z])(?=[A-Z])"), " "),
            normalizers.Replace(Regex(r" {2,}"), " "), normalizers.Replace(Regex(r"\s+$"), ""),
            normalizers.Replace(Regex(r"[\p{Mn}\p{Cc}]"), "")]
more = "".join(chr(c) for c in range(0x250)) + "\u1680\u200b\u200f\u2028\u2581\ufeff\ufffd\u180e"
normal = [[json.loads(step.__getstate__()), [step.normalize_str(t) for t in texts + [more]]]
          for step in rewrites]

rows = [["<pad>", "h", "h", "e", "<pad>", "l", "l", "<pad>", "l", "o", "|", "|", "x", "'s", " .", "|"],
        ["a", "a", "b", "12", " ", "3a", "<pad>"], [], ["|"]]
joins = [decoders.CTC(), decoders.CTC(cleanup=False), decoders.CTC("a", "b", True),
         decoders.Replace(Regex(r"\d+"), "#"),
         decoders.Sequence([decoders.Replace(Regex(r"[a-l]+$"), "_"), decoders.Fuse()])]
decoded = [[json.loads(step.__getstate__()), [step.decode(row) for row in rows]] for step in joins]

# All there are, by the name that stands in files.

def names(module, base):
    """Concrete steps of a module, as files name them."""
    return sorted(name for name, kind in vars(module).items() if isinstance(kind, type)
                  and issubclass(kind, base) and kind is not base)


step_names = dict(
    normalizers=names(normalizers, normalizers.Normalizer),
    pre_tokenizers=names(pre_tokenizers, pre_tokenizers.PreTokenizer),
    decoders=names(decoders, decoders.Decoder),
    processors=names(processors, processors.PostProcessor),
    models=names(models, models.Model))

(here / "tokenizers/steps.json").write_text(json.dumps(
    dict(names=step_names, texts=texts, more=more, splits=splits, normalizers=normal, rows=rows, decoders=decoded),
    ensure_ascii=True, separators=(",", ":")) + "\n")
print(len(splits), "splits")
