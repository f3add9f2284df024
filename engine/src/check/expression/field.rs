//! The fields of events: what the schema says of the paths in an expression.

use std::collections::BTreeSet;
use std::rc::Rc;

use tripline_grammar::ast::{Expr, ExprKind, Path, Test};
use tripline_grammar::print_path;

use super::{Resolver, Type, shorten};
use crate::check::schema::Declared;
use crate::diagnostic as codes;

impl Resolver<'_, '_> {
    /// Reports a path that the schema does not know.
    pub(super) fn known_field(&mut self, path: &Path) {
        let Some(view) = &self.schema else { return };
        if view.find(&path.segments).is_some() {
            return;
        }
        let text = print_path(path);
        let (subject, none) = (view.subject(), if view.denies() { "a" } else { "no" });
        let message = format!("{subject} {none} field `{}`", shorten(&text));
        let help = match view.nearest_path(&text) {
            Some(near) => format!("did you mean `{}`?", shorten(near)),
            None => "declare it under `schema` in `tripline.yaml` if events have it".to_owned(),
        };
        self.refuse(codes::UNKNOWN_FIELD, path.span, message, "", Some(help));
    }

    /// The type that the schema gives a path.
    pub(super) fn field_type(&self, path: &Path) -> Type {
        match self.declared(path) {
            Some(Declared::Text(_)) => Type::Text,
            Some(Declared::Number) => Type::Number,
            Some(Declared::Bool) => Type::Bool,
            _ => Type::Any,
        }
    }

    fn declared(&self, path: &Path) -> Option<Declared> {
        self.schema.as_ref()?.find(&path.segments)
    }

    /// Reports texts that a field is compared with and cannot have.
    pub(super) fn members(&mut self, left: &Expr, right: &Expr) {
        self.member(left, std::slice::from_ref(right));
        self.member(right, std::slice::from_ref(left));
    }

    /// Reports the texts in a list that the field cannot have.
    pub(super) fn listed_members(&mut self, value: &Expr, test: &Test) {
        if let Test::InList(items) = test {
            self.member(value, items);
        }
    }

    fn member(&mut self, field: &Expr, texts: &[Expr]) {
        let Some((path, members)) = self.members_of(field) else {
            return;
        };
        for expr in texts {
            let ExprKind::String(text) = &expr.kind else {
                continue;
            };
            let near = match &self.schema {
                Some(view) if !members.contains(text) => view.nearest_member(text, &members),
                _ => continue,
            };
            let help = match near {
                Some(near) => format!("did you mean `{}`?", shorten(near)),
                None => {
                    let all: Vec<&str> = members.iter().take(20).map(String::as_str).collect();
                    let more = if members.len() > all.len() {
                        ", …"
                    } else {
                        ""
                    };
                    format!("it can be {}{more}", shorten(&all.join(", ")))
                }
            };
            let message = format!("`{}` is never `{}`", shorten(&path), shorten(text));
            self.refuse(codes::NOT_IN_ENUM, expr.span, message, "", Some(help));
        }
    }

    fn members_of(&self, field: &Expr) -> Option<(String, Rc<BTreeSet<String>>)> {
        match &field.kind {
            ExprKind::Path(path) => match self.declared(path)? {
                Declared::Text(Some(members)) => Some((print_path(path), members)),
                _ => None,
            },
            _ => None,
        }
    }
}
