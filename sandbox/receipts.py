"""The receipts as PDF, one page each, made with reportlab and crossed "ESSAI - SANS VALEUR"."""

import io
from textwrap import wrap

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from .clock import local

CROSSED = "ESSAI - SANS VALEUR"
KINDS = {
    "submission": ("Preuve de dépôt", "Proof of submission"),
    "dispatch": ("Preuve d'envoi de l'avis", "Proof that the notice was sent"),
    "receipt": ("Preuve de réception", "Proof of receipt"),
    "refusal": ("Preuve de refus", "Proof of refusal"),
    "non_claim": ("Preuve de non-réclamation", "Proof that the letter was not claimed"),
    "bounce": ("Avis de non-remise", "Notice that the letter could not be delivered"),
}
INK, PALE, FAINT = HexColor("#1f2430"), HexColor("#6b7280"), HexColor("#f1c9c9")
WIDTH, HEIGHT = A4
LEFT, RIGHT = 22 * mm, WIDTH - 22 * mm


def make_receipt(kind, letter, moment, remark=""):
    """The receipt of `kind` for `letter` at `moment` (aware) as PDF bytes, the same each time it is made."""
    french, english = KINDS[kind]
    buffer = io.BytesIO()
    page = Canvas(buffer, pagesize=A4, invariant=1)
    page.setTitle(f"{french} / {english}")
    page.setAuthor(f"Sandbox ({CROSSED})")
    page.setSubject(f"Reference {letter['reference']}")
    page.setKeywords([kind, letter["reference"], letter["id"], CROSSED])
    _cross(page)
    _write_head(page, french, english)
    _write_rows(page, _get_rows(letter, moment, remark))
    _write_foot(page)
    page.save()
    return buffer.getvalue()


def _cross(page):
    page.saveState()
    page.setFillColor(FAINT)
    page.setFont("Helvetica-Bold", 36)
    for height in (HEIGHT / 5, HEIGHT / 2, HEIGHT * 4 / 5):
        page.saveState()
        page.translate(WIDTH / 2, height)
        page.rotate(30)
        page.drawCentredString(0, 0, CROSSED)
        page.restoreState()
    page.restoreState()


def _write_head(page, french, english):
    page.setFillColor(PALE)
    page.setFont("Helvetica", 9)
    page.drawString(LEFT, HEIGHT - 22 * mm, "Service d'envoi recommandé électronique d'essai / Test delivery service")
    page.setFillColor(INK)
    page.setFont("Helvetica-Bold", 20)
    page.drawString(LEFT, HEIGHT - 38 * mm, french)
    page.setFont("Helvetica", 13)
    page.setFillColor(PALE)
    page.drawString(LEFT, HEIGHT - 46 * mm, english)
    page.setStrokeColor(PALE)
    page.line(LEFT, HEIGHT - 52 * mm, RIGHT, HEIGHT - 52 * mm)


def _get_rows(letter, moment, remark):
    rows = [
        ("Expéditeur / Sender", _get_party(letter["sender"])),
        ("Destinataire / Recipient", _get_party(letter["recipient"])),
        ("Numéro de l'envoi / Unique id", letter["id"]),
        ("Référence de l'expéditeur / Sender's reference", letter["reference"]),
        ("Date et heure (Paris) / Date and time", local(moment)),
        ("Document", letter["document_name"]),
        ("SHA-256 du document / of the letter", letter["sha256"]),
    ]
    return [*rows, ("Remarque / Remark", remark)] if remark else rows


def _get_party(party):
    return " <".join(filter(None, (party.get("name"), party.get("email")))) + (">" if party.get("email") else "")


def _write_rows(page, rows):
    height = HEIGHT - 64 * mm
    for label, value in rows:
        page.setFillColor(PALE)
        page.setFont("Helvetica", 8.5)
        page.drawString(LEFT, height, label)
        page.setFillColor(INK)
        page.setFont("Helvetica", 11.5)
        for line in wrap(value, 70) or [""]:
            height -= 5.5 * mm
            page.drawString(LEFT, height, line)
        height -= 9 * mm


def _write_foot(page):
    page.setFillColor(PALE)
    page.setFont("Helvetica", 8.5)
    for line, text in enumerate(
        (
            "Ce document provient d'un service d'essai : rien n'a été envoyé, il ne prouve rien.",
            "This document comes from a test service: nothing was sent, it proves nothing.",
        )
    ):
        page.drawString(LEFT, 24 * mm - line * 4.5 * mm, text)
