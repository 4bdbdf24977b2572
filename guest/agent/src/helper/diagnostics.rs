//! Catches what libcontainer logs as errors: its error values lose their causes on the way from the
//! container's process to the helper, its log lines have them.

use std::fmt::{Debug, Write};

use tracing::field::{Field, Visit};
use tracing::span;
use tracing::{Event, Level, Metadata, Subscriber};

use super::Report;

struct ToReport(Report);

/// The message and the error of an event; other fields would only repeat paths.
#[derive(Default)]
struct Text {
    message: String,
    error: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let target = match field.name() {
            "message" => &mut self.message,
            "err" | "error" | "e" => &mut self.error,
            _ => return,
        };
        // Writing to a String cannot fail.
        let _ = write!(target, "{value:?}");
    }
}

impl Subscriber for ToReport {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::ERROR
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = Text::default();
        event.record(&mut text);
        let line = match text.error.as_str() {
            "" => text.message,
            error => format!("{}: {error}", text.message),
        };
        self.0.diagnostic(&line);
    }
}

/// For the rest of this (helper) process and its children.
pub fn install(report: Report) {
    // Fails only if one is installed, which a freshly forked helper has not.
    let _ = tracing::subscriber::set_global_default(ToReport(report));
}
