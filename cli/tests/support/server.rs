//! `tripline dev` under way, and a raw client for it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStderr};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Folder;

/// Far longer than any answer takes; one that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// The command, until it is dropped.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) port: u16,
    /// The address that was shown, with its token if there is one.
    pub(crate) address: String,
    stderr: BufReader<ChildStderr>,
    /// What it writes to standard output: who does not read that holds it up.
    stdout: std::sync::mpsc::Receiver<String>,
}

/// An answer of the server.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// In small letters.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Reply {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Server {
    /// Starts it on a port that is free.
    pub(crate) fn start(folder: &Folder, arguments: &[&str]) -> Server {
        let mut all = vec!["dev", "--port", "0"];
        all.extend(arguments);
        let mut child = folder.start(&all);
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        let address = loop {
            let mut line = String::new();
            if stderr.read_line(&mut line).unwrap() == 0 {
                panic!("it ended: {said}");
            }
            said += &line;
            if let Some(rest) = line.strip_prefix("the page is at ") {
                break rest.split_whitespace().next().unwrap().to_owned();
            }
        };
        let port = address.rsplit_once(':').unwrap().1;
        let port = port.split('/').next().unwrap().parse().unwrap();
        let stdout = super::drained(child.stdout.take().unwrap());
        Server {
            child,
            port,
            address,
            stderr,
            stdout,
        }
    }

    /// Sends a request as it is written, but for its length, and reads the answer to its end.
    pub(crate) fn send(&self, first: &str, headers: &[&str], body: &[u8]) -> Reply {
        let mut stream = self.connect(first, headers, body);
        let mut bytes = Vec::new();
        // Who refuses a body need not read it to the end.
        let _ = stream.read_to_end(&mut bytes);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|number| number.parse().ok());
        Reply {
            status: status.unwrap_or(0),
            head: head.to_lowercase(),
            body: body.to_owned(),
        }
    }

    fn connect(&self, first: &str, headers: &[&str], body: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut head = format!("{first} HTTP/1.1\r\nConnection: close\r\n");
        if !headers
            .iter()
            .any(|header| header.to_lowercase().starts_with("host:"))
        {
            head += &format!("Host: 127.0.0.1:{}\r\n", self.port);
        }
        for header in headers {
            head += &format!("{header}\r\n");
        }
        head += &format!("Content-Length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).unwrap();
        let _ = stream.write_all(body);
        stream
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Value {
        let reply = self.send(&format!("GET {path}"), &[], b"");
        assert_eq!(reply.status, 200, "{path}: {reply:?}");
        reply.json()
    }

    #[track_caller]
    pub(crate) fn post(&self, path: &str, body: &str) -> Value {
        let kind = "Content-Type: application/json";
        let reply = self.send(&format!("POST {path}"), &[kind], body.as_bytes());
        assert_eq!(reply.status, 200, "{path}: {reply:?}");
        reply.json()
    }

    /// Asks until the answer is as it should be.
    #[track_caller]
    pub(crate) fn wait(&self, path: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let answer = self.get(path);
            if is_so(&answer) {
                return answer;
            }
            assert!(began.elapsed() < PATIENCE, "{path} stays {answer}");
        }
    }

    /// Subscribes to what happens; the first event is the status.
    pub(crate) fn subscribe(&self) -> Events {
        let stream = self.connect("GET /api/stream", &[], b"");
        let mut events = Events(BufReader::new(stream));
        assert_eq!(events.next().map(|(kind, _)| kind), Some("status".into()));
        events
    }

    /// Ends it as Ctrl-C does, and gives what it wrote to standard output, and to standard error after its address.
    #[cfg(unix)]
    pub(crate) fn end(mut self) -> (String, String) {
        let id = self.child.id().to_string();
        let sent = std::process::Command::new("kill")
            .args(["-INT", &id])
            .status();
        assert!(sent.unwrap().success());
        let mut said = String::new();
        self.stderr.read_to_string(&mut said).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0), "{said}");
        (self.stdout.recv_timeout(PATIENCE).unwrap(), said)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Server-sent events.
pub(crate) struct Events(BufReader<TcpStream>);

impl Iterator for Events {
    type Item = (String, Value);

    fn next(&mut self) -> Option<(String, Value)> {
        let mut kind = String::new();
        let began = Instant::now();
        // A stream without events is kept alive by comments.
        while began.elapsed() < PATIENCE {
            let mut line = String::new();
            if self.0.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if let Some(named) = line.strip_prefix("event: ") {
                kind = named.trim().to_owned();
            }
            if let Some(data) = line.strip_prefix("data: ") {
                return Some((kind, serde_json::from_str(data.trim()).unwrap()));
            }
        }
        None
    }
}

impl Events {
    /// The next event of a kind that is as it should be.
    #[track_caller]
    pub(crate) fn wait(&mut self, kind: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let found = self.find(|(one, data)| one == kind && is_so(data));
        found.expect("the stream goes on").1
    }
}
