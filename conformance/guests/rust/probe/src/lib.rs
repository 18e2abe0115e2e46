//! Shows what a module sees of its host and what its host sees of it.

use std::fmt::Write as _;
use std::io::{Read, Write, stdin, stdout};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn random_get(at: *mut u8, length: usize) -> u16;
}

fn write(value: &Value) {
    write_bytes(value.to_string().as_bytes());
}

/// A module without a main function is never told to flush at its end.
fn write_bytes(bytes: &[u8]) {
    let mut out = stdout();
    out.write_all(bytes).expect("standard output can be written");
    out.flush().expect("standard output can be written");
}

#[unsafe(no_mangle)]
pub extern "C" fn echo() {
    let mut text = Vec::new();
    stdin().read_to_end(&mut text).expect("standard input can be read");
    write_bytes(&text);
}

#[unsafe(no_mangle)]
pub extern "C" fn count() {
    static GLOBAL: AtomicU32 = AtomicU32::new(0);
    static HEAP: Mutex<Vec<u8>> = Mutex::new(Vec::new());
    let mut heap = HEAP.lock().expect("no other call has panicked");
    heap.push(0);
    let global = GLOBAL.fetch_add(1, Ordering::Relaxed) + 1;
    write(&json!({"global": global, "memory": heap.len()}));
}

#[unsafe(no_mangle)]
pub extern "C" fn now() {
    let start = Instant::now();
    let unix = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
    let mut random = [0u8; 16];
    // SAFETY: the host writes exactly the given length to the given place.
    assert_eq!(unsafe { random_get(random.as_mut_ptr(), random.len()) }, 0);
    let hex = random.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a string takes all");
        hex
    });
    write(&json!({
        "unixMillis": unix.as_millis() as u64, "elapsedNanos": start.elapsed().as_nanos() as u64, "random": hex,
    }));
}

#[unsafe(no_mangle)]
pub extern "C" fn surroundings() {
    write(&json!({
        "arguments": std::env::args().count(),
        "environment": std::env::vars().count(),
        "files": std::fs::File::open("/etc/passwd").is_ok(),
    }));
}

#[unsafe(no_mangle)]
pub extern "C" fn fail() {
    eprintln!("stderr output");
    panic!("panic output");
}

#[unsafe(no_mangle)]
pub extern "C" fn exit_zero() {
    std::process::exit(0);
}

#[unsafe(no_mangle)]
pub extern "C" fn exit_one() {
    write(&json!("an answer before the exit"));
    std::process::exit(1);
}
