//! See `deploy_roles_fuzz::denied`.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| deploy_roles_fuzz::denied(text));
