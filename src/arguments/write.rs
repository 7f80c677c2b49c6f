//! Arguments to YAML: `Services` as a line to paste, or put into a macro in place.
//!
//! In: services with options, and where they belong. Out: text, and edits of a template that leave
//! every other byte as it is. Refuses `Services` that do not come from the macro itself.

mod list;
pub mod place;

use crate::arguments::Choice;
use crate::yaml::emit;

/// The longest line that is printed in one piece.
const WIDTH: usize = 100;

/// A service with its options, by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServiceEntry {
    /// Its name.
    pub name: String,
    /// Its options.
    pub options: Vec<String>,
}

impl ServiceEntry {
    /// The entry of a choice.
    pub fn of(choice: &Choice) -> Self {
        let options = choice.options.iter();
        Self {
            name: choice.name.value.clone(),
            options: options.map(|option| option.value.clone()).collect(),
        }
    }

    /// The entry as an item of a list: `logs`, `lambda: vpc`, or `lambda: [layer, vpc]`.
    pub fn to_yaml(&self) -> String {
        let name = emit::scalar(&self.name);
        match options(&self.options) {
            Some(options) => format!("{name}: {options}"),
            None => name,
        }
    }
}

/// Options as the value of their service; `None` if there are none.
fn options(options: &[String]) -> Option<String> {
    match options {
        [] => None,
        [one] => Some(emit::scalar(one)),
        many => {
            let names: Vec<String> = many.iter().map(|name| emit::scalar(name)).collect();
            Some(format!("[{}]", names.join(", ")))
        }
    }
}

/// `services` as a list in brackets.
pub fn flow(services: &[ServiceEntry]) -> String {
    let items: Vec<String> = services.iter().map(ServiceEntry::to_yaml).collect();
    format!("[{}]", items.join(", "))
}

/// `Services: [...]`, or one line per service if that is too long for a line that begins at column
/// `indent`. Lines after the first are indented by that much; the last has no line end.
pub fn services(services: &[ServiceEntry], indent: usize, line_end: &str) -> String {
    let line = format!("Services: {}", flow(services));
    if indent + line.chars().count() <= WIDTH {
        return line;
    }
    let space = " ".repeat(indent);
    services
        .iter()
        .fold("Services:".to_owned(), |out, service| {
            format!("{out}{line_end}{space}  - {}", service.to_yaml())
        })
}

#[cfg(test)]
mod tests;
