"""A time-stamp of somebody else over the end of a chain of proofs (RFC 3161)."""

import hashlib
import secrets
from typing import NamedTuple

from odoo import api, models
from odoo.tools.misc import format_datetime

from ..delivery.base import DeliveryError
from ..delivery.timestamp import TimestampService
from ..evidence.base import ParseProblem
from ..evidence.timestamp_request import read_answer, write_request


class Asked(NamedTuple):
    """What a call needs, so that nothing is read from the database while it lasts."""

    url: str
    digest: bytes  # SHA-256, 32 bytes
    nonce: int
    roots: tuple[bytes, ...]


class AccountDunningAnchorTimestamp(models.AbstractModel):
    _name = "account.dunning.anchor.timestamp"
    _description = "Time-Stamp of the Proofs"

    @api.model
    def _prepare(self, company, line):
        """What to ask about this text."""
        digest = hashlib.sha256(line.encode()).digest()
        roots = self.env["account.dunning.trust.root"]._get_certificates(company)
        return Asked(company.dunning_timestamp_url, digest, secrets.randbits(63) or 1, roots)

    @api.model
    def _fetch(self, asked):
        """(token in DER, who stamped it and when in words), or (None, why there is none)."""
        try:
            answer = TimestampService(asked.url).ask(write_request(asked.digest, asked.nonce))
        except DeliveryError as error:
            return None, self.env._("The time-stamp service: %s", error.reason)
        found = read_answer(answer, asked.digest, asked.nonce, asked.roots)
        if isinstance(found, ParseProblem):
            return None, self._say_problem(found)
        token, evidence = found
        return token, self._say_stamp(evidence, asked.roots)

    @api.model
    def _say_stamp(self, evidence, roots):
        moment = format_datetime(self.env, evidence.stamped_at.replace(tzinfo=None), tz="UTC")
        stamped = self.env._("%(signer)s, %(moment)s UTC", signer=evidence.signer, moment=moment)
        if evidence.seal_state == "trusted":
            trust = self.env._("its certificate is trusted")
        elif roots:
            trust = self.env._("its certificate leads to none that the company trusts")
        else:
            trust = self.env._("not checked against a trusted certificate: none is installed")
        return f"{stamped}; {trust}"

    @api.model
    def _say_problem(self, problem):
        sentences = {
            "imprint_mismatch": self.env._("The time-stamp service stamped something else than what it was sent."),
            "wrong_nonce": self.env._("The time-stamp service answered another question than ours."),
            "not_granted": self.env._("The time-stamp service refused to stamp."),
        }
        unreadable = self.env._("The time-stamp service sent a time-stamp that cannot be checked (%s).", problem.code)
        return sentences.get(problem.code, unreadable)
