"""Adapters to the services that carry a notice to the customer: plain classes, no Odoo."""

from .email import EmailAdapter
from .own_letter import OwnLetterAdapter
from .sandbox import SandboxAdapter

PROVIDERS = {adapter.code: adapter for adapter in (EmailAdapter, OwnLetterAdapter, SandboxAdapter)}
ONLY_FOR_TESTS = frozenset((SandboxAdapter.code,))
