//! A server that speaks Ollama's protocol, records what it is asked, and can misbehave.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::api;

/// What the server was asked.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Such as `POST /api/chat`.
    pub line: String,
    /// `Null` without a body.
    pub body: Value,
    /// Whether the body was announced as JSON.
    pub json: bool,
}

/// What the server answers.
pub struct Reply {
    pub status: u16,
    /// Headers besides those that every answer has.
    pub headers: &'static str,
    /// Written one at a time.
    pub chunks: Vec<Vec<u8>>,
    pub end: End,
}

/// How an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// As it should.
    Whole,
    /// The connection is closed in its midst.
    Cut,
    /// The connection is reset in its midst.
    Reset,
    /// Nothing more comes until the client closes the connection.
    Hang,
}

impl Reply {
    /// One JSON object.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::chunks(vec![body.to_string().into_bytes()]).status(status)
    }

    /// JSON objects, one a line.
    pub fn lines(objects: &[Value]) -> Self {
        let line = |object: &Value| format!("{object}\n").into_bytes();
        Self::chunks(objects.iter().map(line).collect())
    }

    /// These bytes, in these pieces.
    pub fn chunks(chunks: Vec<Vec<u8>>) -> Self {
        Self {
            status: 200,
            headers: "",
            chunks,
            end: End::Whole,
        }
    }

    pub fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub fn end(self, end: End) -> Self {
        Self { end, ..self }
    }
}

type Handler = dyn Fn(&Asked) -> Reply + Send + Sync;

struct Shared {
    handler: Box<Handler>,
    asked: Mutex<Vec<Asked>>,
    connections: AtomicUsize,
    /// Where requests are not as Ollama's API wants them.
    problems: Mutex<Vec<String>>,
    closed: Mutex<Sender<()>>,
}

/// A server. Dropping it fails the test if a request was not as Ollama's API wants it.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    closed: Receiver<()>,
}

impl Server {
    /// Answers at a free port.
    pub fn start(handler: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, closed) = mpsc::channel();
        let shared = Arc::new(Shared {
            handler: Box::new(handler),
            asked: Mutex::default(),
            connections: AtomicUsize::new(0),
            problems: Mutex::default(),
            closed: Mutex::new(sender),
        });
        let accepting = shared.clone();
        std::thread::spawn(move || accept(&listener, &accepting));
        Self {
            address,
            shared,
            closed,
        }
    }

    /// Answers each request in the same way.
    pub fn always(reply: impl Fn() -> Reply + Send + Sync + 'static) -> Self {
        Self::start(move |_| reply())
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All that was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }

    /// The only thing that was asked.
    pub fn only(&self) -> Asked {
        let mut asked = self.asked();
        assert_eq!(asked.len(), 1, "{asked:?}");
        asked.remove(0)
    }

    /// How many connections there were so far.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Waits until a client closes a connection whose answer hangs.
    pub fn wait_for_close(&self) {
        let closed = self.closed.recv_timeout(Duration::from_secs(20));
        closed.expect("the client closes the connection");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let problems = self.shared.problems.lock().unwrap();
        if !std::thread::panicking() {
            assert!(problems.is_empty(), "{problems:#?}");
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        shared.connections.fetch_add(1, Ordering::SeqCst);
        let (stream, shared) = (stream.unwrap(), shared.clone());
        // A client may go away at any time.
        std::thread::spawn(move || serve(&stream, &shared).unwrap_or_default());
    }
}

fn serve(stream: &TcpStream, shared: &Shared) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    while let Some(asked) = read(&mut reader)? {
        shared.asked.lock().unwrap().push(asked.clone());
        shared
            .problems
            .lock()
            .unwrap()
            .extend(api::problems(&asked));
        let reply = (shared.handler)(&asked);
        let written = write(stream, &reply);
        match reply.end {
            End::Whole => written?,
            End::Cut => break,
            End::Reset => {
                reset_when_closed(stream)?;
                break;
            }
            End::Hang => {
                // The client may have gone before all was written.
                let _ = reader.read(&mut [0]);
                let _ = shared.closed.lock().unwrap().send(());
                break;
            }
        }
    }
    Ok(())
}

/// Closing the connection will tell the other side that it is gone, instead of that nothing more comes.
fn reset_when_closed(stream: &TcpStream) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let _entered = runtime.enter();
    stream.set_nonblocking(true)?;
    tokio::net::TcpStream::from_std(stream.try_clone()?)?.set_zero_linger()
}

/// The next request on a connection; `None` when it is closed.
pub fn read(reader: &mut impl BufRead) -> std::io::Result<Option<Asked>> {
    let mut first = String::new();
    if reader.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let (mut length, mut json) = (0, false);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let header = header.trim_end().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        json |= header == "content-type: application/json";
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some(Asked {
        line: first.trim_end().trim_end_matches(" HTTP/1.1").to_owned(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
        json,
    }))
}

/// Writes an answer; its end is missing unless it is whole.
pub fn write(mut stream: &TcpStream, reply: &Reply) -> std::io::Result<()> {
    let (status, headers) = (reply.status, reply.headers);
    let head = format!("HTTP/1.1 {status} As told\r\n{headers}transfer-encoding: chunked\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    for chunk in &reply.chunks {
        stream.write_all(format!("{:x}\r\n", chunk.len()).as_bytes())?;
        stream.write_all(chunk)?;
        stream.write_all(b"\r\n")?;
    }
    if reply.end == End::Whole {
        stream.write_all(b"0\r\n\r\n")?;
    }
    stream.flush()
}
