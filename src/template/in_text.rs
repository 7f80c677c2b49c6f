//! A document that is written as a text in JSON.
//!
//! In: data that should be a document. Out: the document in its text. Refuses nothing: what is not such a text stays what
//! it is.
//!
//! `CloudFormation` takes a text for each property whose type is `Json`, such as the documents of `AWS::IAM::*`, and
//! wants one for some others (`InlinePolicy` of `AWS::SSO::PermissionSet` may be either).

use crate::template::read;
use crate::template::spelling::respelled;
use crate::template::value::{Data, Unordered};

/// A document that is written as text in JSON; anything else as it is.
pub(crate) fn read_text(data: &Data) -> Data {
    in_text(data).unwrap_or_else(|| data.clone())
}

/// The document that a text holds, or what makes a text of it.
pub(crate) fn in_text(data: &Data) -> Option<Data> {
    if let Data::Text(text) = data {
        return document(text);
    }
    let [(function, value)] = data.entries()? else {
        return None;
    };
    match (function.as_str(), value) {
        ("Fn::ToJsonString", document) => document.fields().map(|_| document.clone()),
        ("Fn::Sub", Data::Text(text)) => substituted(document(text)?, &[]),
        ("Fn::Sub", Data::List(items)) => match items.as_slice() {
            [Data::Text(text), Data::Map(own)] => substituted(document(text)?, own),
            _ => None,
        },
        ("Fn::Join", _) => in_text(&Some(respelled(data)).filter(|other| other != data)?),
        _ => None,
    }
}

/// The mapping that a text is.
fn document(text: &str) -> Option<Data> {
    let data = read::of_text(text)?;
    data.fields()?;
    Some(data)
}

/// The data of a text in which `${...}` is substituted, also by values of its `own`; `None` if that may be in the name of
/// a key.
fn substituted(data: Data, own: &[(String, Data)]) -> Option<Data> {
    let sub = |text: String| {
        let text = Data::Text(text);
        let argument = match own {
            [] => text,
            own => Data::List(vec![text, Data::Map(own.to_vec())]),
        };
        Data::Map(vec![("Fn::Sub".to_owned(), argument)])
    };
    let all = |items: Vec<Data>| {
        let items = items.into_iter().map(|item| substituted(item, own));
        items.collect::<Option<_>>()
    };
    Some(match data {
        Data::Text(text) if text.contains("${") => sub(text),
        Data::Action(action) if action.0.contains("${") => sub(action.0),
        Data::List(items) => Data::List(all(items)?),
        Data::Unordered(items) => Data::Unordered(Unordered(all(items.0)?)),
        Data::Map(entries) => {
            let entries = entries.into_iter().map(|(key, value)| {
                (!key.contains("${")).then_some(())?;
                Some((key, substituted(value, own)?))
            });
            Data::Map(entries.collect::<Option<_>>()?)
        }
        data => data,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(text: &str) -> Data {
        read::of_text(text).unwrap()
    }

    #[test]
    fn a_document_is_read_in_each_kind_of_text() {
        let document = "{Statement: [{Effect: Allow, Action: a:B, Resource: !Sub 'arn:${A}/*'}]}";
        let json =
            r#"{"Statement": [{"Effect": "Allow", "Action": "a:B", "Resource": "arn:${A}/*"}]}"#;
        for text in [
            format!("!Sub '{json}'"),
            format!("!Sub |\n  {}", json.replace(", ", ",\n   ")),
            format!("!ToJsonString {document}"),
            format!(
                "!Join ['', ['{}', !Ref A, '/*\"}}]}}']]",
                json.split("${").next().unwrap()
            ),
        ] {
            assert_eq!(in_text(&data(&text)), Some(data(document)), "{text}");
        }
        let own = data(&format!("!Sub ['{json}', {{A: b}}]"));
        let wanted = document.replace("!Sub 'arn:${A}/*'", "!Sub ['arn:${A}/*', {A: b}]");
        assert_eq!(in_text(&own), Some(data(&wanted)));
        // Without `Fn::Sub`, `${...}` is for IAM.
        let wanted = document.replace("!Sub ", "");
        assert_eq!(in_text(&data(&format!("'{json}'"))), Some(data(&wanted)));
    }

    #[test]
    fn what_may_be_another_document_is_not_read() {
        for text in [
            "!Ref Document",
            "!Sub '${Document}'",
            "'no document'",
            "'[1]'",
            "!Sub '{\"Statement\": ${Statements}}'",
            "!Sub '{\"${Key}\": 1}'",
            "'{\"Effect\": \"Allow\", \"Effect\": \"Deny\"}'",
            "!ToJsonString [1]",
            "!ToJsonString {Ref: Document}",
            "!Join [',', ['{\"Statement\": [', !Ref Statements, ']}']]",
            "{Statement: []}",
        ] {
            assert_eq!(in_text(&data(text)), None, "{text}");
        }
    }
}
