//! What an app needs, as text for a terminal. Refuses nothing.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr as _;

use crate::arguments::write::services;
use crate::infer::answer::{AnsweredPartial, ComparedMacro, InferAnswer, PartialState};
use crate::infer::fit::StageFit;
use crate::infer::grants::Offering;
use crate::infer::names::NameFinding;
use crate::infer::partial::HeldBack;
use crate::infer::suggestion::{ServiceReason, Uncovered};
use crate::source::Sources;

use crate::report::escape::visible;
use crate::report::infer::read::read_templates;
use crate::report::infer::{
    InferPage, because, flag, has_stages, matter, names_title, offered, offering, state, tagged,
    verdict,
};
use crate::report::paint::{Color, Paint, paint};

/// Writes `answer` as text.
///
/// # Errors
///
/// Those of `out`.
pub fn text(
    answer: &InferAnswer,
    sources: &Sources,
    color: Color,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut page = InferText {
        page: InferPage { answer, sources },
        color,
        out,
    };
    page.line()?;
    page.read()?;
    match &answer.compared {
        Some(compared) => page.compared(compared)?,
        None => page.why()?,
    }
    page.partials()?;
    page.uncovered()?;
    page.names()?;
    page.refused()?;
    page.unknown()?;
    page.next()
}

struct InferText<'out, 'a> {
    page: InferPage<'a>,
    color: Color,
    out: &'out mut dyn Write,
}

/// How many actions a row names.
const OPENED_PER_ROW: usize = 4;

/// A row of a table: each cell, with how it is painted.
type InferRow = Vec<(Paint, String)>;

