//! Every request of `requests.jsonl` as one batch, every answer printed. Arguments are settings.

use batchrouter::{Batch, Config, Result, Router};
fn main() -> Result<()> {
    let router = Router::new(&Config::from_settings(std::env::args().skip(1))?)?;
    let mut batch = Batch::new("openai")?;
    let job = router.submit(batch.add_jsonl_file("requests.jsonl")?)?;
    for result in router.results(&job) {
        let result = result?;
        println!("{}: {}", result.custom_id(), result.text().or(result.error_message()).unwrap_or_default());
        result.ack()?;
    }
    Ok(())
}
