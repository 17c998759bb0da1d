//! A program that asks a vendor over HTTP, and is answered by batches; what no batch can answer goes to the vendor by a plain
//! connection. Arguments: KEY=VALUE…, `openai.base_url` (http only) among them.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::{env, thread};

use batchrouter::{Capture, Config, Exchange, Router};

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// An HTTP client such as any program has, with a capture in front of the network.
struct Client {
    capture: Capture,
    base_url: String,
    key: String,
}

impl Client {
    fn call(&self, method: &str, path: &str, body: &str) -> Outcome<(u16, String)> {
        let authorization = format!("Bearer {}", self.key);
        let headers = [("Content-Type", "application/json"), ("Authorization", authorization.as_str())];
        let mut exchange = Exchange::new(method, &format!("{}{path}", self.base_url))?;
        exchange.body(body)?;
        for (name, value) in headers {
            exchange.header(name, value)?;
        }
        let Some(answer) = self.capture.send(&exchange)? else { return self.pass(method, path, &headers, body) };
        let text = String::from_utf8(answer.body().to_vec())?;
        let status = answer.status();
        answer.delivered()?;
        Ok((status, text))
    }

    fn pass(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Outcome<(u16, String)> {
        let address = self.base_url.strip_prefix("http://").ok_or("this client speaks http only")?;
        let (host, prefix) = address.split_once('/').unwrap_or((address, ""));
        let mut request =
            format!("{method} /{prefix}{path} HTTP/1.0\r\nHost: {host}\r\nContent-Length: {}\r\n", body.len());
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        let mut stream = TcpStream::connect(host)?;
        stream.write_all(format!("{request}\r\n{body}").as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, text) = answer.split_once("\r\n\r\n").ok_or("the answer has no body")?;
        let status = head.split(' ').nth(1).ok_or("the answer has no status")?;
        Ok((status.parse()?, text.to_owned()))
    }
}

fn main() -> Outcome<()> {
    let config = Config::from_settings(env::args().skip(1))?;
    let base_url = config.get("openai.base_url").unwrap_or_default();
    let router = Router::new(&config)?;
    let client = Client { capture: router.capture()?, base_url, key: env::var("OPENAI_API_KEY")? };
    let (status, _) = client.call("GET", "/models", "")?;
    println!("models: {status}");
    thread::scope(|scope| {
        let ask = |country| {
            let question = format!("What is the capital of {country}?");
            let message = format!(r#"{{"role":"user","content":"{question}"}}"#);
            let body = format!(r#"{{"model":"gpt-4o-mini","messages":[{message}]}}"#);
            client.call("POST", "/chat/completions", &body).map(|(status, answer)| (question, status, answer))
        };
        let asked = ["France", "Italy", "Spain"].map(|country| scope.spawn(move || ask(country)));
        for each in asked {
            let (question, status, answer) = each.join().expect("no panic")?;
            println!("{question} {status} {answer}");
        }
        Ok(())
    })
}
