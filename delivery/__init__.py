"""Adapters to the services that carry a notice to the customer: plain classes, no Odoo."""
