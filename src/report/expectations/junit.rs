//! What tests of policies found, as the XML of `JUnit`: a suite for each test file, a case for each expectation.
//!
//! What is not decided is a failure, also. There is no time in it, so that the same input gives the same
//! bytes. Refuses nothing.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use crate::query::expectations::report::{
    ExpectationResult, TestFileReport, TestReport, TestVerdict,
};
use crate::report::count::count;
use crate::report::escape::visible;
use crate::report::expectations::text::failure_text;
use crate::report::paint::Color;

/// What tests of policies found, as the XML of `JUnit`.
///
/// # Errors
///
/// None: it is written into memory.
pub fn tests_junit(report: &TestReport) -> io::Result<String> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let total = report.results().count();
    let failed = total - report.count(TestVerdict::Passed);
    writer
        .create_element("testsuites")
        .with_attribute(("name", "deploy-roles test"))
        .with_attribute(("tests", total.to_string().as_str()))
        .with_attribute(("failures", failed.to_string().as_str()))
        .with_attribute(("errors", "0"))
        .write_inner_content(|writer| {
            let mut files = report.files.iter();
            files.try_for_each(|file| suite(writer, file))
        })?;
    let mut text = String::from_utf8_lossy(&writer.into_inner()).into_owned();
    text.push('\n');
    Ok(text)
}

type XmlWriter = Writer<Vec<u8>>;

fn suite(writer: &mut XmlWriter, file: &TestFileReport) -> io::Result<()> {
    let results = file.results.iter();
    let failed = results.filter(|result| result.verdict() != TestVerdict::Passed);
    let failed = failed.count();
    writer
        .create_element("testsuite")
        .with_attribute(("name", &*visible(&file.path)))
        .with_attribute(("tests", file.results.len().to_string().as_str()))
        .with_attribute(("failures", failed.to_string().as_str()))
        .with_attribute(("errors", "0"))
        .with_attribute(("skipped", "0"))
        .write_inner_content(|writer| {
            let mut results = file.results.iter();
            results.try_for_each(|result| case(writer, file, result))
        })?;
    Ok(())
}

fn case(
    writer: &mut XmlWriter,
    file: &TestFileReport,
    result: &ExpectationResult,
) -> io::Result<()> {
    let line = result.line.to_string();
    // A control character is not XML, whatever its escape.
    let path = visible(&file.path);
    let element = writer
        .create_element("testcase")
        .with_attribute(("name", &*visible(&result.name)))
        .with_attribute(("classname", &*path))
        .with_attribute(("file", &*path))
        .with_attribute(("line", line.as_str()));
    if result.failures.is_empty() {
        element.write_empty()?;
        return Ok(());
    }
    let what = match result.verdict() {
        TestVerdict::Undecided => "not decided",
        TestVerdict::Failed | TestVerdict::Passed => "not as expected",
    };
    let number = result.failures.iter().map(|one| one.answer.count()).sum();
    let message = format!("{what} of {}", count(number, "principal"));
    let texts = result.failures.iter();
    let texts: Vec<String> = texts.map(|one| failure_text(one, Color::Off)).collect();
    element.write_inner_content(|writer| {
        writer
            .create_element("failure")
            .with_attribute(("type", result.kind.word()))
            .with_attribute(("message", message.as_str()))
            .write_text_content(BytesText::new(&texts.join("")))?;
        Ok(())
    })?;
    Ok(())
}
