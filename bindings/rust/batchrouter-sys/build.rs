//! Finds libbatchrouter: in the directory that the environment names, else where pkg-config says. Compiles nothing.

use std::env;
use std::path::Path;
use std::process::{Command, exit};

/// The versions whose interface this crate declares.
const WANTED: [&str; 2] = ["batchrouter >= 0.1", "batchrouter < 0.2"];

fn main() {
    for name in
        ["BATCHROUTER_LIB_DIR", "BATCHROUTER_INCLUDE_DIR", "BATCHROUTER_STATIC", "PKG_CONFIG", "PKG_CONFIG_PATH"]
    {
        println!("cargo:rerun-if-env-changed={name}");
    }
    println!("cargo:rerun-if-changed=build.rs");
    if env::var_os("DOCS_RS").is_some() {
        return;
    }
    let statically = env::var("BATCHROUTER_STATIC").is_ok_and(|value| value == "1");
    if let Some(include) = variable("BATCHROUTER_INCLUDE_DIR") {
        require(
            Path::new(&include).join("batchrouter.h").is_file(),
            "BATCHROUTER_INCLUDE_DIR",
            &include,
            "batchrouter.h",
        );
        println!("cargo:include={include}");
    }
    match variable("BATCHROUTER_LIB_DIR") {
        Some(directory) => from_directory(&directory, statically),
        None => from_pkg_config(statically),
    }
}

/// What an environment variable holds; an empty one counts as absent.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn require(holds: bool, variable: &str, directory: &str, file: &str) {
    if !holds {
        fail(&format!("{variable} is {directory:?}, and there is no {file} in it; build it there or unset {variable}"));
    }
}

fn from_directory(directory: &str, statically: bool) {
    let names: &[&str] = match (statically, env::var("CARGO_CFG_TARGET_OS").as_deref()) {
        (true, _) => &["libbatchrouter.a", "batchrouter.lib"],
        (false, Ok("macos")) => &["libbatchrouter.dylib"],
        (false, Ok("windows")) => &["batchrouter.lib", "libbatchrouter.dll.a"],
        (false, _) => &["libbatchrouter.so"],
    };
    let found = names.iter().any(|name| Path::new(directory).join(name).is_file());
    require(found, "BATCHROUTER_LIB_DIR", directory, names[0]);
    println!("cargo:rustc-link-search=native={directory}");
    println!("cargo:libdir={directory}");
    if statically {
        println!("cargo:rustc-link-lib=static=batchrouter");
        println!("cargo:rustc-link-lib=dylib=stdc++");
    }
}

fn from_pkg_config(statically: bool) {
    let mut arguments = vec!["--cflags-only-I", "--libs"];
    if statically {
        arguments.push("--static");
    }
    let flags = pkg_config(&[&arguments[..], &WANTED].concat());
    for flag in flags.split_whitespace() {
        if let Some(directory) = flag.strip_prefix("-L") {
            println!("cargo:rustc-link-search=native={directory}");
        } else if let Some(library) = flag.strip_prefix("-l") {
            let kind = if statically && library == "batchrouter" { "static" } else { "dylib" };
            println!("cargo:rustc-link-lib={kind}={library}");
        } else if flag == "-pthread" {
            println!("cargo:rustc-link-lib=dylib=pthread");
        }
    }
    println!("cargo:libdir={}", pkg_config(&["--variable=libdir", "batchrouter"]).trim());
    if variable("BATCHROUTER_INCLUDE_DIR").is_none() {
        println!("cargo:include={}", pkg_config(&["--variable=includedir", "batchrouter"]).trim());
    }
}

fn pkg_config(arguments: &[&str]) -> String {
    let program = variable("PKG_CONFIG").unwrap_or_else(|| "pkg-config".into());
    let output = match Command::new(&program).arg("--print-errors").args(arguments).output() {
        Ok(output) => output,
        Err(error) => fail(&format!("{program} cannot be run ({error}); install the package pkg-config")),
    };
    if !output.status.success() {
        fail(&format!("{program} says: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn fail(reason: &str) -> ! {
    let path = variable("PKG_CONFIG_PATH").unwrap_or_else(|| "not set".into());
    eprintln!("libbatchrouter was not found: {reason}");
    eprintln!("  needed:    {}", WANTED.join(", "));
    eprintln!("  looked in: BATCHROUTER_LIB_DIR (not usable), pkg-config (PKG_CONFIG_PATH is {path})");
    eprintln!("  to mend:   install the package libbatchrouter-dev,");
    eprintln!("             or set BATCHROUTER_LIB_DIR to the directory that holds libbatchrouter.so,");
    eprintln!("             or set PKG_CONFIG_PATH to the directory that holds batchrouter.pc");
    exit(1);
}
