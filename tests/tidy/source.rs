//! The files of `src` as syntax, without what only tests compile.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::visit::Visit;

use super::{files, text};

/// What the rules ask of a file of `src`, without what only tests compile.
pub(crate) struct Module {
    /// Its path in the crate: `[]` for `lib.rs`, `["iam", "pattern"]` for `iam/pattern.rs`.
    pub(crate) path: Vec<String>,
    /// Its path in the repository.
    pub(crate) file: String,
    /// Its text, up to the tests at its end.
    pub(crate) text: String,
    /// The modules that it imports from.
    pub(crate) imports: Vec<String>,
    /// Its functions, nested ones too.
    pub(crate) functions: Vec<Function>,
    /// The functions and methods that it calls with a literal `true` or `false`.
    pub(crate) calls_with_a_bool: Vec<String>,
    /// The types that it declares.
    pub(crate) types: Vec<String>,
    /// The first names of its paths: crates among them.
    pub(crate) roots: BTreeSet<String>,
}

impl Module {
    /// Its path as text: `iam::pattern`.
    pub(crate) fn name(&self) -> String {
        self.path.join("::")
    }

    /// The top-level module that it belongs to: `iam` for `iam::pattern`.
    pub(crate) fn room(&self) -> &str {
        self.path.first().map_or("lib", String::as_str)
    }
}

/// Every file of `src` that is not a test's, parsed once.
pub(crate) fn modules() -> &'static [Module] {
    static MODULES: OnceLock<Vec<Module>> = OnceLock::new();
    MODULES.get_or_init(|| {
        let files: Vec<(Vec<String>, String)> = files("src")
            .iter()
            .filter(|file| file.extension().is_some_and(|extension| extension == "rs"))
            .map(|file| {
                let shown = file.to_str().unwrap().replace('\\', "/");
                let name = shown.trim_start_matches("src/").trim_end_matches(".rs");
                let path: Vec<String> = match name {
                    "lib" => Vec::new(),
                    name => name.split('/').map(str::to_owned).collect(),
                };
                (path, shown)
            })
            .filter(|(path, _)| path.iter().all(|part| part != "tests"))
            .collect();
        let known: BTreeSet<String> = files.iter().map(|(path, _)| path.join("::")).collect();
        files
            .into_iter()
            .map(|(path, file)| module(path, file, &known))
            .collect()
    })
}

fn module(path: Vec<String>, file: String, known: &BTreeSet<String>) -> Module {
    let text = text(Path::new(&file));
    let mut syntax = syn::parse_file(&text).unwrap();
    syntax.items.retain(|item| !is_of_tests(item));
    let paths = paths(&syntax);
    let own = path.join("::");
    let mut imports: Vec<String> = paths
        .iter()
        .filter_map(|name| resolve(&path, name, known))
        .filter(|name| *name != own)
        .collect();
    imports.sort();
    imports.dedup();
    Module {
        imports,
        functions: functions(&syntax),
        calls_with_a_bool: calls_with_a_bool(&syntax),
        types: types(&syntax),
        roots: paths
            .into_iter()
            .filter_map(|path| path.into_iter().next())
            .collect(),
        text: untested(&text),
        path,
        file,
    }
}

fn is_of_tests(item: &syn::Item) -> bool {
    let attributes = match item {
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        _ => return false,
    };
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .meta
                .to_token_stream()
                .to_string()
                .contains("test")
    })
}

/// Every path of two and more parts in the code.
fn paths(syntax: &syn::File) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    for item in &syntax.items {
        if let syn::Item::Use(item) = item {
            flatten(&item.tree, &mut Vec::new(), &mut paths);
        } else {
            scan(item.to_token_stream(), &mut paths);
        }
    }
    paths
}

/// The module that a path in the module `own` leads to: the longest one.
fn resolve(own: &[String], path: &[String], known: &BTreeSet<String>) -> Option<String> {
    let mut own = own.to_vec();
    let mut rest = path;
    match path.first()?.as_str() {
        "crate" | "deploy_roles" => {
            own.clear();
            rest = rest.get(1..)?;
        }
        "self" => rest = rest.get(1..)?,
        "super" => {
            while rest.first().is_some_and(|part| part == "super") {
                own.pop();
                rest = rest.get(1..)?;
            }
        }
        first => {
            own.push(first.to_owned());
            if !known.contains(&own.join("::")) {
                return None;
            }
            rest = rest.get(1..)?;
        }
    }
    own.extend_from_slice(rest);
    (0..=own.len())
        .rev()
        .map(|length| {
            own.iter()
                .take(length)
                .cloned()
                .collect::<Vec<_>>()
                .join("::")
        })
        .find(|name| known.contains(name))
}

