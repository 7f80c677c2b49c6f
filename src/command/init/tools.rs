//! Which account is the Tools account: by option, by its name, or as you answer.

use crate::command::Streams;
use crate::diagnostic::{Diagnostic, Level, Result, Shown as _, nearest};
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
    list(organization, streams)?;
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
        let known = organization
            .accounts
            .iter()
            .map(|one| one.logical_id.as_str());
        if answer.is_empty() {
            writeln!(streams.err, "type the key of one of the accounts above")?;
            continue;
        }
        match nearest(&answer, known) {
            Some(near) => writeln!(
                streams.err,
                "no account named `{}`; did you mean `{near}`?",
                answer.shown()
            )?,
            None => writeln!(
                streams.err,
                "no account named `{}`: type the key of one of the accounts above",
                answer.shown()
            )?,
        }
    }
    Ok(None)
}

/// Lists the accounts that you can choose, the management account after the others.
fn list(organization: &Organization, streams: &mut Streams<'_>) -> anyhow::Result<()> {
    let mut accounts: Vec<&Account> = organization.accounts.iter().collect();
    // CI should not sign in there.
    accounts.sort_by_key(|account| account.is_master);
    writeln!(streams.err, "accounts of the organization:")?;
    for account in accounts.iter().take(MOST_LISTED) {
        let name = account.logical_id.shown();
        let note = if account.is_master {
            " (management account)"
        } else {
            ""
        };
        writeln!(streams.err, "  {name}{note}")?;
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
    let message = if others.is_empty() {
        "the Tools account, which CI signs in to, is not confirmed".to_owned()
    } else {
        format!(
            "{} accounts may be the Tools account, which CI signs in to",
            candidates.len()
        )
    };
    let mut problem = Diagnostic::new(&NO_TOOLS_ACCOUNT, first.span, message);
    for other in others {
        problem = problem.related(other.span, "or this one");
    }
    problem.help(format!(
        "name it: `--tools-account {}`",
        first.logical_id.shown()
    ))
}
