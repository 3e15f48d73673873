from . import account_dunning_webhook
