from . import account_dunning_print
from . import base_partner_merge_automatic_wizard
