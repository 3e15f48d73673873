"""Many rows in one statement.

Array literals are read about five times faster than VALUES or ARRAY[...], whose every figure is an expression of
its own to PostgreSQL's parser, and to `SQL` an object.
"""

from odoo.tools import SQL


def draw_ids(env, model, count):
    """`count` new ids of the table of `model`, in ascending order."""
    sequence = f"{env[model]._table}_id_seq"
    query = SQL("SELECT nextval(%s::regclass) FROM generate_series(1, %s)", sequence, count)
    return [number for (number,) in env.execute_query(query)]


def bulk_rows(columns, rows):
    """`rows`, tuples in the order of `columns` ({name: PostgreSQL type}), as the table `new` to select from."""
    values = zip(*rows, strict=True)
    arrays = [
        SQL("%s::%s[]", _array_literal(column, quoted=kind == "varchar"), SQL.identifier(kind))
        for column, kind in zip(values, columns.values(), strict=True)
    ]
    return SQL("unnest(%s) AS new (%s)", SQL(", ").join(arrays), SQL(", ").join(map(SQL.identifier, columns)))


def _array_literal(values, quoted):
    """The text of a one-dimensional array (PostgreSQL manual, 8.15.2); None becomes NULL.

    >>> print(_array_literal([1, None], quoted=False))
    {1,NULL}
    >>> print(_array_literal(["NULL", None, 'say "yes"', "back\\slash"], quoted=True))
    {"NULL",NULL,"say \"yes\"","back\\slash"}
    """
    to_text = _quote if quoted else str
    return "{" + ",".join(["NULL" if value is None else to_text(value) for value in values]) + "}"


def _quote(text):
    if '"' in text or "\\" in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
