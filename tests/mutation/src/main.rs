//! Writes mutants into Rust files. Each is one small fault, and which one is on is chosen at run time: all of them are
//! compiled once.
//!
//! ```text
//! mutants TREE FILE... >mutants.tsv
//! ```
//!
//! It rewrites each file of the tree, without its comments, and prints one line per mutant: its number, file and line, function,
//! and what it changes. Tests and constants stay as they are.

#![expect(
    clippy::disallowed_methods,
    reason = "a program of the tests reads and writes the copy that it is given"
)]

use std::collections::HashMap;

use proc_macro2::Span;
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Arm, Attribute, BinOp, Block, Expr, ExprBinary, ExprMatch, ExprMethodCall, Ident,
    ImplItemConst, ImplItemFn, ItemConst, ItemFn, ItemMod, ItemStatic, Pat, ReturnType, Signature,
    Stmt, Type, UnOp, parse_quote,
};

/// Questions that a mutant answers with the opposite.
const QUESTIONS: [&str; 11] = [
    "is_some",
    "is_none",
    "is_empty",
    "is_some_and",
    "is_none_or",
    "contains",
    "contains_key",
    "starts_with",
    "ends_with",
    "is_subset",
    "is_disjoint",
];

/// The most characters of code that a line shows.
const SHOWN: usize = 110;

