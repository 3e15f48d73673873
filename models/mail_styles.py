"""Mail programs drop style sheets: in a mail the classes of a letter's page become styles of their own."""

import re

CELL = "padding: 4px 6px; font-size: 13px; vertical-align: top;"
RULED = f"{CELL} border-bottom: 1px solid #ddd; white-space: nowrap;"
HEAD = f"{CELL} background: #eef0f3; border-bottom: 1px solid #333;"
STYLES = {
    "th": f"{HEAD} text-align: left;",
    "th n": f"{HEAD} text-align: right;",
    "td": CELL,
    "td d": RULED,
    "td n": f"{RULED} text-align: right;",
    "claims": "width: 100%; border-collapse: collapse; margin: 14px 0;",
    "pay": "border-collapse: collapse;",
    "total": "font-weight: bold; background: #eef0f3;",
    "caption": "font-size: 14px; font-weight: bold; margin: 14px 0 4px;",
    "demand": "border-left: 3px solid #333; padding: 2px 0 2px 12px; margin: 14px 0;",
    "note": "font-size: 12px; color: #555;",
}
MARKED = re.compile(r'<(th|td)\b(?: class="(\w+)")?|(?<=[\w"]) class="(\w+)"')


def inline(html):
    """`html` with the classes that STYLES knows turned into styles, and without the others.

    >>> inline('<p class="note">Small</p><p class="x">Text</p>')
    '<p style="font-size: 12px; color: #555;">Small</p><p>Text</p>'
    >>> inline('<thead><td colspan="2">1</td></thead>')
    '<thead><td style="padding: 4px 6px; font-size: 13px; vertical-align: top;" colspan="2">1</td></thead>'
    """
    return MARKED.sub(_get_style, html)


def _get_style(found):
    cell, kind, name = found.groups()
    key = f"{cell} {kind}" if kind else cell or name
    style = STYLES.get(key) or STYLES.get(cell)
    return (f"<{cell}" if cell else "") + (f' style="{style}"' if style else "")
