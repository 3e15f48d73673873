"""OpenSSL's command line says the same as we do of the same samples."""

import hashlib
import shutil
import subprocess

import pytest
from evidence_samples import (
    DAY,
    NOW,
    certify,
    flip,
    get_rsa_key,
    get_seal,
    make_receipt,
    sign,
    sign_by_pss,
    sign_without_attributes,
    take_apart,
)

from odoo.addons.account_dunning.evidence import check_stamp, read

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="OpenSSL's command line is not installed")


def run(folder, *arguments):
    return subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True).returncode == 0


def write(folder, **files):
    for name, content in files.items():
        (folder / name).write_bytes(content)


def verify_pdf(folder, pdf, root):
    signature, content = take_apart(pdf)
    write(folder, signature=signature, content=content, root=root)
    moment = ["-attime", str(int(NOW.timestamp()))]
    files = ["-in", "signature", "-content", "content", "-CAfile", "root", "-out", "out"]
    return run(folder, "cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any", *files, *moment)


def make_samples():
    root = certify("Root", is_authority=True)
    by_rsa, by_curve = certify("Signer", root, key=get_rsa_key()), certify("Signer", root)
    middle = certify("Middle", root, is_authority=True)
    return {
        "receipt": (make_receipt(), get_seal().root_pem),
        "rsa": (sign(by_rsa), root.pem),
        "curve, sha384": (sign(by_curve, hash_name="sha384"), root.pem),
        "pss": (sign_by_pss(by_rsa), root.pem),
        "no attributes": (sign_without_attributes(by_curve), root.pem),
        "middle": (sign(certify("Signer", middle), others=[middle]), root.pem),
        "stranger": (make_receipt(), root.pem),
        "expired": (sign(certify("Signer", root, end=NOW - DAY)), root.pem),
        "no authority": (sign(certify("Signer", by_curve), others=[by_curve]), root.pem),
    }


@pytest.mark.parametrize("name", sorted(make_samples()))
def test_openssl_trusts_the_same_seals(name, tmp_path):
    content, root = make_samples()[name]
    trusted = read(content, [root]).seal_state == "trusted"
    assert verify_pdf(tmp_path, content, root) == trusted
    assert trusted == (name not in ("stranger", "expired", "no authority"))


@pytest.mark.parametrize("at", [20, 700, -2])
def test_openssl_breaks_the_same_seals(at, tmp_path):
    content = flip(make_receipt(), at % len(make_receipt()))
    assert read(content, [get_seal().root_pem]).seal_state == "broken"
    assert not verify_pdf(tmp_path, content, get_seal().root_pem)


def verify_stamp(folder, answer, data, root):
    write(folder, answer=answer, data=data, root=root)
    moment = ["-attime", str(int(NOW.timestamp()))]
    return run(folder, "ts", "-verify", "-data", "data", "-in", "answer", "-CAfile", "root", *moment)


@pytest.mark.parametrize(("data", "stranger"), [(b"head", False), (b"other", False), (b"head", True)])
def test_openssl_trusts_the_same_stamps(data, stranger, tmp_path):
    answer = get_seal().stamp(hashlib.sha256(b"head").digest(), NOW)
    root = certify("Root", is_authority=True).pem if stranger else get_seal().root_pem
    found = check_stamp(answer, hashlib.sha256(data).digest(), [root])
    assert verify_stamp(tmp_path, answer, data, root) == (found.seal_state == "trusted")
    assert (found.seal_state == "trusted") == (data == b"head" and not stranger)


def test_a_stamp_that_openssl_made_is_trusted(tmp_path):
    """The query, the answer and the token of another implementation."""
    seal = get_seal()
    seal.save(tmp_path)
    write(tmp_path, data=b"head", serial=b"01", config=CONFIG)
    assert run(tmp_path, "ts", "-query", "-data", "data", "-sha256", "-cert", "-out", "query")
    assert run(
        tmp_path, "ts", "-reply", "-config", "config", "-section", "own", "-queryfile", "query", "-out", "answer"
    )
    answer = (tmp_path / "answer").read_bytes()
    found = check_stamp(answer, hashlib.sha256(b"head").digest(), [seal.root_pem])
    assert found.seal_state == "trusted", found


CONFIG = b"""
[own]
serial = serial
signer_cert = authority.pem
signer_key = authority.key
certs = root.pem
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256, sha512
ess_cert_id_alg = sha256
"""
