//! What a reader sees of a comparison.

#![allow(
    clippy::needless_raw_string_hashes,
    reason = "snapbox writes snapshots with them"
)]

mod diagnostics;

use snapbox::{IntoData, assert_data_eq, str};

use crate::diff::Comparison;
use crate::diff::compare;

use crate::report::{Color, MARKDOWN_LIMIT, Parts, verdict};
use crate::report::{diff_json as json, diff_markdown as markdown, diff_text as text};

fn role(account: &str, actions: &str, rest: &str) -> String {
    format!(
        "  # App: account {account}
  App{account}Role:
    Type: AWS::IAM::Role
    OrganizationBinding:
      Account: !Ref {account}
    Properties:
      RoleName: app-Role
      Policies:
        - PolicyName: Deploy
          PolicyDocument:
            Statement:
              - Sid: One
                Effect: Allow
                Action: [{actions}]
                Resource: !Sub 'arn:aws:s3:::${{{account}}}'
{rest}
"
    )
}

fn file(roles: &[String]) -> String {
    format!(
        "# checksum: {}\nResources:\n{}",
        roles.len(),
        roles.concat()
    )
}

fn shown(comparisons: &[Comparison<'_>], parts: Parts) -> String {
    let mut out = Vec::new();
    text(comparisons, None, parts, Color::Off, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn as_json(comparisons: &[Comparison<'_>], parts: Parts) -> serde_json::Value {
    let mut out = Vec::new();
    json(comparisons, None, parts, &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

fn small() -> (String, String) {
    let old = file(&[
        role("Dev", "s3:Get, s3:Put", ""),
        role("Test", "s3:Get", ""),
        role("Old", "a:b", ""),
    ]);
    let new = file(&[
        role("Dev", "s3:Get, s3:List", "      MaxSessionDuration: 3600\n"),
        role("Test", "s3:Get", ""),
        role("New", "a:b", ""),
    ]);
    (old, new)
}

#[test]
fn text_tells_all_of_it() {
    let (old, new) = small();
    let comparisons = [compare("org/roles.yml", Some(&old), &new)];
    assert_data_eq!(
        shown(&comparisons, Parts::ALL),
        str![[r#"
1 resource added, 1 changed, 1 removed in 3 accounts

org/roles.yml

    added   changed   removed  account
        0         1         0  Dev
        1         0         0  New
        0         0         1  Old

~ AppDevRole  AWS::IAM::Role  app-Role
    in Dev
    + MaxSessionDuration: 3600
    inline policy Deploy
      statement One
        Action
          + s3:List
          - s3:Put

+ AppNewRole  AWS::IAM::Role  app-Role
    in New

- AppOldRole  AWS::IAM::Role  app-Role
    in Old

--- org/roles.yml
+++ org/roles.yml
@@ -13,8 +13,9 @@ AppDevRole
             Statement:
               - Sid: One
                 Effect: Allow
-                Action: [s3:Get, s3:Put]
+                Action: [s3:Get, s3:List]
                 Resource: !Sub 'arn:aws:s3:::${Dev}'
+      MaxSessionDuration: 3600
 
   # App: account Test
   AppTestRole:
@@ -32,11 +33,11 @@ AppNewRole
                 Action: [s3:Get]
                 Resource: !Sub 'arn:aws:s3:::${Test}'
 
-  # App: account Old
-  AppOldRole:
+  # App: account New
+  AppNewRole:
     Type: AWS::IAM::Role
     OrganizationBinding:
-      Account: !Ref Old
+      Account: !Ref New
     Properties:
       RoleName: app-Role
       Policies:
@@ -46,5 +47,5 @@ AppNewRole
               - Sid: One
                 Effect: Allow
                 Action: [a:b]
-                Resource: !Sub 'arn:aws:s3:::${Old}'
+                Resource: !Sub 'arn:aws:s3:::${New}'
 

"#]]
        .raw()
    );
}

#[test]
fn text_shows_the_parts_asked_for() {
    let (old, new) = small();
    let comparisons = [compare("org/roles.yml", Some(&old), &new)];
    let resources = shown(&comparisons, Parts::RESOURCES);
    assert!(
        resources.contains("~ AppDevRole") && !resources.contains("@@"),
        "{resources}"
    );
    let lines = shown(&comparisons, Parts::LINES);
    assert!(
        !lines.contains("~ AppDevRole") && lines.contains("@@"),
        "{lines}"
    );
}

#[test]
fn text_is_colored_if_asked() {
    let mut out = Vec::new();
    text(
        &[compare("r.yml", Some("a: 1\nb: x\n"), "a: 2\nb: x\n")],
        None,
        Parts::ALL,
        Color::On,
        &mut out,
    )
    .unwrap();
    let out = String::from_utf8(out).unwrap().replace('\u{1b}', "^");
    assert_data_eq!(
        out,
        str![[r#"
^[1m1 other section changed^[0m

^[1mr.yml^[0m

^[33m~ section a^[0m

^[1m--- r.yml^[0m
^[1m+++ r.yml^[0m
^[36m@@ -1,2 +1,2 @@ a^[0m
^[31m-^[0m^[31ma: ^[0m^[1m^[4m^[31m1^[0m
^[32m+^[0m^[32ma: ^[0m^[1m^[4m^[32m2^[0m
 b: x

"#]]
        .raw()
    );
}

fn many(accounts: usize) -> (String, String) {
    let name = |at: usize| format!("Account{at:04}");
    let old: Vec<String> = (0..accounts)
        .map(|at| role(&name(at), "s3:Get", ""))
        .collect();
    let new: Vec<String> = (0..accounts)
        .map(|at| {
            role(
                &name(at),
                "s3:Get, s3:Put",
                &format!("      Path: !Sub '/${{{}}}/'\n", name(at)),
            )
        })
        .collect();
    (file(&old), file(&new))
}

#[test]
fn like_changes_of_many_accounts_are_told_once() {
    let (old, new) = many(1000);
    let comparisons = [compare("roles.yml", Some(&old), &new)];
    assert_data_eq!(shown(&comparisons, Parts::RESOURCES), str![[r#"
1,000 resources changed in 1,000 accounts

roles.yml

    added   changed   removed  account
        0         1         0  each of 1,000 accounts: Account0000, Account0001, Account0002, Account0003, Account0004, Account0005, Account0006, Account0007, Account0008, Account0009 and 990 more

~ App<account>Role  AWS::IAM::Role  app-Role
    in 1,000 accounts: Account0000, Account0001, Account0002, Account0003, Account0004, Account0005, Account0006, Account0007, Account0008, Account0009 and 990 more
    + Path: !Sub /${<account>}/
    inline policy Deploy
      statement One
        Action
          + s3:Put

"#]].raw());
    // The lines are complete all the same.
    assert_eq!(
        shown(&comparisons, Parts::LINES).matches("\n@@ ").count(),
        1000
    );
}

#[test]
fn verdicts() {
    let (old, new) = small();
    let told = |old: Option<&str>, new: &str| verdict(&[compare("r.yml", old, new)]);
    assert_eq!(
        told(Some(&old), &new),
        "1 resource added, 1 changed, 1 removed in 3 accounts"
    );
    assert_eq!(told(Some(&old), &old), "no changes");
    assert_eq!(
        told(Some(&old), &format!("{old}# x\n")),
        "no resource changes: only comments, order or formatting differ"
    );
    assert_eq!(
        told(Some(&old), &old.replace('\n', "\r\n")),
        "no resource changes: only line ends differ"
    );
    assert_eq!(
        told(Some(&old), old.trim_end_matches('\n')),
        "no resource changes: only comments, order or formatting differ"
    );
    assert_eq!(
        told(Some(&old), &format!("{old}Outputs: {{}}\n")),
        "1 other section changed"
    );
    assert_eq!(
        told(Some("["), &old),
        "the resources of 1 file could not be compared"
    );
    assert_eq!(told(None, &old), "3 resources added in 3 accounts");
    let two = [
        compare("a.yml", Some(&old), &new),
        compare("b.yml", Some(&old), &old),
    ];
    assert_eq!(
        verdict(&two),
        "1 resource added, 1 changed, 1 removed in 3 accounts (1 of 2 files)"
    );
    assert_eq!(verdict(&[]), "no changes");
}

#[test]
fn line_ends_are_shown_where_lines_differ_in_them() {
    let told = |old: &str, new: &str| shown(&[compare("r.yml", Some(old), new)], Parts::LINES);
    assert_data_eq!(
        told("a: 1\r\nb: 1\r\n", "a: 1\nb: 1"),
        str![[r#"
no resource changes: only line ends differ

--- r.yml
+++ r.yml
@@ -1,2 +1,2 @@ a
-a: 1\r
+a: 1
-b: 1\r
+b: 1
\ No newline at end of file

"#]]
        .raw()
    );
    let crlf = told("a: 1\r\nb: 1\r\n", "a: 2\r\nb: 1\r\n");
    assert!(!crlf.contains('\r') && !crlf.contains("\\r"), "{crlf}");
}

#[test]
fn markdown_tells_all_of_it() {
    let (old, new) = small();
    let comparisons = [compare("org/roles.yml", Some(&old), &new)];
    assert_data_eq!(
        markdown(&comparisons, None, Parts::ALL),
        str![[r#"
**deploy-roles: 1 resource added, 1 changed, 1 removed in 3 accounts**

`org/roles.yml`

| account | added | changed | removed |
|---|--:|--:|--:|
| `Dev` | 0 | 1 | 0 |
| `New` | 1 | 0 | 0 |
| `Old` | 0 | 0 | 1 |

<details><summary>3 resources of <code>org/roles.yml</code></summary>

- `AppDevRole` **changed** (`AWS::IAM::Role`, `app-Role`) in `Dev`
  - `MaxSessionDuration` **added** `3600`
  - inline policy `Deploy`
    - statement `One`
      - `Action`: added `s3:List`; removed `s3:Put`
- `AppNewRole` **added** (`AWS::IAM::Role`, `app-Role`) in `New`
- `AppOldRole` **removed** (`AWS::IAM::Role`, `app-Role`) in `Old`

</details>

<details><summary>Lines of <code>org/roles.yml</code>: 6 added, 5 removed in 3 hunks</summary>

```diff
@@ -13,8 +13,9 @@ AppDevRole
             Statement:
               - Sid: One
                 Effect: Allow
-                Action: [s3:Get, s3:Put]
+                Action: [s3:Get, s3:List]
                 Resource: !Sub 'arn:aws:s3:::${Dev}'
+      MaxSessionDuration: 3600
 
   # App: account Test
   AppTestRole:
@@ -32,11 +33,11 @@ AppNewRole
                 Action: [s3:Get]
                 Resource: !Sub 'arn:aws:s3:::${Test}'
 
-  # App: account Old
-  AppOldRole:
+  # App: account New
+  AppNewRole:
     Type: AWS::IAM::Role
     OrganizationBinding:
-      Account: !Ref Old
+      Account: !Ref New
     Properties:
       RoleName: app-Role
       Policies:
@@ -46,5 +47,5 @@ AppNewRole
               - Sid: One
                 Effect: Allow
                 Action: [a:b]
-                Resource: !Sub 'arn:aws:s3:::${Old}'
+                Resource: !Sub 'arn:aws:s3:::${New}'
 
```

</details>

"#]]
        .raw()
    );
}

#[test]
fn markdown_is_one_line_where_nothing_differs() {
    assert_eq!(
        markdown(
            &[compare("r.yml", Some("a: 1\n"), "a: 1\n")],
            None,
            Parts::ALL
        ),
        "**deploy-roles: no changes**\n"
    );
}

#[test]
fn markdown_says_what_it_left_out() {
    let (old, new) = many(3000);
    let comparisons = [compare("roles.yml", Some(&old), &new)];
    let out = markdown(&comparisons, None, Parts::ALL);
    assert!(out.len() <= MARKDOWN_LIMIT, "{}", out.len());
    let shown_hunks = out.matches("\n@@ ").count();
    let in_fence: Vec<&str> = out
        .split("```diff\n")
        .nth(1)
        .unwrap()
        .split("\n```")
        .next()
        .unwrap()
        .lines()
        .collect();
    let shown_lines = in_fence.len() - shown_hunks;
    let hunks = &comparisons[0].hunks;
    let lines: usize = hunks.iter().map(|hunk| hunk.lines.len()).sum();
    let expected = format!(
        "{} whole hunks, {} lines. `deploy-roles diff`",
        crate::report::count::thousands(hunks.len() - shown_hunks),
        crate::report::count::thousands(lines - shown_lines)
    );
    assert!(out.contains(&expected), "{expected}: {out}");
    assert!(shown_hunks > 50, "{shown_hunks}");
}

#[test]
fn markdown_keeps_within_its_limit_whatever_is_in_it() {
    // Every account differs in its own way, in many files, with names that need room.
    let roles = |actions: &str| -> Vec<String> {
        (0..400)
            .map(|at| {
                role(
                    &format!("Account{at}"),
                    &format!("s3:{actions}{at}, '{}'", "`|<é".repeat(at % 40)),
                    "",
                )
            })
            .collect()
    };
    let (old, new) = (file(&roles("Get")), file(&roles("Put")));
    let one = || compare("roles.yml", Some(&old), &new);
    let new_file = compare("new.yml", None, &new);
    let tables: Vec<String> = (0..3000)
        .map(|at| format!("p{}.yml", "`".repeat(at % 50)))
        .collect();
    let files = |number: usize| -> Vec<Comparison<'_>> {
        tables
            .iter()
            .take(number)
            .map(|path| {
                compare(
                    path,
                    Some("Resources:\n  A:\n    T: 1\n"),
                    "Resources:\n  A:\n    T: 2\n",
                )
            })
            .collect()
    };
    for comparisons in [
        vec![one()],
        vec![new_file],
        files(30),
        files(3000),
        vec![one(), one(), one()],
    ] {
        for parts in [Parts::ALL, Parts::RESOURCES, Parts::LINES] {
            let out = markdown(&comparisons, None, parts);
            assert!(out.len() <= MARKDOWN_LIMIT, "{}", out.len());
            assert_eq!(
                out.matches("<details>").count(),
                out.matches("</details>").count()
            );
            if parts != Parts::RESOURCES {
                assert_eq!(out.contains("Left out"), comparisons.len() != 30);
            }
        }
    }
}

#[test]
fn nothing_in_a_file_steers_the_page_or_the_terminal() {
    let hostile = "@octocat <img src=x> ``` ~~~ | </details> \\u{1b}[31m \u{202e} #1 &amp; `x`";
    let text_of = |value: &str| {
        format!(
            "Resources:\n  A:\n    Type: \"{}\"\n    Note: |\n      ````\n      @octocat\n",
            value.replace("\\u{1b}", "\\x1b\\r\\n\\n# title")
        )
    };
    let (old, new) = (text_of("x"), text_of(hostile));
    let comparisons = [compare("a|`b`<i>@octocat\n\n# title.yml", Some(&old), &new)];
    let out = markdown(&comparisons, None, Parts::ALL);
    assert_data_eq!(out, str![[r#"
**deploy-roles: 1 resource changed**

``a|`b`<i>@octocat\n\n# title.yml``

| account | added | changed | removed |
|---|--:|--:|--:|
| `-` | 0 | 1 | 0 |

<details><summary>1 resource of <code>a|`b`&lt;i&gt;@octocat\n\n# title.yml</code></summary>

- `A` **changed** (```` @octocat <img src=x> ``` ~~~ | </details> \u{1b}\r\n\n# title[31m \u{202e} #1 &amp; `x` ````)
  - `Type`: `x` → ```` @octocat <img src=x> ``` ~~~ | </details> \u{1b}\r\n\n# title[31m \u{202e} #1 &amp; `x` ````

</details>

<details><summary>Lines of <code>a|`b`&lt;i&gt;@octocat\n\n# title.yml</code>: 1 added, 1 removed in 1 hunk</summary>

`````diff
@@ -1,6 +1,6 @@ A
 Resources:
   A:
-    Type: "x"
+    Type: "@octocat <img src=x> ``` ~~~ | </details> \x1b\r\n\n# title[31m \u{202e} #1 &amp; `x`"
     Note: |
       ````
       @octocat
`````

</details>

"#]].raw());
    let shown = shown(&comparisons, Parts::ALL);
    assert!(
        !shown.contains('\u{1b}') && !shown.contains('\u{202e}') && !shown.contains('\r'),
        "{shown}"
    );
}

#[test]
fn json_tells_all_of_it() {
    let (old, new) = small();
    let mut comparison = compare("org/roles.yml", Some(&old), &new);
    comparison.against = Some("org/roles.yml at main".to_owned());
    let all = as_json(&[comparison.clone()], Parts::ALL);
    assert_eq!(all["version"], 1);
    let file = &all["files"][0];
    assert_eq!(file["against"], "org/roles.yml at main");
    assert_data_eq!(
        serde_json::to_string_pretty(&file["resources"]).unwrap(),
        str![[r#"
[
  {
    "logical_id": "AppDevRole",
    "type": "AWS::IAM::Role",
    "accounts": [
      "Dev"
    ],
    "name": "app-Role",
    "change": "changed",
    "details": [
      {
        "document": null,
        "statement": null,
        "element": "MaxSessionDuration",
        "change": "added",
        "from": null,
        "to": "3600"
      },
      {
        "document": {
          "kind": "inline",
          "name": "Deploy"
        },
        "statement": "One",
        "element": "Action",
        "change": "items",
        "added": [
          "s3:List"
        ],
        "removed": [
          "s3:Put"
        ]
      }
    ]
  },
  {
    "logical_id": "AppNewRole",
    "type": "AWS::IAM::Role",
    "accounts": [
      "New"
    ],
    "name": "app-Role",
    "change": "added",
    "details": []
  },
  {
    "logical_id": "AppOldRole",
    "type": "AWS::IAM::Role",
    "accounts": [
      "Old"
    ],
    "name": "app-Role",
    "change": "removed",
    "details": []
  }
]
"#]]
        .raw()
    );
    assert_data_eq!(
        serde_json::to_string_pretty(&file["hunks"][0]["lines"][3]).unwrap(),
        str![[r#"
{
  "change": "removed",
  "text": "                Action: [s3:Get, s3:Put]\n",
  "emphasis": [
    [
      36,
      39
    ]
  ]
}
"#]]
        .raw()
    );
    let resources = as_json(&[comparison.clone()], Parts::RESOURCES);
    assert!(resources["files"][0].get("hunks").is_none());
    let lines = as_json(&[comparison], Parts::LINES);
    assert!(lines["files"][0].get("resources").is_none());
}

#[test]
fn json_is_exact() {
    let (old, new) = ("a: \u{1b}\u{202e}\r\n", "a: 2");
    let out = as_json(&[compare("r.yml", Some(old), new)], Parts::ALL);
    let text = |at: usize| {
        out["files"][0]["hunks"][0]["lines"][at]["text"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!((text(0).as_str(), text(1).as_str()), (old, new));
}
