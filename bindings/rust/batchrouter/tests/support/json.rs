//! As much JSON as the tests read.

use std::collections::BTreeMap;
use std::ops::Index;

#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

static NULL: Json = Json::Null;

impl Json {
    pub fn parse(text: &str) -> Json {
        let mut reader = Reader { rest: text };
        let value = reader.value();
        assert!(reader.peek().is_none(), "not the end: {:.40}", reader.rest);
        value
    }
    pub fn is_null(&self) -> bool {
        *self == Json::Null
    }
    pub fn text(&self) -> Option<&str> {
        if let Json::Text(text) = self { Some(text) } else { None }
    }
    pub fn bool(&self) -> Option<bool> {
        if let Json::Bool(value) = self { Some(*value) } else { None }
    }
    pub fn number(&self) -> Option<u64> {
        if let Json::Number(value) = self { Some(*value as u64) } else { None }
    }
    pub fn list(&self) -> &[Json] {
        if let Json::List(items) = self { items } else { &[] }
    }
    pub fn texts(&self) -> Vec<String> {
        self.list().iter().map(|item| item.text().expect("a string").to_owned()).collect()
    }
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Json)> {
        let object = if let Json::Object(object) = self { Some(object) } else { None };
        object.into_iter().flatten().map(|(key, value)| (key.as_str(), value))
    }
}

impl Index<&str> for Json {
    type Output = Json;
    /// Null when it is not there.
    fn index(&self, key: &str) -> &Json {
        if let Json::Object(object) = self { object.get(key).unwrap_or(&NULL) } else { &NULL }
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }
    fn take(&mut self, text: &str) {
        self.peek();
        self.rest = self.rest.strip_prefix(text).unwrap_or_else(|| panic!("{text:?} is due at {:.40}", self.rest));
    }
    fn take_if(&mut self, text: &str) -> bool {
        let found = self.peek().is_some() && self.rest.starts_with(text);
        if found {
            self.rest = &self.rest[text.len()..];
        }
        found
    }

    fn value(&mut self) -> Json {
        match self.peek().expect("a value") {
            '{' => self.object(),
            '[' => self.list(),
            '"' => Json::Text(self.string()),
            't' => self.word("true", Json::Bool(true)),
            'f' => self.word("false", Json::Bool(false)),
            'n' => self.word("null", Json::Null),
            _ => {
                let end = self.rest.find(|c: char| !"+-.eE0123456789".contains(c)).unwrap_or(self.rest.len());
                let (number, rest) = self.rest.split_at(end);
                self.rest = rest;
                Json::Number(number.parse().expect("a number"))
            }
        }
    }
    fn word(&mut self, word: &str, value: Json) -> Json {
        self.take(word);
        value
    }
    fn object(&mut self) -> Json {
        let mut object = BTreeMap::new();
        self.take("{");
        while !self.take_if("}") {
            self.peek();
            let key = self.string();
            self.take(":");
            object.insert(key, self.value());
            self.take_if(",");
        }
        Json::Object(object)
    }
    fn list(&mut self) -> Json {
        let mut items = Vec::new();
        self.take("[");
        while !self.take_if("]") {
            items.push(self.value());
            self.take_if(",");
        }
        Json::List(items)
    }
    fn string(&mut self) -> String {
        self.take("\"");
        let mut units: Vec<u16> = Vec::new();
        let mut chars = self.rest.char_indices();
        loop {
            let (at, c) = chars.next().expect("an end of the string");
            let escaped = match c {
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    return String::from_utf16(&units).expect("whole characters");
                }
                '\\' => chars.next().expect("an escape").1,
                other => {
                    units.extend(other.encode_utf16(&mut [0; 2]).iter());
                    continue;
                }
            };
            units.push(match escaped {
                'n' => 10,
                'r' => 13,
                't' => 9,
                'b' => 8,
                'f' => 12,
                'u' => {
                    let digits: String = (0..4).map(|_| chars.next().expect("a digit").1).collect();
                    u16::from_str_radix(&digits, 16).expect("hexadecimal digits")
                }
                other => other as u16,
            });
        }
    }
}
