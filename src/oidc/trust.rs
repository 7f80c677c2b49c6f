//! What follows a provider's key, to the tokens that a stage accepts.
//!
//! In: fields. Out: an [`OidcTrust`]. Refuses what no token can have.

use serde_yaml::Value;

use crate::aws::wildcard::is_pattern;
use crate::diagnostic::{Diagnostic, shorten};
use crate::oidc::given::{StageContext, Written, claim_text, flag, read};
use crate::oidc::key::{CREATE, EXPECT};
use crate::oidc::provider::{Claim, Given, Provider, TrustedName};
use crate::source::{Span, Spanned};
use crate::yaml::lookup::Field;
use crate::yaml::rules::INVALID_VALUE;
use crate::yaml::typed::TypedReader;

/// The tokens that are accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// Whose tokens.
    pub provider: &'static Provider,
    /// The issuer without `https://`, which is IAM's name of the provider.
    pub issuer: String,
    /// The claim `aud`.
    pub audience: String,
    /// The claim `sub`: any of these; `*` and `?` are wildcards.
    pub subjects: Vec<String>,
    /// Further claims, all of which must hold.
    pub claims: Vec<Claim>,
}

/// One trust of a CI system by OpenID Connect, for one stage.
#[derive(Clone, Debug)]
pub struct OidcTrust {
    /// The tokens that are accepted.
    pub admission: Admission,
    /// The stage whose own trust this is; `None` if all stages share it.
    pub stage: Option<String>,
    /// Whether the macro creates the account's OIDC provider.
    pub create_provider: bool,
    /// Whether targets trust the provider themselves, without a role in the Tools account.
    pub direct: bool,
    /// The name that is trusted without an id.
    pub by_name: Option<TrustedName>,
    /// Where it is written.
    pub span: Span,
}

impl PartialEq for OidcTrust {
    fn eq(&self, other: &Self) -> bool {
        self.admission == other.admission
            && self.stage == other.stage
            && self.create_provider == other.create_provider
            && self.direct == other.direct
    }
}

/// The trust of a stage. What is returned is not to be used if there were problems.
pub(crate) fn decode(
    reader: &mut TypedReader<'_>,
    written: Written,
    stage: StageContext<'_>,
) -> Option<OidcTrust> {
    let provider = written.provider;
    let given = read(reader, written, stage);
    let tokens = (provider.tokens)(reader, &given);
    let audience = given.fields.get("Audience");
    let audience = audience.and_then(|field| audience_of(reader, field));
    let create_provider = creates_provider(reader, &given);
    let direct = flag(reader, &given, "Direct");
    let tokens = tokens?;
    let is_own = given
        .scope()
        .map_or(provider.names_stages, |scoped| scoped.is_own);
    let subjects = tokens.subjects.into_iter().map(|subject| subject.value);
    Some(OidcTrust {
        admission: Admission {
            provider,
            issuer: tokens.issuer,
            audience: audience.map_or(tokens.audience, |audience| audience.value),
            subjects: subjects.collect(),
            claims: tokens.claims,
        },
        stage: (is_own || stage.is_own).then(|| stage.name.to_owned()),
        create_provider,
        direct,
        by_name: tokens.by_name,
        span: given.span,
    })
}

/// `aud` is compared character by character, and a provider lists its audiences.
fn audience_of(reader: &mut TypedReader<'_>, field: &Field) -> Option<Spanned<String>> {
    let text = claim_text(reader, &field.value, "an audience")?;
    if !is_pattern(&text.value) {
        return Some(text);
    }
    reader.problem(
        Diagnostic::new(
            &INVALID_VALUE,
            text.span,
            format!(
                "the audience `{}` can never match: it is not a pattern",
                shorten(&text.value)
            ),
        )
        .help("write the one that the workflow requests, or remove it"),
    );
    None
}

fn creates_provider(reader: &mut TypedReader<'_>, given: &Given) -> bool {
    let Some(field) = given.fields.get("Provider") else {
        return false;
    };
    match reader.value(&field.value) {
        Some(Value::String(text)) if text == CREATE => true,
        Some(Value::String(text)) if text == EXPECT => false,
        None => false,
        Some(_) => {
            reader.problem(neither_create_nor_expect(field));
            false
        }
    }
}

fn neither_create_nor_expect(field: &Field) -> Diagnostic {
    Diagnostic::new(
        &INVALID_VALUE,
        field.value.whole_span(),
        "`Provider` is `create` or `expect`",
    )
    .help("write `create` if the account has no OIDC provider for this issuer yet, or `expect` (the default) if something else created it")
}
