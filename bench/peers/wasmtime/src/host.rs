use std::fmt;
use std::time::Instant;

use wasmtime::{Caller, Memory, Result, format_err};

use crate::rego::Program;

/// How a family of guests is talked to; the names are those of the sandbox.
#[derive(Clone, Copy, PartialEq)]
pub enum Abi {
    Reactor,
    Command,
    Wapc,
    Rego,
}

impl Abi {
    pub fn named(name: &str) -> Result<Abi> {
        match name {
            "wasi-reactor" => Ok(Abi::Reactor),
            "wasi-command" => Ok(Abi::Command),
            "wapc" => Ok(Abi::Wapc),
            "rego" => Ok(Abi::Rego),
            _ => Err(format_err!("unknown ABI {name}")),
        }
    }
}

/// What the host functions of one instance share.
pub struct Host {
    pub memory: Option<Memory>,
    pub operation: &'static str,
    pub input: &'static [u8],
    pub read: usize,
    pub output: Vec<u8>,
    /// waPC guests answer through a function of their own; what they print is no answer.
    pub answers_on_stdout: bool,
    pub started: Instant,
    pub random: u64,
    /// Of modules compiled from Rego.
    pub program: Option<Program>,
}

impl Host {
    pub fn new(abi: Abi, operation: &'static str, input: &'static [u8]) -> Host {
        let started = Instant::now();
        // Fresh for each instance; of what quality does not matter to a benchmark.
        let random = &raw const started as u64 ^ started.elapsed().as_nanos() as u64 | 1;
        let answers_on_stdout = abi != Abi::Wapc;
        Host {
            memory: None,
            operation,
            input,
            read: 0,
            output: Vec::new(),
            answers_on_stdout,
            started,
            random,
            program: None,
        }
    }
}

/// The end of a guest by `proc_exit`.
#[derive(Debug)]
pub struct Exit(pub i32);

impl fmt::Display for Exit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "exit with code {}", self.0)
    }
}

impl std::error::Error for Exit {}

/// The guest's memory beside the state of its host.
pub fn split<'a>(caller: &'a mut Caller<'_, Host>) -> Result<(&'a mut [u8], &'a mut Host)> {
    let memory = caller.data().memory.ok_or_else(|| format_err!("called before the instance was complete"))?;
    Ok(memory.data_and_store_mut(caller))
}

/// A range of the guest's memory.
pub fn range(memory: &mut [u8], at: i32, length: usize) -> Result<&mut [u8]> {
    let at = at as u32 as usize;
    memory.get_mut(at..at.saturating_add(length)).ok_or_else(|| format_err!("outside the guest's memory"))
}

/// A zero-terminated text of the guest's memory, without the zero.
pub fn read_text(memory: &[u8], at: i32) -> Result<&[u8]> {
    let text = memory.get(at as u32 as usize..).unwrap_or_default();
    let end = text.iter().position(|byte| *byte == 0).ok_or_else(|| format_err!("outside the guest's memory"))?;
    Ok(&text[..end])
}

pub fn read_u32(memory: &mut [u8], at: i32) -> Result<u32> {
    let bytes = range(memory, at, 4)?;
    Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
}

pub fn write_u32(memory: &mut [u8], at: i32, value: u32) -> Result<()> {
    range(memory, at, 4)?.copy_from_slice(&value.to_le_bytes());
    Ok(())
}

pub fn write_u64(memory: &mut [u8], at: i32, value: u64) -> Result<()> {
    range(memory, at, 8)?.copy_from_slice(&value.to_le_bytes());
    Ok(())
}
