"""Bytes to text: the encoding is decided here, by a list, and never left to the XML parser.

A byte order mark or the XML declaration names the encoding (XML 1.0 section 4.3.3); without either it is
UTF-8. Decoding is strict: one wrong byte refuses the document.
"""

import codecs
import re

from schemas.interop.xml.faults import XmlFault, XmlRefused

_DECLARATION = re.compile(
    r"<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(?:\"(?P<v1>[^\"]{1,16})\"|'(?P<v2>[^']{1,16})')"
    r"(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(?:\"(?P<e1>[\w.-]{1,40})\"|'(?P<e2>[\w.-]{1,40})'))?"
    r"(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*[\"'](?:yes|no)[\"'])?[ \t\r\n]*\?>",
    re.ASCII,
)

_UTF8 = {"utf-8", "utf8"}
_UTF16 = {"utf-16", "utf-16le", "utf-16be"}
_SINGLE_AND_EAST_ASIAN = {
    "us-ascii": "ascii",
    "ascii": "ascii",
    **{f"iso-8859-{part}": f"iso8859-{part}" for part in range(1, 17) if part != 12},
    **{f"windows-125{page}": f"cp125{page}" for page in range(9)},
    "koi8-r": "koi8-r",
    "koi8-u": "koi8-u",
    "gb2312": "gb2312",
    "gbk": "gbk",
    "gb18030": "gb18030",
    "big5": "big5",
    "big5-hkscs": "big5hkscs",
    "shift_jis": "shift_jis",
    "euc-jp": "euc_jp",
    "euc-kr": "euc_kr",
}


def _refuse(explanation: str) -> XmlRefused:
    return XmlRefused(XmlFault.ENCODING, 1, explanation)


def _by_mark(data: bytes) -> tuple[bytes, str, set[str]] | None:
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise _refuse("UTF-32 is not read")
    for mark, codec, names in (
        (codecs.BOM_UTF8, "utf-8", _UTF8),
        (codecs.BOM_UTF16_LE, "utf-16-le", _UTF16),
        (codecs.BOM_UTF16_BE, "utf-16-be", _UTF16),
    ):
        if data.startswith(mark):
            return data[len(mark) :], codec, names
    return None


def _declared_codec(data: bytes) -> str:
    declaration = _DECLARATION.match(data[:512].decode("latin-1"))
    name = ((declaration["e1"] or declaration["e2"] or "utf-8") if declaration else "utf-8").lower()
    if name in _UTF8:
        return "utf-8"
    if name in _SINGLE_AND_EAST_ASIAN:
        return _SINGLE_AND_EAST_ASIAN[name]
    if name in _UTF16:
        raise _refuse("UTF-16 needs a byte order mark")
    raise _refuse("the declared encoding is not one that is read")


def decode(data: bytes) -> str:
    """The document's text without its byte order mark and XML declaration, lines still counting the same.

    Raises XmlRefused (ENCODING, MALFORMED).
    """
    marked = _by_mark(data)
    body, codec, names = marked if marked else (data, _declared_codec(data), None)
    try:
        text = body.decode(codec)
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise XmlRefused(XmlFault.ENCODING, line, "bytes the encoding does not have") from None
    if "\x00" in text:
        raise _refuse("the text holds zero characters")
    if not text.startswith("<?xml") or text[5:6].isalnum() or text[5:6] in "-_.:":
        return text
    declaration = _DECLARATION.match(text)
    if declaration is None:
        raise XmlRefused(XmlFault.MALFORMED, 1, "the XML declaration is not well-formed")
    if (declaration["v1"] or declaration["v2"]) != "1.0":
        raise XmlRefused(XmlFault.MALFORMED, 1, "only XML 1.0 is read")
    name = (declaration["e1"] or declaration["e2"] or "").lower()
    if names is not None and name and name not in names:
        raise _refuse("the byte order mark and the declared encoding disagree")
    return "\n" * declaration[0].count("\n") + text[declaration.end() :]
