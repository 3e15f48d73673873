"""A registered-mail service for tests and demonstrations: an HTTP process of its own, without Odoo.

    python -m sandbox --port 8471 --folder /somewhere

What it takes goes nowhere; its receipts are sealed by a throw-away seal and crossed "ESSAI - SANS VALEUR".
"""
