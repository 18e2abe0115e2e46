//! A wasmtime host that answers every call from an instance of its own, as cheaply as the crate's API allows: compiled
//! and pre-instantiated once, pooling allocator, epoch interruption, the host functions written by hand.
//!
//! `wasmtime-peer <module> <abi> <operation> <input file> <code cache> [<data>]` prints one line of JSON when it is ready, with
//! the answer to the input; then, for each count read from standard input, one line with the time of that many calls.

mod host;
mod rego;
mod sprintf;
mod wapc;
mod wasi;

use std::fs;
use std::io::{BufRead, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use host::{Abi, Exit, Host};
use rego::RegoGuest;
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, InstancePre, Linker, Module, ModuleExport,
    PoolingAllocationConfig, Result, Store, format_err,
};

/// The limits that the other variants of the benchmark have.
const MEMORY_BYTES: usize = 128 << 20;
const TICK: Duration = Duration::from_millis(5);
const TICKS_PER_CALL: u64 = 2000 / 5;

/// More than this much of an instance's memory, once touched, is given back to the system instead of being cleared.
const KEEP_RESIDENT: usize = 4 << 20;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, module, abi, operation, input, cache, data @ ..] = arguments.as_slice() else {
        return Err(format_err!("usage: wasmtime-peer <module> <abi> <operation> <input file> <code cache> [<data>]"));
    };
    let started = Instant::now();
    let engine = Engine::new(&config())?;
    let (module, cache, input) = (Path::new(module), Path::new(cache), fs::read(input)?);
    start_ticker(&engine);
    match Abi::named(abi)? {
        Abi::Rego => {
            let data = data.first().map_or("{}", String::as_str).into();
            let guest = RegoGuest::load(&engine, module, cache, input, data)?;
            converse(started, || guest.call())
        }
        abi => {
            let guest = Guest::load(&engine, module, cache, abi, operation, input)?;
            converse(started, || guest.call())
        }
    }
}

/// Says that the guest is ready, then times as many calls as each line of standard input asks for.
fn converse(started: Instant, call: impl Fn() -> Result<Vec<u8>>) -> Result<()> {
    let answer = call()?;
    let hex: String = answer.iter().map(|byte| format!("{byte:02x}")).collect();
    report(&format!("{{\"readyMs\":{},\"answer\":\"{hex}\"}}", started.elapsed().as_millis()))?;
    for line in std::io::stdin().lock().lines() {
        let count: u64 = line?.trim().parse()?;
        let (wall, cpu) = (Instant::now(), cpu_micros());
        let mut last = Vec::new();
        for _ in 0..count {
            last = call()?;
        }
        let (wall, cpu) = (wall.elapsed().as_micros(), cpu_micros() - cpu);
        if count > 0 && last != answer {
            return Err(format_err!("the answer changed"));
        }
        report(&format!("{{\"wallMicros\":{wall},\"cpuMicros\":{cpu}}}"))?;
    }
    Ok(())
}

fn report(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

fn config() -> Config {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_memories(4)
        .total_tables(4)
        .total_core_instances(4)
        .max_memory_size(MEMORY_BYTES)
        .table_elements(20_000)
        .max_core_instance_size(1 << 20)
        .linear_memory_keep_resident(KEEP_RESIDENT)
        .table_keep_resident(KEEP_RESIDENT)
        .pagemap_scan(Enabled::Auto);
    let mut config = Config::new();
    config.epoch_interruption(true).allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}

fn start_ticker(engine: &Engine) {
    let engine = engine.weak();
    std::thread::spawn(move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    });
}

/// A module that is ready to be called.
struct Guest {
    engine: Engine,
    instance: InstancePre<Host>,
    abi: Abi,
    operation: &'static str,
    input: &'static [u8],
    exports: Exports,
}

/// Where the exports are, so that no call has to look them up by name.
struct Exports {
    memory: ModuleExport,
    start: Option<ModuleExport>,
    initialize: Option<ModuleExport>,
    wapc_init: Option<ModuleExport>,
    entry: ModuleExport,
}

