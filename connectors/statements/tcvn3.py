"""TCVN3 (ABC): the font encoding of Vietnamese offices before Unicode (TCVN 5712:1993, VN3).

A capital letter with a tone mark has no byte of its own there (the font draws it), so it comes out small.
"""

from __future__ import annotations

_BYTES = (
    "a1a2a3a4a5a6a7a8a9aaabacadaeb5b6b7b8b9bbbcbdbec6c7c8c9cacbcccecfd0d1d2d3d4d5d6d7d8dcdddedfe1e2e3e4e5e6e7e8e9"
    "eaebecedeeeff1f2f3f4f5f6f7f8f9fafbfcfdfe"
)
_LETTERS = "ĂÂÊÔƠƯĐăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ"
_TABLE = dict(zip(bytes.fromhex(_BYTES), _LETTERS, strict=True))


def decode_tcvn3(raw: bytes) -> str:
    """The text of ``raw``.

    Raises:
        ValueError: a byte that TCVN3 does not use; the file is written in something else.
    """
    letters = []
    for place, byte in enumerate(raw):
        if byte < 0x80:
            letters.append(chr(byte))
        elif byte == 0xA0:
            letters.append(" ")
        elif byte in _TABLE:
            letters.append(_TABLE[byte])
        else:
            raise ValueError(f"byte 0x{byte:02x} at {place} is not TCVN3")
    return "".join(letters)
