//! Where probes are set: at every part of a condition that is joined by `and`, `or` and `not` alone.

use std::sync::Arc;

use tripline_grammar::ast::{Expr, ExprKind};
use tripline_grammar::print;

use super::{Probe, Probed, Seen};
use crate::check::Checked;
use crate::explain::parts;
use crate::lint::{Use, Written, written};
use crate::program::{Node, Program};
use crate::window::Window;

/// Sets probes in all rules of a program, which was compiled of the same files.
pub(super) fn set(checked: &Checked, program: &mut Program) -> Vec<Probed> {
    let mut rules: Vec<Probed> = Vec::new();
    for written in written(checked) {
        let is_aggregate = matches!(written.of, Use::Compute(_));
        let mut probes = Probes {
            written: &written,
            clauses: Vec::new(),
        };
        if !probes.rule(program) {
            continue;
        }
        let clauses = probes.clauses;
        match rules.last_mut() {
            Some(last) if last.name == written.rule && last.is_aggregate == is_aggregate => {
                last.clauses.extend(clauses);
            }
            _ => rules.push(Probed {
                name: written.rule.to_owned(),
                is_aggregate,
                file: written.file,
                range: written.name.clone(),
                clauses,
            }),
        }
    }
    rules.sort_by(|a, b| (a.is_aggregate, &a.name).cmp(&(b.is_aggregate, &b.name)));
    rules
}

struct Probes<'w, 'c> {
    written: &'w Written<'c>,
    clauses: Vec<Probe>,
}

impl Probes<'_, '_> {
    /// Sets probes in what an expression was compiled to; false if the program does not have it.
    fn rule(&mut self, program: &mut Program) -> bool {
        let Written { rule, of, expr, .. } = self.written;
        if let Use::Compute(column) = of {
            let mut aggregates = program.aggregates.iter_mut();
            let Some(rule) = aggregates.find(|one| one.name == *rule) else {
                return false;
            };
            if let Some(window) = rule.compute.iter_mut().find(|one| one.text == *column) {
                self.window(expr, window);
            }
            return true;
        }
        let Some(alert) = program.alerts.iter_mut().find(|one| one.name == *rule) else {
            return false;
        };
        let node = match of {
            Use::Until => alert.until.as_mut(),
            _ => Some(&mut alert.when),
        };
        let mut windows = Vec::new();
        if let Some(node) = node {
            self.condition(expr, node, &mut windows);
        }
        for (expr, index) in windows {
            if let Some(window) = alert.windows.get_mut(index) {
                self.window(expr, window);
            }
        }
        true
    }

    /// The condition of what counts in a window; one that stands in a rule twice is one window.
    fn window(&mut self, expr: &Expr, window: &mut Window) {
        let (ExprKind::Call(call), Some(filter)) = (&expr.kind, &mut window.filter) else {
            return;
        };
        let condition = call.filter.as_deref().or(call.args.first());
        if let Some(condition) = condition.filter(|_| !is_probed(filter)) {
            self.condition(condition, filter, &mut Vec::new());
        }
    }

    fn condition<'e>(
        &mut self,
        expr: &'e Expr,
        node: &mut Node,
        windows: &mut Vec<(&'e Expr, usize)>,
    ) {
        match (&expr.kind, &mut *node) {
            (ExprKind::Not(operand), Node::Not(node)) => {
                return self.condition(operand, node, windows);
            }
            (ExprKind::Chain(chain), Node::All(nodes) | Node::Any(nodes)) => {
                let rest = chain.rest.iter().map(|link| &link.operand);
                let operands = std::iter::once(&*chain.first).chain(rest);
                for (operand, node) in operands.zip(nodes) {
                    self.condition(operand, node, windows);
                }
                return;
            }
            // What is always the same is not exercised.
            (_, Node::Constant(_)) => return,
            _ => {}
        }
        windows_in(expr, node, windows);
        let seen = Arc::new(Seen::default());
        let place = &self.written.place;
        self.clauses.push(Probe {
            text: print(expr),
            range: place.range(expr.span),
            file: place.file,
            seen: Arc::clone(&seen),
        });
        let of = std::mem::replace(node, Node::Window(0));
        *node = Node::Probe {
            seen,
            of: Box::new(of),
        };
    }
}

/// The windows in a part of a condition, each with its index.
fn windows_in<'e>(expr: &'e Expr, node: &Node, windows: &mut Vec<(&'e Expr, usize)>) {
    if let Node::Window(index) = node {
        windows.push((expr, *index));
    }
    for (expr, node) in parts(expr, node) {
        windows_in(expr, node, windows);
    }
}

fn is_probed(node: &Node) -> bool {
    match node {
        Node::Probe { .. } => true,
        Node::Not(operand) => is_probed(operand),
        Node::All(operands) | Node::Any(operands) => operands.iter().any(is_probed),
        _ => false,
    }
}
