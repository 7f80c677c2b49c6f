//! The quotas of IAM and CloudFormation.
//!
//! Sources: the IAM quotas page, the IAM API model, and the CloudFormation quotas page.

/// Characters of a customer managed policy.
pub const MANAGED_POLICY_LIMIT: usize = 6_144;
/// Characters of all inline policies of a role together.
pub const ROLE_INLINE_LIMIT: usize = 10_240;
/// Characters of the inline policies of a user.
pub const USER_INLINE_LIMIT: usize = 2_048;
/// Characters of the inline policies of a group.
pub const GROUP_INLINE_LIMIT: usize = 5_120;
/// Characters of a trust policy; accounts may raise it, and this does not count on that.
pub const TRUST_POLICY_LIMIT: usize = 2_048;
/// Managed policies attached to one user or role; accounts may raise it, and this does not count
/// on that.
pub const ATTACHED_POLICIES_LIMIT: usize = 10;
/// Characters of a role's or user's name.
pub const ROLE_NAME_LIMIT: usize = 64;
/// Characters of a policy's name.
pub const POLICY_NAME_LIMIT: usize = 128;
/// Characters of a logical id.
pub const LOGICAL_ID_LIMIT: usize = 255;
/// Resources of one stack.
pub const STACK_RESOURCES_LIMIT: usize = 500;
/// Bytes of a template that CloudFormation is sent in a request.
pub const TEMPLATE_BODY_LIMIT: usize = 51_200;
/// Bytes of a template that CloudFormation reads from S3, where OrgFormation puts large ones.
pub const TEMPLATE_LIMIT: usize = 1_000_000;
/// Parameters of one template; the same for outputs.
pub const SECTION_LIMIT: usize = 200;
