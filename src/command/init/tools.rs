//! Which account is the Tools account: by option, by its name, or as you answer.

use crate::command::Streams;
use crate::diagnostic::{Diagnostic, Level, Result, Shown as _, list_some, nearest};
use crate::expand::select::unknown_account;
use crate::files;
use crate::init::guess::tools_accounts;
use crate::init::rules::NO_TOOLS_ACCOUNT;
use crate::lint::MANAGEMENT_TOOLS_ACCOUNT;
use crate::organization::{Account, Organization};
use crate::source::Span;
use crate::yaml::lookup::Library;

/// How many accounts are listed.
const MOST_LISTED: usize = 30;

/// What an answer can be.
const TYPE: &str = "type the number or the key of one of the accounts above";

/// How many of the candidates a help offers.
const MOST_OPTIONS: usize = 3;

/// How often an answer can be wrong.
const ATTEMPTS: usize = 3;

/// The Tools account.
pub(super) struct ToolsChoice {
    /// Its logical id.
    pub(super) name: String,
    /// Whether nobody confirmed it.
    pub(super) is_guessed: bool,
}

/// The Tools account. On a terminal you are asked, unless `given` names it. `place` is that of the
/// organization.
///
/// # Errors
///
/// The terminal cannot be read.
pub(super) fn choose(
    (organization, place): (&Organization, Span),
    given: Option<&str>,
    library: &mut Library,
    streams: &mut Streams<'_>,
) -> anyhow::Result<Result<ToolsChoice>> {
    if let Some(name) = given {
        let file = library.sources.add("--tools-account", name);
        let span = Span::new(file, 0, name.len());
        return Ok(named(organization, name, span).map(|name| ToolsChoice {
            name,
            is_guessed: false,
        }));
    }
    let candidates = tools_accounts(organization);
    if files::can_ask()
        && let Some(name) = asked(organization, &candidates, streams)?
    {
        return Ok(Ok(ToolsChoice {
            name,
            is_guessed: false,
        }));
    }
    Ok(match candidates.as_slice() {
        [one] if !files::can_ask() => Ok(ToolsChoice {
            name: one.logical_id.clone(),
            is_guessed: true,
        }),
        _ => Err(vec![unclear(organization, &candidates, place)]),
    })
}

fn named(organization: &Organization, name: &str, span: Span) -> Result<String> {
    if organization.account(name).is_some() {
        return Ok(name.to_owned());
    }
    Err(vec![unknown_account(organization, name, span)])
}

/// What you answer; `None` if that is no account, or nothing.
fn asked(
    organization: &Organization,
    candidates: &[&Account],
    streams: &mut Streams<'_>,
) -> anyhow::Result<Option<String>> {
    let names: Vec<String> = candidates
        .iter()
        .map(|one| one.logical_id.shown())
        .collect();
    let hint = match names.as_slice() {
        [] => String::new(),
        [one] => format!(" [{one}]"),
        several => format!(" ({})", several.join(", ")),
    };
    let listed = listed(organization, candidates);
    list(&listed, streams)?;
    for _ in 0..ATTEMPTS {
        write!(streams.err, "Tools account, which CI signs in to{hint}: ")?;
        streams.err.flush()?;
        let Some(answer) = files::typed_line()? else {
            writeln!(streams.err)?;
            return Ok(None);
        };
        let answer = match (answer.as_str(), candidates) {
            ("", [one]) => one.logical_id.clone(),
            _ => answer,
        };
        if organization.account(&answer).is_some() {
            return Ok(Some(answer));
        }
        if let Some(account) = numbered(&listed, &answer) {
            return Ok(Some(account.logical_id.clone()));
        }
        let known = organization
            .accounts
            .iter()
            .map(|one| one.logical_id.as_str());
        if answer.is_empty() {
            writeln!(streams.err, "{TYPE}")?;
            continue;
        }
        match nearest(&answer, known) {
            Some(near) => writeln!(
                streams.err,
                "no account named `{}`; did you mean `{near}`?",
                answer.shown()
            )?,
            None => writeln!(streams.err, "no account named `{}`: {TYPE}", answer.shown())?,
        }
    }
    Ok(None)
}

