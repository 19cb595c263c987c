"""Market hours: 08:00 to 18:00 on a trading day of the exchange; work on a service then disturbs customers most.

Trading days are the business days but the last one of the year (charter.md §5): the exchange is closed on 31 December.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from engine.business_calendar import BusinessCalendar
from workflows.korean import SEOUL

OPENS, CLOSES = time(8), time(18)
ONE_DAY = timedelta(days=1)


def is_trading_day(day: date, calendar: BusinessCalendar) -> bool:
    """Whether the exchange trades on a day of Seoul."""
    return calendar.day_off(day) is None and (day.month, day.day) != (12, 31)


def is_market_open(instant: datetime, calendar: BusinessCalendar) -> bool:
    """Whether an instant lies in market hours; 18:00:00 is closed."""
    local = instant.astimezone(SEOUL)
    return is_trading_day(local.date(), calendar) and OPENS <= local.time() < CLOSES


def overlaps_market_hours(start: datetime, end: datetime, calendar: BusinessCalendar) -> bool:
    """Whether any moment from `start` up to, not including, `end` lies in market hours."""
    day = start.astimezone(SEOUL).date()
    while datetime.combine(day, OPENS, SEOUL) < end:
        closes = datetime.combine(day, CLOSES, SEOUL)
        if is_trading_day(day, calendar) and start < closes:
            return True
        day += ONE_DAY
    return False
