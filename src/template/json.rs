//! Data to JSON, which is YAML too.
//!
//! In: data. Out: one line of text that reads as the same data again. Refuses nothing.

use crate::template::value::Data;

/// `data` as JSON on one line.
pub(crate) fn json(data: &Data) -> String {
    let mut out = String::new();
    write(data, &mut out);
    out
}

/// `text` as a JSON string.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}

fn write(data: &Data, out: &mut String) {
    match data {
        Data::Null => out.push_str("null"),
        Data::Bool(flag) => out.push_str(&flag.to_string()),
        Data::Number(number) => out.push_str(number),
        Data::Text(text) => out.push_str(&quoted(text)),
        Data::Action(action) => out.push_str(&quoted(&action.0)),
        Data::List(items) => write_items(items, out),
        Data::Unordered(items) => write_items(&items.0, out),
        Data::Map(entries) => {
            out.push('{');
            for (at, (key, value)) in entries.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                out.push_str(&quoted(key));
                out.push_str(": ");
                write(value, out);
            }
            out.push('}');
        }
    }
}

fn write_items(items: &[Data], out: &mut String) {
    out.push('[');
    for (at, item) in items.iter().enumerate() {
        out.push_str(if at > 0 { ", " } else { "" });
        write(item, out);
    }
    out.push(']');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::read;

    fn data(text: &str) -> Data {
        read::of_text(text).unwrap()
    }

    #[test]
    fn json_reads_as_the_same_data() {
        for text in [
            "{a: 1, b: [true, ~, 1.5, 012, '012', 2012-10-17, 0x1F]}",
            "{Effect: Allow, Action: s3:Get*, Resource: !Sub 'arn:${A}\"\\x'}",
            "[!Ref A, !GetAtt A.B, !If [C, d, !Ref 'AWS::NoValue'], !Cmd 'x y']",
            "Statement: [{Effect: Deny, Action: [a:b, A:B], Resource: ['*', '*']}]",
            "{a: \"line\\nbreak \\u0007 \u{2028} é\", 'k: e #y': {<<: {x: 1}, y: 2}}",
            "2001-01-01 01:01:01",
        ] {
            let wanted = data(text);
            let written = json(&wanted);
            assert_eq!(data(&written), wanted, "{text} as {written}");
            assert!(!written.contains('\n'), "{written}");
        }
    }
}
