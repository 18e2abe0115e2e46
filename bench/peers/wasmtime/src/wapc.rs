//! The imports of waPC that a policy without host calls uses.

use wasmtime::{Caller, Linker, Result, format_err};

use crate::host::{Host, range, split};

pub fn define(linker: &mut Linker<Host>) -> Result<()> {
    linker.func_wrap(
        "wapc",
        "__guest_request",
        |mut caller: Caller<'_, Host>, operation: i32, payload: i32| -> Result<()> {
            let (memory, host) = split(&mut caller)?;
            range(memory, operation, host.operation.len())?.copy_from_slice(host.operation.as_bytes());
            range(memory, payload, host.input.len())?.copy_from_slice(host.input);
            Ok(())
        },
    )?;
    linker.func_wrap(
        "wapc",
        "__guest_response",
        |mut caller: Caller<'_, Host>, at: i32, length: i32| -> Result<()> {
            let (memory, host) = split(&mut caller)?;
            host.output = range(memory, at, length as u32 as usize)?.to_vec();
            Ok(())
        },
    )?;
    linker.func_wrap("wapc", "__guest_error", |mut caller: Caller<'_, Host>, at: i32, length: i32| -> Result<()> {
        let (memory, _) = split(&mut caller)?;
        Err(format_err!("guest error: {}", String::from_utf8_lossy(range(memory, at, length as u32 as usize)?)))
    })?;
    Ok(())
}
