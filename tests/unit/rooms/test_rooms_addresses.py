"""Only addresses that harm nobody are opened for all."""

import pytest

from webvisio_rooms.domain.addresses import is_web_address


@pytest.mark.parametrize(
    "address",
    ["https://docs.python.org/3/", "http://localhost:8000/x?y=1#z", "https://[2001:db8::1]/", "https://é.fr"],
)
def test_a_web_address_is_opened(address: str) -> None:
    assert is_web_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "", "python.org", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://x.org",
        "https://", "https:///path", "https://user:secret@x.org/", "https://bank.example@evil.example",
        "https://x.org/a b", "https://x.org/\u202e", "https://x.org:99999/", " https://x.org", "//x.org",
    ],
)  # fmt: skip
def test_anything_else_is_refused(address: str) -> None:
    assert not is_web_address(address)
