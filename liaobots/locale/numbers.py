"""Numbers and dates, as the reader's language writes them."""

from datetime import UTC, datetime

from liaobots.locale.catalog import ENGLISH


def number(value: float, code: str, digits: int = 0) -> str:
    """Return a number in a language, with so many digits after the point, and groups of digits."""
    if code == ENGLISH:
        return f"{value:,.{digits}f}"
    from babel.numbers import format_decimal  # noqa: PLC0415 -- not needed in English

    return format_decimal(round(value, digits), f"#,##0.{'0' * digits}".rstrip("."), locale=code)


def date(moment: float, code: str) -> str:
    """Return the UTC date of a Unix time in seconds."""
    day = datetime.fromtimestamp(moment, UTC)
    if code == ENGLISH:
        return day.strftime("%Y-%m-%d")
    from babel.dates import format_date  # noqa: PLC0415 -- not needed in English

    return format_date(day.date(), "medium", locale=code)
