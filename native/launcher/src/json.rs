//! A strict JSON scanner (RFC 8259) that checks a whole document and takes a few strings out of it.
//!
//! The launcher needs two annotations of a config.json and one member of a bootstrap.json; what it does not need is
//! checked, not kept.

use std::fmt;

/// Nesting deeper than this is refused: the scanner is recursive, and no OCI configuration comes near.
const MAX_DEPTH: u32 = 200;

/// Where and why a text is not the JSON that is expected.
#[derive(Debug, PartialEq, Eq)]
pub struct JsonError {
    /// Offset in bytes from the start of the text.
    pub offset: usize,
    line: usize,
    column: usize,
    what: String,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} at byte {} (line {}, column {})",
            self.what, self.offset, self.line, self.column
        )
    }
}

/// The string values of the members `wanted` of the document's member `within` (or of the document itself), in the
/// order of `wanted`. A member that is absent or null is `None`; of a member that occurs twice the last one counts.
///
/// The whole text must be one JSON object.
pub fn string_members(
    text: &[u8],
    within: Option<&str>,
    wanted: &[&str],
) -> Result<Vec<Option<String>>, JsonError> {
    let mut scanner = Scanner { text, at: 0 };
    let mut found = vec![None; wanted.len()];
    if let Err(error) = std::str::from_utf8(text) {
        return Err(scanner.error_at(error.valid_up_to(), "a byte that is not UTF-8"));
    }
    scanner.document(|scanner, key| match within {
        None => scanner.take(key, wanted, &mut found, 1),
        Some(name) if name == key => {
            found.fill(None);
            scanner.space();
            match scanner.text.get(scanner.at) {
                Some(b'{') => scanner.object(2, &mut |scanner, key| {
                    scanner.take(key, wanted, &mut found, 2)
                }),
                Some(b'n') => scanner.value(2),
                _ => Err(scanner.error(&format!(
                    "'{name}' must be an object, and there is something else"
                ))),
            }
        }
        Some(_) => scanner.value(2),
    })?;
    Ok(found)
}

struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
}

type OnMember<'a, 'b> = &'b mut dyn FnMut(&mut Scanner<'a>, &str) -> Result<(), JsonError>;

