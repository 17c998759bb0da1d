//! A whole job from Rust, for tests/bench/languages.py: every request of a file, or so many made here; every answer
//! printed, through a buffer as C's printf has one. Arguments: FILE|COUNT KEY=VALUE…

use std::io::{BufWriter, Write};
use std::{env, io};

use batchrouter::{Batch, Config, Request, Router};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = env::args().skip(1);
    let path = arguments.next().ok_or("which file?")?;
    let router = Router::new(&Config::from_settings(arguments)?)?;
    let mut batch = Batch::new("openai")?;
    match path.parse::<usize>() {
        Ok(count) => {
            for i in 0..count {
                let mut request = Request::new(&format!("r{i}"), "gpt-4o-mini")?;
                batch.add(request.user(&format!("Question {i}"))?)?;
            }
        }
        Err(_) => {
            batch.add_jsonl_file(&path)?;
        }
    }
    let job = router.submit(&batch)?;
    let mut out = BufWriter::new(io::stdout().lock());
    for result in router.results(&job) {
        let result = result?;
        writeln!(out, "{}: {}", result.custom_id(), result.text().or(result.error_message()).unwrap_or_default())?;
        result.ack()?;
    }
    drop(job);
    out.flush()?;
    Ok(router.close(None)?)
}
