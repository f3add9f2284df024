//! Which parts of the language a case may use.

/// Parts of the language beyond its core, each of which can be left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Features {
    /// Functions of values.
    pub functions: bool,
    /// `hour`, `weekday` and `date`.
    pub times: bool,
    /// Declared lists and networks.
    pub lists: bool,
    /// `stddev last distinct percentile rate`
    pub aggregates: bool,
    /// `every` and `offset`
    pub frames: bool,
    /// `cooldown`, `repeat`, `mode: shadow`, `enabled`.
    pub life: bool,
    /// Silences.
    pub silences: bool,
    /// `defaults:`
    pub defaults: bool,
    /// Aggregate rules.
    pub rows: bool,
}

impl Features {
    /// The core alone.
    pub const CORE: Features = Features {
        functions: false,
        times: false,
        lists: false,
        aggregates: false,
        frames: false,
        life: false,
        silences: false,
        defaults: false,
        rows: false,
    };

    /// The whole language.
    pub const ALL: Features = Features {
        functions: true,
        times: true,
        lists: true,
        aggregates: true,
        frames: true,
        life: true,
        silences: true,
        defaults: true,
        rows: true,
    };

    /// Reads `all`, `core`, or names of fields with commas between them; none if one is not known.
    pub fn named(names: &str) -> Option<Features> {
        let mut features = Features::CORE;
        for name in names.split(',') {
            let switch = match name.trim() {
                "all" => {
                    features = Features::ALL;
                    continue;
                }
                "core" => continue,
                "functions" => &mut features.functions,
                "times" => &mut features.times,
                "lists" => &mut features.lists,
                "aggregates" => &mut features.aggregates,
                "frames" => &mut features.frames,
                "life" => &mut features.life,
                "silences" => &mut features.silences,
                "defaults" => &mut features.defaults,
                "rows" => &mut features.rows,
                _ => return None,
            };
            *switch = true;
        }
        Some(features)
    }
}
