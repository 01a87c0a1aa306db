"""What a password may be, and one-time passwords. Pure.

The rules are NIST SP 800-63B-4's for a password that is the only factor: at least 15 characters, up to 128
here, any of them, no composition rules and no forced changes. Two writings of one text are one password
(NFC, as RFC 8265 OpaqueString has it).
"""

import unicodedata
from collections.abc import Callable

SHORTEST, LONGEST = 15, 128
"""Characters."""
LARGEST_TYPED = 1024
"""Characters of a given password that are looked at at all."""
FEWEST_DIFFERENT = 6
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


def normal(password: str) -> str:
    """The password as it is hashed: one form for one text, spaces of every kind as plain ones."""
    spaced = "".join(" " if unicodedata.category(letter) == "Zs" else letter for letter in password)
    return unicodedata.normalize("NFC", spaced)


def fault_of(password: str, name: str) -> str | None:
    """Why this cannot be a new password of ``name``; None when it can. The words quote none of it."""
    password = normal(password)
    if not SHORTEST <= len(password) <= LONGEST:
        return f"a password has {SHORTEST} to {LONGEST} characters"
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Cn") for letter in password):
        return "a password holds no control characters"
    folded = password.casefold()
    if len(set(folded)) < FEWEST_DIFFERENT or _period(folded) * 2 <= len(folded):
        return "the password repeats itself"
    if name.casefold() in folded:
        return "the password contains the operator's name"
    return None


def one_time_password(randomness: Callable[[int], bytes]) -> str:
    """Five groups of four characters that are not mistaken for one another: 99 random bits."""
    letters = ""
    while len(letters) < 20:
        # Bytes from the last, incomplete run of the alphabet would favour its first letters.
        whole = 256 - 256 % len(_ALPHABET)
        letters += "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in randomness(32) if byte < whole)
    return "-".join(letters[start : start + 4] for start in range(0, 20, 4))


def _period(text: str) -> int:
    """The length of the shortest text that, repeated, gives this one (the last time perhaps cut short)."""
    return next(size for size in range(1, len(text) + 1) if text.startswith(text[size:]))
