#!/usr/bin/env python3
"""Writes Sources/Tokenizers/Scalars/ScalarPropertyTable.swift: what the properties of expressions hold.

Every property is asked of the library's expressions over all scalars, and the scripts that
UnicodeScripts keeps apart of that pre-tokenizer. Needs the package tokenizers.
"""
import pathlib
from tokenizers import Regex, pre_tokenizers

here = pathlib.Path(__file__).parent
# Uniform from here to there: one scalar is asked for all.
uniform = [(0x323B0, 0xDFFFF), (0xE0200, 0xEFFFF), (0xF0000, 0xFFFFD), (0xFFFFE, 0xFFFFF),
           (0x100000, 0x10FFFD), (0x10FFFE, 0x10FFFF)]
firsts = {chr(first): last for first, last in uniform}
scalars = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000
           and not any(first < code <= last for first, last in uniform)]
whole = "".join(scalars)


def matching(expression):
    left = bytearray(b"\1" * len(whole))
    for _, (start, end) in pre_tokenizers.Split(Regex(expression), "removed").pre_tokenize_str(whole):
        left[start:end] = bytes(end - start)
    return [scalar for scalar, out in zip(scalars, left) if out]


def base36(number):
    digits = ""
    while number or not digits:
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[number % 36] + digits
        number //= 36
    return digits


def runs(members):
    numbers, end = [], 0
    for scalar in members:
        code = ord(scalar)
        count = firsts.get(scalar, code) - code + 1
        if numbers and code == end:
            numbers[-1] += count
        else:
            numbers += [code - end, count]
        end = code + count
    return " ".join(map(base36, numbers))


def literal(text, indent="    "):
    lines, line = [], ""
    for word in text.split(" "):
        if len(line) + len(word) > 88:
            lines.append(line)
            line = ""
        line += word + " "
    return "".join(f"{indent}{line}\\\n" for line in lines) + f"{indent}{line.strip()}\n"


categories = "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co"
others = "alpha upper lower punct graph print emoji extendedpictographic"
scripts = """adlam ahom anatolianhieroglyphs arabic armenian avestan balinese bamum bassavah batak
bengali bhaiksuki bopomofo brahmi braille buginese buhid canadianaboriginal carian
caucasianalbanian chakma cham cherokee chorasmian common coptic cuneiform cypriot cyprominoan
cyrillic deseret devanagari divesakuru dogra duployan egyptianhieroglyphs elbasan elymaic ethiopic
georgian glagolitic gothic grantha greek gujarati gunjalagondi gurmukhi han hangul hanifirohingya
hanunoo hatran hebrew hiragana imperialaramaic inherited inscriptionalpahlavi
inscriptionalparthian javanese kaithi kannada katakana kawi kayahli kharoshthi khitansmallscript
khmer khojki khudawadi lao latin lepcha limbu lineara linearb lisu lycian lydian mahajani makasar
malayalam mandaic manichaean marchen masaramgondi medefaidrin meeteimayek mendekikakui
meroiticcursive meroitichieroglyphs miao modi mongolian mro multani myanmar nabataean nagmundari
nandinagari newa newtailue nko nushu nyiakengpuachuehmong ogham olchiki oldhungarian olditalic
oldnortharabian oldpermic oldpersian oldsogdian oldsoutharabian oldturkic olduyghur oriya osage
osmanya pahawhhmong palmyrene paucinhau phagspa phoenician psalterpahlavi rejang runic samaritan
saurashtra sharada shavian siddham signwriting sinhala sogdian sorasompeng soyombo sundanese
sylotinagri syriac tagalog tagbanwa taile taitham taiviet takri tamil tangsa tangut telugu thaana
thai tibetan tifinagh tirhuta toto ugaritic vai vithkuqi wancho warangciti yezidi yi
zanabazarsquare garay gurungkhema kiratrai olonal sunuwar todhri tulutigalari"""

properties = {name.lower(): matching(rf"\p{{{name}}}+") for name in categories.split()}
for name in (others + " " + scripts).split():
    try:
        properties[name] = matching(rf"\p{{{name}}}+")
    except Exception as error:
        print("left out:", name, error)


def is_cut(before, after):
    return len(pre_tokenizers.UnicodeScripts().pre_tokenize_str(before + after)) == 2


groups = {}
for scalar in scalars:
    if not is_cut("a", scalar) and not is_cut("α", scalar):
        continue
    order = sorted(groups, key=lambda name: name != last) if groups else []
    for name in order:
        if not is_cut(groups[name][0], scalar):
            groups[name].append(scalar)
            last = name
            break
    else:
        last = len(groups)
        groups[last] = [scalar]

out = """// Written by Tests/Fixtures/scalar_properties.py, which asks the tokenizers library.

/// For every property the scalars in it: alternately how many to skip and how many to take, base 36.
enum ScalarPropertyTable {
"""
out += f'  static let word = """\n{literal(runs(matching(chr(92) + "w+")))}    """\n\n'
out += "  /// General categories, scripts and a few more, by their names in small letters.\n"
out += "  static let properties: [String: String] = [\n"
for name, members in properties.items():
    out += f'    "{name}": """\n{literal(runs(members), "      ")}      """,\n'
out += "  ]\n\n  /// The groups that the pre-tokenizer UnicodeScripts keeps apart.\n"
out += "  static let scripts: [String] = [\n"
for members in groups.values():
    out += f'    """\n{literal(runs(members))}    """,\n'
out += "  ]\n}\n"
print(len(properties), "properties,", len(groups), "groups")
(here.parent.parent / "Sources/Tokenizers/Scalars/ScalarPropertyTable.swift").write_text(out)
