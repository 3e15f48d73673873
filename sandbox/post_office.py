"""What the service does with letters, without HTTP: it takes them, follows their course and makes their receipts."""

import base64
import binascii
import hashlib
from datetime import timedelta

from .clock import Clock, local
from .course import BEHAVIOURS, FINAL, get_course, get_past
from .receipts import make_receipt

LARGEST_DOCUMENT = 30 * 1024 * 1024
DEFAULT_BEHAVIOUR = {"does": "accept", "after_hours": 1}


class BadLetterError(Exception):
    """What is wrong with what was handed in, to be answered with 422."""


class PostOffice:
    def __init__(self, store, seal=None):
        self.store, self.seal = store, seal
        self.clock = Clock(store.settings)

    # === Taking === #

    def take(self, request):
        """Keep the letter in `request`, a dictionary as documented in the README; its id. Every call is a new one."""
        document, sha256 = self._read_file(request.get("document"))
        reference = self._read_text(request, "reference")
        recipient = self._read_party(request, "recipient")
        behaviour = self.get_behaviour(reference, recipient["email"])
        return self.store.take(
            {
                "reference": reference,
                "sender": self._read_party(request, "sender"),
                "recipient": recipient,
                "document_name": str(request["document"].get("name") or "letter.pdf"),
                "document": document,
                "sha256": sha256,
                "enclosures": [self._read_enclosure(one) for one in request.get("enclosures") or ()],
                "taken_at": self.clock.now(),
                "callback": str(request.get("callback") or self.get_webhooks().get("url") or ""),
                **behaviour,
            }
        )

    def _read_text(self, request, name):
        value = request.get(name)
        if not isinstance(value, str) or not value.strip():
            raise BadLetterError(f"{name} is missing")
        return value.strip()

    def _read_party(self, request, name):
        party = request.get(name)
        if not isinstance(party, dict) or "@" not in str(party.get("email")):
            raise BadLetterError(f"{name}: an e-mail address is needed")
        return {"name": str(party.get("name") or ""), "email": str(party["email"])}

    def _read_file(self, file):
        if not isinstance(file, dict):
            raise BadLetterError("document is missing")
        try:
            content = base64.b64decode(file.get("content") or "", validate=True)
        except (binascii.Error, ValueError, TypeError) as error:
            raise BadLetterError("document: no base64") from error
        if not content or len(content) > LARGEST_DOCUMENT:
            raise BadLetterError("document: empty or larger than 30 MB")
        sha256 = hashlib.sha256(content).hexdigest()
        if sha256 != file.get("sha256"):
            raise BadLetterError("document: its SHA-256 is another one")
        return content, sha256

    def _read_enclosure(self, file):
        _content, sha256 = self._read_file(file)
        return {"name": str(file.get("name") or ""), "sha256": sha256}

    # === Following === #

    def get_state(self, letter):
        return self.get_past(letter)[-1].state

    def get_past(self, letter):
        course = get_course(letter["taken_at"], letter["does"], letter["after_hours"])
        return get_past(course, self.clock.now())

    def describe(self, letter):
        """The status as it is answered: times as written in Paris, proofs as soon as their event is past."""
        past = self.get_past(letter)
        return {
            "id": letter["id"],
            "reference": letter["reference"],
            "sha256": letter["sha256"],
            "state": past[-1].state,
            "events": [{"state": event.state, "time": local(event.moment)} for event in past],
            "proofs": [
                {"id": f"{letter['id']}-{kind}", "kind": kind, "time": local(event.moment)}
                for event in past
                for kind in event.proofs
            ],
        }

    def get_proof(self, letter, proof_id):
        """PDF bytes, always the same; None where there is no such proof, "later" where it is not made yet."""
        for event in self.get_past(letter):
            for kind in event.proofs:
                if proof_id == f"{letter['id']}-{kind}":
                    if self.clock.now() < event.moment + self.get_proof_delay():
                        return "later"
                    return self.store.keep_proof(proof_id, lambda k=kind, e=event: self.make_proof(k, letter, e))
        return None

    def make_proof(self, kind, letter, event, remark=""):
        content = make_receipt(kind, letter, event.moment, remark)
        return self.seal.sign_pdf(content, event.moment) if self.seal else content

    def make_changed_proof(self, letter, proof_id):
        kind = proof_id.removeprefix(f"{letter['id']}-")
        event = next(event for event in self.get_past(letter) if kind in event.proofs)
        return self.make_proof(kind, letter, event, remark="Établi une seconde fois / Made a second time")

    def is_final(self, letter):
        return self.get_state(letter) in FINAL

    # === What can be set === #

    def get_behaviour(self, reference, email):
        """What this recipient will do: set for the letter's reference, his address, else for everybody."""
        known = self.store.settings.get("recipients", {})
        return known.get(reference) or known.get(email) or known.get("*") or DEFAULT_BEHAVIOUR

    def set_behaviour(self, whom, does, after_hours=1):
        """`whom`: a reference, an e-mail address or "*"; letters already taken by reference or address follow too."""
        if does not in BEHAVIOURS:
            raise ValueError(f"A recipient can {', '.join(BEHAVIOURS)}, not {does}.")
        behaviour = {"does": does, "after_hours": after_hours}
        self.store.settings["recipients"] = {**self.store.settings.get("recipients", {}), whom: behaviour}
        for letter in self.store.find(after=0):
            if whom in (letter["reference"], letter["recipient"]["email"]) and not self.is_final(letter):
                self.store.execute(
                    "UPDATE letter SET does = ?, after_hours = ? WHERE id = ?", does, after_hours, letter["id"]
                )

    def get_proof_delay(self):
        return timedelta(minutes=self.store.settings.get("proof_delay_minutes", 0))

    def get_webhooks(self):
        return self.store.settings.get("webhooks", {"mode": "once"})
