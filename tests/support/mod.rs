//! Expands texts without a disk.

use deploy_roles::diagnostic::{Diagnostic, Result};
use deploy_roles::source::FileId;
use deploy_roles::yaml::lookup::Library;
use deploy_roles::yaml::parse;
use deploy_roles::{ExpandRequest, expand};

/// An organization of three accounts and a Tools account.
pub(crate) const ORGANIZATION: &str = "\
Organization:
  Master:
    Type: OC::ORG::MasterAccount
    Properties: { AccountName: master, AccountId: '000000000001', RootEmail: master@example.com }
  ToolsAccount:
    Type: OC::ORG::Account
    Properties: { AccountName: tools, AccountId: '000000000002', RootEmail: tools@example.com }
  DevAccount:
    Type: OC::ORG::Account
    Properties: { AccountName: dev, AccountId: '000000000003', RootEmail: dev@example.com }
  ProdAccount:
    Type: OC::ORG::Account
    Properties: { AccountName: prod, AccountId: '000000000004', RootEmail: prod@example.com }
";

/// The expansion of `text`, whose organization is in it or is `organization`.
pub(crate) fn expanded(text: &str, organization: Option<&str>) -> Result<String> {
    let mut library = Library::default();
    let mut add = |name: &str, text: &str| -> std::result::Result<_, Vec<Diagnostic>> {
        let file = library.sources.add(name, text);
        library.documents.insert(file, parse::parse(file, text)?);
        Ok(file)
    };
    let template = add("input.src.yml", text)?;
    let organization = organization
        .map(|text| add("organization.yml", text))
        .transpose()?;
    expanded_in(&mut library, template, organization)
}

/// The expansion of `template`, which is in `library` with what belongs to it.
pub(crate) fn expanded_in(
    library: &mut Library,
    template: FileId,
    organization: Option<FileId>,
) -> Result<String> {
    let request = ExpandRequest {
        template,
        organization,
        overrides: Vec::new(),
        moved: None,
    };
    expand(library, &request).map(|expansion| expansion.text.to_text())
}