impl<'a> Scanner<'a> {
    fn error_at(&self, offset: usize, what: &str) -> JsonError {
        let before = &self.text[..offset.min(self.text.len())];
        let line_start = before
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |newline| newline + 1);
        JsonError {
            offset,
            line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
            column: before.len() - line_start + 1,
            what: what.to_owned(),
        }
    }

    /// An error at the current position; at the end of the text it says that the text is cut short.
    fn error(&self, what: &str) -> JsonError {
        if self.at >= self.text.len() {
            return self.error_at(self.text.len(), "the text is cut short: it ends");
        }
        self.error_at(self.at, what)
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.text.get(self.at) {
            self.at += 1;
        }
    }

    fn document(
        &mut self,
        mut on_member: impl FnMut(&mut Self, &str) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        self.space();
        self.object(1, &mut on_member)?;
        self.space();
        if self.at < self.text.len() {
            return Err(self.error("something follows the document's end"));
        }
        Ok(())
    }

    fn byte(&mut self, wanted: u8, what: &str) -> Result<(), JsonError> {
        if self.text.get(self.at) != Some(&wanted) {
            return Err(self.error(what));
        }
        self.at += 1;
        Ok(())
    }

    fn object(&mut self, depth: u32, on_member: OnMember<'a, '_>) -> Result<(), JsonError> {
        self.byte(
            b'{',
            "expected an object ('{'), and there is something else",
        )?;
        self.space();
        if self.text.get(self.at) == Some(&b'}') {
            self.at += 1;
            return Ok(());
        }
        if depth > MAX_DEPTH {
            return Err(self.error(&format!("more than {MAX_DEPTH} levels of nesting")));
        }
        loop {
            self.space();
            let key =
                self.string("expected a member's name in quotes, and there is something else")?;
            self.space();
            self.byte(
                b':',
                "expected ':' after a member's name, and there is something else",
            )?;
            on_member(self, &key)?;
            self.space();
            match self.text.get(self.at) {
                Some(b',') => self.at += 1,
                _ => return self.byte(b'}', "expected ',' or '}', and there is something else"),
            }
        }
    }

    fn array(&mut self, depth: u32) -> Result<(), JsonError> {
        self.byte(b'[', "expected '['")?;
        self.space();
        if self.text.get(self.at) == Some(&b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.value(depth + 1)?;
            self.space();
            match self.text.get(self.at) {
                Some(b',') => self.at += 1,
                _ => return self.byte(b']', "expected ',' or ']', and there is something else"),
            }
        }
    }

    /// Scans the value of the member `key`; keeps it if it is one of `wanted`.
    fn take(
        &mut self,
        key: &str,
        wanted: &[&str],
        found: &mut [Option<String>],
        depth: u32,
    ) -> Result<(), JsonError> {
        let Some(index) = wanted.iter().position(|name| *name == key) else {
            return self.value(depth + 1);
        };
        self.space();
        if self.text.get(self.at) == Some(&b'n') {
            found[index] = None;
            return self.value(depth + 1);
        }
        let what = format!("'{key}' must be a string, and there is something else");
        found[index] = Some(self.string(&what)?);
        Ok(())
    }

    /// Scans any value and forgets it.
    fn value(&mut self, depth: u32) -> Result<(), JsonError> {
        self.space();
        if depth > MAX_DEPTH {
            return Err(self.error(&format!("more than {MAX_DEPTH} levels of nesting")));
        }
        match self.text.get(self.at) {
            Some(b'{') => self.object(depth, &mut |scanner, _| scanner.value(depth + 1)),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string("").map(drop),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.literal("true"),
            Some(b'f') => self.literal("false"),
            Some(b'n') => self.literal("null"),
            _ => Err(self.error("expected a value, and there is something else")),
        }
    }

    fn literal(&mut self, name: &str) -> Result<(), JsonError> {
        for wanted in name.bytes() {
            self.byte(
                wanted,
                &format!("expected '{name}', and there is something else"),
            )?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        if !matches!(self.text.get(self.at), Some(b'0'..=b'9')) {
            return Err(self.error("expected a digit, and there is something else"));
        }
        while let Some(b'0'..=b'9') = self.text.get(self.at) {
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), JsonError> {
        if self.text.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        let first = self.at;
        self.digits()?;
        if self.text[first] == b'0' && self.at > first + 1 {
            return Err(self.error_at(first, "a number with a leading zero"));
        }
        if self.text.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.text.get(self.at) {
            self.at += 1;
            if let Some(b'+' | b'-') = self.text.get(self.at) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn string(&mut self, what: &str) -> Result<String, JsonError> {
        self.byte(b'"', what)?;
        let mut string = String::new();
        loop {
            let start = self.at;
            while let Some(byte) = self.text.get(self.at)
                && !matches!(byte, b'"' | b'\\' | 0..=0x1f)
            {
                self.at += 1;
            }
            // The text was checked at once, and the bytes that end a run are never part of a longer character.
            let run = std::str::from_utf8(&self.text[start..self.at]);
            string.push_str(run.map_err(|_| self.error_at(start, "a byte that is not UTF-8"))?);
            match self.text.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(string);
                }
                Some(b'\\') => string.push(self.escape()?),
                _ => return Err(self.error("a control character that is not escaped")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let start = self.at;
        self.at += 1;
        let escape = self.text.get(self.at).copied();
        self.at += 1;
        Ok(match escape {
            Some(plain @ (b'"' | b'\\' | b'/')) => char::from(plain),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(start),
            Some(_) => return Err(self.error_at(start, "an escape that JSON does not have")),
            None => return Err(self.error("")),
        })
    }

    fn unicode_escape(&mut self, start: usize) -> Result<char, JsonError> {
        let mut code = self.four_hex_digits()?;
        if (0xd800..0xdc00).contains(&code) {
            let lone = self.error_at(start, "half of a surrogate pair alone");
            for wanted in [b'\\', b'u'] {
                match self.text.get(self.at) {
                    Some(byte) if *byte == wanted => self.at += 1,
                    Some(_) => return Err(lone),
                    None => return Err(self.error("")),
                }
            }
            let low = self.four_hex_digits()?;
            if !(0xdc00..0xe000).contains(&low) {
                return Err(lone);
            }
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        }
        char::from_u32(code).ok_or_else(|| self.error_at(start, "half of a surrogate pair alone"))
    }

    fn four_hex_digits(&mut self) -> Result<u32, JsonError> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self
                .text
                .get(self.at)
                .and_then(|byte| char::from(*byte).to_digit(16));
            code = code * 16
                + digit
                    .ok_or_else(|| self.error("expected four hexadecimal digits after '\\u'"))?;
            self.at += 1;
        }
        Ok(code)
    }
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
