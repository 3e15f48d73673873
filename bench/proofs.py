"""Proofs of what has left: with files of their own in the filestore, sealed as they always are."""

import hashlib
import os

from odoo.tools import SQL

FILE = 40_000  # bytes of a receipt
BATCH = 1000


def make_proofs(env, count):
    """`count` receipts, as many for each delivery that has left; their chain."""
    deliveries = env["account.dunning.delivery"].search([("state", "=", "sent")])
    for start in range(0, count, BATCH):
        numbers = range(start, start + BATCH)
        store(env, [(deliveries[number % len(deliveries)], b"%PDF-1.4\n" + os.urandom(FILE)) for number in numbers])
        env.cr.commit()
        env.invalidate_all()
    chain = env["account.dunning.chain"]._get_of(deliveries.company_id)
    chain._seal_waiting()
    env.cr.commit()
    env.invalidate_all()
    return chain


def store(env, receipts):
    proofs = env["account.dunning.proof"].create([prepare_proof(env, *receipt) for receipt in receipts])
    files = env["ir.attachment"].create(
        [
            {"name": "receipt.pdf", "raw": content, "res_model": proof._name, "res_id": proof.id}
            for proof, (_delivery, content) in zip(proofs, receipts, strict=True)
        ]
    )
    env.flush_all()
    statement = SQL(
        "UPDATE account_dunning_proof SET attachment_id = file.id FROM ir_attachment file"
        " WHERE file.id = ANY(%s) AND file.res_id = account_dunning_proof.id",
        files.ids,
    )
    env.cr.execute(statement)


def prepare_proof(env, delivery, content):
    facts = {"kind": "receipt", "source": "collection", "mimetype": "application/pdf"}
    kept = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    received = env["account.dunning.proof"]._prepare_received_vals(delivery.company_id, delivery, "receipt.pdf", facts)
    return {**received, **kept}
