//! The files of `src` as syntax, without what only tests compile.

use std::collections::BTreeMap;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::visit::Visit;

use super::{files, text};

/// A file of `src`.
pub(crate) struct Module {
    /// Its path in the crate: `[]` for `lib.rs`, `["iam", "pattern"]` for `iam/pattern.rs`.
    pub(crate) path: Vec<String>,
    /// Its path in the repository.
    pub(crate) file: String,
    /// Its text.
    pub(crate) text: String,
    /// Its items, without those of tests.
    pub(crate) syntax: syn::File,
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

/// Every file of `src` that is not a test's.
pub(crate) fn modules() -> Vec<Module> {
    let mut found = Vec::new();
    for file in files("src") {
        if file.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let shown = file.to_str().unwrap().replace('\\', "/");
        let name = shown.trim_start_matches("src/").trim_end_matches(".rs");
        let path: Vec<String> = match name {
            "lib" => Vec::new(),
            name => name.split('/').map(str::to_owned).collect(),
        };
        if path.iter().any(|part| part == "tests") {
            continue;
        }
        let text = text(&file);
        let mut syntax = syn::parse_file(&text).unwrap();
        syntax.items.retain(|item| !is_of_tests(item));
        found.push(Module {
            path,
            file: shown,
            text,
            syntax,
        });
    }
    found
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

/// The modules that `module` imports from, of those in `known`.
pub(crate) fn imports(module: &Module, known: &BTreeMap<String, usize>) -> Vec<String> {
    let mut paths = Vec::new();
    for item in &module.syntax.items {
        if let syn::Item::Use(item) = item {
            flatten(&item.tree, &mut Vec::new(), &mut paths);
        } else {
            scan(item.to_token_stream(), &mut paths);
        }
    }
    let mut found: Vec<String> = paths
        .into_iter()
        .filter_map(|path| resolve(module, &path, known))
        .filter(|name| *name != module.name())
        .collect();
    found.sort();
    found.dedup();
    found
}

/// The module that a path of `module` leads to: the longest one.
fn resolve(module: &Module, path: &[String], known: &BTreeMap<String, usize>) -> Option<String> {
    let mut own = module.path.clone();
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
            if !known.contains_key(&own.join("::")) {
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
        .find(|name| known.contains_key(name))
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
                inner.push(group.stream());
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

/// The functions of a module, nested ones too.
pub(crate) fn functions(module: &Module) -> Vec<Function> {
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
    collector.visit_file(&module.syntax);
    collector.0
}

/// The functions and methods that a module calls with a literal `true` or `false`.
pub(crate) fn calls_with_a_bool(module: &Module) -> Vec<String> {
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
    collector.visit_file(&module.syntax);
    collector.0
}

/// The types that a module declares.
pub(crate) fn types(module: &Module) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Vec<&syn::Item> = module.syntax.items.iter().collect();
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

/// The lines of a file up to the tests at its end.
pub(crate) fn lines(module: &Module) -> usize {
    let lines: Vec<&str> = module.text.lines().collect();
    let tests = lines
        .windows(2)
        .position(|pair| matches!(pair, ["#[cfg(test)]", "mod tests {"]));
    tests.unwrap_or(lines.len())
}
