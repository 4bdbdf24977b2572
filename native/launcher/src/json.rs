//! A few strings out of a JSON document, all of which is checked (RFC 8259).
//!
//! The launcher needs two annotations of a config.json and one member of a bootstrap.json; what it does not need is not
//! kept.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;
use thiserror::Error;

/// Nesting deeper than this is refused: no OCI configuration comes near.
const MAX_DEPTH: usize = 200;

/// Where and why a text is not the JSON that is expected.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{fault} at byte {offset} (line {line}, column {column})")]
pub struct JsonError {
    /// Offset in bytes from the start of the text.
    pub offset: usize,
    line: usize,
    column: usize,
    pub fault: Fault,
}

/// Why it is not.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Fault {
    #[error("a byte that is not UTF-8")]
    NotUtf8,
    #[error("the text is cut short: it ends")]
    CutShort,
    #[error("more than {MAX_DEPTH} levels of nesting")]
    TooDeep,
    /// The document.
    #[error("expected an object ('{{'), and there is something else")]
    NoDocument,
    /// The member with this name.
    #[error("'{0}' must be an object, and there is something else")]
    NoObject(String),
    /// The member with this name.
    #[error("'{0}' must be a string, and there is something else")]
    NoString(String),
    /// serde_json's words.
    #[error("{0}")]
    Syntax(String),
}

/// All of an object's, in their order.
#[derive(Default)]
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Members<'a> {
    /// The texts of those with this name.
    fn of(&self, name: &str) -> impl Iterator<Item = &'a str> {
        let named = self.0.iter().filter(move |(other, _)| other == name);
        named.map(|(_, value)| value.get())
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Members::default();
                while let Some(member) = map.next_entry()? {
                    members.0.push(member);
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// The string values of the members `wanted` of the document's member `within` (or of the document itself), in the
/// order of `wanted`. A member that is absent or null is `None`. As Go does, of a member that occurs twice the last one
/// counts, and a second `within` adds to the first one, unless it is null.
///
/// The whole text must be one JSON object.
pub fn string_members(
    text: &[u8],
    within: Option<&str>,
    wanted: &[&str],
) -> Result<Vec<Option<String>>, JsonError> {
    let text = std::str::from_utf8(text)
        .map_err(|error| error_at(text, error.valid_up_to(), Fault::NotUtf8))?;
    check_depth(text)?;
    let document: Members<'_> =
        fitting(text, text, serde_json::from_str(text), || Fault::NoDocument)?;
    let members = match within {
        None => document,
        Some(name) => {
            let mut all = Members::default();
            for value in document.of(name) {
                match fitting(text, value, serde_json::from_str(value), || {
                    Fault::NoObject(name.to_owned())
                })? {
                    Some(Members(more)) => all.0.extend(more),
                    None => all.0.clear(),
                }
            }
            all
        }
    };
    let strings = wanted.iter().map(|name| {
        members.of(name).try_fold(None, |_, value| {
            fitting(text, value, serde_json::from_str(value), || {
                Fault::NoString((*name).to_owned())
            })
        })
    });
    strings.collect()
}

/// What was made of `part`, which lies in `text`; `misfit` if it is JSON, but of another type.
fn fitting<T>(
    text: &str,
    part: &str,
    made: serde_json::Result<T>,
    misfit: impl FnOnce() -> Fault,
) -> Result<T, JsonError> {
    made.map_err(|error| {
        let start = part.as_ptr().addr() - text.as_ptr().addr();
        let (offset, fault) = match error.classify() {
            Category::Eof => (text.len(), Fault::CutShort),
            Category::Data => {
                let space = part.len() - part.trim_ascii_start().len();
                (start + space, misfit())
            }
            Category::Syntax | Category::Io => {
                let said = error.to_string();
                let what = said
                    .rsplit_once(" at line ")
                    .map_or(said.as_str(), |(what, _)| what);
                (
                    start + offset_in(part, &error),
                    Fault::Syntax(what.to_owned()),
                )
            }
        };
        error_at(text.as_bytes(), offset, fault)
    })
}

/// serde_json counts lines and bytes of a line, from 1.
fn offset_in(part: &str, error: &serde_json::Error) -> usize {
    let lines = part
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1));
    let before: usize = lines.map(str::len).sum();
    (before + error.column().saturating_sub(1)).min(part.len())
}

/// serde_json itself passes over what is not wanted, however deep it is.
fn check_depth(text: &str) -> Result<(), JsonError> {
    let (mut depth, mut in_string, mut is_escaped) = (0usize, false, false);
    for (offset, byte) in text.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' if depth == MAX_DEPTH => {
                return Err(error_at(text.as_bytes(), offset, Fault::TooDeep));
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

fn error_at(text: &[u8], offset: usize, fault: Fault) -> JsonError {
    let before = &text[..offset];
    let line_start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |newline| newline + 1);
    JsonError {
        offset,
        line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
        column: offset - line_start + 1,
        fault,
    }
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
