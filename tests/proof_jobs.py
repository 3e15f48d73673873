"""What tests/kill_worker.py does with proofs, in processes that die; the tests ask for it by `module=MODULE`."""

import time

import kill_worker

import odoo
from odoo.exceptions import ConcurrencyError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

RETRIED = (*PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, ConcurrencyError)
TRIES = 30  # a test has more processes at once than a night has


def watch(points):
    """A point between each two steps of receiving; each notice has a letter of its own."""
    from odoo.addons.account_dunning.models.account_dunning_chain import AccountDunningChain
    from odoo.addons.account_dunning.models.account_dunning_document import AccountDunningDocument
    from odoo.addons.account_dunning.models.account_dunning_proof import AccountDunningProof

    for model, name in (
        (AccountDunningProof, "_create_once"),
        (AccountDunningProof, "_store_file"),
        (AccountDunningChain, "_seal_waiting"),
    ):
        setattr(model, name, surround(points, name, getattr(model, name)))
    AccountDunningDocument._render = lambda _self, notices: {one: b"%PDF-1.4 " + one.name.encode() for one in notices}
    points.commit = lambda env: surround(points, "commit", env.cr.commit)()
    Current.points = points


class Current:
    points = None


def surround(points, name, function):
    def surrounded(*arguments, **named):
        with points.around(name):
            return function(*arguments, **named)

    return surrounded


def prepare_proofs(env, request):
    """A formal notice by registered e-mail that has left, for each customer; as many users as may look."""
    company = get_company(env)
    company.write(
        {
            "zip": "75012",
            "company_registry": "994127009",
            "dunning_signatory": "Anne Durand",
            "dunning_signatory_role": "Chief executive",
        }
    )
    company.dunning_policy_id = make_policy(env)
    for number in range(request["customers"]):
        customer = kill_worker.make_customer(env, number)
        customer.debtor_kind = "business"
        kill_worker.make_invoice(env, customer, 60).action_post()
    env.cr.commit()
    kill_worker.run_cron(env, "decide")
    notices = env["account.dunning.notice"].search([("state", "=", "draft")], order="id")
    notices.action_approve()
    notices.action_issue()
    for number, delivery in enumerate(notices.delivery_ids.sorted("id"), 1):
        delivery._record_sent(company._dunning_today(), f"REF-{number}")
    groups = [
        odoo.Command.link(env.ref(name).id) for name in ("base.group_user", "account_dunning.group_dunning_auditor")
    ]
    env["res.users"].create({"name": "Auditor", "login": "auditor", "group_ids": groups})
    env.cr.commit()


def get_company(env):
    return env.ref("base.main_company").with_context(allowed_company_ids=env.ref("base.main_company").ids)


def make_policy(env):
    """By a service whose calls are not the matter here."""
    provider = env["account.dunning.provider"].create({"name": "Service", "code": "own_letter", "state": "enabled"})
    channel = env["account.dunning.channel"].create(
        {"name": "Registered e-mail", "method": "registered_email", "provider_id": provider.id}
    )
    level = {
        "name": "Formal notice",
        "sequence": 1,
        "delay_days": 5,
        "stage": "formal_notice",
        "channel_id": channel.id,
        "approval": "manual",
        "subject": "Formal notice to pay {amount}",
        "body": "<p>Please pay.</p>",
        "response_days": 8,
        "consequences": "<p>Without payment we shall go to the competent court.</p>",
        "legal_texts": "Civil Code, article 1344.",
    }
    values = {"name": "Formal", "obligation": "the price of the work ordered"}
    return env["account.dunning.policy"].create({**values, "level_ids": [odoo.Command.create(level)]})


def receive(env, request):
    """Keep each of `files`: (number of the delivery or None, kind, content, file name); a transaction each."""
    deliveries = env["account.dunning.delivery"].search([("external_ref", "like", "REF-")], order="id")
    for number, kind, content, name in request["files"]:
        in_transaction(env, keep, env, deliveries[number] if number is not None else None, kind, content, name)
        kill_worker.tell(kept=content)


def keep(env, delivery, kind, content, name):
    company = get_company(env)
    facts = {"source": "collection", "company": company, "delivery": delivery, "kind": kind, "file_name": name}
    env["account.dunning.proof"]._receive(content.encode(), **facts, event_time=odoo.fields.Datetime.now())


def in_transaction(env, work, *arguments):
    """As a request is: what others were in the way of is done again."""
    for left in reversed(range(TRIES)):
        try:
            work(*arguments)
            Current.points.commit(env)
        except RETRIED as error:
            env.cr.rollback()
            env.transaction.reset()
            if not left:
                raise
            kill_worker.tell(retried=type(error).__name__)
            time.sleep(0.01)
        else:
            return


def open_mailbox(env, _request):
    """For receipts, at receipts@creditor.example."""
    company = get_company(env)
    company.alias_domain_id = env["mail.alias.domain"].create({"name": "creditor.example"})
    company.dunning_receipt_alias = "receipts"
    env.cr.commit()


def take_mail(env, request):
    """As Odoo fetches a mail: once, whatever comes of it."""
    env["mail.thread"].message_process(False, request["mail"].encode())
    env.cr.commit()


def assign(env, request):
    """Each orphan, by its file's name, to the delivery of that number."""
    deliveries = env["account.dunning.delivery"].search([("external_ref", "like", "REF-")], order="id")
    for name, number in request["assigned"]:
        env["account.dunning.proof"].search([("file_name", "=", name)])._assign(deliveries[number])
    env.cr.commit()


def seal_waiting(env, _request):
    env["account.dunning.chain"]._seal_all_waiting()
    env.cr.commit()


def verify(env, request):
    """As the auditor presses it, with the lines that he pastes; each call a request of its own."""
    chain = env["account.dunning.chain"].search([("company_id", "=", get_company(env).id)], limit=1)
    auditor = env["res.users"].search([("login", "=", "auditor")])
    chain = chain.with_user(auditor).with_context(allowed_company_ids=auditor.company_ids.ids)
    dialog = chain.env["account.dunning.verification"].browse(chain.action_verify()["res_id"])
    dialog.outside = request.get("outside")
    action = dialog.action_verify()
    if action["type"] == "ir.actions.client":
        while dialog.make_slice()["done"] < action["params"]["total"]:
            env.cr.commit()
        dialog.finish()
    kill_worker.tell(state=dialog.state, answer=dialog.answer, line=chain.head_line or "", finding=chain.finding or "")
    env.cr.commit()
