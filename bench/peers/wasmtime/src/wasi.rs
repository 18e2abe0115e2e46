//! The functions of WASI preview 1 that the guests of the benchmark use; a call of any other one traps.

use std::time::SystemTime;

use wasmtime::{Caller, Linker, Result};

use crate::host::{Exit, Host, range, read_u32, split, write_u32, write_u64};

const WASI: &str = "wasi_snapshot_preview1";
const SUCCESS: i32 = 0;
const BADF: i32 = 8;
const IOVEC_SIZE: i32 = 8;
const SUBSCRIPTION_SIZE: i32 = 48;
const EVENT_SIZE: i32 = 32;
const CHARACTER_DEVICE: u8 = 2;

type Guest<'a> = Caller<'a, Host>;

pub fn define(linker: &mut Linker<Host>) -> Result<()> {
    streams(linker)?;
    surroundings(linker)?;
    linker.func_wrap(WASI, "proc_exit", |code: i32| -> Result<()> { Err(Exit(code).into()) })?;
    linker.func_wrap(WASI, "sched_yield", || SUCCESS)?;
    linker.func_wrap(WASI, "poll_oneoff", poll)?;
    Ok(())
}

fn streams(linker: &mut Linker<Host>) -> Result<()> {
    linker.func_wrap(
        WASI,
        "fd_read",
        |mut guest: Guest<'_>, fd: i32, iovecs: i32, count: i32, read: i32| -> Result<i32> {
            if fd != 0 {
                return Ok(BADF);
            }
            let (memory, host) = split(&mut guest)?;
            let mut total = 0;
            for index in 0..count {
                let (at, length) = iovec(memory, iovecs, index)?;
                let rest = &host.input[host.read..];
                let taken = rest.len().min(length);
                range(memory, at, taken)?.copy_from_slice(&rest[..taken]);
                host.read += taken;
                total += taken;
            }
            write_u32(memory, read, total as u32)?;
            Ok(SUCCESS)
        },
    )?;
    linker.func_wrap(
        WASI,
        "fd_write",
        |mut guest: Guest<'_>, fd: i32, iovecs: i32, count: i32, written: i32| -> Result<i32> {
            if fd != 1 && fd != 2 {
                return Ok(BADF);
            }
            let (memory, host) = split(&mut guest)?;
            let mut total = 0;
            for index in 0..count {
                let (at, length) = iovec(memory, iovecs, index)?;
                let bytes = range(memory, at, length)?;
                if fd == 1 && host.answers_on_stdout {
                    host.output.extend_from_slice(bytes);
                }
                total += length;
            }
            write_u32(memory, written, total as u32)?;
            Ok(SUCCESS)
        },
    )?;
    linker.func_wrap(WASI, "fd_fdstat_get", |mut guest: Guest<'_>, fd: i32, at: i32| -> Result<i32> {
        if !(0..=2).contains(&fd) {
            return Ok(BADF);
        }
        let (memory, _) = split(&mut guest)?;
        let stat = range(memory, at, 24)?;
        stat.fill(0);
        stat[0] = CHARACTER_DEVICE;
        stat[8..16].fill(0xff);
        Ok(SUCCESS)
    })?;
    linker.func_wrap(WASI, "fd_fdstat_set_flags", |_: i32, _: i32| SUCCESS)?;
    linker.func_wrap(WASI, "fd_close", |_: i32| SUCCESS)?;
    linker.func_wrap(WASI, "fd_prestat_get", |_: i32, _: i32| BADF)?;
    linker.func_wrap(WASI, "fd_prestat_dir_name", |_: i32, _: i32, _: i32| BADF)?;
    Ok(())
}

fn iovec(memory: &mut [u8], iovecs: i32, index: i32) -> Result<(i32, usize)> {
    let entry = iovecs + index * IOVEC_SIZE;
    Ok((read_u32(memory, entry)? as i32, read_u32(memory, entry + 4)? as usize))
}

/// No arguments, no environment, live clocks, some random numbers.
fn surroundings(linker: &mut Linker<Host>) -> Result<()> {
    for name in ["args_sizes_get", "environ_sizes_get"] {
        linker.func_wrap(WASI, name, |mut guest: Guest<'_>, count: i32, bytes: i32| -> Result<i32> {
            let (memory, _) = split(&mut guest)?;
            write_u32(memory, count, 0)?;
            write_u32(memory, bytes, 0)?;
            Ok(SUCCESS)
        })?;
    }
    for name in ["args_get", "environ_get"] {
        linker.func_wrap(WASI, name, |_: i32, _: i32| SUCCESS)?;
    }
    linker.func_wrap(WASI, "clock_time_get", |mut guest: Guest<'_>, clock: i32, _: i64, at: i32| -> Result<i32> {
        let (memory, host) = split(&mut guest)?;
        let since_start = host.started.elapsed();
        let time = if clock == 0 { SystemTime::UNIX_EPOCH.elapsed().unwrap_or(since_start) } else { since_start };
        write_u64(memory, at, time.as_nanos() as u64)?;
        Ok(SUCCESS)
    })?;
    linker.func_wrap(WASI, "random_get", |mut guest: Guest<'_>, at: i32, length: i32| -> Result<i32> {
        let (memory, host) = split(&mut guest)?;
        for byte in range(memory, at, length as u32 as usize)? {
            host.random ^= host.random << 13;
            host.random ^= host.random >> 7;
            host.random ^= host.random << 17;
            *byte = host.random as u8;
        }
        Ok(SUCCESS)
    })?;
    Ok(())
}

/// Everything that is waited for has happened: a guest that sleeps wakes at once.
fn poll(mut guest: Guest<'_>, subscriptions: i32, events: i32, count: i32, happened: i32) -> Result<i32> {
    let (memory, _) = split(&mut guest)?;
    for index in 0..count {
        let (subscription, event) = (subscriptions + index * SUBSCRIPTION_SIZE, events + index * EVENT_SIZE);
        let mut start = [0; 9];
        start.copy_from_slice(range(memory, subscription, 9)?);
        let event = range(memory, event, EVENT_SIZE as usize)?;
        event.fill(0);
        event[..8].copy_from_slice(&start[..8]);
        event[10] = start[8];
    }
    write_u32(memory, happened, count as u32)?;
    Ok(SUCCESS)
}