impl<'a> InferText<'_, 'a> {
    fn paint(&self, what: Paint, text: &str) -> String {
        paint(self.color, what, text)
    }

    fn title(&mut self, title: &str) -> io::Result<()> {
        let title = self.paint(Paint::Title, title);
        writeln!(self.out, "\n{title}")
    }

    /// The line to paste.
    fn line(&mut self) -> io::Result<()> {
        let services = services(&self.page.answer.services, 0, "\n");
        writeln!(self.out, "{services}")
    }

    /// What was read, if it needs no service.
    fn read(&mut self) -> io::Result<()> {
        let answer = self.page.answer;
        if !answer.services.is_empty() {
            return Ok(());
        }
        let read = read_templates(&answer.app, self.page.sources, |name| {
            visible(name).into_owned()
        });
        self.title("Read")?;
        let row = |(path, has): (String, String)| vec![(Paint::Plain, path), (Paint::Plain, has)];
        let rows: Vec<InferRow> = read.into_iter().map(row).collect();
        self.table(&rows)
    }

    fn why(&mut self) -> io::Result<()> {
        let answer = self.page.answer;
        let mut rows = Vec::new();
        for service in &answer.suggestion.services {
            let name = visible(&service.name).into_owned();
            rows.push(self.reason((Paint::Added, name), &service.reasons));
            rows.extend(self.opened(&offering(&service.name, None)));
            for option in &service.options {
                let name = format!("  {}", visible(&option.name));
                rows.push(self.reason((Paint::Added, name), &option.reasons));
                if let Some(other) = option.instead.first() {
                    let other = format!("`{}` would also grant this", visible(&offered(other)));
                    rows.push(vec![(Paint::Plain, String::new()), (Paint::Plain, other)]);
                }
                rows.extend(self.opened(&offering(&service.name, Some(&option.name))));
            }
        }
        if rows.is_empty() {
            return Ok(());
        }
        self.title("Why")?;
        self.table(&rows)
    }

    /// A row: what is needed, which type needs it, and for what.
    fn reason(&self, what: (Paint, String), reasons: &'a [ServiceReason]) -> InferRow {
        let Some(short) = self.page.short(reasons) else {
            return vec![what, (Paint::Plain, "for its options".to_owned())];
        };
        let (types, actions) = short.more();
        let because = because(short.because, |name| visible(name).into_owned());
        let files = if short.files.is_empty() {
            String::new()
        } else {
            format!(" ({})", visible(&short.files.join(", ")))
        };
        let type_name = visible(short.type_name);
        vec![
            what,
            (Paint::Plain, format!("{type_name}{because}{types}{files}")),
            (Paint::Plain, format!("{}{actions}", visible(short.action))),
        ]
    }

    /// Rows with what `offering` opens, some in each.
    fn opened(&self, offering: &Offering) -> Vec<InferRow> {
        let opened = self
            .page
            .opened(offering)
            .chunks(OPENED_PER_ROW)
            .enumerate();
        opened
            .map(|(at, opened)| {
                let names: Vec<_> = opened.iter().map(|one| visible(&one.action)).collect();
                let begin = if at == 0 { "opens" } else { "     " };
                let text = format!("{begin} {}", names.join(", "));
                vec![(Paint::Plain, String::new()), (Paint::Changed, text)]
            })
            .collect()
    }

    /// Rows with their columns aligned.
    fn table(&mut self, rows: &[InferRow]) -> io::Result<()> {
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                let cells = rows.iter().filter(|row| row.len() > column + 1);
                let cells = cells.filter_map(|row| row.get(column));
                cells.map(|(_, cell)| cell.width()).max().unwrap_or(0)
            })
            .collect();
        for row in rows {
            let mut line = String::from("  ");
            for (column, ((what, cell), width)) in row.iter().zip(&widths).enumerate() {
                line.push_str(&paint(self.color, *what, cell));
                if column + 1 < row.len() {
                    let space = width.saturating_sub(cell.width()) + 2;
                    line.push_str(&" ".repeat(space));
                }
            }
            writeln!(self.out, "{}", line.trim_end())?;
        }
        Ok(())
    }

    fn compared(&mut self, compared: &'a ComparedMacro) -> io::Result<()> {
        let name = |text: &str| visible(text).into_owned();
        let place = visible(&compared.template);
        let Some(written) = &compared.written else {
            let verdict = format!("{} ({place})", verdict(compared, name));
            self.title(&verdict)?;
            for fit in &compared.fits {
                if has_stages(compared) {
                    let stages: Vec<_> = fit.stages.iter().map(|stage| visible(stage)).collect();
                    writeln!(self.out, "  in {}:", stages.join(", "))?;
                }
                self.fit(compared, fit)?;
            }
            return Ok(());
        };
        let state = if written.is_changed() {
            "has changed"
        } else {
            "has these services already"
        };
        self.title(&format!("{} {state} ({place})", name(&compared.name)))?;
        for fit in &compared.fits {
            self.fit(compared, fit)?;
        }
        Ok(())
    }

    fn fit(&mut self, compared: &'a ComparedMacro, fit: &'a StageFit) -> io::Result<()> {
        let mut rows = Vec::new();
        for lacked in &fit.lacks {
            let what = format!("+ {}", visible(&offered(lacked)));
            rows.push(self.reason((Paint::Added, what), self.page.reasons(lacked)));
            rows.extend(self.opened(lacked));
        }
        for unused in &fit.unused {
            let what = visible(&offered(unused)).into_owned();
            let is_kept = compared.kept.contains(unused);
            let (what, why) = if is_kept {
                let why = "kept: what is seen does not need it, but see below";
                ((Paint::Changed, format!("? {what}")), why)
            } else {
                let why = "no resource of the app needs it";
                ((Paint::Removed, format!("- {what}")), why)
            };
            rows.push(vec![what, (Paint::Plain, why.to_owned())]);
        }
        self.table(&rows)
    }

    /// The generated partials, and what they hold back.
    fn partials(&mut self) -> io::Result<()> {
        let Some(partials) = &self.page.answer.partials else {
            return Ok(());
        };
        let plain = |text: &str| visible(text).into_owned();
        if !partials.files.is_empty() {
            self.title("Partials for what no other service grants")?;
            let row = |one: &AnsweredPartial| {
                let paint = match one.state {
                    PartialState::New => Paint::Added,
                    PartialState::Changed => Paint::Changed,
                    PartialState::Current => Paint::Plain,
                    PartialState::Unneeded => Paint::Removed,
                };
                let types: Vec<String> = one.types.iter().map(|name| plain(name)).collect();
                vec![
                    (paint, plain(&one.path)),
                    (Paint::Plain, state(one, partials.is_written).to_owned()),
                    (Paint::Plain, types.join(", ")),
                ]
            };
            let rows: Vec<InferRow> = partials.files.iter().map(row).collect();
            self.table(&rows)?;
            if let Some(tagged) = tagged(partials, plain) {
                writeln!(self.out, "  {tagged}")?;
            }
        }
        let is_covered = self.page.answer.uncovered().is_empty();
        if partials.files.is_empty() && partials.held.is_empty() && is_covered {
            self.title("Partials for what no other service grants")?;
            writeln!(self.out, "  none is needed")?;
        }
        if partials.held.is_empty() {
            return Ok(());
        }
        self.title("Held back until you allow it")?;
        let row = |held: &HeldBack| {
            vec![
                (Paint::Removed, plain(&held.action)),
                (Paint::Plain, held.hold.reason().to_owned()),
                (Paint::Plain, plain(&flag(held))),
            ]
        };
        let rows: Vec<InferRow> = partials.held.iter().map(row).collect();
        self.table(&rows)
    }

    fn uncovered(&mut self) -> io::Result<()> {
        let (types, actions) = self.page.uncovered();
        for (title, list) in [
            ("No service creates these resources", types),
            ("No service grants these actions", actions),
        ] {
            if list.is_empty() {
                continue;
            }
            self.title(title)?;
            let row = |one: &&'a Uncovered| {
                let type_name = visible(&one.type_name).into_owned();
                let short = self.page.short(&one.missing);
                let needs = short.map_or(String::new(), |short| {
                    let (_, more) = short.more();
                    format!("{}{more}", visible(short.action))
                });
                vec![(Paint::Removed, type_name), (Paint::Plain, needs)]
            };
            let rows: Vec<InferRow> = list.iter().map(row).collect();
            self.table(&rows)?;
        }
        match self.page.hint() {
            Some(hint) => writeln!(self.out, "  {hint}"),
            None => Ok(()),
        }
    }

    fn names(&mut self) -> io::Result<()> {
        let names = &self.page.answer.names;
        if names.findings.is_empty() {
            return Ok(());
        }
        let plain = |text: &str| visible(text).into_owned();
        self.title(&names_title(names, plain))?;
        let resources = &self.page.answer.app.resources;
        let row = |finding: &NameFinding| {
            let resource = resources.get(finding.resource);
            let id = resource.map_or(String::new(), |resource| plain(&resource.id));
            let (property, example) = (plain(&finding.property), plain(&finding.example));
            let matter = matter(&finding.issue, plain);
            vec![
                (Paint::Changed, id),
                (Paint::Plain, format!("{property} {matter}")),
                (Paint::Plain, format!("for example {example}")),
            ]
        };
        let rows: Vec<InferRow> = names.findings.iter().map(row).collect();
        self.table(&rows)
    }

    fn refused(&mut self) -> io::Result<()> {
        let refused = &self.page.answer.refused;
        if refused.is_empty() {
            return Ok(());
        }
        self.title("Refused on purpose")?;
        for refusal in refused {
            let ids = self
                .page
                .ids(&refusal.resources, |id| visible(id).into_owned());
            let ids = self.paint(Paint::Removed, &ids);
            writeln!(self.out, "  {ids}: {}", refusal.what)?;
            writeln!(self.out, "    {}", refusal.instead)?;
        }
        Ok(())
    }

    fn unknown(&mut self) -> io::Result<()> {
        let unknown = &self.page.answer.unknown;
        if unknown.is_empty() {
            return Ok(());
        }
        self.title("Cannot be known from the app's templates")?;
        for one in unknown {
            let place = one.span.and_then(|span| self.page.place(span));
            let ids = self.page.ids(&one.resources, |id| visible(id).into_owned());
            let place = place.unwrap_or(ids);
            let place = if place.is_empty() {
                String::new()
            } else {
                format!(" ({})", visible(&place))
            };
            writeln!(
                self.out,
                "  {} {}{place}",
                self.paint(Paint::Changed, "?"),
                visible(&one.what)
            )?;
        }
        Ok(())
    }

    fn next(&mut self) -> io::Result<()> {
        let next = &self.page.answer.next;
        if next.is_empty() {
            return Ok(());
        }
        self.title("Next")?;
        for command in next {
            writeln!(self.out, "  {}", visible(command))?;
        }
        Ok(())
    }
}
