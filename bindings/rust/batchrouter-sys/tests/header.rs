//! The declarations of this crate equal those of `include/batchrouter.h`: names, order, arguments, types, numbers.

use std::ffi::{CString, c_char, c_int, c_void};
use std::fs;
use std::path::Path;

const CONSTANTS: &str = include_str!("../src/constants.rs");
const FUNCTIONS: &str = include_str!("../src/functions.rs");
const TYPES: &str = include_str!("../src/lib.rs");

/// The header without comments and preprocessor lines, and its preprocessor lines.
fn header() -> (String, Vec<String>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../include/batchrouter.h");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut code = String::new();
    let mut rest = text.as_str();
    while let Some(start) = rest.find("/*") {
        code.push_str(&rest[..start]);
        rest = &rest[start + rest[start..].find("*/").expect("an end of the comment") + 2..];
    }
    code.push_str(rest);
    let (directives, lines): (Vec<&str>, Vec<&str>) = code.lines().partition(|line| line.starts_with('#'));
    (lines.join("\n"), directives.iter().map(|line| line.to_string()).collect())
}

/// A C type as Rust writes it.
fn rust_type(c: &str) -> String {
    let spaced = c.replace('*', " * ");
    let mut words = spaced.split_whitespace().peekable();
    let mut constant = words.next_if_eq(&"const").is_some();
    let mut name = match words.next().expect("a type") {
        "int32_t" => "i32",
        "int64_t" => "i64",
        "size_t" => "usize",
        "double" => "f64",
        "char" => "c_char",
        "void" => "c_void",
        other => other,
    }
    .to_string();
    while words.next().is_some_and(|word| word == "*") {
        name = format!("*{} {name}", if constant { "const" } else { "mut" });
        constant = words.next_if_eq(&"const").is_some();
    }
    name
}

/// `name: type` of each parameter, from `type name`.
fn rust_parameters(c: &str) -> Vec<String> {
    let one_line = c.split_whitespace().collect::<Vec<_>>().join(" ");
    if one_line == "void" {
        return Vec::new();
    }
    let parameter = |text: &str| {
        let start = text.rfind([' ', '*']).expect("a name") + 1;
        format!("{}: {}", &text[start..], rust_type(&text[..start]))
    };
    one_line.split(',').map(|text| parameter(text.trim())).collect()
}

fn arrow(c: &str) -> String {
    if c.trim() == "void" { String::new() } else { format!(" -> {}", rust_type(c)) }
}

/// Without line breaks, the commas that rustfmt puts last, and the marks of raw names.
fn normal(text: &str) -> String {
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    joined.replace("r#", "").replace("( ", "(").replace(", )", ")").replace(",)", ")").replace("= Option", "=Option")
}

/// What the header declares as functions, written in Rust.
fn header_functions() -> Vec<String> {
    let (code, _) = header();
    let mut out = Vec::new();
    for declaration in code.split("BR_API").skip(1) {
        let declaration = &declaration[..declaration.find(';').expect("an end of the declaration")];
        let (head, parameters) = declaration.split_once('(').expect("parameters");
        let start = head.rfind([' ', '*']).expect("a name") + 1;
        let parameters = rust_parameters(parameters.trim_end().trim_end_matches(')')).join(", ");
        out.push(format!("pub fn {}({parameters}){}", &head[start..], arrow(&head[..start])));
    }
    out
}

#[test]
fn functions_equal_the_header() {
    let body = FUNCTIONS.split_once("extern \"C\" {").expect("a block").1.rsplit_once('}').expect("its end").0;
    let ours: Vec<String> = body.split(';').map(normal).filter(|text| !text.is_empty()).collect();
    let theirs = header_functions();
    assert!(theirs.len() > 100, "the header was not understood: {} functions", theirs.len());
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_eq!(ours, theirs);
    }
    assert_eq!(ours.len(), theirs.len(), "{:?} against {:?}", ours.last(), theirs.last());
}

#[test]
fn numbers_equal_the_header() {
    let (code, directives) = header();
    let mut theirs: Vec<(String, String)> = Vec::new();
    for line in directives.iter().filter_map(|line| line.strip_prefix("#define BR_")) {
        if let Some((name, value)) = line.split_once(' ').filter(|(name, _)| *name != "API") {
            theirs.push((format!("BR_{name}"), value.into()));
        }
    }
    for body in code.split("enum {").skip(1) {
        for entry in body[..body.find('}').expect("an end of the enum")].split(',') {
            let (name, value) = entry.split_once('=').expect("an explicit value");
            theirs.push((name.trim().into(), value.trim().into()));
        }
    }
    let ours: Vec<(String, String)> = CONSTANTS
        .lines()
        .filter_map(|line| line.strip_prefix("pub const "))
        .map(|line| {
            let (name, rest) = line.split_once(':').expect("a type");
            let value = rest.split_once('=').expect("a value").1;
            (name.into(), value.trim().trim_end_matches(';').into())
        })
        .collect();
    assert!(theirs.len() > 90, "the header was not understood: {} numbers", theirs.len());
    assert_eq!(ours, theirs);
}

#[test]
fn types_equal_the_header() {
    let (code, _) = header();
    let ours = normal(TYPES);
    let mut count = 0;
    for declaration in code.split("typedef ").skip(1) {
        let declaration = &declaration[..declaration.find(';').expect("an end of the declaration")];
        let wanted = if let Some(name) = declaration.strip_prefix("struct ") {
            name.split_whitespace().next().expect("a name").to_string()
        } else if let Some((result, rest)) = declaration.split_once("(*") {
            let (name, parameters) = rest.split_once(")(").expect("parameters");
            let parameters = rust_parameters(parameters.trim_end_matches(')')).join(", ");
            format!("pub type {name} =Option<unsafe extern \"C\" fn({parameters}){}>;", arrow(result))
        } else {
            let (c, name) = declaration.split_once(' ').expect("a name");
            format!("pub type {name} = {};", rust_type(c))
        };
        assert!(ours.contains(&wanted), "{wanted}\nis not in {ours}");
        count += 1;
    }
    assert!(count >= 16, "the header was not understood: {count} types");
}

#[test]
fn library_exports_every_function() {
    unsafe extern "C" {
        fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
        fn dlopen(name: *const c_char, flags: c_int) -> *mut c_void;
    }
    const RTLD_NOW: c_int = 2;
    // SAFETY: no argument is needed to ask for the version, and NULL opens what is linked already.
    let (abi, everything) = unsafe { (batchrouter_sys::br_abi_version(), dlopen(std::ptr::null(), RTLD_NOW)) };
    assert_eq!(abi, batchrouter_sys::BR_ABI_VERSION);
    for function in header_functions() {
        let name = function["pub fn ".len()..].split('(').next().expect("a name");
        let c_name = CString::new(name).expect("a name without NUL");
        // SAFETY: the name ends with a NUL; the address is only compared.
        assert!(!unsafe { dlsym(everything, c_name.as_ptr()) }.is_null(), "the library has no {name}");
    }
}
