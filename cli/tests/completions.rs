//! The completions of each shell know the whole command.

#![allow(clippy::unwrap_used)]

mod support;

use support::Folder;

#[test]
fn every_shell_completes_all_subcommands_and_options() {
    let folder = Folder::new();
    let help = folder.run(&["--help"]).expect(0).stdout;
    let commands: Vec<_> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(
        commands.contains(&"check") && commands.contains(&"completions"),
        "{commands:?}"
    );
    for (shell, own) in [
        ("bash", "complete -F _tripline"),
        ("zsh", "#compdef tripline"),
        ("fish", "complete -c tripline"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion:arg-completer[tripline]"),
    ] {
        let script = folder.run(&["completions", shell]).expect(0).stdout;
        assert!(script.contains(own), "{shell}");
        for word in commands.iter().chain(&["fail-on", "until-end"]) {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn an_unknown_shell_is_wrong_usage() {
    let outcome = Folder::new().run(&["completions", "tcsh"]).expect(2);
    assert_eq!(outcome.stdout, "");
    assert!(
        outcome.stderr.contains("tcsh") && outcome.stderr.contains("elvish"),
        "{}",
        outcome.stderr
    );
}
