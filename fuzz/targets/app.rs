//! See `deploy_roles_fuzz::app`.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| deploy_roles_fuzz::app(text));
