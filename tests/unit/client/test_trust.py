from __future__ import annotations

import ssl

import pytest

from tagent_client.trust import trust


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]"])
def test_on_this_machine_without_tls_nobody_has_to_be_verified(url: str) -> None:
    verify = trust(url)
    assert isinstance(verify, ssl.SSLContext)
    # And nobody would be: it is no way round the verification of others.
    assert verify.verify_mode is ssl.CERT_REQUIRED
    assert verify.check_hostname
    assert verify.get_ca_certs() == []


@pytest.mark.parametrize("url", ["https://127.0.0.1", "https://tagent.example", "http://platform"])
def test_everybody_else_is_verified_as_usual(url: str) -> None:
    assert trust(url) is True
