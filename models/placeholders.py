"""The words in braces that texts of levels and policies may hold."""

import re

PLACEHOLDERS = ("number", "company", "customer", "amount", "principal", "date", "days", "response_date")
TEXTS = ("subject", "body", "consequences", "consequences_abroad", "legal_texts")  # of a level
PLACEHOLDER = re.compile(r"\{(\w+)\}")


def fill_in(text, words):
    """`text` with each {placeholder} replaced by its word; other braces stay as they are."""
    return PLACEHOLDER.sub(lambda found: words.get(found[1], found[0]), str(text))


def get_unknown(texts):
    """The first placeholder of `texts` that does not exist, else None."""
    found = (word for text in texts for word in PLACEHOLDER.findall(str(text or "")))
    return next((word for word in found if word not in PLACEHOLDERS), None)
