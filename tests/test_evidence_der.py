"""DER within limits: what is too deep, too long or no DER at all is refused before it is interpreted."""

import pytest

from odoo.addons.account_dunning.evidence import der
from odoo.addons.account_dunning.evidence.base import SealNotChecked


def nest(depth):
    """Sequences in one another, the innermost empty."""
    content = b""
    for _level in range(depth):
        length = len(content)
        content = (b"\x30" + bytes([length]) if length < 128 else b"\x30\x81" + bytes([length])) + content
    return content


def test_what_lies_too_deep_is_not_read():
    der.check_limits(nest(der.MAX_DEPTH))
    with pytest.raises(SealNotChecked, match="too_complex"):
        der.check_limits(nest(der.MAX_DEPTH + 1))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x30",
        b"\x30\x80\x00\x00",
        b"\x30\x02\x00\x00",
        b"\x3f\x01\x00",
        b"\x30\x81\x01\x05",
        b"\x30\x82\x00\x80" + b"\x05\x00" * 64,
        b"\x30\x03\x02\x02\x01",
        b"\x05\x00\x05\x00",
    ],
    ids=[
        "nothing",
        "cut",
        "indefinite length",
        "end of contents",
        "long tag",
        "length of one byte in two",
        "length with a zero in front",
        "longer than what holds it",
        "two elements",
    ],
)
def test_what_is_no_der_is_refused(content):
    with pytest.raises(ValueError, match=r"\."):
        der.check_limits(content)
