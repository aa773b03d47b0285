//! The code of a section, statement by statement, as its source has it.

/// What a statement of `write` is to the page.
#[derive(Debug, Clone, PartialEq)]
pub enum Statement {
    /// `page.text(…)`.
    Text,
    /// `show!(page, …)`: the code inside.
    Value(String),
    /// `page.picture(file, about, &image)`: code that saves the image.
    Picture(String),
    /// Any other code.
    Code(String),
    /// An empty line.
    Gap,
}

/// The `use` lines of a section and the statements of its `write`.
pub struct Listing {
    pub uses: Vec<String>,
    pub statements: Vec<Statement>,
}

impl Listing {
    pub fn of(source: &str) -> Listing {
        let (head, rest) = source
            .split_once("pub fn write(page: &mut Page) -> Result<()> {\n")
            .unwrap_or((source, ""));
        let body = rest.split_once("\n}\n").map_or(rest, |(body, _)| body);
        let ours = |line: &&str| {
            !line.starts_with("//!") && !line.starts_with("use super::") && !line.is_empty()
        };
        let uses = head.lines().filter(ours).map(String::from).collect();

        let mut statements = Vec::new();
        let mut open = String::new();
        for line in body.lines() {
            if open.is_empty() && line.is_empty() {
                statements.push(Statement::Gap);
                continue;
            }
            open += line.strip_prefix("    ").unwrap_or(line);
            if is_whole(&open) {
                statements.push(Statement::of(&open));
                open.clear();
            } else {
                open.push('\n');
            }
        }
        if statements.last() == Some(&Statement::Code("Ok(())".into())) {
            statements.pop();
        }
        Listing { uses, statements }
    }
}

impl Statement {
    fn of(code: &str) -> Statement {
        let inside = |start: &str, end: &str| code.strip_prefix(start)?.strip_suffix(end);
        if code.starts_with("page.text(") {
            return Statement::Text;
        }
        if let Some(code) = inside("show!(page, ", ");") {
            return Statement::Value(format!("{code};"));
        }
        if let Some(arguments) = inside("page.picture(", ")?;") {
            let file = arguments.split('"').nth(1).unwrap_or_default();
            let image = arguments.rsplit_once("\", &").map_or("", |(_, image)| image);
            return Statement::Picture(format!("{image}.save({file:?})?;"));
        }
        Statement::Code(code.into())
    }
}

/// Whether code is a whole statement: all brackets are closed, and it ends as statements do.
fn is_whole(code: &str) -> bool {
    let mut depth = 0;
    let mut rest = code.chars().peekable();
    let mut quoted = false;
    while let Some(c) = rest.next() {
        match c {
            '\\' if quoted => drop(rest.next()),
            '"' => quoted = !quoted,
            _ if quoted => {}
            '/' if rest.peek() == Some(&'/') => drop(rest.by_ref().find(|&c| c == '\n')),
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
    }
    let last = code.lines().last().unwrap_or_default().trim_start();
    depth == 0
        && !quoted
        && (last.ends_with([';', '}']) || last.starts_with("//") || code == "Ok(())")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_told_apart() {
        let source = "//! Doc.\n\nuse a::b;\n\nuse super::{Page, show};\n\npub fn write(page: &mut Page) -> Result<()> {\n    \
                      page.text(\n        \"one (;\\n\\\n         two\",\n    );\n    let f = |x: f64| {\n        g(x);\n    };\n\n    \
                      // Why.\n    show!(page, let y = f(1.0));\n    show!(page, y\n        .z());\n    \
                      page.picture(\"a.png\", \"about, it\", &image)?;\n    Ok(())\n}\n\nfn other() {}\n";
        let listing = Listing::of(source);
        assert_eq!(listing.uses, ["use a::b;"]);
        let code = |text: &str| Statement::Code(text.into());
        let value = |text: &str| Statement::Value(text.into());
        let wanted = [
            Statement::Text,
            code("let f = |x: f64| {\n    g(x);\n};"),
            Statement::Gap,
            code("// Why."),
            value("let y = f(1.0);"),
            value("y\n    .z();"),
            Statement::Picture("image.save(\"a.png\")?;".into()),
        ];
        assert_eq!(listing.statements, wanted);
    }
}
