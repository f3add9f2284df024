//! Checks the rules that the functions are built with, and embeds their text.
//!
//! They are those in `rules/` beside this folder, or in the folder that `TRIPLINE_RULES` names when the functions are built.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "functions")]
    embed::rules();
}

#[cfg(feature = "functions")]
#[path = "src/drawing/mod.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "the library uses more of it"
)]
mod drawing;

#[cfg(feature = "functions")]
#[allow(
    clippy::disallowed_methods,
    reason = "a build script is told by its environment what to build"
)]
mod embed {
    use std::path::{Path, PathBuf};
    use std::{env, fs, process};

    use tripline_engine::{RawFile, Severity, check, loader};

    use crate::drawing::Drawing;

    /// Writes what `src/function/rules.rs` includes.
    pub(crate) fn rules() {
        println!("cargo::rerun-if-env-changed=TRIPLINE_RULES");
        let manifest = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
        let folder = match env::var("TRIPLINE_RULES") {
            Ok(folder) => manifest.join("..").join(folder),
            Err(_) => manifest.join("../rules"),
        };
        println!("cargo::rerun-if-changed={}", folder.display());
        let files = loader::read_rules(&folder).unwrap_or_else(|error| fail(&error.to_string()));
        let named = files.into_iter().map(|file| named(file, &folder));
        let named: Vec<RawFile> = named.collect();
        let embedded = named.iter().map(|file| {
            let text = String::from_utf8_lossy(&file.bytes);
            format!("    ({:?}, {:?}, {}),\n", file.name, text, file.settings)
        });
        let embedded: String = embedded.collect();
        let checked = check(named);
        let drawing = Drawing::new(&checked.files, false);
        let errors = checked.diagnostics.iter();
        let errors = errors.filter(|one| one.severity == Severity::Error);
        let drawn: String = errors.map(|one| drawing.draw(one)).collect();
        if !drawn.is_empty() {
            fail(&format!(
                "the rules have errors, and no function is built with them\n\n{drawn}"
            ));
        }
        let out = PathBuf::from(variable("OUT_DIR")).join("rules.rs");
        let source = format!("&[\n{embedded}]\n");
        fs::write(&out, source)
            .unwrap_or_else(|error| fail(&format!("{}: {error}", out.display())));
    }

    /// A file as people name it: by its path from the folder above the rules.
    fn named(file: RawFile, folder: &Path) -> RawFile {
        let path = Path::new(&file.name);
        let within = path.strip_prefix(folder).unwrap_or(path);
        RawFile {
            name: Path::new("rules").join(within).display().to_string(),
            ..file
        }
    }

    fn variable(name: &str) -> String {
        env::var(name).unwrap_or_else(|_| fail(&format!("cargo does not say {name}")))
    }

    fn fail(why: &str) -> ! {
        // Cargo shows what a build script that fails writes to standard error.
        eprintln!("{why}");
        process::exit(1)
    }
}
