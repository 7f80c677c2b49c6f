//! The facts about the keys that can follow a provider's. Plain data: it refuses nothing.

/// A key that can follow a provider's key.
#[derive(Clone, Copy, Debug)]
pub struct ProviderKey {
    /// The key.
    pub name: &'static str,
    /// What its value is.
    pub kind: ProviderValue,
    /// Whether it must be there.
    pub need: KeyNeed,
    /// What it means, in one sentence.
    pub summary: &'static str,
}

/// What the value of a provider's key is.
#[derive(Clone, Copy, Debug)]
pub enum ProviderValue {
    /// Text as the CI system shows it, such as this.
    Text(&'static str),
    /// A number, or its digits as text.
    Id,
    /// `true` or `false`.
    Flag,
    /// Texts for all stages, or a mapping of stages to texts.
    PerStage,
    /// One of these texts.
    OneOf(&'static [&'static str]),
}

/// Whether a key must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyNeed {
    /// It must.
    Always,
    /// It must, unless there are `Subjects`.
    UnlessSubjects,
    /// It need not, or other keys decide.
    No,
}

impl ProviderKey {
    /// A text that must be there.
    pub(super) const fn required(
        name: &'static str,
        example: &'static str,
        summary: &'static str,
    ) -> Self {
        Self {
            name,
            kind: ProviderValue::Text(example),
            need: KeyNeed::Always,
            summary,
        }
    }

    /// A key that need not be there.
    pub(super) const fn optional(
        name: &'static str,
        kind: ProviderValue,
        summary: &'static str,
    ) -> Self {
        Self {
            name,
            kind,
            need: KeyNeed::No,
            summary,
        }
    }

    /// The same, if `Subjects` can take its place.
    pub(super) const fn unless_subjects(self) -> Self {
        Self {
            need: KeyNeed::UnlessSubjects,
            ..self
        }
    }
}

/// `Provider`: the macro creates the account's OIDC provider.
pub(super) const CREATE: &str = "create";
/// `Provider`: something else created it.
pub(super) const EXPECT: &str = "expect";

/// `Environments`, of the providers whose subjects name them.
pub(super) const ENVIRONMENTS: ProviderKey = ProviderKey::optional(
    "Environments",
    ProviderValue::PerStage,
    "The environments whose jobs can deploy: a list for all stages, or a mapping of stage to environment.",
);

/// Keys of every provider.
pub(super) const COMMON: &[ProviderKey] = &[
    ProviderKey::optional(
        "Branches",
        ProviderValue::PerStage,
        "The branches whose jobs can deploy: a list for all stages, or a mapping of stage to branch.",
    ),
    ProviderKey::optional(
        "Subjects",
        ProviderValue::PerStage,
        "Subjects as the CI system writes them, instead of what the other keys result in.",
    ),
    ProviderKey::optional(
        "Audience",
        ProviderValue::Text("sts.amazonaws.com"),
        "The `aud` of the tokens, if it is not the default of the CI system.",
    ),
    ProviderKey::optional(
        "Provider",
        ProviderValue::OneOf(&[CREATE, EXPECT]),
        "Whether the macro creates the account's OIDC provider, or expects it to exist.",
    ),
    ProviderKey::optional(
        "Direct",
        ProviderValue::Flag,
        "Whether each target trusts the tokens itself, without a role in the Tools account.",
    ),
    ProviderKey::optional(
        "AllowPullRequests",
        ProviderValue::Flag,
        "Whether subjects may accept pull requests.",
    ),
    ProviderKey::optional(
        "AllowOtherRepositories",
        ProviderValue::Flag,
        "Whether subjects may accept other repositories.",
    ),
];
