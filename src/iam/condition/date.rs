//! Times of conditions, as IAM takes them: a form of ISO 8601, or seconds since 1970.
//!
//! In: a text. Out: seconds since 1970, and back. What has no zone, or more digits than a number
//! can keep apart, is not understood. Refuses nothing.

/// The seconds since 1970 of `text`.
///
/// IAM user guide, "Date condition operators": the values are W3C's forms of ISO 8601, or epoch
/// (UNIX) time. Four digits alone may be either, so they are not understood.
pub(crate) fn seconds(text: &str) -> Option<f64> {
    let digits = number(text);
    if let (Some(seconds), 5..=11) = (digits, text.len()) {
        return Some(seconds);
    }
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let year = field(parts.next()?, 4)?;
    let month = field(parts.next()?, 2)?;
    let day = match (parts.next(), time) {
        (Some(day), _) => field(day, 2)?,
        (None, None) => 1.0,
        (None, Some(_)) => return None,
    };
    if parts.next().is_some() {
        return None;
    }
    let midnight = days(year, month, day)? * DAY;
    Some(midnight + time.map_or(Some(0.0), of_day)?)
}

/// `seconds` since 1970 as ISO 8601 has it; the part of a second is left out.
pub(crate) fn written(seconds: f64) -> String {
    let days = (seconds / DAY).floor();
    let rest = (seconds - days * DAY).floor();
    let (year, month, day) = civil(days);
    let (hour, minute) = ((rest / 3600.0).floor(), (rest / 60.0).floor() % 60.0);
    let second = rest % 60.0;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

const DAY: f64 = 86_400.0;

/// A number of digits alone.
fn number(text: &str) -> Option<f64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

fn field(text: &str, length: usize) -> Option<f64> {
    number(text).filter(|_| text.len() == length)
}

/// The seconds since midnight in UTC of `hh:mmZ`, `hh:mm:ssZ`, `hh:mm:ss.sZ`, or one of these with
/// `+hh:mm` in place of `Z`.
fn of_day(text: &str) -> Option<f64> {
    let (time, offset) = if let Some(time) = text.strip_suffix('Z') {
        (time, 0.0)
    } else {
        let at = text.rfind(['+', '-'])?;
        let (time, zone) = text.split_at_checked(at)?;
        let (sign, zone) = match zone.strip_prefix('-') {
            Some(zone) => (-1.0, zone),
            None => (1.0, zone.strip_prefix('+')?),
        };
        (time, sign * clock(zone)?)
    };
    let (time, fraction) = match time.split_once('.') {
        // More than milliseconds could not be told apart.
        Some((time, fraction)) if fraction.len() <= 3 && time.len() == 8 => {
            number(fraction)?;
            (time, format!("0.{fraction}").parse::<f64>().ok()?)
        }
        Some(_) => return None,
        None => (time, 0.0),
    };
    Some(clock(time)? + fraction - offset)
}

/// The seconds of `hh:mm` or `hh:mm:ss`.
fn clock(text: &str) -> Option<f64> {
    let mut parts = text.split(':');
    let hour = field(parts.next()?, 2).filter(|hour| *hour < 24.0)?;
    let minute = field(parts.next()?, 2).filter(|minute| *minute < 60.0)?;
    let second = match parts.next() {
        Some(second) => field(second, 2).filter(|second| *second < 60.0)?,
        None => 0.0,
    };
    parts
        .next()
        .is_none()
        .then_some(hour * 3600.0 + minute * 60.0 + second)
}

/// The days from the first of January 1970 to this one, in the Gregorian calendar.
fn days(year: f64, month: f64, day: f64) -> Option<f64> {
    if !(1.0..=12.0).contains(&month) || day < 1.0 {
        return None;
    }
    let first = |year: f64, month: f64| -> f64 {
        // The year begins in March, so that a leap day is its last.
        let year = if month <= 2.0 { year - 1.0 } else { year };
        let month = (month + 9.0) % 12.0;
        let in_year = ((153.0 * month + 2.0) / 5.0).floor();
        let leaps = (year / 4.0).floor() - (year / 100.0).floor() + (year / 400.0).floor();
        // That many days are from the first of March of the year 0 to 1970.
        365.0 * year + leaps + in_year - 719_468.0
    };
    let next = if month < 12.0 {
        first(year, month + 1.0)
    } else {
        first(year + 1.0, 1.0)
    };
    let found = first(year, month) + day - 1.0;
    (found < next).then_some(found)
}

/// Year, month and day of a number of days since 1970.
fn civil(since: f64) -> (f64, f64, f64) {
    let mut year = (since / 365.2425).floor() + 1970.0;
    let starts = |year: f64| days(year, 1.0, 1.0).unwrap_or_default();
    while starts(year) > since {
        year -= 1.0;
    }
    while starts(year + 1.0) <= since {
        year += 1.0;
    }
    let mut month = 12.0;
    while month > 1.0 && days(year, month, 1.0).unwrap_or_default() > since {
        month -= 1.0;
    }
    let first = days(year, month, 1.0).unwrap_or_default();
    (year, month, since - first + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_since_1970() {
        for (text, wanted) in [
            ("1970-01-01T00:00:00Z", 0.0),
            ("1970-01-02", 86_400.0),
            ("1970-02", 2_678_400.0),
            ("2026-06-01T00:00:00Z", 1_780_272_000.0),
            ("2026-06-01T02:00:00+02:00", 1_780_272_000.0),
            ("2026-05-31T19:30-04:30", 1_780_272_000.0),
            ("2026-06-01T00:00:00.5Z", 1_780_272_000.5),
            ("2000-02-29T12:00Z", 951_825_600.0),
            ("1780272000", 1_780_272_000.0),
        ] {
            assert_eq!(seconds(text), Some(wanted), "{text}");
        }
        for text in [
            "",
            "2026",
            "tomorrow",
            "2026-13-01",
            "2026-02-30",
            "2025-02-29",
            "2026-06-01T00:00:00",
            "2026-06-01T24:00:00Z",
            "2026-06-01T00:60Z",
            "2026-06-01T00:00:60Z",
            "2026-06-01T00:00:00.0001Z",
            "2026-06-01T00:00:00.Z",
            "2026-06T00:00Z",
            "2026-06-01-01",
            "1780272000000",
            "1780272000.5",
            "-1",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn times_are_written_as_they_are_read() {
        for text in [
            "1970-01-01T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "2000-02-29T12:34:56Z",
            "2026-12-31T00:00:01Z",
            "2100-03-01T23:00:00Z",
        ] {
            assert_eq!(written(seconds(text).unwrap()), text);
        }
    }
}
