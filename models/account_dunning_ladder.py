from odoo import api, models


class AccountDunningLadder(models.AbstractModel):
    """What policies and levels share: the frozen ladders made of them are cached until one changes."""

    _name = "account.dunning.ladder"
    _description = "Dunning Ladder"

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()
