"""pyHanko's look at the same seals: it agrees, tells what changed between revisions, and never raises a state."""

import pytest
from evidence_samples import NOW, certify, flip, get_seal, make_pdf, make_receipt, sign, sign_as_stamp, update

from odoo.addons.account_dunning.evidence import pyhanko_check, read

installed = pytest.mark.skipif(not pyhanko_check.is_installed(), reason="pyHanko is not installed")


@pytest.fixture(scope="module")
def root():
    return certify("Root", is_authority=True)


@installed
def test_it_agrees_on_one_seal():
    assert pyhanko_check.check_revisions(make_receipt()) == (True, True)
    assert read(make_receipt(), [get_seal().root_pem]).seal_state == "trusted"


@installed
def test_it_sees_a_changed_byte_and_an_update():
    for at in (40, 700, len(make_receipt()) - 300):
        assert pyhanko_check.check_revisions(flip(make_receipt(), at)) != (True, True)
    assert pyhanko_check.check_revisions(update(make_receipt())) != (True, True)


@installed
def test_a_second_seal_that_changed_nothing_leaves_nothing_unchecked(root):
    content = sign(certify("Second", root), pdf=sign(certify("First", root)))
    found = read(content, [root.pem])
    assert found.seal_state == "trusted"
    assert "revision_not_checked" not in found.remarks


@installed
def test_a_change_under_a_second_seal_breaks_it(root):
    content = sign(certify("Second", root), pdf=update(sign(certify("First", root))))
    found = read(content, [root.pem])
    assert found.seal_state == "broken"
    assert "changed_between_revisions" in found.remarks


@installed
def test_it_cannot_tell_of_what_it_cannot_read():
    for content in (b"", b"%PDF-1.7\n", make_pdf(), bytes(pyhanko_check.MAX_FILE + 1)):
        assert pyhanko_check.check_revisions(content) is None


@pytest.mark.parametrize(
    ("answer", "state", "remark"),
    [
        ((False, True), "broken", "second_check_disagrees"),
        ((True, True), "trusted", "revocation_not_checked"),
        (None, "trusted", "revocation_not_checked"),
    ],
)
def test_a_disagreement_breaks_a_seal(answer, state, remark, monkeypatch):
    monkeypatch.setattr(pyhanko_check, "check_revisions", lambda content: answer)
    found = read(make_receipt(), [get_seal().root_pem])
    assert found.seal_state == state
    assert remark in found.remarks


def test_it_raises_no_state(root, monkeypatch):
    monkeypatch.setattr(pyhanko_check, "check_revisions", lambda content: (True, True))
    authority = certify("Stamps", root, for_time_stamps=True)
    assert read(flip(make_receipt(), 40)).seal_state == "broken"
    assert read(make_receipt()).seal_state == "intact"
    assert read(sign_as_stamp(sign(certify("Signer", root)), authority, NOW), [root.pem]).seal_state == "not_checked"
