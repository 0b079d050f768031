"""When people write: working days and hours in two time zones.

Documented rhythm, which the tests hold the data to:

* on a weekday, customers write between 07:00 and 20:00 local time, most around 10 and 15;
* on Saturday and Sunday, a few write between 09:00 and 18:00;
* support agents write on weekdays between 08:00 and 18:00;
* Mondays are the fullest, Fridays the emptiest of the working days.
"""

import random
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from connectors.sandbox.company.model import Office

__all__ = ["customer_moment", "is_weekend", "local", "tickets_on", "working_moment_after"]

_WEEKDAY_HOURS = (7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19)
_WEEKDAY_WEIGHTS = (2, 5, 11, 13, 11, 6, 8, 12, 13, 10, 5, 2, 1)
_WEEKEND_HOURS = (9, 10, 11, 12, 13, 14, 15, 16, 17)
_DAILY_MEAN = {
    # Monday first; the European office has a little more than half of the customers
    Office.BERLIN: (5.2, 4.4, 4.0, 4.0, 3.0, 0.5, 0.4),
    Office.CHICAGO: (4.2, 3.7, 3.5, 3.3, 2.7, 0.4, 0.4),
}
_AGENT_OPENS, _AGENT_CLOSES = time(8), time(18)
SATURDAY = 5


def local(moment: datetime, office: Office) -> datetime:
    """The moment on the office's wall clock."""
    return moment.astimezone(ZoneInfo(office.value))


def is_weekend(day: date) -> bool:
    """Whether nobody is at work."""
    return day.weekday() >= SATURDAY


def tickets_on(day: date, office: Office, rng: random.Random) -> int:
    """How many tickets the office's customers open on a day: scattered around its mean."""
    mean = _DAILY_MEAN[office][day.weekday()]
    spread = rng.gauss(mean, 0.8 if is_weekend(day) else mean**0.5 * 0.8)
    return max(0, round(spread))


def customer_moment(day: date, office: Office, rng: random.Random) -> datetime:
    """A moment of that local day at which a customer writes, in UTC."""
    if is_weekend(day):
        hour = rng.choice(_WEEKEND_HOURS)
    else:
        hour = rng.choices(_WEEKDAY_HOURS, _WEEKDAY_WEIGHTS)[0]
    wall = time(hour, rng.randrange(60), rng.randrange(60))
    return datetime.combine(day, wall, ZoneInfo(office.value)).astimezone(UTC)


def working_moment_after(moment: datetime, hours: float, office: Office) -> datetime:
    """The moment this many working hours later, in UTC; always within working hours."""
    zone = ZoneInfo(office.value)
    wall = moment.astimezone(zone)
    left = timedelta(hours=hours)
    while True:
        opens = datetime.combine(wall.date(), _AGENT_OPENS, zone)
        closes = datetime.combine(wall.date(), _AGENT_CLOSES, zone)
        begin = max(wall, opens)
        if not is_weekend(wall.date()) and begin < closes:
            if begin + left < closes:
                return (begin + left).astimezone(UTC)
            left -= closes - begin
        wall = datetime.combine(wall.date() + timedelta(days=1), time(0), zone)
