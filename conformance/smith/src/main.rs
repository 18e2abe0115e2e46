//! `smith-corpus <file> <count>` writes modules that wasm-smith makes, each with its length in front (u32, little-endian):
//! the same ones every time. Every module ends by itself, and no bit of it depends on how an engine makes a NaN.

use std::error::Error;
use std::fs;

use arbitrary::Unstructured;
use wasm_smith::{Config, InstructionKind, InstructionKinds, MemoryOffsetChoices, Module};

/// Function calls and rounds of loops that an instance has in its life; then it traps.
const FUEL: u32 = 2_000;
/// Random bytes that a module is made of, at most: it is cut short where they end.
const ENTROPY_BYTES: usize = 20_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, file, count] = arguments.as_slice() else {
        return Err("usage: smith-corpus <file> <count>".into());
    };
    let mut corpus = Vec::new();
    for seed in 0..count.parse::<u64>()? {
        let entropy = random_bytes(seed);
        let mut module = Module::new(config(seed), &mut Unstructured::new(&entropy))?;
        module.ensure_termination(FUEL)?;
        let bytes = module.to_bytes();
        corpus.extend_from_slice(&u32::try_from(bytes.len())?.to_le_bytes());
        corpus.extend_from_slice(&bytes);
    }
    Ok(fs::write(file, corpus)?)
}

/// What the rewriter accepts. Half of the modules are made so that they never trap, as the others mostly do so at their
/// first access to memory.
fn config(seed: u64) -> Config {
    Config {
        disallow_traps: seed % 2 == 0,
        allowed_instructions: instructions(seed),
        min_memories: u32::from(seed % 16 != 0),
        max_memory32_bytes: 16 << 16,
        memory_max_size_required: true,
        memory_offset_choices: MemoryOffsetChoices(90, 9, 1),
        max_tables: 3,
        max_table_elements: 1_000,
        table_max_size_required: true,
        min_funcs: 3,
        max_funcs: 8,
        max_instructions: 400,
        max_types: 20,
        max_globals: 10,
        max_data_segments: 4,
        max_element_segments: 4,
        max_imports: 0,
        max_tags: 0,
        export_everything: true,
        canonicalize_nans: true,
        exceptions_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        relaxed_simd_enabled: false,
        threads_enabled: false,
        ..Config::default()
    }
}

/// A third of the modules may have any instruction, in which stores are rare; the others write a lot.
fn instructions(seed: u64) -> InstructionKinds {
    use InstructionKind::{Control, Memory, NumericInt, Parametric, Table, Variable};
    match seed % 3 {
        0 => InstructionKinds::all(),
        1 => InstructionKinds::new(&[Control, Memory, NumericInt, Parametric, Table, Variable]),
        _ => InstructionKinds::new(&[Memory, Parametric]),
    }
}

/// Bytes by xorshift, from a state that no seed makes zero.
fn random_bytes(seed: u64) -> Vec<u8> {
    let mut state = (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..ENTROPY_BYTES).map(|_| next()).collect()
}
