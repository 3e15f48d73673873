"""Mail programs drop style sheets: in a mail the classes of a letter's page become styles of their own."""

import re

CELL = "padding: 4px 6px; border-bottom: 1px solid #ddd; vertical-align: top;"
STYLES = {
    "claims": "width: 100%; border-collapse: collapse; font-size: 13px; margin: 14px 0;",
    "th": "text-align: left; padding: 5px 6px; background: #eef0f3; border-bottom: 1px solid #333;",
    "td": CELL,
    "d": f"{CELL} white-space: nowrap;",
    "n": f"{CELL} white-space: nowrap; text-align: right;",
    "total": "font-weight: bold; background: #eef0f3;",
    "caption": "font-weight: bold; margin: 14px 0 4px;",
    "demand": "border-left: 3px solid #333; padding: 2px 0 2px 12px; margin: 14px 0;",
    "note": "font-size: 12px; color: #555;",
}
CLASS = re.compile(r'<(th|td)>| class="(\w+)"')


def inline(html):
    """`html` with the classes that STYLES knows turned into styles, and without the others.

    >>> inline('<p class="note">Small</p><p class="x">Text</p>')
    '<p style="font-size: 12px; color: #555;">Small</p><p>Text</p>'
    """
    return CLASS.sub(_get_style, html)


def _get_style(found):
    tag, name = found.groups()
    style = STYLES.get(tag or name)
    written = f' style="{style}"' if style else ""
    return f"<{tag}{written}>" if tag else written
