"""The registered-mail service for tests (sandbox/): what it sends has no value."""

import base64
import hashlib
import json
from datetime import datetime, timezone
from urllib.parse import quote

from .answers import TIME_OUT, Bearer, check_pdf, hand_over, read
from .base import Artefact, NotReady, SendResult, Status, Uncertain, WrongAnswer

STATES = {
    "waiting": "sent",
    "sent": "sent",
    "received": "received",
    "refused": "refused",
    "unclaimed": "unclaimed",
    "bounced": "bounced",
}
NOT_UNDERSTOOD = "the service sent something that is not its usual answer."
SEND, LOOK_UP, STATUS, PROOF = "Sending", "Looking for the letter", "Reading its status", "Reading its proof"


class SandboxAdapter:
    code = "sandbox"
    label = "Sandbox: tests without value"
    credentials = ("address", "token")

    def __init__(self, address, token, time_out=TIME_OUT):
        self.address, self.auth, self.time_out = address.rstrip("/"), Bearer(token), time_out

    def send(self, parcel):
        """Hand `parcel.content`, a PDF, over; its first recipient is the addressee."""
        _status, _headers, body = hand_over(
            f"{self.address}/letters", self._write(parcel), what=SEND, auth=self.auth, time_out=self.time_out
        )
        try:
            return SendResult(str(json.loads(body)["id"]))
        except (ValueError, KeyError, TypeError):
            raise Uncertain(f"{SEND}: the service answered something else than the letter's number.") from None

    def _write(self, parcel):
        document = {
            "name": parcel.file_name,
            "content": base64.b64encode(parcel.content).decode(),
            "sha256": hashlib.sha256(parcel.content).hexdigest(),
        }
        return {
            "reference": parcel.uuid,
            "sender": {"name": parcel.sender_name, "email": parcel.sender},
            "recipient": {"name": parcel.recipient_name, "email": parcel.recipients[0]},
            "document": document,
            "callback": parcel.callback,
        }

    def look_up(self, uuid):
        found = self._read_json("letters", what=LOOK_UP, reference=uuid)
        letters = found.get("letters") if found is not None else []
        if not isinstance(letters, list):
            raise WrongAnswer(f"{LOOK_UP}: {NOT_UNDERSTOOD}")
        ours = [one for one in letters if isinstance(one, dict) and one.get("reference") == uuid and one.get("id")]
        return SendResult(str(ours[0]["id"])) if ours else None

    def fetch_status(self, external_ref):
        found = self._read_json(f"letters/{quote(external_ref, safe='')}", what=STATUS)
        if found is None:
            raise WrongAnswer(f"{STATUS}: the service does not know the letter.")
        try:
            proofs = tuple(self._read_proof(proof) for proof in found["proofs"])
            return Status(external_ref, STATES[found["state"]], proofs)
        except (KeyError, TypeError, ValueError):
            raise WrongAnswer(f"{STATUS}: {NOT_UNDERSTOOD}") from None

    def _read_proof(self, proof):
        return str(proof["kind"]), str(proof["id"]), get_moment(proof["time"]), str(proof["time"])

    def fetch_artefact(self, external_ref, external_id):
        """The PDF alone: kind and time are in the status."""
        path = f"letters/{quote(external_ref, safe='')}/proofs/{quote(external_id, safe='')}"
        status, headers, content = self._read(path, what=PROOF)
        if status == 404:
            raise NotReady(f"{PROOF}: it is not ready yet.")
        check_pdf(content, headers, PROOF)
        kind = external_id.rpartition("-")[2]
        return Artefact(kind, content, f"{external_id}.pdf", None, "", external_id)

    # === Calls === #

    def _read(self, path, what, **params):
        return read(f"{self.address}/{path}", what=what, auth=self.auth, time_out=self.time_out, params=params)

    def _read_json(self, path, what, **params):
        """A dictionary, or None where there is nothing of that name."""
        status, _headers, body = self._read(path, what, **params)
        try:
            found = json.loads(body)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise WrongAnswer(f"{what}: {NOT_UNDERSTOOD}")
        return None if status == 404 else found


def get_moment(written):
    """The UTC moment of an ISO 8601 time with its offset.

    >>> get_moment("2026-03-03T10:00:00+01:00").isoformat()
    '2026-03-03T09:00:00+00:00'
    """
    moment = datetime.fromisoformat(written.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        raise ValueError("A time without its offset")
    return moment.astimezone(timezone.utc)
