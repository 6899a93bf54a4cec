//! Times and days, as people read them.

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use shared::id::UnixMs;

use crate::tui::preferences::TimeFormat;

/// Local time. `None` for a moment so far away that no calendar has it: a server may send any number.
pub(super) fn local(at: UnixMs, zone: &TimeZone) -> Option<Zoned> {
    let at = i64::try_from(at.0).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok())?;
    Some(at.to_zoned(zone.clone()))
}

/// `09:14`, or as the user wants it.
pub(super) fn time(at: UnixMs, zone: &TimeZone, format: &TimeFormat) -> String {
    local(at, zone).map_or_else(|| "--:--".to_owned(), |at| format.write(&at))
}

/// A delay for people.
pub(super) fn milliseconds(delay: Duration) -> String {
    match delay.as_millis() {
        0 => "<1 ms".to_owned(),
        ms => format!("{ms} ms"),
    }
}

/// Which day it is: equal for moments of one day.
pub(super) fn day_number(at: UnixMs, zone: &TimeZone) -> Option<jiff::civil::Date> {
    local(at, zone).map(|at| at.date())
}

/// `Friday 20 November`, with the year when it is not this one.
pub(super) fn day(at: UnixMs, now: UnixMs, zone: &TimeZone) -> String {
    let Some(day) = local(at, zone) else { return "some day".to_owned() };
    let is_this_year = local(now, zone).is_some_and(|now| now.year() == day.year());
    day.strftime(if is_this_year { "%A %-d %B" } else { "%A %-d %B %Y" }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_no_calendar_has_are_shown_as_such() {
        assert_eq!(time(UnixMs(u64::MAX), &TimeZone::UTC, &TimeFormat::default()), "--:--");
        assert_eq!(day(UnixMs(u64::MAX), UnixMs(0), &TimeZone::UTC), "some day");
    }

    #[test]
    fn another_year_is_named() {
        let (november, next_year) = (UnixMs(1_795_183_320_000), UnixMs(1_805_183_320_000));
        assert_eq!(day(november, november, &TimeZone::UTC), "Friday 20 November");
        assert_eq!(day(november, next_year, &TimeZone::UTC), "Friday 20 November 2026");
        assert_eq!(time(november, &TimeZone::UTC, &TimeFormat::default()), "14:02");
        assert_eq!(time(november, &TimeZone::UTC, &"%I.%M".parse().expect("a format")), "02.02");
    }
}
