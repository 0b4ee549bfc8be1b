//! A server on loopback that answers as it was told, and remembers what it was asked.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

/// What a server was asked.
#[derive(Debug, Clone)]
pub struct Received {
    pub method: String,
    /// With its query.
    pub path: String,
    /// By name in lower case.
    pub headers: BTreeMap<String, String>,
    /// `null` without one.
    pub body: Value,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// How an answer ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum End {
    Whole,
    /// The connection breaks.
    Cut,
    /// Nothing more comes, until the client goes.
    Hang,
}

/// What a server answers.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub pieces: Vec<Vec<u8>>,
    pub end: End,
}

impl Reply {
    /// One JSON document.
    pub fn json(status: u16, body: Value) -> Self {
        Self {
            status,
            headers: vec![("content-type", "application/json".to_owned())],
            pieces: vec![body.to_string().into_bytes()],
            end: End::Whole,
        }
    }

    /// Server-sent events, as the HTML standard has them, each a piece.
    pub fn events(events: impl IntoIterator<Item = String>) -> Self {
        Self {
            status: 200,
            headers: vec![("content-type", "text/event-stream".to_owned())],
            pieces: events.into_iter().map(String::into_bytes).collect(),
            end: End::Whole,
        }
    }

    pub fn with(mut self, header: &'static str, value: &str) -> Self {
        self.headers.push((header, value.to_owned()));
        self
    }

    pub fn ending(mut self, end: End) -> Self {
        self.end = end;
        self
    }

    /// The same bytes, one at a time, so that every character is torn apart.
    pub fn torn(mut self) -> Self {
        self.pieces = self.pieces.concat().chunks(1).map(<[u8]>::to_vec).collect();
        self
    }
}

/// Says what is wrong with a request, as the provider would.
pub type Check = fn(&Received) -> Result<(), String>;

/// A server; its last reply is given again and again.
pub struct Server {
    pub url: String,
    received: Arc<Mutex<Vec<Received>>>,
    gone: Receiver<()>,
}

impl Server {
    pub fn new(check: Check, replies: impl Into<Vec<Reply>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let (client_gone, gone) = mpsc::channel();
        let mut replies = replies.into();
        replies.reverse();
        let (seen, replies) = (Arc::clone(&received), Arc::new(Mutex::new(replies)));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, replies) = (Arc::clone(&seen), Arc::clone(&replies));
                let client_gone = client_gone.clone();
                std::thread::spawn(move || {
                    if let Some(asked) = read(&stream) {
                        let problem = check(&asked).err();
                        seen.lock().unwrap().push(asked);
                        let refusal = |why| Reply::json(400, json!({"error": {"message": why}}));
                        let reply = problem.map_or_else(|| next(&replies), refusal);
                        // The client may go at any time.
                        let _ = answer(&stream, &reply, &client_gone);
                    }
                });
            }
        });
        Self {
            url,
            received,
            gone,
        }
    }

    /// All that was asked so far, in order.
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// The only request so far.
    pub fn only(&self) -> Received {
        let [one] = self.received().try_into().expect("one request");
        one
    }

    /// Waits until a client went that was left hanging.
    pub fn client_is_gone(&self) {
        let patience = Duration::from_secs(20);
        self.gone
            .recv_timeout(patience)
            .expect("the client closes the connection");
    }
}

fn next(replies: &Mutex<Vec<Reply>>) -> Reply {
    let mut replies = replies.lock().unwrap();
    match replies.len() {
        1 => replies[0].clone(),
        _ => replies.pop().expect("a reply"),
    }
}

fn read(stream: &TcpStream) -> Option<Received> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let mut start = lines.first()?.split(' ').map(str::to_owned);
    let (method, path) = (start.next()?, start.next()?);
    let headers = lines[1..].iter().filter_map(|line| line.split_once(':'));
    let headers: BTreeMap<_, _> = headers
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers
        .get("content-length")
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = serde_json::from_slice(&body).unwrap_or_default();
    Some(Received {
        method,
        path,
        headers,
        body,
    })
}

fn answer(mut stream: &TcpStream, reply: &Reply, gone: &Sender<()>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut head = format!("HTTP/1.1 {} Said\r\n", reply.status);
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("transfer-encoding: chunked\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    for piece in &reply.pieces {
        let mut chunk = format!("{:x}\r\n", piece.len()).into_bytes();
        chunk.extend_from_slice(piece);
        chunk.extend_from_slice(b"\r\n");
        stream.write_all(&chunk)?;
    }
    match reply.end {
        End::Whole => stream.write_all(b"0\r\n\r\n"),
        End::Cut => stream.shutdown(std::net::Shutdown::Both),
        End::Hang => {
            // A connection that ends, by word or by force, makes the read return.
            let _ = stream.read(&mut [0]);
            let _ = gone.send(());
            Ok(())
        }
    }
}
