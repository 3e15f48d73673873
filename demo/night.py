"""The main job on the demo company: a first night with a baseline, the window after it, and what came of it."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

from .registered import RegisteredNotice

LEVELS_OF_OLD_DEBTS = ((110, 3, 16), (80, 2, 11), (25, 1, 9))  # days late, reminder reached, so many days ago


class DemoNight:
    def __init__(self, env):
        company = env.ref("account_dunning.demo_customer_1").company_id
        self.env = env(context={"allowed_company_ids": company.ids, "lang": "en_US"}, user=env.ref("base.user_root"))
        self.company = company.with_env(self.env)

    def run(self):
        if self.company.dunning_mode == "off":
            self._configure()
            self._set_baseline()
        self._work("send")
        self.env["account.dunning.issue"]._issue_company(self.company)
        self.env["account.dunning.outbox"]._deliver_company(self.company)
        self.env.cr.commit()
        self._tell()
        RegisteredNotice(self.env, self.company).show()

    def _configure(self):
        for name in ("business", "consumer", "public"):
            self.env.ref(f"account_dunning.policy_{name}").action_use()

    def _set_baseline(self):
        """Old debts start where the former software had left them, as on a real first night."""
        self._work("simulate")
        today = self.company._dunning_today()
        items = self.env["account.dunning.item"].search([("company_id", "=", self.company.id)])
        policies = self.env["account.dunning.policy"]._resolve(self.company, items.partner_id)
        changes = []
        for item in items:
            ladder = policies[item.partner_id].level_ids.filtered(lambda level: level.stage == "reminder")
            late = (today - item.date_due).days
            reached = next(((rank, ago) for days, rank, ago in LEVELS_OF_OLD_DEBTS if late > days), None)
            if reached and item.id % 3:
                changes.append(
                    {
                        "item_id": item.id,
                        "to_level_id": ladder[reached[0] - 1].id,
                        "date": today - timedelta(days=reached[1]),
                        "reason": "Reprise de l'antériorité",
                    }
                )
        self.env["account.dunning.level.change"].create(changes)
        self.company.dunning_baseline_date = today

    def _work(self, mode):
        self.company.dunning_mode = mode
        run = self.env["account.dunning.run"]._start(self.company)
        run.mode = mode
        run._work()

    # === What came of it === #

    def _tell(self):
        run = self.env["account.dunning.run"].search([("company_id", "=", self.company.id)], limit=1)
        notices = self.env["account.dunning.notice"].search([("company_id", "=", self.company.id)])
        deliveries = notices.delivery_ids
        print(f"\n{self.company.name}, night of {run.date}, mode {run.mode}")
        self._row("considered", f"{run.items_considered} items of {run.customers_considered} customers")
        self._row("prepared", f"{len(notices)} notices")
        self._row("issued", len(notices.filtered("date_issued")))
        by_channel = Counter((one.channel_id.name, one.state) for one in deliveries)
        for (channel, state), count in sorted(by_channel.items()):
            self._row(f"  {channel}", f"{count} {state}")
        waiting = notices.filtered(lambda notice: notice.state == "draft" and notice.own_level_id)
        self._row("waiting for approval", len(waiting))
        held_back = notices.filtered(lambda notice: notice.state == "draft" and not notice.own_level_id)
        self._row("drafts after a call or the cap", len(held_back))
        print("  skipped by reason")
        labels = dict(self.env["account.dunning.explanation"]._get_reasons())
        for reason, count in sorted((run.reason_counts or {}).items(), key=lambda pair: -pair[1]):
            if reason not in ("due", "settled"):
                self._row(f"    {labels[reason]}", count)
        if run.errors:
            self._row("errors", run.errors)
        self._tell_files(notices)

    def _row(self, name, value):
        print(f"  {name:<42}{value}")

    def _tell_files(self, notices):
        folder = Path.cwd() / "letters"
        folder.mkdir(exist_ok=True)
        for notice in notices.filtered("document_id"):
            (folder / notice.document_id.name).write_bytes(notice.document_id.raw)
        print(f"  letters: {folder}\n  mails:   {Path.cwd() / 'outbox'}")