/// What is being rewritten, and the mutants so far.
struct Mutator {
    file: String,
    functions: Vec<String>,
    mutants: Vec<String>,
    /// How many mutants have this file, function, and change.
    names: HashMap<String, usize>,
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let tree = arguments.next().expect("the folder of the sources");
    let mut mutator = Mutator {
        file: String::new(),
        functions: Vec::new(),
        mutants: Vec::new(),
        names: HashMap::new(),
    };
    for file in arguments {
        let path = format!("{tree}/{file}");
        let text = std::fs::read_to_string(&path).expect("a source file");
        let mut parsed = syn::parse_file(&text).expect("Rust");
        mutator.file = file;
        mutator.visit_file_mut(&mut parsed);
        std::fs::write(&path, quote!(#parsed).to_string()).expect("a file that can be written");
    }
    println!("{}", mutator.mutants.join("\n"));
}

impl Mutator {
    /// The number of a new mutant.
    fn mutant(&mut self, span: Span, what: &str) -> u32 {
        let function = self.functions.last().map_or("", String::as_str);
        let line = span.start().line;
        let name = format!("{}\t{function}\t{what}", self.file);
        let times = self.names.entry(name).or_default();
        *times += 1;
        // Its file, function, and change say which one it is, also when lines have moved.
        let which = if *times == 1 {
            String::new()
        } else {
            format!(" ({times})")
        };
        let number = self.mutants.len() + 1;
        let file = &self.file;
        self.mutants.push(format!(
            "{number}\t{file}:{line}\t{function}\t{what}{which}"
        ));
        u32::try_from(number).expect("few mutants")
    }

    /// A function, and mutants that return at once.
    fn function(&mut self, signature: &Signature, block: &mut Block) {
        if signature.constness.is_some() {
            return;
        }
        self.functions.push(signature.ident.to_string());
        visit_mut::visit_block_mut(self, block);
        for answer in answers(&signature.output) {
            let number = self.mutant(
                signature.ident.span(),
                &format!("returns {}", shown(&answer)),
            );
            let first: Stmt = parse_quote!(if crate::mutant::on(#number) { return #answer; });
            block.stmts.insert(0, first);
        }
        self.functions.pop();
    }

    /// What stands for `expression` after its parts were visited, if it is mutated.
    fn mutated(&mut self, expression: &Expr, span: Span, before: &str) -> Option<Expr> {
        match expression {
            Expr::Binary(binary) => self.binary(binary, span, before),
            Expr::Unary(unary) if matches!(unary.op, UnOp::Not(_)) => {
                let number = self.mutant(span, &format!("drop !: {before}"));
                let inner = &unary.expr;
                // A reference to a truth value, or a number, has a `!` but no comparison with one.
                Some(
                    parse_quote!((if crate::mutant::on(#number) { !(!(#inner)) } else { !(#inner) })),
                )
            }
            Expr::MethodCall(call) => self.call(call, span, before),
            Expr::Macro(call) if call.mac.path.is_ident("matches") => {
                let number = self.mutant(span, &format!("negate: {before}"));
                Some(parse_quote!((crate::mutant::on(#number) != #call)))
            }
            _ => None,
        }
    }

    fn binary(&mut self, binary: &ExprBinary, span: Span, before: &str) -> Option<Expr> {
        let (left, operator, right) = (&binary.left, &binary.op, &binary.right);
        let other: BinOp = match operator {
            // A chain of `let` is no expression.
            _ if has_let(left) || has_let(right) => return None,
            BinOp::And(_) => parse_quote!(||),
            BinOp::Or(_) => parse_quote!(&&),
            BinOp::Eq(_) => parse_quote!(!=),
            BinOp::Ne(_) => parse_quote!(==),
            BinOp::Lt(_) => parse_quote!(<=),
            BinOp::Le(_) => parse_quote!(<),
            BinOp::Gt(_) => parse_quote!(>=),
            BinOp::Ge(_) => parse_quote!(>),
            BinOp::Add(_) if is_number(left) || is_number(right) => parse_quote!(-),
            BinOp::Sub(_) if is_number(left) || is_number(right) => parse_quote!(+),
            _ => return None,
        };
        let what = format!("{} -> {}: {before}", shown(operator), shown(&other));
        let number = self.mutant(span, &what);
        Some(match operator {
            BinOp::And(_) => {
                parse_quote!((if (#left) != crate::mutant::on(#number) { #right } else { crate::mutant::on(#number) }))
            }
            BinOp::Or(_) => {
                parse_quote!((if (#left) != crate::mutant::on(#number) { !crate::mutant::on(#number) } else { #right }))
            }
            BinOp::Eq(_) | BinOp::Ne(_) => {
                parse_quote!((crate::mutant::on(#number) != ((#left) #operator (#right))))
            }
            _ => {
                parse_quote!((if crate::mutant::on(#number) { (#left) #other (#right) } else { (#left) #operator (#right) }))
            }
        })
    }

    fn call(&mut self, call: &ExprMethodCall, span: Span, before: &str) -> Option<Expr> {
        let method = call.method.to_string();
        if call.args.len() == 1 && ["any", "all"].contains(&method.as_str()) {
            let mut other = call.clone();
            let name = if method == "any" { "all" } else { "any" };
            other.method = Ident::new(name, call.method.span());
            let number = self.mutant(span, &format!("{method} -> {name}: {before}"));
            return Some(parse_quote!((if crate::mutant::on(#number) { #other } else { #call })));
        }
        let is_filter = call.args.len() == 1 && ["filter", "retain"].contains(&method.as_str());
        if is_filter && let Some(Expr::Closure(closure)) = call.args.first() {
            let number = self.mutant(span, &format!("keep all: {before}"));
            let (mut closure, body) = (closure.clone(), &closure.body);
            closure.body = parse_quote!({ crate::mutant::on(#number) || (#body) });
            let mut call = call.clone();
            call.args = parse_quote!(#closure);
            return Some(Expr::MethodCall(call));
        }
        if !QUESTIONS.contains(&method.as_str()) {
            return None;
        }
        let number = self.mutant(span, &format!("negate: {before}"));
        Some(parse_quote!((crate::mutant::on(#number) != (#call))))
    }
}

impl VisitMut for Mutator {
    fn visit_item_const_mut(&mut self, _: &mut ItemConst) {}
    fn visit_item_static_mut(&mut self, _: &mut ItemStatic) {}
    fn visit_impl_item_const_mut(&mut self, _: &mut ImplItemConst) {}
    fn visit_type_mut(&mut self, _: &mut Type) {}
    fn visit_pat_mut(&mut self, _: &mut Pat) {}

    fn visit_item_mod_mut(&mut self, module: &mut ItemMod) {
        if !is_test(&module.attrs) {
            visit_mut::visit_item_mod_mut(self, module);
        }
    }

    fn visit_item_fn_mut(&mut self, function: &mut ItemFn) {
        if !is_test(&function.attrs) {
            self.function(&function.sig, &mut function.block);
        }
    }

    fn visit_impl_item_fn_mut(&mut self, function: &mut ImplItemFn) {
        if !is_test(&function.attrs) {
            self.function(&function.sig, &mut function.block);
        }
    }

    fn visit_arm_mut(&mut self, arm: &mut Arm) {
        let before = arm
            .guard
            .as_ref()
            .map(|(_, guard)| (guard.span(), shown(guard)));
        visit_mut::visit_arm_mut(self, arm);
        let (Some((_, guard)), Some((span, before))) = (&mut arm.guard, before) else {
            return;
        };
        if has_let(guard) {
            return;
        }
        let always = self.mutant(span, &format!("guard true: {before}"));
        let never = self.mutant(span, &format!("guard false: {before}"));
        let old = guard.clone();
        **guard =
            parse_quote!((!crate::mutant::on(#never) && (crate::mutant::on(#always) || (#old))));
    }

    /// Arms before a last `_` may be missing.
    fn visit_expr_match_mut(&mut self, expression: &mut ExprMatch) {
        visit_mut::visit_expr_match_mut(self, expression);
        let Some((last, arms)) = expression.arms.split_last_mut() else {
            return;
        };
        if !matches!(last.pat, Pat::Wild(_)) || last.guard.is_some() {
            return;
        }
        for arm in arms.iter_mut().filter(|arm| arm.guard.is_none()) {
            let number = self.mutant(arm.pat.span(), &format!("no arm {}", shown(&arm.pat)));
            arm.guard = Some((
                syn::token::If::default(),
                parse_quote!(!crate::mutant::on(#number)),
            ));
        }
    }

    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        // Parts that were changed have no place.
        let (span, before) = (expression.span(), shown(expression));
        visit_mut::visit_expr_mut(self, expression);
        if let Some(mutated) = self.mutated(expression, span, &before) {
            *expression = mutated;
        }
    }
}

/// What a function of this type may return at once.
fn answers(output: &ReturnType) -> Vec<Expr> {
    let ReturnType::Type(_, output) = output else {
        return vec![parse_quote!(())];
    };
    let text = output.to_token_stream().to_string();
    let is = |name: &str| text.starts_with(&format!("{name} <"));
    match text.as_str() {
        "bool" => vec![parse_quote!(false), parse_quote!(true)],
        "Option < bool >" => vec![
            parse_quote!(None),
            parse_quote!(Some(false)),
            parse_quote!(Some(true)),
        ],
        "String" => vec![parse_quote!(String::new())],
        "usize" | "u32" | "u64" => vec![parse_quote!(0), parse_quote!(1)],
        _ if is("Option") => vec![parse_quote!(None)],
        _ if is("Vec") || is("BTreeSet") || is("BTreeMap") || is("HashSet") || is("HashMap") => {
            vec![parse_quote!(Default::default())]
        }
        _ => Vec::new(),
    }
}

/// Whether there is a `let` at this level: only `if`, `while`, and guards take it.
fn has_let(expression: &Expr) -> bool {
    match expression {
        Expr::Let(_) => true,
        Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        Expr::Paren(inner) => has_let(&inner.expr),
        _ => false,
    }
}

fn is_number(expression: &Expr) -> bool {
    matches!(expression, Expr::Lit(literal) if matches!(literal.lit, syn::Lit::Int(_)))
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let path = attribute.path();
        path.is_ident("test")
            || (path.is_ident("cfg") && attribute.to_token_stream().to_string().contains("test"))
    })
}

/// The first characters of some code, in one line.
fn shown(code: &impl ToTokens) -> String {
    let text = code.to_token_stream().to_string();
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(SHOWN)
        .collect()
}
