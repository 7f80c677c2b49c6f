//! The `AppId` that an app's names suggest.
//!
//! In: names. Out: the longest beginning before a dash that all literal names share, if
//! it can be an `AppId`. Refuses to guess: names without a common beginning suggest none.

use crate::infer::names::forms::NameForm;
use crate::infer::names::parts::NamePart;

/// The `AppId` that all literal `names` share.
pub(super) fn app_id<'a>(
    names: impl Iterator<Item = (NameForm, &'a [NamePart])>,
) -> Option<String> {
    let mut shared: Option<Vec<String>> = None;
    for (form, name) in names {
        let Some(NamePart::Text(text)) = name.first() else {
            continue;
        };
        let own = text.strip_prefix(form.before(text)).unwrap_or(text);
        if own.is_empty() {
            continue;
        }
        let own = beginnings(own, form);
        shared = Some(match shared {
            None => own,
            Some(shared) => shared
                .into_iter()
                .filter(|text| own.contains(text))
                .collect(),
        });
    }
    shared?.into_iter().max_by_key(String::len)
}

/// What `<AppId>` may be in a name that begins with `text`.
fn beginnings(text: &str, form: NameForm) -> Vec<String> {
    let end = if form == NameForm::Parameter {
        '/'
    } else {
        '-'
    };
    let ends = text.match_indices(end).map(|(at, _)| at);
    let ends = if form == NameForm::Parameter {
        ends.take(1).collect::<Vec<_>>()
    } else {
        ends.collect()
    };
    ends.into_iter()
        .filter_map(|end| text.get(..end))
        .filter(|text| may_be_app_id(text))
        .map(str::to_owned)
        .collect()
}

/// Lower-case letters, digits, and dashes, beginning with a letter: what an `AppId` may be.
fn may_be_app_id(text: &str) -> bool {
    text.len() > 1
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !text.ends_with('-')
}
