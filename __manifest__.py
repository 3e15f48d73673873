{
    "name": "Dunning",
    "summary": "Get overdue invoices paid, and keep a file that stands up in court",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "author": "account_dunning contributors",
    "license": "LGPL-3",
    "application": True,
    "depends": ["account_payment"],
    "data": [
        "security/account_dunning_security.xml",
        "views/account_dunning_menus.xml",
    ],
    "demo": ["demo/account_dunning_demo.xml"],
}
