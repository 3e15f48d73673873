from . import account_dunning_case_assign
from . import account_dunning_hold_wizard
from . import account_dunning_level_change_wizard
from . import account_dunning_post_wizard
from . import account_dunning_post_wizard_line
from . import account_dunning_refuse_wizard
from . import base_partner_merge_automatic_wizard
