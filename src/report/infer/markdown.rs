//! What an app needs, as Markdown for a pull request.
//!
//! In: an answer. Out: the line, and tables. Names of the app are in code spans, so that none of
//! them is read as Markdown. Refuses nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::arguments::write::services;
use crate::infer::answer::{ComparedMacro, InferAnswer};
use crate::infer::grants::Offering;
use crate::infer::suggestion::ServiceReason;
use crate::source::Sources;

use crate::report::count::count;
use crate::report::escape::{backticks, cell, code, sentence, visible};
use crate::report::infer::read::read_templates;
use crate::report::infer::{
    InferPage, because, difference, flag, has_stages, matter, names_title, offered, state, tagged,
    verdict,
};

/// `answer` as Markdown.
pub fn markdown(answer: &InferAnswer, sources: &Sources) -> String {
    let mut page = InferMarkdown {
        page: InferPage { answer, sources },
        out: String::new(),
    };
    page.head();
    page.read();
    page.why();
    page.opened();
    page.partials();
    page.uncovered();
    page.names();
    page.refused();
    page.unknown();
    page.out
}

struct InferMarkdown<'a> {
    page: InferPage<'a>,
    out: String,
}

impl<'a> InferMarkdown<'a> {
    fn head(&mut self) {
        let answer = self.page.answer;
        let verdict = if let Some(compared) = &answer.compared {
            verdict(compared, code)
        } else {
            let number = answer.suggestion.services.len();
            format!("the app needs {}", count(number, "service"))
        };
        let line = services(&answer.services, 0, "\n");
        let fence = "`".repeat(backticks(&line).max(2) + 1);
        let _ = writeln!(self.out, "**deploy-roles: {verdict}**");
        // The names are text of YAML, which escapes what cannot be seen; line ends are its own.
        let line: Vec<_> = line
            .lines()
            .map(|line| visible(line).into_owned())
            .collect();
        let _ = writeln!(self.out, "\n{fence}yaml\n{}\n{fence}", line.join("\n"));
    }

    /// What was read, if it needs no service.
    fn read(&mut self) {
        let answer = self.page.answer;
        if !answer.services.is_empty() {
            return;
        }
        self.out.push_str("\n| read | has |\n|---|---|\n");
        for (path, has) in read_templates(&answer.app, self.page.sources, code) {
            let _ = writeln!(self.out, "| {path} | {has} |");
        }
    }

