//! How the filters are written down.

use std::collections::BTreeMap;
use std::io;

use libc::c_long;
use seccompiler::{SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompRule};

/// Something that must hold for an argument, which is counted from 0.
#[derive(Clone, Copy)]
pub enum If {
    /// The lower 32 bits: what the kernel takes for an int.
    Is(u8, u32),
    /// None of these bits is set.
    Lacks(u8, u64),
    /// All of them are.
    Has(u8, u64),
}

/// A list of system calls.
#[derive(Default)]
pub struct Filter {
    always: Vec<c_long>,
    /// Each line is enough by itself.
    sometimes: Vec<(c_long, Vec<If>)>,
}

impl Filter {
    /// With any arguments.
    pub fn allow(mut self, calls: &[c_long]) -> Self {
        self.always.extend(calls);
        self
    }

    /// If all conditions hold.
    pub fn allow_if(mut self, call: c_long, conditions: &[If]) -> Self {
        self.sometimes.push((call, conditions.to_vec()));
        self
    }

    /// If the argument is one of the values.
    pub fn allow_one_of(mut self, call: c_long, argument: u8, values: &[u32]) -> Self {
        for value in values {
            self = self.allow_if(call, &[If::Is(argument, *value)]);
        }
        self
    }

    /// As seccompiler has it, where an empty list of rules is a call with any arguments.
    pub fn into_rules(self) -> io::Result<BTreeMap<i64, Vec<SeccompRule>>> {
        let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
        for (call, conditions) in self.sometimes {
            let conditions = conditions
                .into_iter()
                .map(condition)
                .collect::<Result<_, _>>();
            let rule = conditions
                .and_then(SeccompRule::new)
                .map_err(io::Error::other)?;
            rules.entry(call).or_default().push(rule);
        }
        rules.extend(self.always.into_iter().map(|call| (call, Vec::new())));
        Ok(rules)
    }
}

fn condition(wanted: If) -> Result<SeccompCondition, seccompiler::BackendError> {
    match wanted {
        If::Is(argument, value) => SeccompCondition::new(
            argument,
            SeccompCmpArgLen::Dword,
            SeccompCmpOp::Eq,
            value.into(),
        ),
        If::Lacks(argument, bits) => SeccompCondition::new(
            argument,
            SeccompCmpArgLen::Qword,
            SeccompCmpOp::MaskedEq(bits),
            0,
        ),
        If::Has(argument, bits) => SeccompCondition::new(
            argument,
            SeccompCmpArgLen::Qword,
            SeccompCmpOp::MaskedEq(bits),
            bits,
        ),
    }
}
