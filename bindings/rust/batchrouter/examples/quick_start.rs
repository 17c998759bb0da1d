//! Two questions as one batch: submit, look at the progress, print the answers as they come.
//! Arguments are settings, such as `openai.base_url=http://127.0.0.1:8089/v1 poll.interval_ms=100`.

use batchrouter::{Batch, Config, Request, Result, Router};

fn main() -> Result<()> {
    let router = Router::new(&Config::from_settings(std::env::args().skip(1))?)?;

    let mut capital = Request::new("request-1", "gpt-4o-mini")?;
    capital.user("What is the capital of France?")?;
    let mut sum = Request::new("request-2", "gpt-4o-mini")?;
    sum.system("You are a helpful math tutor.")?.user("What is 2+2?")?;

    let mut batch = Batch::new("openai")?;
    batch.add(&capital)?.add(&sum)?;
    let mut job = router.submit(&batch)?;
    println!("Batch submitted: {}", job.id());

    for result in router.results(&job) {
        let result = result?;
        println!("{}: {}", result.custom_id(), result.status().name());
        match result.text() {
            Some(text) => println!("Response: {text}"),
            None => println!("Error: {}", result.error_message().unwrap_or("none given")),
        }
        result.ack()?;
    }

    job.update()?;
    println!("Status: {}", job.state());
    println!("Progress: {}/{}", job.counts().succeeded, job.counts().total);
    Ok(())
}