    fn why(&mut self) {
        let mut rows: Vec<(String, &'a [ServiceReason])> = Vec::new();
        let answer = self.page.answer;
        match &answer.compared {
            Some(compared) => self.differences(compared, &mut rows),
            None => {
                for service in &answer.suggestion.services {
                    rows.push((cell(&service.name), &service.reasons));
                    for option in &service.options {
                        let name = format!("{}: {}", service.name, option.name);
                        rows.push((cell(&name), &option.reasons));
                    }
                }
            }
        }
        if rows.is_empty() {
            return;
        }
        self.out
            .push_str("\n| needed | by | for |\n|---|---|---|\n");
        for (what, reasons) in rows {
            let (by, actions) = self.reason(reasons);
            let _ = writeln!(self.out, "| {what} | {by} | {actions} |");
        }
    }

    /// What the services and options open: those that a macro lacks, if one is compared.
    fn opened(&mut self) {
        let answer = self.page.answer;
        let all: BTreeSet<Offering> = match &answer.compared {
            Some(compared) => {
                let lacks = compared.fits.iter().flat_map(|fit| &fit.lacks);
                lacks.cloned().collect()
            }
            None => answer.suggestion.offerings(),
        };
        let mut rows = String::new();
        for offering in &all {
            let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
            for one in self.page.opened(offering) {
                let actions = by_reason.entry(one.reason()).or_default();
                actions.push(cell(&one.action));
            }
            let what = cell(&offered(offering));
            for (reason, actions) in by_reason {
                let (actions, reason) = (actions.join(", "), sentence(reason));
                let _ = writeln!(rows, "| {what} | {actions} | {reason} |");
            }
        }
        if !rows.is_empty() {
            self.out
                .push_str("\n**What this opens**\n\n| by | actions | because |\n|---|---|---|\n");
            self.out.push_str(&rows);
        }
    }

    /// What the stages of a macro lack, and what they do not need.
    fn differences(
        &mut self,
        compared: &'a ComparedMacro,
        rows: &mut Vec<(String, &'a [ServiceReason])>,
    ) {
        for fit in &compared.fits {
            if has_stages(compared) {
                let stages: Vec<String> = fit.stages.iter().map(|stage| code(stage)).collect();
                let difference = difference(fit, code).unwrap_or_else(|| "fits".to_owned());
                let _ = writeln!(self.out, "\n{}: {difference}", stages.join(", "));
            }
            for lacked in &fit.lacks {
                rows.push((cell(&offered(lacked)), self.page.reasons(lacked)));
            }
        }
    }

    /// Which type needs something, and for what, as cells.
    fn reason(&self, reasons: &'a [ServiceReason]) -> (String, String) {
        let Some(short) = self.page.short(reasons) else {
            return ("its options".to_owned(), String::new());
        };
        let (types, actions) = short.more();
        let because = because(short.because, cell);
        let files: Vec<String> = short.files.iter().map(|file| cell(file)).collect();
        let files = if files.is_empty() {
            String::new()
        } else {
            format!(" in {}", files.join(", "))
        };
        (
            format!("{}{because}{types}{files}", cell(short.type_name)),
            format!("{}{actions}", cell(short.action)),
        )
    }

    /// The generated partials, and what they hold back.
    fn partials(&mut self) {
        let Some(partials) = &self.page.answer.partials else {
            return;
        };
        if !partials.files.is_empty() {
            self.out.push_str(
                "\n**Partials for what no other service grants**\n\n| file | state | for |\n|---|---|---|\n",
            );
        }
        for one in &partials.files {
            let types: Vec<String> = one.types.iter().map(|name| cell(name)).collect();
            let state = state(one, partials.is_written);
            let (path, types) = (cell(&one.path), types.join(", "));
            let _ = writeln!(self.out, "| {path} | {state} | {types} |");
        }
        if let Some(tagged) = tagged(partials, code) {
            let _ = writeln!(self.out, "\n{tagged}");
        }
        if partials.held.is_empty() {
            return;
        }
        self.out.push_str(
            "\n**Held back until you allow it**\n\n| action | because | flag |\n|---|---|---|\n",
        );
        for held in &partials.held {
            let flag = held.flag().map_or_else(|| flag(held), |flag| cell(&flag));
            let reason = sentence(held.hold.reason());
            let _ = writeln!(self.out, "| {} | {reason} | {flag} |", cell(&held.action));
        }
    }

    fn uncovered(&mut self) {
        let (types, actions) = self.page.uncovered();
        if types.is_empty() && actions.is_empty() {
            return;
        }
        self.out
            .push_str("\n**No service grants this**\n\n| type | needs |\n|---|---|\n");
        for one in types.into_iter().chain(actions) {
            let (_, actions) = self.reason(&one.missing);
            let _ = writeln!(self.out, "| {} | {actions} |", cell(&one.type_name));
        }
        if let Some(hint) = self.page.hint() {
            let hint = hint.replacen("--write-partials DIR", "`--write-partials DIR`", 1);
            let _ = writeln!(self.out, "\n{hint}");
        }
    }

    fn names(&mut self) {
        let answer = self.page.answer;
        if answer.names.findings.is_empty() {
            return;
        }
        let title = names_title(&answer.names, code);
        let _ = writeln!(self.out, "\n**{title}**\n");
        self.out
            .push_str("| resource | property | for example |\n|---|---|---|\n");
        for finding in &answer.names.findings {
            let resource = answer.app.resources.get(finding.resource);
            let id = resource.map_or(String::new(), |resource| cell(&resource.id));
            let matter = matter(&finding.issue, cell);
            let (property, example) = (cell(&finding.property), cell(&finding.example));
            let _ = writeln!(self.out, "| {id} | {property} {matter} | {example} |");
        }
    }

    fn refused(&mut self) {
        let refused = &self.page.answer.refused;
        if refused.is_empty() {
            return;
        }
        self.out.push_str("\n**Refused on purpose**\n\n");
        for refusal in refused {
            let ids = self.page.ids(&refusal.resources, code);
            let what = sentence(refusal.what);
            let instead = sentence(refusal.instead);
            let _ = writeln!(self.out, "- {ids}: {what}; {instead}");
        }
    }

    fn unknown(&mut self) {
        let unknown = &self.page.answer.unknown;
        if unknown.is_empty() {
            return;
        }
        self.out
            .push_str("\n**Cannot be known from the app's templates**\n\n");
        for one in unknown {
            let place = one.span.and_then(|span| self.page.place(span));
            let place = place.map(|place| code(&place));
            let place = place.unwrap_or_else(|| self.page.ids(&one.resources, code));
            let place = if place.is_empty() {
                String::new()
            } else {
                format!(" ({place})")
            };
            let _ = writeln!(self.out, "- {}{place}", sentence(&one.what));
        }
    }
}
