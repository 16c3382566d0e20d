"""The script of a character, as the ICU library counts scripts (UScriptCode), told by the character's Unicode name."""

import unicodedata

__all__ = ["script_of"]

_COMMON, _INHERITED = 0, 1
_SCRIPTS = {  # the first word of a character's name -> ICU's number
    "ARABIC": 2,
    "ARMENIAN": 3,
    "BENGALI": 4,
    "BOPOMOFO": 5,
    "CHEROKEE": 6,
    "COPTIC": 7,
    "CYRILLIC": 8,
    "DESERET": 9,
    "DEVANAGARI": 10,
    "ETHIOPIC": 11,
    "GEORGIAN": 12,
    "GOTHIC": 13,
    "GREEK": 14,
    "GUJARATI": 15,
    "GURMUKHI": 16,
    "CJK": 17,
    "HANGUL": 18,
    "HEBREW": 19,
    "HIRAGANA": 20,
    "KANNADA": 21,
    "KATAKANA": 22,
    "KHMER": 23,
    "LAO": 24,
    "LATIN": 25,
    "MALAYALAM": 26,
    "MONGOLIAN": 27,
    "MYANMAR": 28,
    "OGHAM": 29,
    "ORIYA": 31,
    "RUNIC": 32,
    "SINHALA": 33,
    "SYRIAC": 34,
    "TAMIL": 35,
    "TELUGU": 36,
    "THAANA": 37,
    "THAI": 38,
    "TIBETAN": 39,
    "CANADIAN": 40,
    "YI": 41,
    "TAGALOG": 42,
    "HANUNOO": 43,
    "BUHID": 44,
    "TAGBANWA": 45,
    "BRAILLE": 46,
}
_UNKNOWN = 103


def script_of(point):
    """The script's number of a code point; -1 if it is none.

    Args:
      point: an int.
    """
    if not 0 <= point < 0x110000:
        return -1
    sign = chr(point)
    category = unicodedata.category(sign)
    if category in ("Cn", "Co", "Cs"):
        return _UNKNOWN
    words = unicodedata.name(sign, "").split()
    if category in ("Mn", "Me") and words[:1] == ["COMBINING"]:
        return _INHERITED
    if category[0] not in "LM":
        return _COMMON
    first = words[0] if words else ""
    first = words[1] if first in ("FULLWIDTH", "HALFWIDTH") and len(words) > 1 else first
    return _SCRIPTS.get(first, _COMMON)
