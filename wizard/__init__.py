from . import account_dunning_dry_run
from . import account_dunning_dry_run_group
from . import account_dunning_dry_run_line
from . import account_dunning_print
from . import account_dunning_setup
from . import account_dunning_start
from . import base_partner_merge_automatic_wizard
