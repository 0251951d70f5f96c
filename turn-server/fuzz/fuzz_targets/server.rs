#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| visavis_turn_fuzz::server(data));