/// The accounts that you can choose: the candidates first, and the management account after the others, since CI
/// should not sign in there.
fn listed<'a>(organization: &'a Organization, candidates: &[&Account]) -> Vec<&'a Account> {
    let mut accounts: Vec<&Account> = organization.accounts.iter().collect();
    let is_candidate = |account: &Account| {
        let mut candidates = candidates.iter();
        candidates.any(|one| one.logical_id == account.logical_id)
    };
    accounts.sort_by_key(|account| (account.is_master, !is_candidate(account)));
    accounts
}

/// The account that `answer` is the number of, in the list that is shown.
fn numbered<'a>(accounts: &[&'a Account], answer: &str) -> Option<&'a Account> {
    let number: usize = answer.parse().ok()?;
    let mut shown = accounts.iter().take(MOST_LISTED);
    shown.nth(number.checked_sub(1)?).copied()
}

/// Lists the accounts with their numbers.
fn list(accounts: &[&Account], streams: &mut Streams<'_>) -> anyhow::Result<()> {
    writeln!(streams.err, "accounts of the organization:")?;
    for (index, account) in accounts.iter().take(MOST_LISTED).enumerate() {
        let number = index + 1;
        let name = account.logical_id.shown();
        let note = if account.is_master {
            " (management account)"
        } else {
            ""
        };
        writeln!(streams.err, "  {number:>2} {name}{note}")?;
    }
    if let Some(more) = accounts
        .len()
        .checked_sub(MOST_LISTED)
        .filter(|more| *more > 0)
    {
        writeln!(streams.err, "  and {more} more")?;
    }
    Ok(())
}

/// The warning if the Tools account is the management account.
pub(super) fn of_management(organization: &Organization, tools: &str) -> Option<Diagnostic> {
    let account = organization
        .account(tools)
        .filter(|account| account.is_master)?;
    let message = format!(
        "CI signs in to the management account `{}`, from where the whole organization can be changed",
        tools.shown()
    );
    let problem = Diagnostic::new(&MANAGEMENT_TOOLS_ACCOUNT, account.span, message);
    // Later, there is much to change.
    let problem = problem.level(Level::Warning);
    Some(problem.help("choose another account, with nothing in it but what CI needs"))
}

fn unclear(organization: &Organization, candidates: &[&Account], place: Span) -> Diagnostic {
    let Some((first, others)) = candidates.split_first() else {
        let message = "no account has the name of a Tools account, which CI signs in to";
        let member = organization.accounts.iter().find(|one| !one.is_master);
        let example = member.map_or("ACCOUNT", |one| one.logical_id.as_str());
        return Diagnostic::new(&NO_TOOLS_ACCOUNT, place, message).help(format!(
            "name it by its logical id, such as `--tools-account {}`",
            example.shown()
        ));
    };
    let names = || candidates.iter().map(|one| one.logical_id.as_str());
    let message = if others.is_empty() {
        "the Tools account, which CI signs in to, is not confirmed".to_owned()
    } else {
        format!(
            "{} accounts may be the Tools account, which CI signs in to: {}",
            candidates.len(),
            list_some(names())
        )
    };
    let mut problem = Diagnostic::new(&NO_TOOLS_ACCOUNT, first.span, message);
    for other in others {
        problem = problem.related(other.span, "or this one");
    }
    let options: Vec<String> = names()
        .take(MOST_OPTIONS)
        .map(|name| format!("`--tools-account {}`", name.shown()))
        .collect();
    let which = if others.is_empty() { "it" } else { "one" };
    problem.help(format!("name {which}: {}", options.join(" or ")))
}
