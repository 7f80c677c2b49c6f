//! From an app's own template to the services and options that its roles need.
//!
//! In: the templates of an app (CloudFormation, SAM, the Serverless Framework's package, `cdk.out`).
//! Out: what its stacks must be allowed to do, each with its reason, and the arguments of a macro
//! that allow it. Refuses what is not a template. Nothing here asks AWS.

pub mod actions;
pub mod answer;
pub mod arns;
pub mod fit;
pub mod framework;
pub mod grants;
pub mod model;
pub mod names;
pub mod opened;
pub mod partial;
pub mod passing;
pub mod read;
pub mod refused;
pub mod resources;
pub mod rules;
pub mod sam;
pub mod scaling;
pub mod suggestion;
pub mod unknown;
