"""Redaction: what looks like a secret in a line of text is replaced before the line leaves the sidecar.

Every pattern is bounded and starts at a fixed word, so that the time a line takes grows with its length and no faster.
What goes too far (a harmless value named `secret`) is accepted; what does not go far enough is not.
"""

from __future__ import annotations

import re

REDACTED = "[redacted]"

_NAME = (
    r"pass(?:word|wd|phrase)|pwd|secret|token(?!s|iz)|api[_-]?key|access[_-]?key|private[_-]?key|"
    r"account[_-]?key|encryption[_-]?key|credential|authorization|signature|session[_-]?id"
)
_SCHEME = r"(?:(?:bearer|basic|digest|token|negotiate|apikey)\s{1,5})?"
# In a string of JSON in JSON, in JSON, in Python; the end may be cut off.
_QUOTED = r'\\"(?:[^"\\]|\\[^"])*(?:\\")?|"(?:[^"\\]|\\.)*"?|' r"'(?:[^'\\]|\\.)*'?"

# `password=x`, `"apiKey": "x"`, `DB_PASSWORD: x`, `Authorization: Bearer x`. The name may go on (`secret_key_id`).
_NAMED = re.compile(
    rf"(?i)((?:{_NAME})[\w.-]{{0,40}}(?:\\?[\"'])?\]?\s{{0,5}}(?:=>|[:=])\s{{0,5}}{_SCHEME})"
    rf"({_QUOTED}|[^\s,;&\"'\\}}\)\]]+)"
)
_COOKIE = re.compile(r"(?i)(\b(?:set-)?cookie[\"']?\s{0,5}[:=]\s{0,5}).+")
_SCHEME_ALONE = re.compile(r"(?i)\b(bearer|basic)\s{1,5}(?=\S{0,200}[0-9_./+=-])[\w.~+/=-]{8,}")
_URL_LOGIN = re.compile(r"(://)[^\s/@?#]{1,400}@")
_QUERY = re.compile(
    r"(?i)([?&](?:key|sig|code|auth|access_token|x-[a-z-]{1,40}signature)=)[^&\s\"']+"
)
_SHAPES = re.compile(
    r"\b(?:"
    r"(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA|ABIA|ACCA)[A-Z0-9]{16}\b"  # AWS key ids
    r"|AIza[\w-]{30,}|ya29\.[\w-]{10,}|GOCSPX-[\w-]{10,}|1//0[\w-]{20,}"  # Google
    r"|gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{15,}"
    r"|sk-[\w-]{16,}|[sr]k_(?:live|test)_\w{10,}|hf_\w{20,}|xox[a-z]-[\w-]{10,}|npm_\w{30,}"
    r"|eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"  # JSON web tokens
    r")"
)
_KEY_BLOCK = re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----.*")


def redact(text: str, own_secrets: tuple[str, ...] = ()) -> str:
    """Return the line without what looks like a secret. `own_secrets` are replaced wherever they stand."""
    for secret in own_secrets:
        text = text.replace(secret, REDACTED)
    text = _KEY_BLOCK.sub(REDACTED, text)
    text = _COOKIE.sub(rf"\1{REDACTED}", text)
    text = _NAMED.sub(rf"\1{REDACTED}", text)
    text = _SCHEME_ALONE.sub(rf"\1 {REDACTED}", text)
    text = _URL_LOGIN.sub(rf"\1{REDACTED}@", text)
    text = _QUERY.sub(rf"\1{REDACTED}", text)
    return _SHAPES.sub(REDACTED, text)


def opens_private_key(line: str) -> bool:
    """Return whether the lines after this one belong to a private key."""
    return "-----BEGIN " in line and "PRIVATE KEY" in line and "-----END " not in line


def closes_private_key(line: str) -> bool:
    """Return whether this line is the last of a private key."""
    return "-----END " in line and "PRIVATE KEY" in line
