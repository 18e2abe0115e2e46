//! Modules that OPA compiles from Rego (ABI 1.x): the host owns the memory, and an evaluation is a conversation about
//! addresses. Of the builtins there is the one that the guests of the benchmark ask their host for.

use std::path::Path;

use wasmtime::{
    AsContextMut, Caller, Engine, Extern, ExternType, Instance, InstancePre, Linker, Memory, Module, ModuleExport,
    Result, Store, TypedFunc, WasmParams, WasmResults, format_err,
};

use crate::host::{Abi, Host, range, read_text};
use crate::sprintf::sprintf;
use crate::{TICKS_PER_CALL, compiled};

type Reduce = TypedFunc<i32, i32>;

/// What the host calls when a builtin runs.
#[derive(Clone)]
pub struct Program {
    malloc: Reduce,
    value_dump: Reduce,
    value_parse: TypedFunc<(i32, i32), i32>,
}

/// Where the exports are, so that no call has to look them up by name.
struct Exports {
    malloc: ModuleExport,
    value_dump: ModuleExport,
    value_parse: ModuleExport,
    json_parse: ModuleExport,
    heap_ptr_get: ModuleExport,
    eval: ModuleExport,
}

pub struct RegoGuest {
    engine: Engine,
    module: Module,
    linker: Linker<Host>,
    /// A module that has nothing but a memory. One that the host makes itself does not come from the pool.
    provider: InstancePre<Host>,
    provided: ModuleExport,
    exports: Exports,
    input: &'static [u8],
    data: Vec<u8>,
}

impl RegoGuest {
    pub fn load(engine: &Engine, path: &Path, cache: &Path, input: Vec<u8>, data: Vec<u8>) -> Result<RegoGuest> {
        let module = compiled(engine, path, cache)?;
        let mut linker = Linker::new(engine);
        define(&mut linker)?;
        let pages = memory_pages(&module)?;
        let memory = Module::new(engine, only_a_memory(pages))?;
        let provider = linker.instantiate_pre(&memory)?;
        let provided = memory.get_export_index("memory").ok_or_else(|| format_err!("there is no memory"))?;
        let exports = Exports::of(&module)?;
        let input = input.leak();
        let guest = RegoGuest { engine: engine.clone(), module, linker, provider, provided, exports, input, data };
        guest.check_builtins()?;
        Ok(guest)
    }

    /// Makes an instance, lets it read the data document and the input, evaluates, and drops it.
    pub fn call(&self) -> Result<Vec<u8>> {
        let (mut store, instance) = self.instantiate()?;
        let exports = &self.exports;
        let data = put(&mut store, &self.data)?;
        let parse = typed::<(i32, i32), i32>(&mut store, &instance, &exports.json_parse)?;
        let data = match parse.call(&mut store, (data, self.data.len() as i32))? {
            0 => return Err(format_err!("the data document is no JSON")),
            document => document,
        };
        let input = put(&mut store, self.input)?;
        let heap = typed::<(), i32>(&mut store, &instance, &exports.heap_ptr_get)?.call(&mut store, ())?;
        // Context (there is none), entrypoint, data, input and its length, end of the heap, format of the answer (JSON).
        let arguments = (0, 0, data, input, self.input.len() as i32, heap, 0);
        let eval = typed::<(i32, i32, i32, i32, i32, i32, i32), i32>(&mut store, &instance, &exports.eval)?;
        let answer = eval.call(&mut store, arguments)?;
        let memory = memory_of(store.data())?;
        Ok(read_text(memory.data(&store), answer)?.to_vec())
    }

    fn instantiate(&self) -> Result<(Store<Host>, Instance)> {
        let mut store = Store::new(&self.engine, Host::new(Abi::Rego, "", self.input));
        store.set_epoch_deadline(TICKS_PER_CALL);
        let provider = self.provider.instantiate(&mut store)?;
        let memory = provider.get_module_export(&mut store, &self.provided);
        let memory = memory.and_then(Extern::into_memory).ok_or_else(|| format_err!("there is no memory"))?;
        store.data_mut().memory = Some(memory);
        let mut imports = Vec::with_capacity(8);
        for import in self.module.imports() {
            imports.push(match import.ty() {
                ExternType::Memory(_) => memory.into(),
                _ => self
                    .linker
                    .get_by_import(&mut store, &import)
                    .ok_or_else(|| format_err!("nothing provides {}", import.name()))?,
            });
        }
        let instance = Instance::new(&mut store, &self.module, &imports)?;
        let program = Program {
            malloc: typed(&mut store, &instance, &self.exports.malloc)?,
            value_dump: typed(&mut store, &instance, &self.exports.value_dump)?,
            value_parse: typed(&mut store, &instance, &self.exports.value_parse)?,
        };
        store.data_mut().program = Some(program);
        Ok((store, instance))
    }

