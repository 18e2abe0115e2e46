//! `sprintf` as far as the guests of the benchmark use it: `%v` of strings and of what is printed as it stands.

use wasmtime::{Result, format_err};

/// Formats values; everything is text as OPA prints it, the answer as well.
pub fn sprintf(format: &str, values: &str) -> Result<String> {
    let inner = values.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let values = elements(inner.ok_or_else(|| format_err!("sprintf: no array of values"))?);
    let mut values = values.into_iter();
    let format = unquoted(format)?;
    let mut pieces = format.split("%v");
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let value = values.next().ok_or_else(|| format_err!("sprintf: a value is missing"))?;
        match value.starts_with('"') {
            true => text.push_str(&unquoted(value)?),
            false => text.push_str(value),
        }
        text.push_str(piece);
    }
    match format.replace("%v", "").contains('%') {
        true => Err(format_err!("sprintf: the peer knows no verb but %v")),
        false => Ok(quoted(&text)),
    }
}

/// The elements between the brackets of an array.
fn elements(text: &str) -> Vec<&str> {
    let (mut depth, mut quoted, mut escaped, mut start) = (0, false, false, 0);
    let mut found = Vec::new();
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => (),
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth -= 1,
            b',' if depth == 0 => {
                found.push(text[start..at].trim());
                start = at + 1;
            }
            _ => (),
        }
    }
    if !text.is_empty() {
        found.push(text[start..].trim());
    }
    found
}

fn unquoted(text: &str) -> Result<String> {
    let inner = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let mut rest = inner.ok_or_else(|| format_err!("sprintf: no string"))?.chars();
    let mut plain = String::with_capacity(text.len());
    while let Some(next) = rest.next() {
        plain.push(match next {
            '\\' => match rest.next() {
                Some(escaped @ ('"' | '\\' | '/')) => escaped,
                Some('n') => '\n',
                Some('t') => '\t',
                _ => return Err(format_err!("sprintf: the peer does not know an escape")),
            },
            _ => next,
        });
    }
    Ok(plain)
}

fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t");
    format!("\"{escaped}\"")
}