fn flatten(tree: &syn::UseTree, before: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    match tree {
        syn::UseTree::Path(path) => {
            before.push(path.ident.to_string());
            flatten(&path.tree, before, found);
            before.pop();
        }
        syn::UseTree::Name(name) => {
            found.push([before.as_slice(), &[name.ident.to_string()]].concat());
        }
        syn::UseTree::Rename(name) => {
            found.push([before.as_slice(), &[name.ident.to_string()]].concat());
        }
        syn::UseTree::Glob(_) => found.push(before.clone()),
        syn::UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, before, found);
            }
        }
    }
}

/// The paths of two and more parts in code, those in macros included.
fn scan(tokens: TokenStream, found: &mut Vec<Vec<String>>) {
    let mut path: Vec<String> = Vec::new();
    let mut colons = 0;
    let mut flush = |path: &mut Vec<String>| {
        if path.len() > 1 {
            found.push(std::mem::take(path));
        }
        path.clear();
    };
    let mut inner = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                if colons != 2 {
                    flush(&mut path);
                }
                path.push(ident.to_string());
                colons = 0;
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
            TokenTree::Group(group) => {
                flush(&mut path);
                colons = 0;
                // `pub(in crate::report)` says who may see an item, and imports nothing.
                let first = group.stream().into_iter().next();
                if first.is_none_or(|first| first.to_string() != "in") {
                    inner.push(group.stream());
                }
            }
            _ => {
                flush(&mut path);
                colons = 0;
            }
        }
    }
    flush(&mut path);
    for stream in inner {
        scan(stream, found);
    }
}

/// A function with its place.
pub(crate) struct Function {
    /// Its name.
    pub(crate) name: String,
    /// Its lines, from its signature to its last brace.
    pub(crate) lines: usize,
    /// Whether it takes a `bool`.
    pub(crate) takes_bool: bool,
}

fn functions(syntax: &syn::File) -> Vec<Function> {
    struct Collector(Vec<Function>);
    impl Collector {
        fn add(&mut self, signature: &syn::Signature, block: &syn::Block) {
            let start = signature.fn_token.span.start().line;
            let end = block.brace_token.span.close().end().line;
            let takes_bool = signature.inputs.iter().any(|input| match input {
                syn::FnArg::Typed(input) => input.ty.to_token_stream().to_string() == "bool",
                syn::FnArg::Receiver(_) => false,
            });
            self.0.push(Function {
                name: signature.ident.to_string(),
                lines: end + 1 - start,
                takes_bool,
            });
        }
    }
    impl<'ast> Visit<'ast> for Collector {
        fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
            self.add(&item.sig, &item.block);
            syn::visit::visit_item_fn(self, item);
        }
        fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
            self.add(&item.sig, &item.block);
            syn::visit::visit_impl_item_fn(self, item);
        }
    }
    let mut collector = Collector(Vec::new());
    collector.visit_file(syntax);
    collector.0
}

fn calls_with_a_bool(syntax: &syn::File) -> Vec<String> {
    struct Collector(Vec<String>);
    fn has_bool<'a>(mut arguments: impl Iterator<Item = &'a syn::Expr>) -> bool {
        arguments.any(|argument| {
            matches!(argument, syn::Expr::Lit(literal) if matches!(literal.lit, syn::Lit::Bool(_)))
        })
    }
    impl<'ast> Visit<'ast> for Collector {
        fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
            if let (syn::Expr::Path(path), true) = (&*call.func, has_bool(call.args.iter())) {
                self.0.extend(
                    path.path
                        .segments
                        .last()
                        .map(|segment| segment.ident.to_string()),
                );
            }
            syn::visit::visit_expr_call(self, call);
        }
        fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
            if has_bool(call.args.iter()) {
                self.0.push(call.method.to_string());
            }
            syn::visit::visit_expr_method_call(self, call);
        }
    }
    let mut collector = Collector(Vec::new());
    collector.visit_file(syntax);
    collector.0
}

fn types(syntax: &syn::File) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Vec<&syn::Item> = syntax.items.iter().collect();
    while let Some(item) = open.pop() {
        match item {
            syn::Item::Struct(item) => found.push(item.ident.to_string()),
            syn::Item::Enum(item) => found.push(item.ident.to_string()),
            syn::Item::Trait(item) => found.push(item.ident.to_string()),
            syn::Item::Type(item) => found.push(item.ident.to_string()),
            syn::Item::Mod(item) => open.extend(item.content.iter().flat_map(|(_, items)| items)),
            _ => {}
        }
    }
    found
}

/// A text up to the tests at its end.
fn untested(text: &str) -> String {
    let end = text.find("\n#[cfg(test)]\nmod tests {");
    let (code, _) = text.split_at(end.map_or(text.len(), |end| end + 1));
    code.to_owned()
}