    /// The guest numbers the builtins that it wants; there is one answer here, whatever the number.
    fn check_builtins(&self) -> Result<()> {
        let (mut store, instance) = self.instantiate()?;
        let listing = instance.get_typed_func::<(), i32>(&mut store, "builtins")?.call(&mut store, ())?;
        let text = instance.get_typed_func::<i32, i32>(&mut store, "opa_json_dump")?.call(&mut store, listing)?;
        let memory = memory_of(store.data())?;
        let text = String::from_utf8_lossy(read_text(memory.data(&store), text)?);
        let names: Vec<&str> = text.split('"').skip(1).step_by(2).collect();
        match names.iter().find(|name| **name != "sprintf") {
            Some(name) => Err(format_err!("the peer has no builtin {name}")),
            None => Ok(()),
        }
    }
}

impl Exports {
    fn of(module: &Module) -> Result<Exports> {
        let find =
            |name: &str| module.get_export_index(name).ok_or_else(|| format_err!("the module does not export {name}"));
        Ok(Exports {
            malloc: find("opa_malloc")?,
            value_dump: find("opa_value_dump")?,
            value_parse: find("opa_value_parse")?,
            json_parse: find("opa_json_parse")?,
            heap_ptr_get: find("opa_heap_ptr_get")?,
            eval: find("opa_eval")?,
        })
    }
}

fn typed<P: WasmParams, R: WasmResults>(
    store: &mut Store<Host>,
    instance: &Instance,
    export: &ModuleExport,
) -> Result<TypedFunc<P, R>> {
    let function = instance.get_module_export(&mut *store, export).and_then(Extern::into_func);
    function.ok_or_else(|| format_err!("an entry point is not a function"))?.typed(store)
}

fn memory_of(host: &Host) -> Result<Memory> {
    host.memory.ok_or_else(|| format_err!("called before the instance was complete"))
}

/// Copies bytes into memory that the guest gives for them; their address.
fn put(mut store: impl AsContextMut<Data = Host>, bytes: &[u8]) -> Result<i32> {
    let host = store.as_context().data();
    let (memory, malloc) = (memory_of(host)?, program_of(host)?.malloc.clone());
    let at = malloc.call(&mut store, bytes.len() as i32)?;
    range(memory.data_mut(&mut store), at, bytes.len())?.copy_from_slice(bytes);
    Ok(at)
}

fn program_of(host: &Host) -> Result<&Program> {
    host.program.as_ref().ok_or_else(|| format_err!("called before the instance was complete"))
}

fn define(linker: &mut Linker<Host>) -> Result<()> {
    linker.func_wrap("env", "opa_abort", |caller: Caller<'_, Host>, at: i32| -> Result<()> {
        let text = read_text(memory_of(caller.data())?.data(&caller), at)?;
        Err(format_err!("the policy aborted: {}", String::from_utf8_lossy(text)))
    })?;
    linker.func_wrap("env", "opa_println", |_: i32| ())?;
    let other = || format_err!("the peer has no builtin with this number of arguments");
    linker.func_wrap("env", "opa_builtin0", move |_: i32, _: i32| -> Result<i32> { Err(other()) })?;
    linker.func_wrap("env", "opa_builtin1", move |_: i32, _: i32, _: i32| -> Result<i32> { Err(other()) })?;
    linker.func_wrap(
        "env",
        "opa_builtin2",
        |mut caller: Caller<'_, Host>, _: i32, _: i32, format: i32, values: i32| -> Result<i32> {
            let (format, values) = (dumped(&mut caller, format)?, dumped(&mut caller, values)?);
            let answer = sprintf(&format, &values)?;
            let at = put(&mut caller, answer.as_bytes())?;
            let parse = program_of(caller.data())?.value_parse.clone();
            parse.call(&mut caller, (at, answer.len() as i32))
        },
    )?;
    linker.func_wrap("env", "opa_builtin3", move |_: i32, _: i32, _: i32, _: i32, _: i32| -> Result<i32> {
        Err(other())
    })?;
    linker.func_wrap("env", "opa_builtin4", move |_: i32, _: i32, _: i32, _: i32, _: i32, _: i32| -> Result<i32> {
        Err(other())
    })?;
    Ok(())
}

/// A value as the guest prints it: JSON, and sets in braces.
fn dumped(caller: &mut Caller<'_, Host>, value: i32) -> Result<String> {
    let dump = program_of(caller.data())?.value_dump.clone();
    let at = dump.call(&mut *caller, value)?;
    let text = read_text(memory_of(caller.data())?.data(&*caller), at)?;
    Ok(std::str::from_utf8(text)?.to_owned())
}

fn memory_pages(module: &Module) -> Result<u8> {
    let mut memories = module.imports().filter_map(|import| import.ty().memory().map(|memory| memory.minimum()));
    let pages = memories.next().ok_or_else(|| format_err!("the module does not import a memory"))?;
    // One byte of LEB128 holds as much.
    u8::try_from(pages).ok().filter(|pages| *pages < 128).ok_or_else(|| format_err!("{pages} pages are too many"))
}

/// A module with a memory of so many pages, exported as `memory`.
fn only_a_memory(pages: u8) -> Vec<u8> {
    let memory = [5, 3, 1, 0, pages];
    let export = *b"\x07\x0a\x01\x06memory\x02\x00";
    [b"\0asm\x01\0\0\0".as_slice(), &memory, &export].concat()
}