impl Guest {
    fn load(engine: &Engine, path: &Path, cache: &Path, abi: Abi, operation: &str, input: Vec<u8>) -> Result<Guest> {
        let module = compiled(engine, path, cache)?;
        let mut linker = Linker::new(engine);
        wasi::define(&mut linker)?;
        wapc::define(&mut linker)?;
        linker.define_unknown_imports_as_traps(&module)?;
        let find = |name: &str| module.get_export_index(name);
        let require = |name: &str| find(name).ok_or_else(|| format_err!("the module does not export {name}"));
        let exports = Exports {
            memory: require("memory")?,
            start: find("_start"),
            initialize: find("_initialize"),
            wapc_init: find("wapc_init"),
            entry: require(match abi {
                Abi::Reactor => operation,
                Abi::Command => "_start",
                Abi::Wapc => "__guest_call",
                Abi::Rego => "eval",
            })?,
        };
        let instance = linker.instantiate_pre(&module)?;
        let (operation, input) = (operation.to_owned().leak(), input.leak());
        Ok(Guest { engine: engine.clone(), instance, abi, operation, input, exports })
    }

    /// Makes an instance, runs its start-up and the operation, and drops it.
    fn call(&self) -> Result<Vec<u8>> {
        let mut store = Store::new(&self.engine, Host::new(self.abi, self.operation, self.input));
        store.set_epoch_deadline(TICKS_PER_CALL);
        let instance = self.instance.instantiate(&mut store)?;
        let memory = instance.get_module_export(&mut store, &self.exports.memory).and_then(|item| item.into_memory());
        store.data_mut().memory = memory;
        let mut run = |export: &Option<ModuleExport>| match export {
            Some(export) => {
                let function = instance.get_module_export(&mut store, export).and_then(|item| item.into_func());
                let function = function.ok_or_else(|| format_err!("an entry point is not a function"))?;
                ended_well(function.typed::<(), ()>(&store)?.call(&mut store, ()))
            }
            None => Ok(()),
        };
        match self.abi {
            Abi::Reactor => run(&self.exports.initialize)?,
            Abi::Command | Abi::Rego => (),
            Abi::Wapc => {
                run(if self.exports.start.is_some() { &self.exports.start } else { &self.exports.initialize })?;
                run(&self.exports.wapc_init)?;
            }
        }
        if self.abi != Abi::Wapc {
            run(&Some(self.exports.entry))?;
            return Ok(store.into_data().output);
        }
        let entry = instance.get_module_export(&mut store, &self.exports.entry).and_then(|item| item.into_func());
        let entry =
            entry.ok_or_else(|| format_err!("__guest_call is not a function"))?.typed::<(i32, i32), i32>(&store)?;
        match entry.call(&mut store, (self.operation.len() as i32, self.input.len() as i32))? {
            0 => Err(format_err!("the guest call failed")),
            _ => Ok(store.into_data().output),
        }
    }
}

/// `proc_exit(0)` is a normal end.
fn ended_well(result: Result<()>) -> Result<()> {
    result.or_else(|error| match error.downcast_ref::<Exit>() {
        Some(Exit(0)) => Ok(()),
        _ => Err(error),
    })
}

/// Machine code of the module, from an earlier run where there was one: a Go module takes seconds to compile.
fn compiled(engine: &Engine, path: &Path, cache: &Path) -> Result<Module> {
    if cache.exists() {
        // SAFETY: the file was written below, into a folder of the user's own.
        if let Ok(module) = unsafe { Module::deserialize_file(engine, cache) } {
            return Ok(module);
        }
    }
    let module = Module::from_file(engine, path)?;
    let unfinished = cache.with_extension(std::process::id().to_string());
    fs::write(&unfinished, module.serialize()?)?;
    fs::rename(&unfinished, cache)?;
    Ok(module)
}

/// User and system time of all threads of this process.
fn cpu_micros() -> i64 {
    // SAFETY: all-zero bytes are a valid rusage, and getrusage fills it.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    };
    let micros = |time: libc::timeval| time.tv_sec * 1_000_000 + time.tv_usec;
    micros(usage.ru_utime) + micros(usage.ru_stime)
}
