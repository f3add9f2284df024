//! The rules found for one event.

/// Some rules, none twice.
#[derive(Debug, Clone, Default)]
pub(crate) struct Found {
    rules: Vec<u32>,
    /// A bit for each rule there is: whether it was found.
    marks: Vec<u64>,
}

impl Found {
    /// Forgets what was found, and makes room for so many rules.
    pub(super) fn clear(&mut self, count: usize) {
        for rule in self.rules.drain(..) {
            if let Some(mark) = self.marks.get_mut(rule as usize / 64) {
                *mark = 0;
            }
        }
        self.marks.resize(count.div_ceil(64), 0);
    }

    pub(super) fn add(&mut self, rule: u32) {
        let Some(mark) = self.marks.get_mut(rule as usize / 64) else {
            return;
        };
        let bit = 1 << (rule % 64);
        if *mark & bit == 0 {
            *mark |= bit;
            self.rules.push(rule);
        }
    }

    pub(super) fn add_all(&mut self, rules: &[u32]) {
        for rule in rules {
            self.add(*rule);
        }
    }

    pub(super) fn sort(&mut self) {
        self.rules.sort_unstable();
    }

    /// Takes out some rules.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(u32) -> bool) {
        let marks = &mut self.marks;
        self.rules.retain(|rule| {
            let kept = keep(*rule);
            if !kept && let Some(mark) = marks.get_mut(*rule as usize / 64) {
                *mark &= !(1 << (rule % 64));
            }
            kept
        });
    }

    /// The rules found, ascending.
    pub(crate) fn rules(&self) -> &[u32] {
        &self.rules
    }
}
